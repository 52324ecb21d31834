//! Whom a container runs as.
//!
//! The last `USER` of the target and of the stages and images that it is based on counts; without any it is root. What is
//! not known is not shown to be another user, so it counts as root: the user of an external base, and a variable of one.

use images_dockerfile::{Configuration, Span};
use images_schema::{Diagnostic, Rule};

use super::rules::Rules;
use crate::graph::{Graph, NodeId, Target};

/// The user of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum User {
    /// By this text.
    Named(String),
    /// No `USER` down to `scratch`.
    Nobody,
    /// What an external image says.
    External(String),
    /// It depends on what only a builder knows.
    Unknown,
}

impl User {
    fn of(name: Option<&String>) -> Self {
        name.map_or(Self::Unknown, |name| Self::Named(name.clone()))
    }

    /// Whether it is shown to be another one than root: by its name, or by its number.
    /// <https://docs.docker.com/reference/dockerfile/#user>
    fn is_other(&self) -> bool {
        let Self::Named(text) = self else { return false };
        let name = text.split(':').next().unwrap_or_default().trim();
        !matches!(name, "" | "root") && !name.parse::<u64>().is_ok_and(|number| number == 0)
    }
}

/// The users of all variants, by their ids.
pub(super) fn users(graph: &Graph<'_>) -> Vec<User> {
    let mut users = vec![User::Nobody; graph.nodes.len()];
    for &id in &graph.order {
        users[id.0] = match own(graph, id) {
            Some(user) => user,
            None => inherited(graph, id, &users),
        };
    }
    users
}

/// What the Dockerfile says, else what the triggers of its base do.
fn own(graph: &Graph<'_>, id: NodeId) -> Option<User> {
    let of =
        |configuration: &Configuration| configuration.user.as_ref().map(|user| User::of(user.name.as_ref()));
    let triggered = || match base(graph, id)?.1 {
        Target::Internal(parent) => of(&graph.node(*parent).resolution.trigger_configuration),
        Target::External(_) => None,
    };
    of(&graph.node(id).resolution.configuration).or_else(triggered)
}

fn inherited(graph: &Graph<'_>, id: NodeId, users: &[User]) -> User {
    match base(graph, id) {
        None => User::Nobody,
        Some((_, Target::Internal(parent))) => users[parent.0].clone(),
        Some((_, Target::External(text))) => User::External(text.clone()),
    }
}

/// The image at the bottom of the target's stages, and where it is named; `None` for `scratch`.
pub(super) fn base<'g>(graph: &'g Graph<'_>, id: NodeId) -> Option<(&'g Span, &'g Target)> {
    graph.node(id).base().map(|edge| (&edge.span, &edge.target))
}

/// An error at the `USER`, else at the `FROM` that brings the user.
pub(super) fn violation(graph: &Graph<'_>, id: NodeId, rules: &Rules, users: &[User]) -> Option<Diagnostic> {
    let (image, user) = (graph.image(id), &users[id.0]);
    if user.is_other() || rules.root_allowed.contains(&image.name) {
        return None;
    }
    let resolution = &graph.node(id).resolution;
    let (span, label) = match (&resolution.configuration.user, base(graph, id)) {
        (Some(own), _) => (own.span.clone(), told(user)),
        (None, Some((span, Target::Internal(parent)))) => {
            (span.clone(), format!("`{}` brings it: {}", graph.spec(*parent), told(user)))
        }
        (None, Some((span, Target::External(_)))) => (span.clone(), told(user)),
        (None, None) => (resolution.stages[resolution.root_stage].span.clone(), told(user)),
    };
    let message = match user {
        User::Named(_) | User::Nobody => {
            format!("the policy forbids root, and `{}` runs as root", image.name)
        }
        User::External(_) | User::Unknown => {
            format!("the policy forbids root, and `{}` may run as root", image.name)
        }
    };
    let help = format!(
        "add `USER` with a name or a number other than 0, or list `{}` under `root-allowed` in [workspace.metadata.images.policy]",
        image.name
    );
    Some(image.dockerfile.error(span, message, label).rule(Rule::ForbidRoot).help(help))
}

fn told(user: &User) -> String {
    match user {
        User::Named(name) => format!("the user is `{name}`"),
        User::Nobody => "there is no USER".to_owned(),
        User::External(base) => format!("the user of `{base}` is not known here"),
        User::Unknown => "the user depends on what only a builder knows".to_owned(),
    }
}

//! What a new image stands on.

use images_dockerfile::Reference;
use images_schema::{Diagnostic, did_you_mean};

use crate::Error;
use crate::graph::{Owner, owner, select};
use crate::selection::{no_image, no_version};
use crate::workspace::{Image, Workspace};

/// A base that needs no image.
const SCRATCH: &str = "scratch";

/// What the `FROM` names.
#[derive(Debug)]
pub(super) struct Parent {
    /// As the `FROM` says it.
    pub(super) reference: String,
    /// The member that it is.
    member: Option<String>,
}

impl Parent {
    pub(super) fn is_scratch(&self) -> bool {
        self.reference == SCRATCH
    }

    /// Whether the policy holds it to another user than root.
    pub(super) fn brings_user(&self, workspace: &Workspace) -> bool {
        self.member.as_ref().is_some_and(|name| !workspace.policy.allows_root(name))
    }

    fn elsewhere(reference: impl Into<String>) -> Self {
        Self { reference: reference.into(), member: None }
    }
}

/// Reads a parent: a spec of a member, a reference, or `scratch`.
///
/// # Errors
/// No such member or version, with what is near, or no reference at all.
pub(super) fn resolve(workspace: &Workspace, from: Option<&str>) -> Result<Parent, Error> {
    let Some(text) = from.filter(|text| *text != SCRATCH) else { return Ok(Parent::elsewhere(SCRATCH)) };
    let (name, tag) = match text.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (text, None),
    };
    match workspace.image(name) {
        Some(image) => of_member(workspace, image, tag),
        None if text.contains(['/', '@']) => of_reference(workspace, text),
        None => of_word(workspace, text, name, tag),
    }
}

fn of_member(workspace: &Workspace, image: &Image, tag: Option<&str>) -> Result<Parent, Error> {
    let (_, variant) = select(image, tag).ok_or_else(|| no_version(image, tag.unwrap_or("latest")))?;
    let tag = tag.unwrap_or(&variant.tag);
    let reference = format!("{}{}/{}:{tag}", prefix(workspace), workspace.namespace, image.name);
    Ok(Parent { reference, member: Some(image.name.clone()) })
}

fn of_reference(workspace: &Workspace, text: &str) -> Result<Parent, Error> {
    let reference = parsed(text)?;
    match owner(workspace, &reference) {
        Owner::External => Ok(Parent::elsewhere(text)),
        Owner::Nobody(name) => Err(no_image(&workspace.images, name)),
        Owner::Member(name) if reference.digest.is_some() => {
            let diagnostic = Diagnostic::error(format!("`{name}` is built here, so it has no digest to pin"));
            Err(diagnostic.help(format!("name it by its version: `--from {name}`")).into())
        }
        Owner::Member(name) => match workspace.image(name) {
            Some(image) => of_member(workspace, image, reference.tag.as_deref()),
            None => Err(no_image(&workspace.images, name)),
        },
    }
}

/// A word without a slash that names no member: a name on Docker Hub, if it looks like one.
fn of_word(workspace: &Workspace, text: &str, name: &str, tag: Option<&str>) -> Result<Parent, Error> {
    let near = did_you_mean(name, workspace.images.iter().map(|image| image.name.as_str()));
    match (near, tag) {
        (None, Some(_)) => parsed(text).map(|_| Parent::elsewhere(text)),
        (Some(near), _) => Err(Diagnostic::error(format!("no image of this workspace is named `{name}`"))
            .help(format!(
                "did you mean `{near}`? one from elsewhere is named in full: `docker.io/library/{text}`"
            ))
            .into()),
        (None, None) => Err(Diagnostic::error(format!("no image of this workspace is named `{name}`"))
            .help(format!(
                "one from elsewhere is named with its tag: `{name}:1.2`; members are listed by `images list`"
            ))
            .into()),
    }
}

fn parsed(text: &str) -> Result<Reference, Error> {
    Reference::parse(text).map_err(|error| {
        let diagnostic = Diagnostic::error(error.message);
        match error.help {
            Some(help) => diagnostic.help(help).into(),
            None => diagnostic.into(),
        }
    })
}

/// The host before the namespace, where most of the workspace's own `FROM`s have one.
fn prefix(workspace: &Workspace) -> String {
    let hosts = workspace.registry.iter().map(String::as_str).chain(["localhost"]);
    let starting = |with: &str| {
        let lines = workspace.images.iter().flat_map(|image| image.dockerfile.text.lines());
        let bases = lines.filter_map(|line| line.trim_start().split_once(char::is_whitespace));
        let bases = bases.filter(|(word, _)| word.eq_ignore_ascii_case("from"));
        bases.filter(|(_, rest)| rest.trim_start().starts_with(with)).count()
    };
    let namespace = &workspace.namespace;
    let plain = starting(&format!("{namespace}/"));
    let counted = hosts.map(|host| (starting(&format!("{host}/{namespace}/")), host));
    counted.max().filter(|(count, _)| *count > plain).map_or(String::new(), |(_, host)| format!("{host}/"))
}

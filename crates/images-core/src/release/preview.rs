//! What a release would do, without doing it.

use std::collections::HashSet;

use images_engine::process::Cancel;
use images_oci::model::Digest;
use images_oci::registry::{self, Client};
use images_schema::Diagnostic;

use super::plan::{ReleasePlan, Scene, State, to_build};
use super::{ReleaseItem, ReleaseOptions, checkout, selection};
use crate::build::{self, Detect, Planned};
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::lock::{self, Pins};
use crate::plan::Action;
use crate::selection::with_parents;
use crate::transfer::Local;
use crate::transfer::push::check_registry;
use crate::{Error, HostOptions, session};

/// What a release would do.
pub struct Preview {
    /// The commit that is checked out, where there is one.
    pub commit: Option<String>,
    /// Keys, and what would be built.
    pub planned: Planned,
    /// What would be done.
    pub plan: ReleasePlan,
    /// What is refused.
    pub refusals: Vec<Diagnostic>,
    /// Why it would not begin: files that differ from the commit.
    pub unclean: Option<Diagnostic>,
}

impl Preview {
    /// Whether something of it is stale, so that a release builds it first.
    pub fn is_built_first(&self, item: &ReleaseItem) -> bool {
        self.planned.plan.builds().any(|build| item.unit.ids.contains(&build.id))
    }
}

/// Asks the registry and changes nothing.
///
/// # Errors
/// The workspace has no registry, or the registry does not tell.
pub fn preview(
    graph: &Graph<'_>,
    ids: &[NodeId],
    options: &ReleaseOptions,
    detect: Detect<'_>,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Preview, Error> {
    let commit = checkout::head(graph, cancel)?;
    let planned = build::plan(graph, ids, &options.build, detect, cancel, reporter)?;
    let client = Client::new(options.registry.clone(), cancel.clone());
    let scene = Scene::new(graph, &planned.keyed, &client, cancel);
    let plan = scene.plan(ids)?;
    let refusals = refusals(&scene, &planned, &plan)?;
    let unclean = checkout::unclean(graph, ids, &planned.keyed, cancel)?.filter(|_| !options.allow_dirty);
    Ok(Preview { commit, planned, plan, refusals, unclean })
}

/// The refusals of a plan, and of what that is to be published stands on.
///
/// # Errors
/// The registry does not tell.
pub(super) fn refusals(
    scene: &Scene<'_>,
    planned: &Planned,
    plan: &ReleasePlan,
) -> Result<Vec<Diagnostic>, Error> {
    let graph = scene.graph;
    let refusal = |item: &ReleaseItem| {
        let ours = || (!item.unit.is_index).then(|| built(graph, planned, item.unit.ids[0])).flatten();
        matches!(item.state, State::Other { .. }).then(|| item.refusal(graph, ours())).flatten()
    };
    let below = scene.states(&below(graph, plan))?;
    let below = below.items.iter().filter_map(refusal).map(|refusal| {
        let message = format!("{}; what is to be released stands on it", refusal.message);
        Diagnostic { message, ..refusal }
    });
    Ok(below.chain(plan.items.iter().filter_map(refusal)).collect())
}

/// What images that are to be published stand on, unless the plan has it: who finds the version there must find what the
/// image was made from.
fn below(graph: &Graph<'_>, plan: &ReleasePlan) -> Vec<NodeId> {
    let planned: HashSet<_> = plan.items.iter().flat_map(|item| &item.unit.ids).collect();
    let all = with_parents(graph, &to_build(plan));
    let others: Vec<_> = all.into_iter().filter(|id| !planned.contains(id)).collect();
    selection::public(graph, &others)
}

/// The digest of a variant that is built, as far as that is known without asking its engine.
fn built(graph: &Graph<'_>, planned: &Planned, id: NodeId) -> Option<Digest> {
    let item = planned.plan.items.iter().find(|item| item.id == id)?;
    match item.action {
        Action::Build(_) => None,
        // One that another engine has is known once it was saved.
        Action::Fresh | Action::Retag(_) => Local::known(graph, planned, id).map(|manifest| manifest.digest),
    }
}

/// The versions among these that are published with other content than they have here. Nothing is built, and no engine is
/// asked; what is not to be published is passed over.
///
/// # Errors
/// The workspace has no registry, or the registry does not tell.
pub fn changed(
    graph: &Graph<'_>,
    selected: &[NodeId],
    host: &HostOptions,
    registry: &registry::Options,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Vec<Diagnostic>, Error> {
    check_registry(graph)?;
    let ids = selection::public(graph, selected);
    let nodes = with_parents(graph, &ids);
    let pins = Pins::of(&lock::read(&graph.workspace.root)?);
    let keyed = session::keys(graph, &nodes, pins, host, cancel, reporter)?;
    let client = Client::new(registry.clone(), cancel.clone());
    let plan = Scene::new(graph, &keyed, &client, cancel).states(&ids)?;
    Ok(plan.items.iter().filter_map(|item| item.refusal(graph, None)).collect())
}

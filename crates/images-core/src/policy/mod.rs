//! `[workspace.metadata.images.policy]`: what is forbidden although it could be built.
//!
//! 1. `rules` reads the settings: globs, hosts and names are checked when the workspace is loaded.
//! 2. `references` judges what external references name, `user` whom containers run as, `labels` and `depth` the rest.
//!
//! A violation is an error at the line that has to be changed. Who builds is not stopped by it: only `check` judges.

mod depth;
mod labels;
mod references;
mod rules;
mod user;

use images_schema::Diagnostic;

pub use rules::Rules;

use crate::graph::{Graph, NodeId};
use crate::lock::Pins;

/// All violations of the workspace's policy by these variants; what several variants share comes once. `pins` are those of
/// Images.lock.
pub fn check(graph: &Graph<'_>, selected: &[NodeId], pins: &Pins) -> Vec<Diagnostic> {
    let rules = &graph.workspace.policy;
    let users = rules.forbid_root.then(|| user::users(graph));
    let labels = (!rules.required_labels.is_empty()).then(|| labels::inherited(graph));
    let depths = rules.max_depth.map(|most| (most, depth::depths(graph)));
    let mut found = Vec::new();
    for &id in selected {
        found.extend(references::violations(graph, id, rules, pins));
        found.extend(users.as_ref().and_then(|users| user::violation(graph, id, rules, users)));
        found.extend(labels.iter().flat_map(|labels| labels::violations(graph, id, rules, labels)));
        found.extend(depths.as_ref().and_then(|(most, depths)| depth::violation(graph, id, *most, depths)));
    }
    let mut once: Vec<Diagnostic> = Vec::new();
    for violation in found {
        if !once.contains(&violation) {
            once.push(violation);
        }
    }
    once
}

//! `check --since`: what differs from a commit has another version.

use std::collections::BTreeSet;
use std::ops::Range;

use images_schema::{Diagnostic, Rule, SourceText, Version};

use super::compare::Comparison;
use super::finding::{Change, Finding};
use crate::Error;
use crate::graph::{Graph, NodeId};
use crate::reason::Reason;
use crate::version_place::{mend, place};

/// An error for each image that differs from the commit while its version is the same, those first that others follow; a
/// warning for one of which it is not known, and for one whose version goes back. Images that are never published are passed
/// over.
///
/// # Errors
/// The commit's workspace cannot be read at all.
pub fn unbumped(
    graph: &Graph<'_>,
    comparison: &Comparison,
    revision: &str,
) -> Result<Vec<Diagnostic>, Error> {
    if !comparison.unreadable.is_empty() {
        let message =
            format!("versions cannot be compared with those of `{revision}`, whose images cannot be read");
        let told = Diagnostic::error(message)
            .help("compare with a later commit, whose manifests this version reads");
        return Err(Error::Input(vec![told]));
    }
    let published = comparison.findings.iter().filter(|finding| is_published(graph, finding.id));
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut told = Vec::new();
    for finding in published {
        match &finding.change {
            Change::Changed { reason, roots } => {
                let place = place(graph, finding.id);
                let found =
                    groups.iter_mut().find(|group| group.place == place && group.is_like(graph, finding));
                match found {
                    Some(group) => group.add(finding.id, roots),
                    None => {
                        let roots = roots.iter().map(String::as_str).collect();
                        groups.push(Group { ids: vec![finding.id], reason, roots, place });
                    }
                }
            }
            Change::Unknown { why } => told.push(not_known(graph, finding.id, why, revision)),
            Change::Version { was } => told.extend(back(graph, finding.id, was, revision)),
            Change::New | Change::Renamed { .. } | Change::Moved => {}
        }
    }
    let raise = |spec: &str| {
        let has_it = |group: &&Group<'_>| group.roots.is_empty() && group.has(graph, spec);
        groups.iter().find(has_it).map(|group| mend(graph, group.ids[0]))
    };
    told.extend(groups.iter().map(|group| group.told(graph, revision, &raise)));
    Ok(told.into_iter().map(|finding| finding.rule(Rule::Version)).collect())
}

fn is_published(graph: &Graph<'_>, id: NodeId) -> bool {
    graph.image(id).manifest.image.publish.as_ref().is_none_or(|publish| *publish.get_ref())
}

/// The variants of one image whose version is written in one place.
struct Group<'a> {
    ids: Vec<NodeId>,
    reason: &'a Reason,
    /// What all of them merely follow; empty where one has a difference of its own.
    roots: BTreeSet<&'a str>,
    place: (SourceText, Range<usize>),
}

impl<'a> Group<'a> {
    fn add(&mut self, id: NodeId, roots: &'a [String]) {
        self.ids.push(id);
        match self.roots.is_empty() || roots.is_empty() {
            true => self.roots.clear(),
            false => self.roots.extend(roots.iter().map(String::as_str)),
        }
    }

    fn is_like(&self, graph: &Graph<'_>, finding: &Finding) -> bool {
        graph.node(self.ids[0]).image == graph.node(finding.id).image
    }

    fn has(&self, graph: &Graph<'_>, spec: &str) -> bool {
        self.ids.iter().any(|id| graph.spec(*id).to_string() == spec)
    }

    /// `raise` gives the command that raises another one that differs by itself.
    fn told(&self, graph: &Graph<'_>, revision: &str, raise: &dyn Fn(&str) -> Option<String>) -> Diagnostic {
        let (source, span) = &self.place;
        let specs = self.ids.iter().map(|id| format!("`{}`", graph.spec(*id))).collect::<Vec<_>>().join(", ");
        let verb = if self.ids.len() == 1 { "differs" } else { "differ" };
        let message = format!("{specs} {verb} from `{revision}` in spite of the same version");
        let diagnostic = source.error(span.clone(), message, self.reason.to_string());
        diagnostic.help(self.help(mend(graph, self.ids[0]), raise))
    }

    fn help(&self, own: String, raise: &dyn Fn(&str) -> Option<String>) -> String {
        let roots: Vec<_> = self.roots.iter().copied().collect();
        let followed = format!("it only follows `{}`", roots.join("`, `"));
        match roots.as_slice() {
            [] => own,
            [root] => match raise(root) {
                Some(raise) => format!("{followed}: {raise} --cascade, or by itself {own}"),
                None => format!("{followed}: {own}"),
            },
            _ => format!("{followed}: see to these first, then {own}"),
        }
    }
}

/// A warning of a version that is older than the one that it was.
fn back(graph: &Graph<'_>, id: NodeId, was: &str, revision: &str) -> Option<Diagnostic> {
    let old = was.rsplit_once(':').and_then(|(_, tag)| Version::parse(tag).ok())?;
    if !old.is_surely_newer(&graph.variant(id).version) {
        return None;
    }
    let (source, span) = place(graph, id);
    let message = format!("`{}` goes back: it was {was} at `{revision}`", graph.spec(id));
    let diagnostic = source.warning(span, message, "an older version");
    Some(diagnostic.help("`check --published` tells whether it is published with other content"))
}

fn not_known(graph: &Graph<'_>, id: NodeId, why: &str, revision: &str) -> Diagnostic {
    let (source, span) = place(graph, id);
    let message = format!("whether `{}` differs from `{revision}` cannot be told: {why}", graph.spec(id));
    source.warning(span, message, "perhaps another version is due")
}

//! `check`: everything that can be known without building. Loading the workspace and its graph finds most of it; here
//! contexts and files of tests are read, and inputs looked for. What cargo or a `[[prepare]]` would make is taken to be there.

use std::borrow::Cow;
use std::collections::HashMap;

use camino::Utf8Path;
use images_dockerfile::{Source, Sources};
use images_schema::{Diagnostic, Severity};

use crate::graph::{Graph, NodeId};
use crate::joined::{self, JoinedByNode};
use crate::test::tests_of;
use crate::{Error, HostOptions, exit_code, session};

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Errors and warnings, each once.
    pub diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Adds what is not known yet.
    pub fn extend(&mut self, found: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in found {
            if !self.diagnostics.contains(&diagnostic) {
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// The errors among them.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error)
    }

    /// The exit code of the check: 2 where files are wrong, 1 where they are right and what they say is refused.
    pub fn exit_code(&self) -> u8 {
        match self.errors().map(|error| error.rule.is_refusal()).min() {
            None => exit_code::DONE,
            Some(true) => exit_code::FAILED,
            Some(false) => exit_code::USAGE,
        }
    }
}

/// Checks the contexts of `selected`.
///
/// # Errors
/// All that is wrong.
pub fn check(graph: &Graph<'_>, selected: &[NodeId], host: &HostOptions) -> Result<(), Error> {
    let mut inputs = JoinedByNode::new();
    let mut made = HashMap::new();
    let mut problems = Vec::new();
    for &id in selected {
        let checked = joined::check(graph, id).and_then(|there| {
            tests_of(graph, id)?;
            Ok((there, joined::made_places(graph.image(id))?))
        });
        match checked {
            Ok((there, places)) => {
                inputs.insert(id, there);
                made.insert(id, places);
            }
            Err(Error::Input(found)) => found.into_iter().for_each(|problem| {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }),
            Err(other) => return Err(other),
        }
    }
    let sound: Vec<_> = selected.iter().copied().filter(|id| made.contains_key(id)).collect();
    let sources = |id: NodeId| match &graph.node(id).sources {
        Sources::These(list) => {
            let there = |source: &Source| made[&id].iter().any(|place| is_related(&source.path, place));
            Cow::Owned(Sources::These(list.iter().filter(|source| !there(source)).cloned().collect()))
        }
        all => Cow::Borrowed(all),
    };
    match session::contexts_of(graph, &sound, &inputs, host, &sources) {
        Err(Error::Input(found)) => problems.extend(found),
        Err(other) => return Err(other),
        Ok(_) => {}
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Input(problems)) }
}

/// Whether a source names the place, something in it, or a folder that would hold it.
fn is_related(source: &str, place: &Utf8Path) -> bool {
    place.starts_with(source) || Utf8Path::new(source).starts_with(place)
}

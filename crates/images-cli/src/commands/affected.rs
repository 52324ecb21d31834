use images_core::graph::{Graph, NodeId};
use images_core::since::{self, Change, Comparison, Finding, Revision, SinceOptions};
use images_core::{Error, exit_code};
use images_schema::{Diagnostic, message};

use super::{Session, named, pretty};
use crate::arguments::{Affected, AffectedFormat, ArtifactsBy, BuildArgs, SinceArgs};
use crate::environment;
use crate::report as reporter;

pub(super) fn run(session: &Session, args: &Affected) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = named(&graph, &args.specs)?;
    let mut comparison = session.since(&graph, &selected, &args.since, &args.how, &args.args)?;
    if !args.specs.is_empty() {
        // They are no part of what was asked for.
        comparison.removed.clear();
    }
    let text = match args.format {
        AffectedFormat::Human => human(&graph, &comparison),
        AffectedFormat::Names => names(&graph, &comparison),
        AffectedFormat::Json => pretty(&json(&graph, comparison)),
    };
    if !text.is_empty() {
        session.terminal.data(&text);
    }
    Ok(exit_code::DONE)
}

impl Session {
    /// Compares with a commit, and says what of that commit cannot be read.
    pub(super) fn since(
        &self,
        graph: &Graph<'_>,
        selected: &[NodeId],
        revision: &str,
        how: &SinceArgs,
        args: &BuildArgs,
    ) -> Result<Comparison, Error> {
        let options = SinceOptions {
            revision: Revision { text: revision.to_owned(), merge_base: how.merge_base },
            artifacts: match how.artifacts {
                ArtifactsBy::Build => since::ArtifactsBy::Build,
                ArtifactsBy::Sources => since::ArtifactsBy::Sources,
            },
            load: environment::load_options(&self.global, &args.build_args)?,
            host: environment::host_options(&self.global)?,
        };
        let reporter = reporter::human(self.terminal);
        let comparison = since::compare(graph, selected, &options, &self.cancel, &*reporter)?;
        for problem in &comparison.unreadable {
            let message =
                format!("`{revision}` cannot be read, so all images count as affected: {}", problem.message);
            self.terminal.diagnostic(&Diagnostic { message, ..as_warning(problem) });
        }
        Ok(comparison)
    }
}

fn as_warning(problem: &Diagnostic) -> Diagnostic {
    Diagnostic { severity: images_schema::Severity::Warning, ..problem.clone() }
}

fn human(graph: &Graph<'_>, comparison: &Comparison) -> String {
    let found = comparison.findings.iter().map(|finding| {
        let Finding { id, change, moved_from, .. } = finding;
        let moved = moved_from.as_ref().map(|from| format!(", moved from {from}")).unwrap_or_default();
        format!("{} {} ({change}{moved})", change.word(), graph.spec(*id))
    });
    let removed = comparison
        .removed
        .iter()
        .map(|removed| format!("removed {} (was in {})", removed.spec, removed.folder));
    found.chain(removed).collect::<Vec<_>>().join("\n")
}

fn names(graph: &Graph<'_>, comparison: &Comparison) -> String {
    comparison.affected().map(|id| graph.spec(id).to_string()).collect::<Vec<_>>().join("\n")
}

fn json(graph: &Graph<'_>, comparison: Comparison) -> message::Affected<Change> {
    let images = comparison.findings.into_iter().map(|finding| message::AffectedImage {
        spec: graph.spec(finding.id).to_string(),
        message: finding.change.to_string(),
        change: finding.change,
        moved_from: finding.moved_from,
        affected: finding.affected,
    });
    let removed = comparison.removed.into_iter();
    let removed = removed.map(|removed| message::RemovedImage { spec: removed.spec, folder: removed.folder });
    message::Affected {
        version: message::FORMAT_VERSION,
        commit: comparison.commit,
        images: images.collect(),
        removed: removed.collect(),
        unreadable: comparison.unreadable.iter().map(message::DiagnosticMessage::from).collect(),
    }
}

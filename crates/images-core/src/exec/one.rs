//! One build: its context staged, its Dockerfile rewritten, the engine called, what was built recorded.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::time::Instant;

use camino::Utf8Path;
use images_dockerfile::{Feature, FeatureUse, Replacement, SourceKind, Sources, rewrite};
use images_engine::process::Cancel;
use images_engine::{BuildFailure, BuildRequest, Secret, SecretSource};

use crate::Error;
use crate::build::Planned;
use crate::cache_file;
use crate::commit;
use crate::context::{self, StageError};
use crate::event::{Event, Failure, Place, Reporter};
use crate::graph::{Graph, Node, NodeId, Target};
use crate::key::sent_args;
use crate::lock::Pins;
use crate::plan::{Action, Item, Records};
use crate::reason::Reason;
use crate::session::Keyed;
use crate::store::{IMAGE_LABEL, KEY_LABEL, image_label, key_name, version_name};
use crate::workspace::Image;

/// The names of the labels about an image's base:
/// <https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys>.
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// How many lines of the engine's output are shown when a build fails.
const TAIL: usize = 20;

/// Why a build did not end well.
#[derive(Debug)]
pub(super) enum Failed {
    /// It failed, and that was reported.
    Build {
        /// Whether the builder cannot do it, so that it was not called.
        unsupported: bool,
    },
    /// An input changed since the plan was made.
    Changed {
        /// Which.
        path: String,
    },
    /// An interrupt.
    Interrupted,
    /// Something that concerns every build.
    Error(Error),
}

/// What every build of a run needs.
pub(super) struct Builder<'a> {
    pub(super) graph: &'a Graph<'a>,
    pub(super) planned: &'a Planned,
    pub(super) cancel: &'a Cancel,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) records: &'a Records,
    /// Whether the network is forbidden.
    pub(super) is_offline: bool,
}

impl Builder<'_> {
    /// Builds one variant and reports it.
    pub(super) fn build(&self, item: &Item) -> Result<(), Failed> {
        let spec = self.graph.spec(item.id);
        let log = self.graph.workspace.cache().join(format!("logs/{}@{}.log", spec.name, spec.tag));
        let reason = match &item.action {
            Action::Build(reason) | Action::Retag(reason) => reason.clone(),
            Action::Fresh => Reason::Missing,
        };
        self.reporter.event(&Event::Started { spec: spec.to_string(), reason, log: log.clone() });
        let started = Instant::now();
        match self.send(item, &log) {
            Ok(()) => {
                let duration = started.elapsed();
                self.reporter.event(&Event::Built { spec: spec.to_string(), duration, log });
                Ok(())
            }
            Err(Sent::Stop(failed)) => Err(failed),
            Err(Sent::Failed(failure)) => {
                let unsupported =
                    matches!(failure, BuildFailure::Unsupported { .. } | BuildFailure::Refused { .. });
                let failure = self.describe(item.id, failure, &log, started);
                self.reporter.event(&Event::Failed(Box::new(failure)));
                Err(Failed::Build { unsupported })
            }
        }
    }

    fn send(&self, item: &Item, log: &Utf8Path) -> Result<(), Sent> {
        let (graph, id) = (self.graph, item.id);
        let context = &self.planned.keyed.contexts[&id];
        let stages = graph.workspace.cache().join("stage");
        let node = graph.node(id);
        let entries = self.takes_entries(&node.sources).then(|| context.for_engine());
        let staged = match &entries {
            Some(_) => stages.join(context.stage_name()),
            None => context::stage(context, &stages)?,
        };
        // Its folder is its own: BuildKit's client lists that folder, and stops there when something in it vanishes
        // meanwhile, so that what comes later in the alphabet is not sent:
        // https://github.com/tonistiigi/fsutil/blob/master/filter.go.
        let dockerfile = stages.join(format!("{}.file/Dockerfile", item.key));
        cache_file::put(&dockerfile, sent_dockerfile(graph, id, &self.planned.keyed).as_bytes())
            .map_err(Error::io("cannot write", &dockerfile))?;
        let image = graph.image(id);
        let request = BuildRequest {
            context: &staged,
            entries: entries.as_deref(),
            dockerfile: &dockerfile,
            tags: &[key_name(graph, id, item.key), version_name(graph, id)],
            args: &sent_args(graph, id),
            labels: &labels(graph, item, &self.planned.keyed.pins, self.cancel),
            target: image.manifest.image.target.as_ref().map(|target| target.get_ref().as_str()),
            platform: graph.variant(id).platform.as_deref(),
            secrets: &secrets(image),
            never_pull: self.is_offline || node.externals().next().is_none(),
            sources: &node.sources,
            size: context.size(),
            files: context.entries.len(),
            features: &node.resolution.features,
            log,
        };
        let built = self.planned.engine.build(&request, self.cancel);
        if built.is_err() && entries.is_some() {
            // A file that is not any more what was planned is no failure of the image.
            context::write_tar(context, io::sink())?;
        }
        built?;
        // A record is only a cache of reasons: without it the next reason is less exact.
        let _ = self.records.write(&item.key, &self.planned.keyed.record(id));
        Ok(())
    }

    /// Whether the engine reads the context's files where they are. `ADD` may unpack a file, so it gets a copy.
    fn takes_entries(&self, sources: &Sources) -> bool {
        let copies = match sources {
            Sources::All => false,
            Sources::These(sources) => sources.iter().all(|source| source.kind != SourceKind::Add),
        };
        copies && self.planned.engine.takes_entries()
    }

    fn describe(&self, id: NodeId, failure: BuildFailure, log: &Utf8Path, started: Instant) -> Failure {
        let dockerfile = &self.graph.image(id).dockerfile;
        let (line, help) = match &failure {
            BuildFailure::Failed { line, .. } => (*line, None),
            BuildFailure::Unsupported { uses, help, .. } => {
                let first = uses.first().map(|used| line_of(&dockerfile.text, used));
                (first, Some(help.clone()))
            }
            BuildFailure::Refused { line, help, .. } => (Some(*line), Some(help.clone())),
            BuildFailure::Engine(error) => (None, error.help.clone()),
            BuildFailure::Interrupted => (None, None),
        };
        let place = line.and_then(|line| {
            let text = dockerfile.text.lines().nth(line.checked_sub(1)?)?;
            Some(Place { path: dockerfile.path.clone(), line, text: text.to_owned() })
        });
        let message = match &failure {
            BuildFailure::Unsupported { uses, .. } => format!("{failure}: {}", named(&dockerfile.text, uses)),
            _ => failure.to_string(),
        };
        let tail = match failure {
            BuildFailure::Failed { .. } => tail(log),
            _ => Vec::new(),
        };
        Failure {
            spec: self.graph.spec(id).to_string(),
            message,
            place,
            tail,
            log: log.to_owned(),
            help,
            duration: started.elapsed(),
        }
    }
}

/// Why sending a build to the engine ended early.
enum Sent {
    Stop(Failed),
    Failed(BuildFailure),
}

impl From<Error> for Sent {
    fn from(error: Error) -> Self {
        Self::Stop(Failed::Error(error))
    }
}

impl From<StageError> for Sent {
    fn from(error: StageError) -> Self {
        Self::Stop(match error {
            StageError::Changed { path } => Failed::Changed { path },
            StageError::Io { path, source } => {
                Failed::Error(Error::Io { doing: "cannot stage", path: path.into(), source })
            }
        })
    }
}

impl From<BuildFailure> for Sent {
    fn from(failure: BuildFailure) -> Self {
        match failure {
            BuildFailure::Interrupted => Self::Stop(Failed::Interrupted),
            other => Self::Failed(other),
        }
    }
}

fn line_of(text: &str, used: &FeatureUse) -> usize {
    1 + text.as_bytes()[..used.span.start.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// What a builder lacks, each with the line that uses it.
fn named(text: &str, uses: &[FeatureUse]) -> String {
    let name = |feature| match feature {
        Feature::Heredoc => "a heredoc",
        Feature::Mount => "a mount",
        Feature::Secret => "a secret",
        Feature::Ssh => "an ssh mount",
        Feature::Link => "--link",
        Feature::Chmod => "--chmod",
        Feature::OtherFlag => "a newer flag",
    };
    let told = uses.iter().map(|used| format!("{} in line {}", name(used.feature), line_of(text, used)));
    told.collect::<Vec<_>>().join(", ")
}

fn tail(log: &Utf8Path) -> Vec<String> {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    // What a carriage return overwrote was progress.
    let shown = |line: &str| line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default().to_owned();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].iter().map(|line| shown(line)).collect()
}

/// The Dockerfile with every internal reference as the `key-` name of the exact variant, and every other one by its pin;
/// its lines stay where they are.
///
/// A stage that the target does not need is left empty: the legacy builder builds it all the same, and would look for
/// its images elsewhere.
fn sent_dockerfile(graph: &Graph<'_>, id: NodeId, keyed: &Keyed) -> String {
    let node = graph.node(id);
    let text = &graph.image(id).dockerfile.text;
    let stages = &node.resolution.stages;
    let head = 0..stages[0].span.start;
    let mut sent = rewrite(&text[head.clone()], &replacements(graph, node, keyed, &head));
    for (at, stage) in stages.iter().enumerate() {
        let end = stages.get(at + 1).map_or(text.len(), |next| next.span.start);
        let part = stage.span.start..end;
        if stage.needed {
            sent.push_str(&rewrite(&text[part.clone()], &replacements(graph, node, keyed, &part)));
        } else {
            let name = stage.name.iter().map(|name| format!(" AS {name}"));
            sent.push_str(&format!("FROM scratch{}", name.collect::<String>()));
            sent.extend(text[part].chars().filter(|c| matches!(c, '\r' | '\n')));
        }
    }
    sent
}

/// What takes the place of the references in one part of the Dockerfile.
fn replacements(graph: &Graph<'_>, node: &Node, keyed: &Keyed, part: &Range<usize>) -> Vec<Replacement> {
    let inside = node.edges.iter().filter(|edge| part.contains(&edge.span.start));
    let replaced = inside.filter_map(|edge| {
        let text = match &edge.target {
            Target::Internal(parent) => key_name(graph, *parent, keyed.key(*parent)),
            Target::External(reference) => keyed.pins.sent(reference)?,
        };
        Some(Replacement { span: edge.span.start - part.start..edge.span.end - part.start, text })
    });
    replaced.collect()
}

fn labels(graph: &Graph<'_>, item: &Item, pins: &Pins, cancel: &Cancel) -> BTreeMap<String, String> {
    let mut labels = commit::labels(graph, item.id, cancel);
    labels.extend(base_labels(graph, item.id, pins));
    // What a person wrote is in the key, so it counts.
    labels.extend(graph.variant(item.id).labels.clone());
    labels.insert(IMAGE_LABEL.to_owned(), image_label(graph, item.id));
    labels.insert(KEY_LABEL.to_owned(), item.key.to_string());
    labels
}

/// What the labels about the base say. The digest of one of ours is not known before it is published, and a label that it
/// has is about its own base: so the label is empty where one would be inherited.
fn base_labels(graph: &Graph<'_>, id: NodeId, pins: &Pins) -> Vec<(String, String)> {
    let Some(edge) = graph.node(id).base() else { return Vec::new() };
    let (name, digest) = match &edge.target {
        Target::Internal(parent) => {
            (version_name(graph, *parent), is_from_elsewhere(graph, *parent).then(String::new))
        }
        Target::External(reference) => (reference.clone(), Some(pins.digest(reference).unwrap_or_default())),
    };
    let digest = digest.map(|digest| (BASE_DIGEST.to_owned(), digest));
    [(BASE_NAME.to_owned(), name)].into_iter().chain(digest).collect()
}

/// Whether the lowest base is somebody else's.
fn is_from_elsewhere(graph: &Graph<'_>, mut id: NodeId) -> bool {
    while let Some(edge) = graph.node(id).base() {
        match &edge.target {
            Target::Internal(parent) => id = *parent,
            Target::External(_) => return true,
        }
    }
    false
}

fn secrets(image: &Image) -> Vec<Secret> {
    let source = |table: &images_schema::SecretTable| match (&table.env, &table.file) {
        (Some(variable), _) => Some(SecretSource::Env(variable.clone())),
        (None, Some(file)) => Some(SecretSource::File(image.folder.join(file))),
        (None, None) => None,
    };
    let secrets = image.manifest.secrets.iter();
    secrets
        .filter_map(|(id, table)| Some(Secret { id: id.clone(), source: source(table.get_ref())? }))
        .collect()
}

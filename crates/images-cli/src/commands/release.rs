use images_core::graph::{Graph, NodeId};
use images_core::lock::LockMode;
use images_core::quantity::count;
use images_core::release::{
    self as core, AliasAction, AliasItem, Calls, Gate, NoGate, Preview, Record, ReleaseEvent, ReleaseItem,
    ReleaseOptions, Signing, State, Tests,
};
use images_core::{Error, HostOptions, exit_code};
use images_schema::{Diagnostic, Severity, message};

use super::{Session, loader, pretty};
use crate::arguments::{Format, Published, Release};
use crate::environment;
use crate::report as reporter;
use crate::terminal::{Style, Terminal};

pub(super) fn run(session: &Session, args: &Release) -> Result<u8, Error> {
    let registry = environment::asking(&session.global, &args.plain_http)?;
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = selected(args, &graph)?;
    if selected.is_empty() {
        return Ok(nothing(session, args));
    }
    let (mut build, detect) = session.build_options(&args.engine, Some(&args.compression), &workspace)?;
    // What a release is made from is committed.
    build.lock.mode = LockMode::Release;
    let options = ReleaseOptions {
        registry,
        build,
        sbom: args.sbom,
        provenance: args.provenance,
        sign: args.sign.then(|| args.sign_key.clone().map_or(Signing::Keyless, Signing::Key)),
        allow_dirty: args.allow_dirty,
    };
    let reporter = reporter::human(session.terminal);
    if !args.execute {
        let preview = core::preview(&graph, &selected, &options, &detect, &session.cancel, &*reporter)?;
        return shown(session, &graph, preview, args.format);
    }
    let report = |event: &ReleaseEvent| told(&session.terminal, event);
    let loader = || loader(None, &args.engine);
    let tests = Tests {
        build: &options.build,
        detect: &detect,
        loader: &loader,
        cancel: &session.cancel,
        reporter: &*reporter,
    };
    let gate: &dyn Gate = if args.no_test { &NoGate } else { &tests };
    let calls =
        Calls { detect: &detect, gate, reporter: &*reporter, report: &report, cancel: &session.cancel };
    let records = core::release(&graph, &selected, &options, &calls)?;
    finish(session, &graph, &records, args.format)
}

fn selected(args: &Release, graph: &Graph<'_>) -> Result<Vec<NodeId>, Error> {
    match &args.from_tag {
        Some(tag) => {
            let meant = core::of_git_tag(graph, tag)?;
            if meant.is_empty() {
                return Ok(meant);
            }
            // A crate's tag names no image: those that are private are left out.
            core::publishable(graph, &meant, meant.len() == 1)
        }
        None => {
            let is_named = !args.selection.specs.is_empty();
            core::publishable(graph, &args.selection.resolve(graph)?, is_named)
        }
    }
}

/// The git tag is of a crate that ships as no image.
fn nothing(session: &Session, args: &Release) -> u8 {
    if args.format == Format::Json {
        session.terminal.data(&pretty(&message::Release {
            version: message::FORMAT_VERSION,
            executed: args.execute,
            revision: None,
            images: Vec::new(),
        }));
    }
    let tag = args.from_tag.as_deref().unwrap_or_default();
    session.terminal.status(
        Style::Good,
        "Finished",
        &format!("`{tag}` is of a crate that ships as no image"),
    );
    exit_code::DONE
}

/// `check --published`.
pub(super) fn published(
    session: &Session,
    graph: &Graph<'_>,
    selected: &[NodeId],
    host: &HostOptions,
    args: &Published,
) -> Result<Vec<Diagnostic>, Error> {
    let registry = environment::asking(&session.global, &args.plain_http)?;
    let reporter = reporter::human(session.terminal);
    core::changed(graph, selected, host, &registry, &session.cancel, &*reporter)
}

fn shown(session: &Session, graph: &Graph<'_>, preview: Preview, format: Format) -> Result<u8, Error> {
    session.terminal.data(&match format {
        Format::Human => {
            preview.plan.items.iter().map(|item| words(&preview, item)).collect::<Vec<_>>().join("\n")
        }
        Format::Json => {
            let revision = preview.commit.as_deref();
            let images = preview.plan.items.iter();
            pretty(&message::Release {
                version: message::FORMAT_VERSION,
                executed: false,
                revision: preview.commit.clone(),
                images: images.map(|item| planned(graph, item, revision)).collect(),
            })
        }
    });
    if !preview.refusals.is_empty() {
        return Err(Error::Refused(preview.refusals));
    }
    if let Some(unclean) = preview.unclean {
        let message = format!("`--execute` would refuse this: {}", unclean.message);
        session.terminal.diagnostic(&Diagnostic { message, severity: Severity::Warning, ..unclean });
    }
    let open = preview.plan.items.iter().filter(|item| !item.is_done()).count();
    let told = match open {
        0 => "nothing to do: all of it is published".to_owned(),
        _ => "nothing was done; `--execute` does it".to_owned(),
    };
    session.terminal.status(Style::Note, "Planned", &told);
    Ok(exit_code::DONE)
}

/// One line for a version, and one for each of its aliases.
fn words(preview: &Preview, item: &ReleaseItem) -> String {
    let first = match &item.state {
        State::Absent => {
            let built = if preview.is_built_first(item) { ", built first" } else { "" };
            format!("publish {} as {}{built}", item.unit.spec, item.reference())
        }
        State::Published(found) => format!("published {} ({})", item.unit.spec, found.digest),
        State::Other { digest, .. } => {
            format!("refuse {} ({} is {digest})", item.unit.spec, item.reference())
        }
    };
    let alias = |alias: &AliasItem| match alias_words(alias) {
        ("right", _) => format!("\n  {} is on it", alias.tag),
        ("move", _) => format!("\n  {} moves to it", alias.tag),
        (action, reason) => format!("\n  {} {action}: {}", alias.tag, reason.unwrap_or_default()),
    };
    first + &item.aliases.iter().map(alias).collect::<String>()
}

fn alias_words(alias: &AliasItem) -> (&'static str, Option<String>) {
    match &alias.action {
        AliasAction::Move => ("move", None),
        AliasAction::Right => ("right", None),
        AliasAction::Forward { to } => ("forward", Some(to.clone())),
        AliasAction::Stays { because } => ("stays", Some(because.clone())),
    }
}

fn told(terminal: &Terminal, event: &ReleaseEvent) {
    let good = |word, text: &str| terminal.status(Style::Good, word, text);
    let note = |word, text: &str| terminal.status(Style::Note, word, text);
    match event {
        ReleaseEvent::Waiting => note("Blocking", "waiting for another release of this workspace"),
        ReleaseEvent::Resumed => note("Resuming", "a release that did not come to its end"),
        ReleaseEvent::NotResumed { commit } => {
            let what = format!("a release of commit {commit} did not come to its end; this is another one");
            note("Beginning", &format!("anew: {what}"));
        }
        ReleaseEvent::Published { spec } => good("Published", &format!("{spec} before")),
        ReleaseEvent::Pushed { spec, uploaded, bytes, present } => good(
            "Pushed",
            &format!(
                "{spec} by its digest ({} of {:.1} MiB sent, {present} there before)",
                count(*uploaded, "blob"),
                *bytes as f64 / 1_048_576.0
            ),
        ),
        ReleaseEvent::OtherBase { spec, base } => {
            note("Note", &format!("{spec} was made from another build of {base} than the published one"));
        }
        ReleaseEvent::Signed { spec } => good("Signed", spec),
        ReleaseEvent::Tagged { reference, digest } => good("Tagged", &format!("{reference} as {digest}")),
        ReleaseEvent::Moved { reference, to } => good("Moved", &format!("{reference} to {to}")),
    }
}

fn finish(session: &Session, graph: &Graph<'_>, records: &[Record], format: Format) -> Result<u8, Error> {
    let images: Vec<_> = records.iter().map(|record| done(graph, record)).collect();
    let folder = graph.workspace.cache().join("release");
    for image in &images {
        let name = format!("{}.json", image.spec.replace(':', "@"));
        let value = serde_json::to_value(image).expect("these types have string keys and no failing parts");
        core::keep(&folder.join(name), value)?;
    }
    match format {
        Format::Human => {
            for record in records {
                session.terminal.data(&format!("{}@{}", record.item.reference(), record.digest));
            }
        }
        Format::Json => session.terminal.data(&pretty(&message::Release {
            version: message::FORMAT_VERSION,
            executed: true,
            revision: records.first().map(|record| record.commit.clone()),
            images,
        })),
    }
    Ok(exit_code::DONE)
}

/// A version of a plan.
fn planned(graph: &Graph<'_>, item: &ReleaseItem, revision: Option<&str>) -> message::ReleasedImage {
    let unit = &item.unit;
    let (action, digest) = match &item.state {
        State::Absent => ("publish", None),
        State::Published(found) => ("published", Some(found.digest.to_string())),
        State::Other { digest, .. } => ("refuse", Some(digest.to_string())),
    };
    let members = unit.ids.iter().filter(|_| unit.is_index).map(|id| graph.spec(*id).to_string());
    let aliases = item.aliases.iter().map(|alias| {
        let (action, reason) = alias_words(alias);
        message::ReleasedAlias { tag: alias.tag.clone(), action, reason }
    });
    message::ReleasedImage {
        spec: unit.spec.clone(),
        image: graph.image(unit.ids[0]).name.clone(),
        version: unit.version.to_string(),
        reference: item.reference(),
        action,
        key: (!unit.is_index).then(|| item.keys[0].clone()),
        members: members.collect(),
        digest,
        bases: Vec::new(),
        tags: item.tags(),
        aliases: aliases.collect(),
        revision: revision.map(str::to_owned),
        platforms: Vec::new(),
        sbom: None,
        provenance: None,
        signed: false,
    }
}

/// A version that is published.
fn done(graph: &Graph<'_>, record: &Record) -> message::ReleasedImage {
    let bases = record.bases.iter().map(|base| message::ReleasedBase {
        reference: base.reference.clone(),
        digest: base.digest.map(|digest| digest.to_string()),
    });
    message::ReleasedImage {
        action: if record.was_published { "published" } else { "publish" },
        bases: bases.collect(),
        platforms: record.platforms.clone(),
        sbom: record.sbom.map(|digest| digest.to_string()),
        provenance: record.provenance.map(|digest| digest.to_string()),
        signed: record.signed,
        ..planned(graph, &record.item, Some(&record.commit))
    }
}

//! What can be known to be missing before any build starts.

use images_dockerfile::ReferenceKind;
use images_engine::EngineKind;
use images_schema::Diagnostic;

use crate::build::{BuildOptions, Planned};
use crate::graph::{Graph, NodeId, Target};
use crate::plan::Item;
use crate::{Error, HostOptions};

/// Checks all builds at once, so that nothing is built when one of them cannot be.
///
/// # Errors
/// A secret without a value, or one that a Dockerfile requires and Image.toml does not have.
pub(super) fn before_builds(
    graph: &Graph<'_>,
    builds: &[&Item],
    planned: &Planned,
    options: &BuildOptions,
) -> Result<(), Error> {
    let mut problems: Vec<Diagnostic> = Vec::new();
    let mut add = |problem: Diagnostic| {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    };
    builds.iter().flat_map(|item| secrets(graph, item.id, &options.host)).for_each(&mut add);
    if options.lock.resolver.is_none() {
        for item in builds {
            absent(graph, item.id, planned)?.into_iter().for_each(&mut add);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Input(problems)) }
}

/// The images from elsewhere that a build would have to pull, where nothing may be pulled.
fn absent(graph: &Graph<'_>, id: NodeId, planned: &Planned) -> Result<Vec<Diagnostic>, Error> {
    let (engine, pins) = (&planned.engine, &planned.keyed.pins);
    let node = graph.node(id);
    let mut problems = Vec::new();
    for (edge, found) in node.edges.iter().zip(&node.resolution.references) {
        let Target::External(reference) = &edge.target else { continue };
        let name = pins.sent(reference).unwrap_or_else(|| reference.clone());
        let is_ignored = found.kind == ReferenceKind::Syntax && engine.kind() != EngineKind::Docker;
        if is_ignored || engine.has(&name)? {
            continue;
        }
        let message = format!("{} does not have `{name}`, and --offline forbids to pull it", engine.kind());
        let diagnostic = graph.image(id).dockerfile.error(edge.span.clone(), message, "would be pulled");
        problems.push(diagnostic.help(match engine.kind() {
            EngineKind::Builtin => "build once without --offline".to_owned(),
            // BuildKit keeps what it pulls to itself, and cannot be asked for it.
            kind => format!("run `{kind} pull {name}` while there is a network"),
        }));
    }
    Ok(problems)
}

/// What is wrong with a variant's secrets.
pub fn secrets(graph: &Graph<'_>, id: NodeId, host: &HostOptions) -> Vec<Diagnostic> {
    let image = graph.image(id);
    let mut problems = Vec::new();
    for (name, secret) in &image.manifest.secrets {
        let at = |message: String, label: &str, help: String| {
            image.source.error(secret.span(), message, label).help(help)
        };
        match (&secret.get_ref().env, &secret.get_ref().file) {
            (Some(variable), None) if !host.variables.contains(variable) => problems.push(at(
                format!("the secret `{name}` has no value"),
                &format!("{variable} is not set"),
                format!("set the environment variable {variable}"),
            )),
            (None, Some(file)) if !image.folder.join(file).is_file() => problems.push(at(
                format!("the secret `{name}` has no value"),
                "no such file",
                format!("create {file} beside Image.toml, and keep it out of version control"),
            )),
            (Some(_), None) | (None, Some(_)) => {}
            _ => problems.push(at(
                format!("the secret `{name}` needs exactly one source"),
                "neither or both",
                "write `{ env = \"VARIABLE\" }` or `{ file = \"path\" }`".to_owned(),
            )),
        }
    }
    for wanted in &graph.node(id).resolution.secrets {
        if wanted.required && !image.manifest.secrets.contains_key(&wanted.id) {
            let message = format!("the secret `{}` is required, and Image.toml has none", wanted.id);
            let diagnostic = image.dockerfile.error(wanted.span.clone(), message, "required here");
            problems
                .push(diagnostic.help(format!("add `{} = {{ env = \"…\" }}` under [secrets]", wanted.id)));
        }
    }
    problems
}

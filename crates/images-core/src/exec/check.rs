//! What can be known to be missing before any build starts.

use images_schema::Diagnostic;

use crate::build::BuildOptions;
use crate::graph::{Graph, NodeId};
use crate::plan::Item;
use crate::{Error, HostOptions};

/// Checks all builds at once, so that nothing is built when one of them cannot be.
///
/// # Errors
/// A secret without a value, or one that a Dockerfile requires and Image.toml does not have.
pub(super) fn before_builds(
    graph: &Graph<'_>,
    builds: &[&Item],
    options: &BuildOptions,
) -> Result<(), Error> {
    let mut problems: Vec<Diagnostic> = Vec::new();
    for problem in builds.iter().flat_map(|item| secrets(graph, item.id, &options.host)) {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Input(problems)) }
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

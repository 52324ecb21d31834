//! `[[prepare]]`: a command on the host whose output joins the context.
//!
//! An output is kept under the hash of what made it: the command's words, the content of each file that a word names
//! (relative to the image's folder), and the epoch. It is made again when that changes or when it is deleted.

use std::collections::HashMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::{Cancel, Child, Output};
use images_engine::threads;
use images_schema::{PrepareTable, Spanned};

use super::{announced, input};
use crate::context::Joined;
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::workspace::filled;
use crate::{Error, HostOptions};

/// One command of one node.
struct Task<'a> {
    id: NodeId,
    table: &'a Spanned<PrepareTable>,
}

/// Runs the commands of all `nodes` whose outputs are not there yet, as many at once as there are jobs.
///
/// # Errors
/// An unknown placeholder, a command that fails or leaves no output.
pub(super) fn run(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<HashMap<NodeId, Vec<Joined>>, Error> {
    let tasks: Vec<_> = nodes
        .iter()
        .flat_map(|&id| graph.image(id).manifest.prepare.iter().map(move |table| Task { id, table }))
        .collect();
    let results = threads::map(host.jobs, &tasks, |task| prepare(graph, task, host, cancel, reporter));
    let mut prepared: HashMap<NodeId, Vec<Joined>> = HashMap::new();
    for (task, result) in tasks.iter().zip(results) {
        prepared.entry(task.id).or_default().push(result?);
    }
    Ok(prepared)
}

fn prepare(
    graph: &Graph<'_>,
    task: &Task<'_>,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Joined, Error> {
    let image = graph.image(task.id);
    let table = task.table.get_ref();
    let to = input::place(image, &table.output)?;
    let name = to.file_name().unwrap_or("out").to_owned();
    let cache = graph.workspace.cache().join("prepare");
    let folder = cache.join(fingerprint(graph, task, host)?);
    let from = folder.join(&name);
    if !from.exists() {
        let words = words(graph, task, "")?;
        let what = format!("{} for {}", words.first().map_or("", String::as_str), graph.spec(task.id));
        let fresh = tempfile::Builder::new()
            .prefix("new-")
            .tempdir_in(create(&cache)?)
            .map_err(Error::io("cannot create a folder in", &cache))?;
        let fresh = Utf8PathBuf::try_from(fresh.keep())
            .map_err(|error| Error::io("cannot use", &cache)(std::io::Error::other(error)))?;
        let made = announced(reporter, &what, || execute(graph, task, host, cancel, &fresh.join(&name)));
        let placed = made.and_then(|()| put_in_place(&fresh, &folder));
        if placed.is_err() {
            // What is left over is only a cache's litter, and the error itself is what matters.
            let _ = fs::remove_dir_all(&fresh);
        }
        placed?;
    }
    Ok(Joined { from, to })
}

/// Two runs that prepare the same at once both end right: the second finds the first's folder.
fn put_in_place(fresh: &Utf8Path, folder: &Utf8Path) -> Result<(), Error> {
    match fs::rename(fresh, folder) {
        Err(_) if folder.exists() => fs::remove_dir_all(fresh).map_err(Error::io("cannot remove", fresh)),
        renamed => renamed.map_err(Error::io("cannot create", folder)),
    }
}

fn create(folder: &Utf8Path) -> Result<&Utf8Path, Error> {
    fs::create_dir_all(folder).map_err(Error::io("cannot create", folder))?;
    Ok(folder)
}

fn execute(
    graph: &Graph<'_>,
    task: &Task<'_>,
    host: &HostOptions,
    cancel: &Cancel,
    out: &Utf8Path,
) -> Result<(), Error> {
    let image = graph.image(task.id);
    let mut words = words(graph, task, out.as_str())?;
    if words.is_empty() {
        let diagnostic = image.source.error(task.table.span(), "`command` is empty", "nothing to run");
        return Err(diagnostic.help("name a program and its arguments").into());
    }
    let program = words.remove(0);
    let local = image.folder.join(&program);
    let child = Child {
        program: if program.contains('/') && local.exists() { local.into_string() } else { program.clone() },
        args: words,
        env: [("SOURCE_DATE_EPOCH".to_owned(), host.epoch.to_string())].into(),
        cwd: Some(image.folder.clone()),
        output: Output::Capture,
    };
    let failed = |message: String, output: String, help: String| -> Error {
        Error::Command { message, output, help: Some(help) }
    };
    let spec = graph.spec(task.id);
    let ended = child.run(cancel).map_err(|error| match error.kind() {
        std::io::ErrorKind::Interrupted => Error::Interrupted,
        _ => failed(
            format!("cannot prepare {spec}: {error}"),
            String::new(),
            format!("install `{program}`; `cargo xtask setup` installs what this repository's images need"),
        ),
    })?;
    if cancel.is_interrupted() {
        return Err(Error::Interrupted);
    }
    let output = || {
        let text = [ended.stdout.as_slice(), ended.stderr.as_slice()].concat();
        String::from_utf8_lossy(&text).trim_end().to_owned()
    };
    if ended.code != Some(0) {
        let code = ended.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        let help = format!("the [[prepare]] of {} runs in its folder", image.source.path);
        return Err(failed(format!("cannot prepare {spec}: `{program}` ended with {code}"), output(), help));
    }
    if !out.exists() {
        let help = "a [[prepare]] command writes the path that `{out}` stands for".to_owned();
        return Err(failed(format!("cannot prepare {spec}: `{program}` left no output"), output(), help));
    }
    Ok(())
}

/// The command's words, filled in.
fn words(graph: &Graph<'_>, task: &Task<'_>, out: &str) -> Result<Vec<String>, Error> {
    let (image, variant) = (graph.image(task.id), graph.variant(task.id));
    let value_of = |word: &str| match word {
        "out" => Some(out),
        "name" => Some(image.name.as_str()),
        "version" => Some(variant.version.as_str()),
        "variant" => Some(variant.tag.as_str()),
        word => variant.args.get(word).map(String::as_str),
    };
    let word = |word| filled(&image.source, word, value_of);
    task.table.get_ref().command.iter().map(word).collect()
}

fn fingerprint(graph: &Graph<'_>, task: &Task<'_>, host: &HostOptions) -> Result<String, Error> {
    let folder = &graph.image(task.id).folder;
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(&host.epoch.to_le_bytes());
    for word in words(graph, task, "{out}")? {
        add(word.as_bytes());
        let path = folder.join(&word);
        if path.is_file() {
            add(&fs::read(&path).map_err(Error::io("cannot read", &path))?);
        }
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

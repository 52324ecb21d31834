//! `[[prepare]]`: a command on the host whose output joins the context.
//!
//! An output is kept under the hash of what made it ([`fingerprint`]). It is made again when that changes or when it is
//! deleted. Variants whose commands are alike share one output.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::{Cancel, Child, Ended, Output};
use images_engine::threads;
use images_schema::{PrepareTable, Spanned};

use super::{announced, input};
use crate::context::Joined;
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::workspace::normal;
use crate::{Error, HostOptions};

/// One command of one node.
struct Task<'a> {
    id: NodeId,
    table: &'a Spanned<PrepareTable>,
}

/// What stands for the output's path in a [`fingerprint`]; no word can hold it.
const OUT: &str = "\0";

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
    let tasks: Vec<_> = nodes.iter().flat_map(|&id| tasks(graph, id)).collect();
    let places = threads::map(host.jobs, &tasks, |task| place(graph, task, host));
    let places = places.into_iter().collect::<Result<Vec<_>, _>>()?;
    let missing: BTreeMap<_, _> = places.iter().map(|joined| &joined.from).zip(&tasks).collect();
    let missing: Vec<_> = missing.into_iter().filter(|(from, _)| !from.exists()).collect();
    let made =
        threads::map(host.jobs, &missing, |(from, task)| make(graph, task, from, host, cancel, reporter));
    made.into_iter().collect::<Result<(), _>>()?;
    let mut prepared: HashMap<NodeId, Vec<Joined>> = HashMap::new();
    for (task, joined) in tasks.iter().zip(places) {
        prepared.entry(task.id).or_default().push(joined);
    }
    Ok(prepared)
}

/// Checks a node's commands without running them.
///
/// # Errors
/// An unknown placeholder, a command without words, a place outside of the context.
pub(super) fn check(graph: &Graph<'_>, id: NodeId) -> Result<(), Error> {
    tasks(graph, id).try_for_each(|task| {
        input::place(graph.image(id), &task.table.get_ref().output)?;
        words(graph, &task, OUT).map(|_| ())
    })
}

fn tasks<'a>(graph: &Graph<'a>, id: NodeId) -> impl Iterator<Item = Task<'a>> + use<'a> {
    graph.image(id).manifest.prepare.iter().map(move |table| Task { id, table })
}

/// Where the output is kept, and where it joins.
fn place(graph: &Graph<'_>, task: &Task<'_>, host: &HostOptions) -> Result<Joined, Error> {
    let to = input::place(graph.image(task.id), &task.table.get_ref().output)?;
    let name = to.file_name().unwrap_or("out");
    let folder = graph.workspace.prepared.join(fingerprint(graph, task, &to, host)?);
    Ok(Joined { from: folder.join(name), to })
}

/// Runs a command beside its output's place, and puts the output there when it is complete.
fn make(
    graph: &Graph<'_>,
    task: &Task<'_>,
    from: &Utf8Path,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let cache = &graph.workspace.prepared;
    fs::create_dir_all(cache).map_err(Error::io("cannot create", cache))?;
    let fresh = tempfile::Builder::new()
        .prefix("new-")
        .tempdir_in(cache)
        .map_err(Error::io("cannot create a folder in", cache))?;
    let fresh = Utf8PathBuf::try_from(fresh.keep())
        .map_err(|error| Error::io("cannot use", cache)(io::Error::other(error)))?;
    let name = from.file_name().unwrap_or("out");
    let folder = from.parent().unwrap_or(cache);
    let program = task.table.get_ref().command.first().map_or("", |word| word.get_ref());
    let what = format!("{program} for {}", graph.spec(task.id));
    let made = announced(reporter, &what, || execute(graph, task, host, cancel, &fresh.join(name)));
    let placed = made.and_then(|()| put_in_place(&fresh, folder));
    if placed.is_err() {
        // What is left over is only a cache's litter, and the error itself is what matters.
        let _ = fs::remove_dir_all(&fresh);
    }
    placed
}

/// Two runs that prepare the same at once both end right: the second finds the first's folder.
fn put_in_place(fresh: &Utf8Path, folder: &Utf8Path) -> Result<(), Error> {
    match fs::rename(fresh, folder) {
        Err(_) if folder.exists() => fs::remove_dir_all(fresh).map_err(Error::io("cannot remove", fresh)),
        renamed => renamed.map_err(Error::io("cannot create", folder)),
    }
}

fn execute(
    graph: &Graph<'_>,
    task: &Task<'_>,
    host: &HostOptions,
    cancel: &Cancel,
    out: &Utf8Path,
) -> Result<(), Error> {
    let spec = graph.spec(task.id);
    let mut words = words(graph, task, out.as_str())?;
    let program = words.remove(0);
    let child = child(&graph.image(task.id).folder, &program, words, host.epoch);
    let failed = |message: String, output: String, help: String| -> Error {
        Error::Command { message: format!("cannot prepare {spec}: {message}"), output, help: Some(help) }
    };
    let ended = child.run(cancel).map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => Error::Interrupted,
        _ => failed(error.to_string(), String::new(), format!("install `{program}`, or mend the command")),
    })?;
    if cancel.is_interrupted() {
        return Err(Error::Interrupted);
    }
    if ended.code != Some(0) {
        let code = ended.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        let help = format!("the [[prepare]] of {} runs in its folder", graph.image(task.id).source.path);
        return Err(failed(format!("`{program}` ended with {code}"), printed(&ended), help));
    }
    if !out.exists() {
        let help = "a [[prepare]] command writes the path that `{out}` stands for".to_owned();
        return Err(failed(format!("`{program}` left no output"), printed(&ended), help));
    }
    Ok(())
}

/// The command, in the image's folder; a program with a slash that lies there is meant by its path.
fn child(folder: &Utf8Path, program: &str, args: Vec<String>, epoch: i64) -> Child {
    let local = folder.join(program);
    Child {
        program: if program.contains('/') && local.exists() {
            local.into_string()
        } else {
            program.to_owned()
        },
        args,
        env: [("SOURCE_DATE_EPOCH".to_owned(), epoch.to_string())].into(),
        cwd: Some(folder.to_owned()),
        output: Output::Capture,
    }
}

/// All that a command printed.
fn printed(ended: &Ended) -> String {
    let text = [ended.stdout.as_slice(), ended.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).trim_end().to_owned()
}

/// The command's words, filled in; there is at least one.
fn words(graph: &Graph<'_>, task: &Task<'_>, out: &str) -> Result<Vec<String>, Error> {
    let (image, variant) = (graph.image(task.id), graph.variant(task.id));
    if task.table.get_ref().command.is_empty() {
        let diagnostic = image.source.error(task.table.span(), "`command` is empty", "nothing to run");
        return Err(diagnostic.help("name a program and its arguments").into());
    }
    let value_of = |word: &str| match word {
        "out" => Some(out),
        "name" => Some(image.name.as_str()),
        "version" => Some(variant.version.as_str()),
        "variant" => Some(variant.tag.as_str()),
        word => variant.args.get(word).map(String::as_str),
    };
    let word = |word| Ok(image.source.filled(word, value_of)?);
    task.table.get_ref().command.iter().map(word).collect()
}

/// The hash of what makes an output: the epoch, the folder that the command runs in, the output's place, the words, and
/// the content of each file or folder that a word names, relative to that folder.
fn fingerprint(
    graph: &Graph<'_>,
    task: &Task<'_>,
    to: &Utf8Path,
    host: &HostOptions,
) -> Result<String, Error> {
    let folder = &graph.image(task.id).folder;
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(&host.epoch.to_le_bytes());
    add(folder.strip_prefix(&graph.workspace.root).unwrap_or(folder).as_str().as_bytes());
    add(to.as_str().as_bytes());
    for word in words(graph, task, OUT)? {
        add(word.as_bytes());
        let path = normal(&folder.join(&word));
        let is_folder =
            path.is_dir() && path.starts_with(&graph.workspace.repository) && !folder.starts_with(&path);
        let content = (path.is_file() || is_folder).then(|| content(&path));
        let content = content.transpose().map_err(Error::io("cannot read", &path))?;
        add(content.as_ref().map_or(&[], |hash| hash.as_bytes()));
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

/// The hash of a file's bytes, or of the names, links and bytes in a folder.
fn content(path: &Utf8Path) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    if !path.is_dir() {
        return Ok(hasher.update_reader(File::open(path)?)?.finalize());
    }
    let mut entries = path.read_dir_utf8()?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
    for entry in entries {
        let kind = entry.file_type()?;
        let held = match () {
            () if kind.is_symlink() => blake3::hash(entry.path().read_link_utf8()?.as_str().as_bytes()),
            () if kind.is_dir() || kind.is_file() => content(entry.path())?,
            () => continue,
        };
        hasher.update(blake3::hash(entry.file_name().as_bytes()).as_bytes());
        hasher.update(&[u8::from(kind.is_symlink()), u8::from(kind.is_dir())]);
        hasher.update(held.as_bytes());
    }
    Ok(hasher.finalize())
}

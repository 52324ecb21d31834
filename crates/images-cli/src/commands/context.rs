use std::fs::File;
use std::io::BufWriter;

use images_core::context::{self as contexts, EntryKind, StageError};
use images_core::graph::{Graph, NodeId};
use images_core::key::hex;
use images_core::{Error, exit_code, joined, session};
use images_schema::{Diagnostic, message};

use super::{Session, one, pretty};
use crate::arguments::{Context, Format};
use crate::{environment, report};

pub(super) fn run(session: &Session, args: &Context) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let id = one(&graph, &args.spec)?;
    let host = environment::host_options(&session.global)?;
    let reporter = report::human(session.terminal);
    let files = joined::gather(&graph, &[id], &host, &session.cancel, &*reporter)?;
    let found = session::contexts(&graph, &[id], &files, &host)?;
    let context = &found[&id];
    if let Some(path) = &args.tar {
        let file = File::create(path).map_err(Error::io("cannot create", path))?;
        contexts::write_tar(context, BufWriter::new(file)).map_err(|error| match error {
            StageError::Io { path, source } => Error::Io { doing: "cannot pack", path: path.into(), source },
            StageError::Changed { path } => {
                Diagnostic::error(format!("`{path}` changed while it was being read"))
                    .help("try again")
                    .into()
            }
        })?;
    }
    match args.format {
        Format::Human => context.entries.iter().for_each(|entry| session.terminal.data(&entry.path)),
        Format::Json => session.terminal.data(&pretty(&listing(&graph, id, context))),
    }
    Ok(exit_code::DONE)
}

fn listing(graph: &Graph<'_>, id: NodeId, context: &contexts::Context) -> message::ContextListing {
    let entries = context.entries.iter().map(|entry| {
        let (kind, size, hash, target) = match &entry.kind {
            EntryKind::Folder => ("folder", None, None, None),
            EntryKind::File { size, hash } => ("file", Some(*size), Some(hex(hash)), None),
            EntryKind::Link { target } => ("link", None, None, Some(target.clone())),
        };
        message::ContextEntry {
            path: entry.path.clone(),
            kind,
            mode: format!("{:04o}", entry.mode),
            size,
            hash,
            target,
        }
    });
    message::ContextListing {
        version: message::FORMAT_VERSION,
        spec: graph.spec(id).to_string(),
        hash: hex(&context.hash),
        entries: entries.collect(),
    }
}

use images_core::graph::Graph;
use images_core::workspace::relative;
use images_core::{Error, exit_code};

use super::{Session, named};
use crate::arguments::{BuildArgs, List};

pub(super) fn run(session: &Session, args: &List) -> Result<u8, Error> {
    let workspace = session.workspace(&BuildArgs { build_args: Vec::new() })?;
    let graph = session.graph(&workspace)?;
    let ids = named(&graph, &args.specs)?;
    if args.names {
        ids.iter().for_each(|id| session.terminal.data(&graph.spec(*id).to_string()));
    } else {
        table(&graph, &ids).iter().for_each(|line| session.terminal.data(line));
    }
    Ok(exit_code::DONE)
}

/// One line an image: name, versions with the default one marked, folder.
fn table(graph: &Graph<'_>, ids: &[images_core::graph::NodeId]) -> Vec<String> {
    let mut rows: Vec<(&str, Vec<String>, String)> = Vec::new();
    for &id in ids {
        let (image, variant) = (graph.image(id), graph.variant(id));
        let several = image.variants.len() > 1;
        let tag =
            if several && variant.is_default { format!("{}*", variant.tag) } else { variant.tag.clone() };
        match rows.last_mut() {
            Some((name, tags, _)) if *name == image.name => tags.push(tag),
            _ => {
                let folder = relative(&image.folder, &graph.workspace.root).to_string();
                rows.push((&image.name, vec![tag], folder));
            }
        }
    }
    let rows: Vec<_> = rows.into_iter().map(|(name, tags, folder)| (name, tags.join(", "), folder)).collect();
    let names = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
    let tags = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
    rows.iter().map(|(name, tag, folder)| format!("{name:names$}  {tag:tags$}  {folder}")).collect()
}

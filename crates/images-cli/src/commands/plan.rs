use images_core::build::Planned;
use images_core::graph::Graph;
use images_core::plan::{Action, Item};
use images_core::reason::Reason;
use images_core::store::{key_name, version_name};
use images_core::{Error, exit_code};
use images_schema::message;

use super::{Session, pretty};
use crate::arguments::{Format, Plan};

pub(super) fn run(session: &Session, args: &Plan) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let (_, planned) = session.plan(&graph, &selected, &args.engine)?;
    session.terminal.data(&match args.format {
        Format::Human => human(&graph, &planned),
        Format::Json => pretty(&json(&graph, &planned)),
    });
    Ok(exit_code::DONE)
}

fn words(item: &Item) -> (&'static str, Option<&Reason>) {
    match &item.action {
        Action::Fresh => ("fresh", None),
        Action::Retag(reason) => ("retag", Some(reason)),
        Action::Build(reason) => ("build", Some(reason)),
    }
}

fn human(graph: &Graph<'_>, planned: &Planned) -> String {
    let line = |item: &Item| {
        let (action, reason) = words(item);
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{action} {}{reason}", graph.spec(item.id))
    };
    planned.plan.items.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn json(graph: &Graph<'_>, planned: &Planned) -> message::Plan<Reason> {
    let items = planned.plan.items.iter().map(|item| {
        let (action, reason) = words(item);
        message::PlanItem {
            spec: graph.spec(item.id).to_string(),
            action,
            reason: reason.cloned(),
            message: reason.map(Reason::to_string),
            key: item.key.to_string(),
            reference: version_name(graph, item.id),
            key_reference: key_name(graph, item.id, item.key),
            selected: item.selected,
        }
    });
    message::Plan {
        version: message::FORMAT_VERSION,
        engine: planned.engine.kind().to_string(),
        items: items.collect(),
    }
}

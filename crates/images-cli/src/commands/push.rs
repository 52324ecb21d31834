use std::cell::RefCell;

use images_core::transfer::{PushOptions, PushedImage};
use images_core::{Error, exit_code, transfer};
use images_schema::message;

use super::{Session, pretty};
use crate::arguments::{Format, Push};
use crate::environment;
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Push) -> Result<u8, Error> {
    let registry = environment::asking(&session.global, &args.plain_http)?;
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let (options, planned) = session.plan(&graph, &selected, &args.engine)?;
    let push = PushOptions { registry, sbom: args.sbom };
    let done = RefCell::new(Vec::new());
    let report = |image: &PushedImage| {
        session.terminal.status(Style::Good, "Pushed", &words(image));
        if args.format == Format::Human {
            session.terminal.data(&format!("{}@{}", image.reference, image.digest));
        }
        done.borrow_mut().push(json(image));
    };
    let pushed = transfer::push(&graph, &planned, &options.host, &push, &session.cancel, &report);
    if args.format == Format::Json {
        // What is there is told even if something that came later is not.
        let images = done.into_inner();
        session.terminal.data(&pretty(&message::Push { version: message::FORMAT_VERSION, images }));
    }
    pushed.map(|()| exit_code::DONE)
}

fn words(image: &PushedImage) -> String {
    let PushedImage { spec, uploaded, bytes, present, .. } = image;
    let sent = match uploaded {
        0 => "everything was there".to_owned(),
        _ => format!("{uploaded} blobs of {:.1} MiB sent, {present} were there", *bytes as f64 / 1_048_576.0),
    };
    let sbom = if image.sbom.is_some() { ", with its bill of materials" } else { "" };
    format!("{spec} ({sent}{sbom})")
}

fn json(image: &PushedImage) -> message::PushedImage {
    message::PushedImage {
        spec: image.spec.clone(),
        reference: image.reference.clone(),
        digest: image.digest.to_string(),
        uploaded: image.uploaded,
        bytes: image.bytes,
        present: image.present,
        sbom: image.sbom.map(|digest| digest.to_string()),
    }
}

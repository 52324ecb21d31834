use images_core::gc::{self as core, GcImage, GcOptions, Kept, Verdict};
use images_core::quantity::{age, count, size};
use images_core::{Error, exit_code};
use images_schema::message;

use super::{Session, pretty};
use crate::arguments::{Format, Gc};
use crate::report as reporter;
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Gc) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let (build, detect) = session.build_options(&args.engine, None, &workspace)?;
    let options = GcOptions { build, keep_for: args.keep_for, execute: args.execute };
    let reporter = reporter::human(session.terminal);
    let gc = core::gc(&graph, &options, &detect, &session.cancel, &*reporter)?;
    match args.format {
        Format::Json => session.terminal.data(&pretty(&json(&gc, &options))),
        Format::Human => tell(session, &gc, args.execute),
    }
    gc.failed.iter().for_each(|error| session.terminal.error(&format!("error: {error}")));
    Ok(if gc.failed.is_empty() { exit_code::DONE } else { exit_code::FAILED })
}

fn tell(session: &Session, gc: &core::Gc, executed: bool) {
    let terminal = &session.terminal;
    for image in &gc.images {
        // What was to go and did not is news; what stays anyhow is not.
        let is_news = matches!(image.verdict, Verdict::Keep(Kept::InUse { .. } | Kept::Refused));
        if image.goes() || is_news || terminal.verbose {
            terminal.data(&line(image, executed));
        }
    }
    let (going, staying): (Vec<_>, Vec<_>) = gc.images.iter().partition(|image| image.goes());
    let freed: u64 = going.iter().map(|image| image.freed()).sum();
    let names = match (going.len(), freed) {
        (0, _) => "nothing".to_owned(),
        // buildah tells no sizes.
        (number, 0) => count(number, "image"),
        (number, freed) => format!("{} of up to {}", count(number, "image"), size(freed)),
    };
    let verb = if staying.len() == 1 { "stays" } else { "stay" };
    let stay = format!("{} of ours {verb} in {}", staying.len(), gc.engine);
    if !executed {
        let next = if going.is_empty() { "" } else { "; `--execute` removes them" };
        let text = format!("{names} would go, {stay}{next}");
        return terminal.status(Style::Note, "Planned", &text);
    }
    let swept = gc.blobs.bytes + gc.records.bytes;
    let swept = if swept == 0 { String::new() } else { format!("; {} of files with them", size(swept)) };
    terminal.status(Style::Good, "Removed", &format!("{names}, {stay}{swept}"));
}

/// One line for an image.
fn line(image: &GcImage, executed: bool) -> String {
    let name = &image.name;
    let (remove, untag) = if executed { ("removed", "untagged") } else { ("remove", "untag") };
    match &image.verdict {
        Verdict::Keep(kept) => format!("keep {name}: {}", words(kept)),
        Verdict::Remove { others } if others.is_empty() => format!("{remove} {name}{}", about(image)),
        Verdict::Remove { others } => {
            format!("{untag} {name}{}, which is {} as well", about(image), others.join(", "))
        }
    }
}

/// Size and age, as far as they are known.
fn about(image: &GcImage) -> String {
    let known = [image.size.map(size), image.age.map(|time| format!("{} old", age(time)))];
    let known: Vec<_> = known.into_iter().flatten().collect();
    if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
}

fn words(kept: &Kept) -> String {
    match kept {
        Kept::Current { spec } => format!("it is {spec} as the work tree has it"),
        Kept::Version { name } => format!("{name} points at it"),
        Kept::Referenced => "build scripts have been told of it".to_owned(),
        Kept::Young(Some(time)) => format!("it is {} old", age(*time)),
        Kept::Young(None) => "its age is not known".to_owned(),
        Kept::Parent { of } => format!("{of} was made from it"),
        Kept::InUse { words } => format!("it is in use: {words}"),
        Kept::Refused => "the engine did not remove it".to_owned(),
    }
}

fn json(gc: &core::Gc, options: &GcOptions) -> message::Gc {
    message::Gc {
        version: message::FORMAT_VERSION,
        engine: gc.engine.to_string(),
        executed: options.execute,
        keep_for: options.keep_for.as_secs(),
        images: gc.images.iter().map(image).collect(),
        removed: gc.images.iter().filter(|image| image.goes()).count(),
        bytes: gc.images.iter().map(GcImage::freed).sum(),
        swept: gc.blobs.bytes + gc.records.bytes,
    }
}

fn image(image: &GcImage) -> message::GcImage {
    let (action, kept) = match &image.verdict {
        Verdict::Keep(kept) => ("keep", Some(kept)),
        Verdict::Remove { others } if others.is_empty() => ("remove", None),
        Verdict::Remove { .. } => ("untag", None),
    };
    message::GcImage {
        name: image.name.clone(),
        id: image.id.clone(),
        action,
        reason: kept.map(reason),
        message: kept.map(words),
        size: image.size,
        age: image.age.map(|age| age.as_secs()),
    }
}

fn reason(kept: &Kept) -> &'static str {
    match kept {
        Kept::Current { .. } => "current",
        Kept::Version { .. } => "version",
        Kept::Referenced => "referenced",
        Kept::Young(_) => "young",
        Kept::Parent { .. } => "parent",
        Kept::InUse { .. } => "in-use",
        Kept::Refused => "refused",
    }
}

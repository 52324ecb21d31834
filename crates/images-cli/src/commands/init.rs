use camino::Utf8Path;
use images_core::adopt::{self, Adopted, Adoption, NamespaceOrigin, Request};
use images_core::quantity::{count, listed};
use images_core::{Error, exit_code};

use super::Session;
use crate::arguments::{CheckFormat, Init};
use crate::environment;
use crate::report::findings;
use crate::terminal::{Style, Terminal};

pub(super) fn run(session: &Session, args: &Init) -> Result<u8, Error> {
    let options = environment::load_options(&session.global, &[])?;
    let request = Request {
        path: args.path.clone(),
        namespace: args.namespace.clone(),
        registry: options.registry.clone(),
        image_version: args.image_version.clone(),
        exclude: args.exclude.clone(),
        xtask: args.xtask.clone(),
    };
    let adoption = adopt::adopt(&options, &request, &session.cancel)?;
    tell(&adoption, session.terminal);
    let diff = adoption.edits.diff();
    if !diff.is_empty() {
        session.terminal.data(diff.trim_end_matches('\n'));
    }
    if args.execute {
        adoption.edits.write()?;
    }
    adoption.problems.iter().for_each(|problem| session.terminal.diagnostic(problem));
    let host = environment::host_options(&session.global)?;
    let found = adopt::findings(&adoption, args.execute, &options, &host, &session.cancel)?;
    findings::report(CheckFormat::Human, &found, Utf8Path::new(""), session.terminal);
    end(&adoption, args.execute, found.errors().count(), session.terminal);
    Ok(exit_code::DONE)
}

fn tell(adoption: &Adoption, terminal: Terminal) {
    let note = |word: &str, text: &str| terminal.status(Style::Note, word, text);
    let why = match adoption.namespace_origin {
        NamespaceOrigin::Workspace => "as the workspace says".to_owned(),
        NamespaceOrigin::Given => "as --namespace says".to_owned(),
        NamespaceOrigin::Used(number) => {
            let verb = if number == 1 { "names" } else { "name" };
            format!("by which {} {verb} others", count(number, "Dockerfile"))
        }
        NamespaceOrigin::Remote => "assumed: the owner of git's remote; --namespace takes another".to_owned(),
        NamespaceOrigin::Folder => "assumed: the folder's name; --namespace takes another".to_owned(),
    };
    note("Namespace", &format!("{} ({why})", adoption.namespace));
    if let Some(registry) = &adoption.registry {
        note("Registry", registry);
    }
    for Adopted { name, version, origin, dockerfile } in &adoption.images {
        terminal.status(Style::Good, "Adopting", &format!("{dockerfile} as {name} {version} ({origin})"));
    }
    if adoption.kept > 0 {
        note("Leaving", &format!("{} with an Image.toml", count(adoption.kept, "folder")));
    }
    for (name, users) in &adoption.external {
        let users = listed(users, 1);
        note("External", &format!("{}/{name}, which is made elsewhere ({users})", adoption.namespace));
    }
}

/// How it ended, and what to do next.
fn end(adoption: &Adoption, executed: bool, errors: usize, terminal: Terminal) {
    let files = count(adoption.edits.paths().len(), "file");
    let (style, text) = match executed {
        _ if adoption.edits.paths().is_empty() => (Style::Good, "there is nothing to adopt".to_owned()),
        true => (Style::Good, format!("{files} written")),
        false => (Style::Note, format!("{files} would be written; --execute writes them")),
    };
    let has_errors = errors > 0;
    let errors = match errors {
        0 => "`check` finds no error".to_owned(),
        errors => format!("`check` finds {}, as told above", count(errors, "error")),
    };
    terminal.status(style, "Finished", &format!("{text}; {errors}"));
    if executed {
        let mend = if has_errors { "mend what is told, then " } else { "" };
        terminal.status(Style::Note, "Next", &format!("{mend}{}", next(adoption)));
    }
}

fn next(adoption: &Adoption) -> &'static str {
    match adoption.has_xtask {
        true => "cargo xtask images tree --workspace, then cargo xtask images build",
        false => {
            "mount the commands in an xtask (--xtask writes one), then `images tree --workspace` and `images build`"
        }
    }
}

use std::io::IsTerminal;

use images_core::build as core;
use images_core::store::key_name;
use images_core::transfer::{self, Local};
use images_core::{Error, exit_code};
use images_engine::EngineKind;
use images_engine::process::become_program;

use super::{Session, loader, one};
use crate::arguments::Run;
use crate::report;
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Run) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let id = one(&graph, &args.spec)?;
    let (options, detect) = session.build_options(&args.engine, Some(&args.compression), &workspace)?;
    let reporter = report::human(session.terminal);
    let outcome = core::build(&graph, &[id], &options, &detect, &session.cancel, &*reporter)?;
    if outcome.failed > 0 {
        return Ok(exit_code::FAILED);
    }
    let planned = core::plan(&graph, &[id], &options, &detect, &session.cancel, &*reporter)?;
    let image = key_name(&graph, id, planned.keyed.key(id));
    let program = match planned.engine.kind() {
        EngineKind::Docker => EngineKind::Docker,
        // The two share a store, and buildah starts no containers of images.
        EngineKind::Podman | EngineKind::Buildah => EngineKind::Podman,
        EngineKind::Builtin => {
            let to = loader(None, &args.engine)?;
            let local = Local::gather(&graph, &planned, &options.host, &session.cancel)?;
            transfer::load(&graph, &planned, &local, &*to, &session.cancel)?;
            to.kind()
        }
    };
    session.terminal.status(Style::Good, "Running", &graph.spec(id).to_string());
    let on_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let error = become_program(&program.to_string(), &arguments(args, &image, on_terminal));
    let message = format!("cannot start {program}: {error}");
    let help = Some(format!("install {program}, or run {image} by other means"));
    Err(Error::Transfer { message, help })
}

/// Each value is in one argument with its flag, so that none becomes a flag; the command comes after the image.
fn arguments(args: &Run, image: &str, on_terminal: bool) -> Vec<String> {
    let mut words = vec!["run".to_owned(), "--rm".to_owned()];
    if on_terminal {
        words.push("--tty".to_owned());
    }
    words.push("--interactive".to_owned());
    words.extend(args.publish.iter().map(|port| format!("--publish={port}")));
    words.extend(args.env.iter().map(|variable| format!("--env={variable}")));
    words.extend(args.volumes.iter().map(|volume| format!("--volume={volume}")));
    words.push(image.to_owned());
    words.extend(args.command.iter().cloned());
    words
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        run: Run,
    }

    #[test]
    fn engines_are_called_so() {
        let words = |line: &[&str], on_terminal| {
            let line = Line::parse_from(["run", "app"].iter().chain(line));
            arguments(&line.run, "i", on_terminal).join(" ")
        };
        assert_eq!(words(&[], false), "run --rm --interactive i");
        assert_eq!(words(&[], true), "run --rm --tty --interactive i");
        let all = ["-p", "80:8080", "-e", "A=--b", "--volume", "./a:/a", "--", "--help", "-x"];
        let expected = "run --rm --interactive --publish=80:8080 --env=A=--b --volume=./a:/a i --help -x";
        assert_eq!(words(&all, false), expected);
    }
}

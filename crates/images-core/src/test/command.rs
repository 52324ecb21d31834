//! A command is run to its end.

use std::time::Duration;

use images_engine::{ContainerRun, EngineError};

use super::container::{Container, Host, tail};
use super::definition::{CommandCheck, Program};
use super::event::Problem;
use super::text::problems;

/// What is wrong with it.
///
/// # Errors
/// The container cannot be made or started; an interrupt.
pub(super) fn check(
    host: Host<'_>,
    image: &str,
    check: &CommandCheck,
    timeout: Duration,
) -> Result<Option<Problem>, EngineError> {
    let container = Container::create(host, image, &check.program, None)?;
    let ran = host.containers.run(&container.id, timeout, host.cancel)?;
    drop(container);
    Ok(judge(check, &ran, timeout))
}

fn judge(check: &CommandCheck, ran: &ContainerRun, timeout: Duration) -> Option<Problem> {
    let (exit, stdout, stderr) = match ran {
        ContainerRun::Ended { exit, stdout, stderr } => (Some(*exit), stdout, stderr),
        ContainerRun::TimedOut { stdout, stderr } => (None, stdout, stderr),
    };
    let (stdout, stderr) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    let mut wrong = Vec::new();
    match exit {
        None => wrong.push(format!("did not end within {timeout:?}")),
        Some(exit) if exit != check.exit => wrong.push(format!("exited with {exit}, not {}", check.exit)),
        Some(_) => {}
    }
    if exit.is_some() {
        wrong.extend(problems(&check.stdout, "stdout", &stdout));
        wrong.extend(problems(&check.stderr, "stderr", &stderr));
    }
    if wrong.is_empty() {
        return None;
    }
    let output = [stdout.trim_end(), stderr.trim_end()].into_iter().filter(|text| !text.is_empty());
    let output = tail(&output.collect::<Vec<_>>().join("\n"));
    Some(Problem { message: format!("{}: {}", named(&check.program), wrong.join("; ")), output })
}

/// A command as a person knows it.
pub(super) fn named(program: &Program) -> String {
    let words = program.entrypoint.iter().chain(&program.args).map(String::as_str).collect::<Vec<_>>();
    match (&program.entrypoint, words.is_empty()) {
        (Some(_), _) => format!("`{}`", words.join(" ")),
        (None, true) => "the image's command".to_owned(),
        (None, false) => format!("the image's entrypoint with `{}`", words.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::definition::Text;
    use super::*;

    fn told(check: &CommandCheck, ran: &ContainerRun) -> Option<(String, String)> {
        judge(check, ran, Duration::from_secs(2)).map(|problem| (problem.message, problem.output))
    }

    #[test]
    fn exit_code_and_both_outputs_are_judged_together() {
        let program =
            Program { entrypoint: Some("a".to_owned()), args: vec!["b".to_owned()], ..Program::default() };
        let check = CommandCheck {
            program,
            exit: 0,
            stdout: vec![Text::Contains("x".to_owned())],
            stderr: vec![Text::Equals(String::new())],
        };
        let ended = |exit, stdout: &str, stderr: &str| ContainerRun::Ended {
            exit,
            stdout: stdout.into(),
            stderr: stderr.into(),
        };
        assert_eq!(told(&check, &ended(0, "x\n", "")), None);
        let message = "`a b`: exited with 3, not 0; stdout does not contain `x`; stderr is `oh`, not ``";
        assert_eq!(told(&check, &ended(3, "y\n", "oh\n")), Some((message.to_owned(), "y\noh".to_owned())));
        let late = ContainerRun::TimedOut { stdout: b"y\n".to_vec(), stderr: Vec::new() };
        assert_eq!(told(&check, &late), Some(("`a b`: did not end within 2s".to_owned(), "y".to_owned())));
        let lines: String = (0..50).map(|line| format!("{line}\n")).collect();
        let (_, output) = told(&check, &ended(1, &lines, "")).unwrap();
        assert_eq!((output.lines().next(), output.lines().count()), (Some("30"), 20));
    }

    #[test]
    fn a_command_is_named_by_whose_entrypoint_it_has() {
        let program = |entrypoint: Option<&str>, args: &[&str]| Program {
            entrypoint: entrypoint.map(str::to_owned),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Program::default()
        };
        assert_eq!(named(&program(None, &[])), "the image's command");
        assert_eq!(named(&program(None, &["-v"])), "the image's entrypoint with `-v`");
    }
}

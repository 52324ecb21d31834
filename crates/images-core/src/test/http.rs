//! A server in a container is asked, again and again until it is ready.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use images_engine::{ContainerState, EngineError};

use super::container::{Container, Host};
use super::definition::HttpCheck;
use super::event::Problem;
use super::get::{Answer, get};
use super::text::problems;

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(100);
/// Every so many attempts it is found out whether the container still runs, which takes a process.
const LOOKS: usize = 5;
/// "Service Unavailable": a server that is not ready may say so.
const NOT_READY: u16 = 503;

/// What is wrong with what it answers.
///
/// # Errors
/// The container cannot be made or started; an interrupt.
pub(super) fn check(
    host: Host<'_>,
    image: &str,
    check: &HttpCheck,
    timeout: Duration,
) -> Result<Option<Problem>, EngineError> {
    let container = Container::create(host, image, &check.program, Some(check.port))?;
    host.containers.start(&container.id, host.cancel)?;
    let deadline = Instant::now() + timeout;
    let asked = match host.containers.address(&container.id, check.port) {
        Ok(address) => ask(host, &container, check, address, deadline),
        // What ended at once has no published port any more.
        Err(error) => match ended(host, &container) {
            Some(exit) => Err(gone(exit)),
            None => return Err(error),
        },
    };
    let wrong = match asked {
        Ok(answer) => judge(check, &answer),
        Err(Unready::Gone(what)) => vec![what],
        Err(Unready::Late(what)) => vec![format!("not ready within {timeout:?}: {what}")],
    };
    if wrong.is_empty() {
        return Ok(None);
    }
    let message = format!("GET {} at port {}: {}", check.path, check.port, wrong.join("; "));
    Ok(Some(Problem { message, output: container.logs() }))
}

/// Why there is no answer to judge.
enum Unready {
    /// The container ended.
    Gone(String),
    /// Time is over; what was the last attempt's problem.
    Late(String),
}

fn ask(
    host: Host<'_>,
    container: &Container<'_>,
    check: &HttpCheck,
    address: SocketAddr,
    deadline: Instant,
) -> Result<Answer, Unready> {
    for attempt in 1.. {
        let last = match get(address, &check.path, deadline, host.cancel) {
            Ok(answer) if answer.status != NOT_READY || check.status == NOT_READY => return Ok(answer),
            Ok(_) => format!("it answers with the status {NOT_READY}"),
            Err(error) => error.to_string(),
        };
        if attempt % LOOKS == 0
            && let Some(exit) = ended(host, container)
        {
            return Err(gone(exit));
        }
        if Instant::now() >= deadline || host.cancel.is_interrupted() {
            return Err(Unready::Late(last));
        }
        std::thread::sleep(PAUSE);
    }
    unreachable!("the attempts are not counted to their end")
}

fn ended(host: Host<'_>, container: &Container<'_>) -> Option<i32> {
    match host.containers.state(&container.id) {
        Ok(ContainerState::Exited(exit)) => Some(exit),
        _ => None,
    }
}

fn gone(exit: i32) -> Unready {
    Unready::Gone(format!("the container exited with {exit} before it answered"))
}

fn judge(check: &HttpCheck, answer: &Answer) -> Vec<String> {
    let mut wrong = Vec::new();
    if answer.status != check.status {
        wrong.push(format!("the status is {}, not {}", answer.status, check.status));
    }
    wrong.extend(problems(&check.body, "the body", &String::from_utf8_lossy(&answer.body)));
    for (name, expected) in &check.headers {
        match answer.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)) {
            None => wrong.push(format!("there is no header field `{name}`")),
            Some((_, value)) => {
                wrong.extend(problems(expected, &format!("the header field `{name}`"), value))
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::super::definition::{Program, Text};
    use super::*;

    #[test]
    fn status_body_and_header_fields_are_judged() {
        let check = HttpCheck {
            program: Program::default(),
            port: 80,
            path: "/".to_owned(),
            status: 200,
            body: vec![Text::Equals("Hello".to_owned())],
            headers: [("Content-Type", "text"), ("X-None", "")]
                .map(|(name, text)| (name.to_owned(), vec![Text::Contains(text.to_owned())]))
                .into(),
        };
        let answer = |status, value: &str, body: &str| Answer {
            status,
            headers: vec![
                ("content-type".to_owned(), value.to_owned()),
                ("x-none".to_owned(), String::new()),
            ],
            body: body.into(),
        };
        assert_eq!(judge(&check, &answer(200, "text/plain", "Hello\n")), [""; 0]);
        let mut other = answer(500, "image/png", "Oh");
        other.headers.pop();
        let expected = [
            "the status is 500, not 200",
            "the body is `Oh`, not `Hello`",
            "the header field `Content-Type` does not contain `text`",
            "there is no header field `X-None`",
        ];
        assert_eq!(judge(&check, &other), expected);
    }
}

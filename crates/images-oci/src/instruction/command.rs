//! An instruction in the form that its meaning needs.

use images_dockerfile::{Dockerfile, Instruction, Word, Written};

use super::{Refusal, TransferWords, health};
use crate::model::Healthcheck;

/// The engines that run commands.
const RUNNING: &str = "docker, podman and buildah";

/// An instruction that has been read, before variables are expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `ARG`: names, each with its default.
    Arg(Vec<(String, Option<Word>)>),
    /// `CMD`.
    Cmd(CommandLine),
    /// `ENTRYPOINT`.
    Entrypoint(CommandLine),
    /// `ENV`.
    Env(Vec<Pair>),
    /// `EXPOSE`.
    Expose(Vec<Word>),
    /// `HEALTHCHECK`.
    Healthcheck(Healthcheck),
    /// `LABEL`.
    Label(Vec<Pair>),
    /// `MAINTAINER`.
    Maintainer(String),
    /// `ONBUILD`: the instruction behind it.
    Onbuild(String),
    /// `SHELL`.
    Shell(Vec<String>),
    /// `STOPSIGNAL`.
    StopSignal(Word),
    /// `COPY` and `ADD`.
    Transfer(Box<TransferWords>),
    /// `USER`.
    User(Word),
    /// `VOLUME`.
    Volume(Vec<Word>),
    /// `WORKDIR`.
    Workdir(Word),
}

/// What is started: words in the exec form, or one text for a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandLine {
    /// `["a", "b"]`
    Exec(Vec<String>),
    /// `a b`
    Shell(String),
}

/// `key=value`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key.
    pub key: Word,
    /// The value.
    pub value: Word,
}

impl Command {
    /// Reads an instruction; `FROM` and what stands before it are none.
    ///
    /// # Errors
    /// It is not known, cannot be carried out without a container or a network, or a part of it is wrong.
    pub fn read(dockerfile: &Dockerfile, instruction: &Instruction) -> Result<Self, Refusal> {
        let written = dockerfile.written(instruction);
        let is_flagged = matches!(instruction.keyword.as_str(), "ADD" | "COPY" | "HEALTHCHECK" | "RUN");
        if let Some(flag) = written.flags.first().filter(|_| !is_flagged) {
            let message = format!(
                "{} has no flag `--{}` that the built-in engine knows",
                instruction.keyword, flag.name
            );
            return Err(Refusal::wrong(flag.span.clone(), message));
        }
        Ok(match instruction.keyword.as_str() {
            "ADD" | "COPY" => Self::Transfer(Box::new(TransferWords::read(instruction, written)?)),
            "ARG" => Self::Arg(written.quoted.iter().map(declaration).collect()),
            "CMD" => Self::Cmd(command_line(written)),
            "ENTRYPOINT" => Self::Entrypoint(command_line(written)),
            "ENV" => Self::Env(pairs(written)),
            "EXPOSE" => Self::Expose(written.words),
            "HEALTHCHECK" => {
                let command = health_command(dockerfile, instruction);
                Self::Healthcheck(health::read(&written, command)?)
            }
            "LABEL" => Self::Label(pairs(written)),
            "MAINTAINER" => Self::Maintainer(written.arguments.text),
            "ONBUILD" => Self::Onbuild(trigger(instruction)),
            "RUN" => return Err(run(instruction)),
            "SHELL" => Self::Shell(texts(written.json.unwrap_or_default())),
            "STOPSIGNAL" => Self::StopSignal(written.arguments),
            "USER" => Self::User(written.arguments),
            "VOLUME" => Self::Volume(written.json.unwrap_or(written.words)),
            "WORKDIR" => Self::Workdir(written.arguments),
            keyword => {
                let message = format!("the built-in engine does not know the instruction {keyword}");
                return Err(Refusal::wrong(instruction.span.clone(), message)
                    .help("no engine here knows it either, unless a frontend that `# syntax=` names does"));
            }
        })
    }
}

fn run(instruction: &Instruction) -> Refusal {
    let message = "the built-in engine runs no commands, so it cannot do RUN";
    Refusal::unsupported(instruction.span.clone(), message, RUNNING)
}

fn texts(words: Vec<Word>) -> Vec<String> {
    words.into_iter().map(|word| word.text).collect()
}

fn command_line(written: Written) -> CommandLine {
    match written.json {
        Some(words) => CommandLine::Exec(texts(words)),
        None => CommandLine::Shell(written.arguments.text),
    }
}

/// A part of a word, without its quotes having been looked at.
fn part(word: &Word, start: usize, end: usize) -> Word {
    let is_literal = word.span.len() == word.text.len();
    let span = if is_literal { word.span.start + start..word.span.start + end } else { word.span.clone() };
    Word { text: word.text[start..end].to_owned(), span }
}

fn declaration(word: &Word) -> (String, Option<Word>) {
    match word.text.find('=') {
        None => (word.text.clone(), None),
        Some(equals) => (word.text[..equals].to_owned(), Some(part(word, equals + 1, word.text.len()))),
    }
}

/// `key=value …`, or one key, blanks, and a value up to the end.
fn pairs(written: Written) -> Vec<Pair> {
    let is_new = written.quoted.first().is_some_and(|word| word.text.contains('='));
    if !is_new {
        let all = &written.arguments;
        let key_end = written.words.first().map_or(0, |word| word.text.len());
        let blanks = all.text[key_end..].len() - all.text[key_end..].trim_start_matches(is_blank).len();
        let value = part(all, key_end + blanks, all.text.len());
        return vec![Pair { key: part(all, 0, key_end), value }];
    }
    let pair = |word: &Word| {
        let equals = word.text.find('=')?;
        Some(Pair { key: part(word, 0, equals), value: part(word, equals + 1, word.text.len()) })
    };
    written.quoted.iter().filter_map(pair).collect()
}

fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// The words behind `HEALTHCHECK CMD`, if they are in the JSON form.
fn health_command(dockerfile: &Dockerfile, instruction: &Instruction) -> Option<Vec<Word>> {
    dockerfile.written_behind(instruction, "CMD").and_then(|written| written.json)
}

/// What an image keeps of `ONBUILD`: the instruction as it is written, heredocs included.
fn trigger(instruction: &Instruction) -> String {
    let behind = instruction.text["ONBUILD".len()..].trim_start();
    let bodies = instruction.documents.iter();
    bodies.fold(behind.to_owned(), |text, body| format!("{text}\n{}{}", body.content, body.name))
}

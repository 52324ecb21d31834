//! A Dockerfile as instructions.

use std::collections::BTreeSet;

use crate::directive::Directives;
use crate::heredoc;
use crate::instruction::{ArgPair, Body, Fault, From, KEYWORDS, Reader, takes_heredocs};
use crate::logical_line::{LogicalLine, PhysicalLines};
use crate::word::{Part, Word};
use crate::{Problem, Span};

/// A parsed Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    pub(crate) escape: char,
    pub(crate) syntax: Option<Word>,
    pub(crate) stage_starts: Vec<usize>,
    instructions: Vec<Instruction>,
    warnings: Vec<Problem>,
    args: Vec<Arg>,
    declared_args: BTreeSet<String>,
}

/// One instruction, as a builder counts them.
#[derive(Debug, Clone)]
pub struct Instruction {
    /// In upper case.
    pub keyword: String,
    /// The instruction as one line, without continuations, comments and heredoc bodies.
    pub text: String,
    /// The line of its keyword, counted from 1.
    pub line: usize,
    /// From its keyword to its end, heredoc bodies not included.
    pub span: Span,
    /// The stage that it belongs to; `None` before the first `FROM`.
    pub stage: Option<usize>,
    /// The bodies of its heredocs, in the order of their marks.
    pub documents: Vec<Document>,
    pub(crate) body: Body,
    pub(crate) heredoc: Option<Span>,
    pub(crate) logical: LogicalLine,
}

/// The body of a heredoc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The line that ends it, which also names the file that it becomes.
    pub name: String,
    /// Its lines with their line endings; for `<<-` without tabs at their starts.
    pub content: String,
    /// Whether variables in it are expanded.
    pub expands: bool,
}

/// One name that an `ARG` declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg {
    /// Its name.
    pub name: String,
    /// The text after `=`, as it is written: variables and quotes are not expanded.
    pub default: Option<String>,
    /// The bytes of the declaration.
    pub span: Span,
    /// The stage that declares it; `None` for one before the first `FROM`.
    pub stage: Option<usize>,
}

/// Something that not every builder can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// `RUN <<EOF`, `COPY <<EOF`.
    Heredoc,
    /// `RUN --mount` of any type but secret and ssh.
    Mount,
    /// `RUN --mount=type=secret`.
    Secret,
    /// `RUN --mount=type=ssh`.
    Ssh,
    /// `COPY --link`, `ADD --link`.
    Link,
    /// `COPY --chmod`, `ADD --chmod`.
    Chmod,
    /// `COPY --parents`, `COPY --exclude`, `ADD --checksum`, `RUN --network`, `RUN --security` and other flags.
    OtherFlag,
}

/// Where a [`Feature`] is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureUse {
    /// What is used.
    pub feature: Feature,
    /// The bytes that use it.
    pub span: Span,
}

impl Dockerfile {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    /// What docker itself refuses when it parses, at its span. What is merely unusual passes, with a warning.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let Directives { escape, syntax } = Directives::read(text)?;
        let mut reader = Reader { escape, newer: syntax.is_some(), warnings: Vec::new() };
        let mut dockerfile = Self {
            escape,
            syntax,
            stage_starts: Vec::new(),
            instructions: Vec::new(),
            warnings: Vec::new(),
            args: Vec::new(),
            declared_args: BTreeSet::new(),
        };
        let mut lines = PhysicalLines::new(text);
        while let Some(first) = lines.next() {
            let content = first.text.trim_start();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let line = LogicalLine::read(first, &mut lines, escape);
            let instruction = read_instruction(&mut reader, line, &mut lines)?;
            dockerfile.add(instruction)?;
        }
        dockerfile.check_stages(text, &mut reader.warnings)?;
        dockerfile.warnings = reader.warnings;
        Ok(dockerfile)
    }

    /// What is unusual but passes.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The frontend that `# syntax=` names, as it is written. It decides what the Dockerfile may use.
    pub fn syntax(&self) -> Option<&str> {
        self.syntax.as_ref().map(|word| word.text.as_str())
    }

    /// The instructions in the file's order. Builders that print `Step 3/5` number them like this, from 1, unless
    /// a base image brings triggers of its own.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// What `ARG` instructions declare, in the file's order.
    pub fn args(&self) -> &[Arg] {
        &self.args
    }

    /// The names that any `ARG` declares, global or in a stage.
    pub fn declared_args(&self) -> &BTreeSet<String> {
        &self.declared_args
    }

    fn add(&mut self, mut instruction: Instruction) -> Result<(), Problem> {
        match &instruction.body {
            Body::From(_) => self.stage_starts.push(self.instructions.len()),
            Body::Arg(_) => {}
            _ if self.stage_starts.is_empty() && instruction.is_known() => {
                return Err(before_from(&instruction));
            }
            _ => {}
        }
        instruction.stage = self.stage_starts.len().checked_sub(1);
        self.declare(&instruction.body, instruction.stage);
        self.instructions.push(instruction);
        Ok(())
    }

    fn declare(&mut self, body: &Body, stage: Option<usize>) {
        match body {
            Body::Arg(pairs) => {
                self.args.extend(pairs.iter().map(|pair| Arg::new(pair, stage)));
                self.declared_args.extend(pairs.iter().map(|pair| pair.name.clone()));
            }
            // A trigger declares its arguments in the children, and in later stages of this file.
            Body::Onbuild(Some(trigger)) => {
                if let Body::Arg(pairs) = &**trigger {
                    self.declared_args.extend(pairs.iter().map(|pair| pair.name.clone()));
                }
            }
            _ => {}
        }
    }

    /// Every `FROM` with its stage's instructions behind it.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (&From, &[Instruction])> {
        let ends = self.stage_starts.iter().skip(1).copied().chain([self.instructions.len()]);
        self.stage_starts.iter().zip(ends).filter_map(|(start, end)| match &self.instructions[*start].body {
            Body::From(from) => Some((from, &self.instructions[*start..end])),
            _ => None,
        })
    }

    fn check_stages(&self, text: &str, warnings: &mut Vec<Problem>) -> Result<(), Problem> {
        if self.stage_starts.is_empty() {
            return Err(Problem {
                message: match self.instructions.is_empty() {
                    true => "the Dockerfile has no instructions".to_owned(),
                    false => "the Dockerfile has no FROM".to_owned(),
                },
                span: 0..text.len(),
                label: String::new(),
                help: Some("start it with FROM and an image, or FROM scratch".to_owned()),
            });
        }
        let mut names = BTreeSet::new();
        for (from, instructions) in self.stages() {
            let Some(name) = &from.name else { continue };
            let message = match name.as_str() {
                "scratch" | "context" => format!("the stage name `{name}` is reserved"),
                _ if !names.insert(name) => format!("a second stage is named `{name}`"),
                _ => continue,
            };
            let span = instructions[0].span.clone();
            warnings.push(Problem {
                message,
                span,
                label: String::new(),
                help: Some("rename it".to_owned()),
            });
        }
        Ok(())
    }
}

impl Arg {
    fn new(pair: &ArgPair, stage: Option<usize>) -> Self {
        let default = pair.default.as_ref().map(|default| default.text.clone());
        Self { name: pair.name.clone(), default, span: pair.span.clone(), stage }
    }
}

impl Instruction {
    fn is_known(&self) -> bool {
        KEYWORDS.contains(&self.keyword.as_str())
    }
}

/// Reads one instruction and the bodies of its heredocs.
fn read_instruction(
    reader: &mut Reader,
    line: LogicalLine,
    lines: &mut PhysicalLines<'_>,
) -> Result<Instruction, Problem> {
    let part = Part::new(&line).trim();
    if line.has_blank {
        reader.warnings.push(Problem {
            message: "blank lines within a continued instruction".to_owned(),
            span: part.span(),
            label: "docker means to refuse them one day".to_owned(),
            help: Some("remove them, or turn them into comments".to_owned()),
        });
    }
    let (keyword, body) = reader.read(part).map_err(Fault::into_problem)?;
    let (heredoc, documents) =
        if takes_heredocs(part) { read_heredocs(part, lines)? } else { (None, Vec::new()) };
    let (text, span) = (part.text().to_owned(), part.span());
    Ok(Instruction {
        keyword,
        text,
        line: line.number,
        span,
        stage: None,
        documents,
        body,
        heredoc,
        logical: line,
    })
}

/// Reads heredocs: where the first of them starts, and all their bodies.
fn read_heredocs(
    part: Part<'_>,
    lines: &mut PhysicalLines<'_>,
) -> Result<(Option<Span>, Vec<Document>), Problem> {
    let at = part.text().find("<<").unwrap_or_default();
    let mark = part.slice(at, part.text().len()).split_first().0.span();
    let problem = |message: String, help: String| Problem {
        message,
        span: mark.clone(),
        label: String::new(),
        help: Some(help),
    };
    let heredocs = heredoc::in_line(part.text())
        .map_err(|message| problem(message, "a heredoc's name is one word".to_owned()))?;
    let mut documents = Vec::with_capacity(heredocs.len());
    for heredoc in heredocs {
        let Some(content) = heredoc.read_body(lines) else {
            let help = format!("end it with a line that is `{}` and nothing else", heredoc.name);
            return Err(problem(format!("the heredoc `{}` is not ended", heredoc.name), help));
        };
        documents.push(Document { name: heredoc.name, content, expands: heredoc.expands });
    }
    Ok(((!documents.is_empty()).then_some(mark.clone()), documents))
}

fn before_from(instruction: &Instruction) -> Problem {
    Problem {
        message: format!("{} before the first FROM", instruction.keyword),
        span: instruction.span.clone(),
        label: "there is no stage yet".to_owned(),
        help: Some("only ARG may stand before FROM".to_owned()),
    }
}

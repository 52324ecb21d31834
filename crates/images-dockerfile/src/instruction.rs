//! Instructions: what their arguments are, and which docker refuses.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/instructions/parse.go>

use crate::flag::{self, Flag, Takes};
use crate::heredoc::Heredoc;
use crate::json_array::{self, JsonArray};
use crate::mount::Mount;
use crate::suggestion::nearest;
use crate::word::{Part, Word};
use crate::{Feature, FeatureUse, Problem, Span};

/// The instructions that docker knows.
pub(crate) const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// What an instruction says, as far as it matters here.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    From(From),
    Arg(Vec<ArgPair>),
    Env(Vec<EnvPair>),
    Transfer(Transfer),
    Run(Run),
    User(Word),
    Label(Vec<EnvPair>),
    /// `None` if the trigger is one that fails in the image's children.
    Onbuild(Option<Box<Self>>),
    Other,
}

/// `FROM base [AS name]`
#[derive(Debug, Clone)]
pub(crate) struct From {
    pub(crate) base: Word,
    pub(crate) platform: Option<Word>,
    /// In lower case.
    pub(crate) name: Option<String>,
}

/// One `name[=default]` of an `ARG`.
#[derive(Debug, Clone)]
pub(crate) struct ArgPair {
    pub(crate) name: String,
    pub(crate) default: Option<Word>,
    pub(crate) span: Span,
}

/// One `key=value` of an `ENV` or a `LABEL`.
#[derive(Debug, Clone)]
pub(crate) struct EnvPair {
    pub(crate) key: Word,
    pub(crate) value: Word,
}

/// `COPY` and `ADD`.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) is_add: bool,
    pub(crate) from: Option<Word>,
    /// Without heredocs.
    pub(crate) sources: Vec<Word>,
    /// Whether `--parents` is set.
    pub(crate) parents: bool,
    /// Whether a flag stands here that we do not know.
    pub(crate) unknown_flag: bool,
    pub(crate) features: Vec<FeatureUse>,
}

/// `RUN`
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) mounts: Vec<Mount>,
    pub(crate) features: Vec<FeatureUse>,
}

/// Why an instruction is refused.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It cannot be read at all.
    Syntax(Problem),
    /// It can, but makes no sense; behind `ONBUILD` this shows in the children only.
    Meaning(Problem),
}

impl std::convert::From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Meaning(problem)
    }
}

impl Fault {
    pub(crate) fn into_problem(self) -> Problem {
        let (Self::Syntax(problem) | Self::Meaning(problem)) = self;
        problem
    }
}

/// Reads instructions.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) escape: char,
    /// Whether another frontend may know more flags.
    pub(crate) newer: bool,
    pub(crate) warnings: Vec<Problem>,
}

/// An instruction's parts, before it is known what they mean.
pub(crate) struct Statement<'l> {
    keyword: Part<'l>,
    pub(crate) flags: Vec<Flag>,
    pub(crate) arguments: Part<'l>,
}

/// Whether heredocs may follow an instruction: `ADD`, `COPY` and `RUN` take them, except in their JSON form.
pub(crate) fn takes_heredocs(line: Part<'_>) -> bool {
    let statement = Statement::split(line);
    match statement.keyword.text().to_uppercase().as_str() {
        "ADD" | "COPY" | "RUN" => json_array::read(statement.arguments.text()) == JsonArray::No,
        "ONBUILD" => takes_heredocs(statement.arguments),
        _ => false,
    }
}

impl Reader {
    /// Reads one instruction, and gives its keyword in upper case with it.
    ///
    /// # Errors
    /// What docker refuses.
    pub(crate) fn read(&mut self, line: Part<'_>) -> Result<(String, Body), Fault> {
        let statement = Statement::split(line);
        let keyword = statement.keyword.text().to_uppercase();
        let body = match keyword.as_str() {
            "ADD" | "COPY" => self.transfer(&statement, keyword == "ADD")?,
            "ARG" => self.arg(&statement)?,
            "ENV" | "LABEL" => self.pairs(&statement, keyword == "ENV")?,
            "FROM" => self.from(&statement)?,
            "ONBUILD" => self.onbuild(&statement)?,
            "RUN" => self.run(&statement)?,
            _ => self.other(&statement, &keyword)?,
        };
        Ok((keyword, body))
    }

    fn check_flags(&self, statement: &Statement<'_>, known: &[(&str, Takes)]) -> Result<(), Problem> {
        flag::check(&statement.flags, known, self.newer)
    }

    fn from(&self, statement: &Statement<'_>) -> Result<Body, Fault> {
        let words = statement.arguments.split_blanks();
        let name = match words.as_slice() {
            [_] => None,
            [_, r#as, name] if r#as.text.eq_ignore_ascii_case("as") => Some(stage_name(name)?),
            _ => {
                return Err(statement
                    .problem("FROM takes an image, or an image, AS and a name", FROM_HELP)
                    .into());
            }
        };
        self.check_flags(statement, &[("platform", Takes::Value)])?;
        Ok(Body::From(From { base: words[0].clone(), platform: statement.value("platform").cloned(), name }))
    }

    fn arg(&self, statement: &Statement<'_>) -> Result<Body, Fault> {
        let words = statement.arguments.split_quoted(self.escape);
        if words.is_empty() {
            return Err(statement.problem("ARG needs a name", "write ARG NAME or ARG NAME=default").into());
        }
        let pairs = words.into_iter().map(|word| match word.text().find('=') {
            Some(0) => {
                Err(statement.problem("ARG needs a name before the `=`", "write ARG NAME=default").into())
            }
            Some(equals) => Ok(ArgPair {
                name: word.text()[..equals].to_owned(),
                default: Some(word.slice(equals + 1, word.text().len()).word()),
                span: word.span(),
            }),
            None => Ok(ArgPair { name: word.text().to_owned(), default: None, span: word.span() }),
        });
        pairs.collect::<Result<_, _>>().map(Body::Arg)
    }

    /// `ENV` and `LABEL`: `key=value …`, or one key, blanks, and a value up to the end.
    fn pairs(&self, statement: &Statement<'_>, is_env: bool) -> Result<Body, Fault> {
        let name = if is_env { "ENV" } else { "LABEL" };
        let help = format!("write {name} key=value");
        let words = statement.arguments.split_quoted(self.escape);
        let pairs = match words.first() {
            None => return Err(statement.problem(&format!("{name} needs a key and a value"), &help).into()),
            Some(first) if !first.text().contains('=') => vec![old_pair(statement, name)?],
            Some(_) => words.into_iter().map(new_pair).collect::<Result<_, _>>()?,
        };
        if pairs.iter().any(|pair| pair.key.text.is_empty()) {
            return Err(statement.problem(&format!("{name} needs a key before the `=`"), &help).into());
        }
        self.check_flags(statement, &[])?;
        Ok(if is_env { Body::Env(pairs) } else { Body::Label(pairs) })
    }

    fn transfer(&self, statement: &Statement<'_>, is_add: bool) -> Result<Body, Fault> {
        let name = if is_add { "ADD" } else { "COPY" };
        let mut words = statement.json()?.unwrap_or_else(|| statement.arguments.split_blanks());
        let destination = words.pop().filter(|_| !words.is_empty()).ok_or_else(|| {
            statement.problem(
                &format!("{name} needs a source and a destination"),
                &format!("write {name} source… destination"),
            )
        })?;
        self.check_flags(statement, if is_add { &ADD_FLAGS } else { &COPY_FLAGS })?;
        if is_heredoc(&destination) {
            return Err(statement.problem(&format!("{name} cannot copy to a heredoc"), "name a path").into());
        }
        let known = if is_add { &ADD_FLAGS[..] } else { &COPY_FLAGS[..] };
        Ok(Body::Transfer(Transfer {
            is_add,
            from: statement.value("from").filter(|from| !from.text.is_empty()).cloned(),
            sources: words.into_iter().filter(|word| !is_heredoc(word)).collect(),
            parents: statement.is_set("parents"),
            unknown_flag: statement
                .flags
                .iter()
                .any(|flag| !known.iter().any(|(name, _)| *name == flag.name)),
            features: statement.features(),
        }))
    }

    fn run(&self, statement: &Statement<'_>) -> Result<Body, Fault> {
        statement.json()?;
        self.check_flags(statement, &RUN_FLAGS)?;
        let mounts = statement.flags.iter().filter(|flag| flag.name == "mount");
        Ok(Body::Run(Run {
            mounts: mounts.map(Mount::parse).collect::<Result<_, _>>()?,
            features: statement.features(),
        }))
    }

    fn onbuild(&mut self, statement: &Statement<'_>) -> Result<Body, Fault> {
        if statement.arguments.text().is_empty() {
            return Err(statement
                .problem("ONBUILD needs an instruction", "write ONBUILD and an instruction")
                .into());
        }
        self.check_flags(statement, &[])?;
        let trigger = statement.arguments.split_first().0.text().to_uppercase();
        if matches!(trigger.as_str(), "ONBUILD" | "FROM" | "MAINTAINER") {
            return Err(statement
                .problem(&format!("{trigger} cannot stand behind ONBUILD"), "remove it")
                .into());
        }
        match self.read(statement.arguments) {
            Ok((_, body)) => Ok(Body::Onbuild(Some(Box::new(body)))),
            Err(Fault::Meaning(problem)) => {
                self.warnings.push(Problem { label: "this fails in every child".to_owned(), ..problem });
                Ok(Body::Onbuild(None))
            }
            Err(fault) => Err(fault),
        }
    }

    /// What matters for nothing but whether docker refuses it.
    fn other(&mut self, statement: &Statement<'_>, keyword: &str) -> Result<Body, Fault> {
        let is_empty = statement.arguments.text().is_empty();
        match keyword {
            "HEALTHCHECK" => return self.healthcheck(statement),
            "CMD" | "ENTRYPOINT" => drop(statement.json()?),
            "SHELL" => {
                let json = statement.json()?;
                if json.is_none_or(|words| words.is_empty()) {
                    return Err(statement
                        .problem("SHELL needs a JSON array", r#"write SHELL ["/bin/sh", "-c"]"#)
                        .into());
                }
            }
            "VOLUME" => {
                let words = statement.json()?.unwrap_or_else(|| statement.arguments.split_blanks());
                if words.is_empty() || words.iter().any(|word| word.text.trim().is_empty()) {
                    return Err(statement.problem("VOLUME needs a path", "write VOLUME /path").into());
                }
            }
            "EXPOSE" | "USER" | "WORKDIR" | "STOPSIGNAL" | "MAINTAINER" if is_empty => {
                return Err(statement
                    .problem(&format!("{keyword} needs an argument"), "add it, or remove the line")
                    .into());
            }
            "EXPOSE" | "USER" | "WORKDIR" | "MAINTAINER" => {}
            "STOPSIGNAL" => return Ok(Body::Other),
            _ => return self.unknown(statement, keyword),
        }
        self.check_flags(statement, &[])?;
        Ok(if keyword == "USER" { Body::User(statement.arguments.word()) } else { Body::Other })
    }

    fn healthcheck(&self, statement: &Statement<'_>) -> Result<Body, Fault> {
        let (kind, rest) = statement.arguments.split_first();
        let command = rest.filter(|rest| !rest.text().is_empty());
        match kind.text().to_uppercase().as_str() {
            "NONE" if command.is_none() => Ok(Body::Other),
            "NONE" => Err(statement.problem("HEALTHCHECK NONE takes no arguments", "remove them").into()),
            "CMD" => {
                self.check_flags(statement, &HEALTHCHECK_FLAGS)?;
                let words = command.map(json_words).transpose()?.flatten();
                if command.is_none() || words.is_some_and(|words| words.is_empty()) {
                    return Err(statement
                        .problem("HEALTHCHECK CMD needs a command", HEALTHCHECK_HELP)
                        .into());
                }
                Ok(Body::Other)
            }
            _ => Err(statement
                .problem("HEALTHCHECK takes CMD and a command, or NONE", HEALTHCHECK_HELP)
                .into()),
        }
    }

    /// An instruction of some other frontend, or a misspelt one.
    fn unknown(&mut self, statement: &Statement<'_>, keyword: &str) -> Result<Body, Fault> {
        if keyword.is_empty() {
            return Err(statement.problem("a continuation without an instruction", "remove it").into());
        }
        let hint = nearest(keyword, KEYWORDS).map(|name| format!("did you mean {name}?"));
        self.warnings.push(Problem {
            message: format!("unknown instruction {keyword}"),
            span: statement.keyword.span(),
            label: "docker does not know it".to_owned(),
            help: hint.or_else(|| Some("it is passed on as it is".to_owned())),
        });
        Ok(Body::Other)
    }
}

const FROM_HELP: &str = "write FROM image, or FROM image AS name";
const HEALTHCHECK_HELP: &str = "write HEALTHCHECK [flags] CMD command, or HEALTHCHECK NONE";

const ADD_FLAGS: [(&str, Takes); 7] = [
    ("checksum", Takes::Value),
    ("chmod", Takes::Value),
    ("chown", Takes::Value),
    ("exclude", Takes::Values),
    ("keep-git-dir", Takes::Bool),
    ("link", Takes::Bool),
    ("unpack", Takes::Bool),
];
const COPY_FLAGS: [(&str, Takes); 6] = [
    ("chmod", Takes::Value),
    ("chown", Takes::Value),
    ("exclude", Takes::Values),
    ("from", Takes::Value),
    ("link", Takes::Bool),
    ("parents", Takes::Bool),
];
const RUN_FLAGS: [(&str, Takes); 4] = [
    ("device", Takes::Values),
    ("mount", Takes::Values),
    ("network", Takes::Value),
    ("security", Takes::Value),
];
const HEALTHCHECK_FLAGS: [(&str, Takes); 5] = [
    ("interval", Takes::Value),
    ("retries", Takes::Value),
    ("start-interval", Takes::Value),
    ("start-period", Takes::Value),
    ("timeout", Takes::Value),
];

impl<'l> Statement<'l> {
    pub(crate) fn split(line: Part<'l>) -> Self {
        let (keyword, rest) = line.trim().split_first();
        let rest = rest.unwrap_or(keyword.slice(keyword.text().len(), keyword.text().len()));
        let (flags, arguments) = flag::split(rest);
        Self { keyword, flags, arguments }
    }

    /// The whole statement is what is wrong.
    fn problem(&self, message: &str, help: &str) -> Problem {
        let keyword = self.keyword.span();
        Problem {
            message: message.to_owned(),
            span: keyword.start..keyword.end.max(self.arguments.span().end),
            label: String::new(),
            help: Some(help.to_owned()),
        }
    }

    fn value(&self, name: &str) -> Option<&Word> {
        self.flags.iter().find(|flag| flag.name == name)?.value.as_ref()
    }

    /// Whether a flag that takes true or false is true.
    fn is_set(&self, name: &str) -> bool {
        let flag = self.flags.iter().find(|flag| flag.name == name);
        flag.is_some_and(|flag| {
            flag.value.as_ref().is_none_or(|value| value.text.eq_ignore_ascii_case("true"))
        })
    }

    fn json(&self) -> Result<Option<Vec<Word>>, Fault> {
        json_words(self.arguments)
    }

    /// What its flags need of a builder; mounts are looked at when their variables are known.
    fn features(&self) -> Vec<FeatureUse> {
        let feature = |flag: &Flag| match flag.name.as_str() {
            "chown" | "from" | "mount" => None,
            "chmod" => Some(Feature::Chmod),
            "link" | "parents" | "unpack" | "keep-git-dir" if !self.is_set(&flag.name) => None,
            "link" => Some(Feature::Link),
            _ => Some(Feature::OtherFlag),
        };
        let uses = self.flags.iter().map(|flag| feature(flag).map(|f| (f, flag.span.clone())));
        uses.flatten().map(|(feature, span)| FeatureUse { feature, span }).collect()
    }
}

fn stage_name(word: &Word) -> Result<String, Problem> {
    let name = word.text.to_lowercase();
    let valid = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if valid {
        return Ok(name);
    }
    Err(Problem {
        message: format!("`{}` cannot name a stage", word.text),
        span: word.span.clone(),
        label: String::new(),
        help: Some("start with a letter, and use letters, digits, `-`, `_` and `.`".to_owned()),
    })
}

fn old_pair(statement: &Statement<'_>, name: &str) -> Result<EnvPair, Fault> {
    let (key, value) = statement.arguments.split_first();
    let Some(value) = value else {
        let message = format!("{name} needs a key and a value");
        return Err(Fault::Syntax(statement.problem(&message, &format!("write {name} key=value"))));
    };
    Ok(EnvPair { key: key.word(), value: value.word() })
}

fn new_pair(word: Part<'_>) -> Result<EnvPair, Fault> {
    let Some(equals) = word.text().find('=') else {
        return Err(Fault::Syntax(Problem {
            message: format!("`{}` has no `=`", word.text()),
            span: word.span(),
            label: "expected key=value".to_owned(),
            help: Some("quote a value that has blanks".to_owned()),
        }));
    };
    Ok(EnvPair { key: word.slice(0, equals).word(), value: word.slice(equals + 1, word.text().len()).word() })
}

/// The arguments, if they are in the JSON form.
fn json_words(part: Part<'_>) -> Result<Option<Vec<Word>>, Fault> {
    match json_array::read(part.text()) {
        JsonArray::No => Ok(None),
        JsonArray::Mixed => Err(Fault::Syntax(Problem {
            message: "a JSON array of arguments must consist of strings".to_owned(),
            span: part.span(),
            label: String::new(),
            help: Some("put every argument in double quotes".to_owned()),
        })),
        JsonArray::Strings(strings) => {
            let word = |(text, range): (String, std::ops::Range<usize>)| Word {
                text,
                span: part.slice(range.start, range.end).span(),
            };
            Ok(Some(strings.into_iter().map(word).collect()))
        }
    }
}

fn is_heredoc(word: &Word) -> bool {
    matches!(Heredoc::parse(&word.text), Ok(Some(_)))
}

//! A stage on its way: its configuration, and what each command changes in it.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go> (`dispatch…`)

use std::collections::BTreeMap;

use images_dockerfile::{Dockerfile, Expander, Instruction, Span, Word};

use super::transfer::clean;
use super::{
    Command, CommandLine, Pair, Refusal, Transfer, TransferWords, Variables, go_text, health, ports, signal,
};
use crate::model::{Empty, Healthcheck, History, ImageConfig, Platform};

/// What histories say of who built, as BuildKit does.
pub const HISTORY_COMMENT: &str = "buildkit.dockerfile.v0";
/// <https://github.com/moby/buildkit/blob/master/util/system/path.go> (`DefaultPathEnvUnix`)
const DEFAULT_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What all stages of a build share.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The file.
    pub dockerfile: &'a Dockerfile,
    /// Build arguments.
    pub args: &'a BTreeMap<String, String>,
    /// The arguments before the first `FROM`.
    pub global_args: &'a BTreeMap<String, String>,
    /// The time of everything that is made, RFC 3339.
    pub created: &'a str,
}

/// A change of files that an instruction asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `COPY` and `ADD`.
    Transfer(Box<Transfer>),
    /// `WORKDIR`: the folder and those above it, where they are missing.
    Folder {
        /// Absolute.
        path: String,
        /// `USER`, whose they become; empty for root.
        user: String,
        /// The bytes of the instruction.
        span: Span,
    },
}

/// A stage on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageState {
    /// The configuration; layers are its driver's business.
    pub config: ImageConfig,
    variables: Variables,
    is_cmd_set: bool,
}

impl StageState {
    /// From `scratch`.
    pub fn scratch(platform: &Platform) -> Self {
        let mut config = ImageConfig {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            ..ImageConfig::default()
        };
        config.config.env = vec![DEFAULT_PATH.to_owned()];
        config.config.working_dir = "/".to_owned();
        Self::of_image(config)
    }

    /// From an image.
    pub fn of_image(config: ImageConfig) -> Self {
        Self { variables: Variables::of(&config.config.env), config, is_cmd_set: false }
    }

    /// From another stage of the same file: arguments are still known.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { is_cmd_set: false, ..self.clone() }
    }

    /// The command of an instruction takes effect.
    ///
    /// # Errors
    /// What is wrong with it, or cannot be done here.
    pub fn apply(
        &mut self,
        around: &Surroundings<'_>,
        instruction: &Instruction,
    ) -> Result<Option<Operation>, Refusal> {
        let command = Command::read(around.dockerfile, instruction)?;
        let expander = around.dockerfile.expander();
        let line = match command {
            Command::Transfer(words) => return self.transfer(around, *words).map(Some),
            Command::Workdir(path) => return self.workdir(around, &path, &instruction.span),
            Command::Onbuild(trigger) => {
                self.config.config.on_build.push(trigger);
                return Ok(None);
            }
            Command::Arg(pairs) => self.arg(around, pairs)?,
            Command::Cmd(line) => self.cmd(line),
            Command::Entrypoint(line) => self.entrypoint(line),
            Command::Env(pairs) => self.env(expander, &pairs)?,
            Command::Expose(words) => self.expose(expander, &words)?,
            Command::Healthcheck(check) => self.healthcheck(check),
            Command::Label(pairs) => self.label(expander, &pairs)?,
            Command::Maintainer(author) => self.maintainer(author),
            Command::Shell(shell) => self.shell(shell),
            Command::StopSignal(signal) => self.stop_signal(expander, &signal)?,
            Command::User(user) => self.user(expander, &user)?,
            Command::Volume(paths) => self.volume(expander, &paths)?,
        };
        self.record(around, line, false);
        Ok(None)
    }

    fn record(&mut self, around: &Surroundings<'_>, created_by: String, has_layer: bool) {
        self.config.history.push(History {
            created: Some(around.created.to_owned()),
            created_by: Some(created_by),
            author: None,
            comment: Some(HISTORY_COMMENT.to_owned()),
            empty_layer: !has_layer,
        });
    }

    fn transfer(&mut self, around: &Surroundings<'_>, words: TransferWords) -> Result<Operation, Refusal> {
        let working_dir = &self.config.config.working_dir;
        let transfer = words.expand(around.dockerfile.expander(), &self.variables, working_dir)?;
        self.record(around, format!("{} # buildkit", transfer.history()), true);
        Ok(Operation::Transfer(Box::new(transfer)))
    }

    fn workdir(
        &mut self,
        around: &Surroundings<'_>,
        word: &Word,
        span: &Span,
    ) -> Result<Option<Operation>, Refusal> {
        let text = self.variables.expand(around.dockerfile.expander(), word)?;
        let path = match text.starts_with('/') {
            // As BuildKit: <https://github.com/moby/buildkit/blob/master/util/system/path.go> (`NormalizePath`)
            true => text,
            false => clean(&format!("{}/{text}", self.config.config.working_dir)),
        };
        self.config.config.working_dir.clone_from(&path);
        self.record(around, format!("WORKDIR {path}"), path != "/");
        let user = self.config.config.user.clone();
        Ok((path != "/").then(|| Operation::Folder { path, user, span: span.clone() }))
    }

    /// A build argument, else the default, else the value before the first `FROM`.
    fn arg(
        &mut self,
        around: &Surroundings<'_>,
        pairs: Vec<(String, Option<Word>)>,
    ) -> Result<String, Refusal> {
        let mut line = "ARG".to_owned();
        for (name, default) in pairs {
            let value = match (around.args.get(&name), default) {
                (Some(given), _) => Some(given.clone()),
                (None, Some(default)) => Some(self.variables.expand(around.dockerfile.expander(), &default)?),
                (None, None) => around.global_args.get(&name).cloned(),
            };
            line.extend([" ", &name]);
            if let Some(value) = value {
                self.variables.set(&name, &value);
                line.extend(["=", &value]);
            }
        }
        Ok(line)
    }

    fn cmd(&mut self, line: CommandLine) -> String {
        let words = self.with_shell(line);
        let history = format!("CMD {}", go_text::quoted_list(&words));
        self.config.config.cmd = Some(words);
        self.is_cmd_set = true;
        history
    }

    /// Takes away the `CMD` of the base, but not one of this stage. Without words it takes away that of the base alone.
    fn entrypoint(&mut self, line: CommandLine) -> String {
        let words = self.with_shell(line);
        let history = format!("ENTRYPOINT {}", go_text::quoted_list(&words));
        self.config.config.entrypoint = Some(words).filter(|words| !words.is_empty());
        if !self.is_cmd_set {
            self.config.config.cmd = None;
        }
        history
    }

    fn with_shell(&self, line: CommandLine) -> Vec<String> {
        match line {
            CommandLine::Exec(words) => words,
            CommandLine::Shell(text) => {
                let default = || ["/bin/sh", "-c"].map(str::to_owned).to_vec();
                let shell = self.config.config.shell.clone().filter(|shell| !shell.is_empty());
                let mut words = shell.unwrap_or_else(default);
                words.push(text);
                words
            }
        }
    }

    /// All values are expanded with what was set before the instruction.
    fn env(&mut self, expander: Expander, pairs: &[Pair]) -> Result<String, Refusal> {
        let pairs = self.expand_pairs(expander, pairs, "ENV")?;
        let mut line = "ENV".to_owned();
        for (name, value) in pairs {
            let entry = format!("{name}={value}");
            line.extend([" ", &entry]);
            self.variables.set(&name, &value);
            let environment = &mut self.config.config.env;
            let known =
                |entry: &&mut String| entry.split_once('=').map_or(entry.as_str(), |(key, _)| key) == name;
            match environment.iter_mut().find(known) {
                Some(old) => *old = entry,
                None => environment.push(entry),
            }
        }
        Ok(line)
    }

    fn label(&mut self, expander: Expander, pairs: &[Pair]) -> Result<String, Refusal> {
        let pairs = self.expand_pairs(expander, pairs, "LABEL")?;
        let mut line = "LABEL".to_owned();
        for (key, value) in pairs {
            line.push_str(&format!(" {key}={value}"));
            self.config.config.labels.insert(key, value);
        }
        Ok(line)
    }

    fn expand_pairs(
        &self,
        expander: Expander,
        pairs: &[Pair],
        name: &str,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let expanded = pairs.iter().map(|pair| {
            let key = self.variables.expand(expander, &pair.key)?;
            if key.is_empty() {
                return Err(Refusal::wrong(pair.key.span.clone(), format!("this key of {name} is empty")));
            }
            Ok((key, self.variables.expand(expander, &pair.value)?))
        });
        expanded.collect()
    }

    fn expose(&mut self, expander: Expander, words: &[Word]) -> Result<String, Refusal> {
        let mut exposed = BTreeMap::new();
        for word in words {
            for text in self.variables.split(expander, word)? {
                let ports =
                    ports::ports(&text).map_err(|message| Refusal::wrong(word.span.clone(), message))?;
                exposed.extend(ports.into_iter().map(|port| (port, Empty {})));
            }
        }
        let told = exposed.keys().map(|port| format!("{port}:{{}}")).collect::<Vec<_>>().join(" ");
        self.config.config.exposed_ports.extend(exposed);
        Ok(format!("EXPOSE map[{told}]"))
    }

    fn healthcheck(&mut self, check: Healthcheck) -> String {
        let line = health::history(&check);
        self.config.config.healthcheck = Some(check);
        line
    }

    fn maintainer(&mut self, author: String) -> String {
        let line = format!("MAINTAINER {author}");
        self.config.author = Some(author);
        line
    }

    fn shell(&mut self, shell: Vec<String>) -> String {
        let line = format!("SHELL [{}]", shell.join(" "));
        self.config.config.shell = Some(shell);
        line
    }

    fn stop_signal(&mut self, expander: Expander, word: &Word) -> Result<String, Refusal> {
        let signal = self.variables.expand(expander, word)?;
        if !signal::is_signal(&signal) {
            return Err(Refusal::wrong(word.span.clone(), format!("`{signal}` is no signal"))
                .help("write a number, or a name like SIGTERM"));
        }
        let line = format!("STOPSIGNAL {signal}");
        self.config.config.stop_signal = Some(signal);
        Ok(line)
    }

    fn user(&mut self, expander: Expander, word: &Word) -> Result<String, Refusal> {
        let user = self.variables.expand(expander, word)?;
        let line = format!("USER {user}");
        self.config.config.user = user;
        Ok(line)
    }

    fn volume(&mut self, expander: Expander, words: &[Word]) -> Result<String, Refusal> {
        let mut paths = Vec::new();
        for word in words {
            let path = self
                .variables
                .expand(expander, &Word { text: word.text.trim().to_owned(), ..word.clone() })?;
            if path.is_empty() {
                return Err(Refusal::wrong(word.span.clone(), "this path of VOLUME is empty"));
            }
            paths.push(path);
        }
        let line = format!("VOLUME [{}]", paths.join(" "));
        self.config.config.volumes.extend(paths.into_iter().map(|path| (path, Empty {})));
        Ok(line)
    }
}

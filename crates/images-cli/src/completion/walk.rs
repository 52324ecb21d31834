//! Goes along the words that are there, as clap would.

use clap::{Arg, ArgAction, Command};

use super::value::{self, Images};
use super::{Candidate, Completion};

/// What can take the place of the last of `words`, which are those behind the command itself.
pub(crate) fn complete(mut command: Command, words: &[String], images: Images<'_>) -> Completion {
    // Global options reach the commands below by this.
    command.build();
    let Some((last, before)) = words.split_last() else { return Completion::Words(Vec::new()) };
    let mut place = Place { command: &command, positional: 0, escaped: false, waiting: None };
    before.iter().for_each(|word| place.pass(word));
    place.complete(last, images)
}

/// Where on the command line the next word stands.
struct Place<'a> {
    command: &'a Command,
    /// How many words that are no options came before.
    positional: usize,
    /// Whether `--` came before.
    escaped: bool,
    /// The option whose value comes next.
    waiting: Option<&'a Arg>,
}

impl<'a> Place<'a> {
    fn pass(&mut self, word: &str) {
        if self.waiting.take().is_some() {
            return;
        }
        if self.escaped {
            self.positional += 1;
        } else if word == "--" {
            (self.escaped, self.positional) = (true, 0);
        } else if let Some(long) = word.strip_prefix("--") {
            self.waiting = self.long(long).filter(|option| waits(option));
        } else if let Some(shorts) = word.strip_prefix('-').filter(|shorts| !shorts.is_empty()) {
            self.waiting = self.shorts(shorts);
        } else if let Some(below) = self.command.find_subcommand(word) {
            (self.command, self.positional) = (below, 0);
        } else {
            self.positional += 1;
        }
    }

    fn long(&self, name: &str) -> Option<&'a Arg> {
        let is_it = |arg: &&Arg| {
            let aliases = arg.get_all_aliases().unwrap_or_default();
            arg.get_long() == Some(name) || aliases.contains(&name)
        };
        self.command.get_arguments().find(is_it)
    }

    /// The option of a group of short ones that waits for a value: only the last can.
    fn shorts(&self, shorts: &str) -> Option<&'a Arg> {
        let short = |c: char| self.command.get_arguments().find(|arg| arg.get_short() == Some(c));
        let mut chars = shorts.chars();
        let option = chars.by_ref().find_map(|c| short(c).filter(|option| waits(option)))?;
        chars.next().is_none().then_some(option)
    }

    fn complete(&self, word: &str, images: Images<'_>) -> Completion {
        if let Some(option) = self.waiting {
            return value::of(option, word, images);
        }
        if !self.escaped && word.starts_with('-') {
            return match word.strip_prefix("--").and_then(|long| long.split_once('=')) {
                Some((name, start)) => self.with_value(name, start, images),
                None => Completion::Words(self.options(word)),
            };
        }
        let commands = self.commands(word);
        match self.argument() {
            Some(argument) if commands.is_empty() => value::of(argument, word, images),
            _ => Completion::Words(commands),
        }
    }

    /// `--NAME=START` with what `START` can become.
    fn with_value(&self, name: &str, start: &str, images: Images<'_>) -> Completion {
        let Some(option) = self.long(name).filter(|option| option.get_action().takes_values()) else {
            return Completion::Words(Vec::new());
        };
        match value::of(option, start, images) {
            Completion::Path => Completion::Path,
            Completion::Words(words) => {
                let whole =
                    |found: Candidate| Candidate { word: format!("--{name}={}", found.word), ..found };
                Completion::Words(words.into_iter().map(whole).collect())
            }
        }
    }

    /// Short ones only where nothing but a dash is there.
    fn options(&self, start: &str) -> Vec<Candidate> {
        let mut found = Vec::new();
        for option in self.command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
            let about = option.get_help().map(ToString::to_string).unwrap_or_default();
            let long = option.get_long().map(|long| format!("--{long}"));
            let short =
                option.get_short().filter(|_| start == "-" && long.is_none()).map(|c| format!("-{c}"));
            let words = long.into_iter().chain(short).filter(|word| word.starts_with(start));
            found.extend(words.map(|word| Candidate { word, about: about.clone() }));
        }
        found
    }

    fn commands(&self, start: &str) -> Vec<Candidate> {
        if self.escaped || self.positional > 0 {
            return Vec::new();
        }
        let shown = self.command.get_subcommands().filter(|below| !below.is_hide_set());
        let named = shown.filter(|below| below.get_name().starts_with(start));
        named
            .map(|below| Candidate {
                word: below.get_name().to_owned(),
                about: below.get_about().map(ToString::to_string).unwrap_or_default(),
            })
            .collect()
    }

    /// The argument that the next word is: one of those behind `--` once that is there, the last one again if it takes many.
    fn argument(&self) -> Option<&'a Arg> {
        let all: Vec<_> =
            self.command.get_positionals().filter(|arg| arg.is_last_set() == self.escaped).collect();
        let all = if all.is_empty() { self.command.get_positionals().collect() } else { all };
        let last = all.last().copied().filter(|arg| matches!(arg.get_action(), ArgAction::Append));
        all.get(self.positional).copied().or(last)
    }
}

/// Whether the next word is its value.
fn waits(option: &Arg) -> bool {
    option.get_action().takes_values() && !option.is_require_equals_set()
}

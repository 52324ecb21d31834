//! Expands variables in a word, with quotes and escapes, as BuildKit does.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/shell/lex.go>

use std::iter::Peekable;
use std::str::Chars;

use crate::shell_pattern::ShellPattern;

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// It has this value.
    Set(String),
    /// It has none.
    Unset,
    /// It may have one that only a builder can know, for example from a base image.
    Unknown,
}

/// Where variables come from.
pub(crate) trait Variables {
    fn value(&self, name: &str) -> Value;
}

/// No variable at all.
pub(crate) struct NoVariables;

impl Variables for NoVariables {
    fn value(&self, _: &str) -> Value {
        Value::Unset
    }
}

/// How a word is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lexer {
    pub(crate) escape: char,
    /// Quotes stay in the result.
    pub(crate) raw_quotes: bool,
    /// Quotes are characters like others.
    pub(crate) no_quotes: bool,
    /// Escapes stay in the result.
    pub(crate) raw_escapes: bool,
    /// Variables without a value stay in the result as they are written.
    pub(crate) keep_unset: bool,
}

/// What a word expands to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expansion {
    pub(crate) text: String,
    /// The text split at blanks that are neither quoted nor escaped.
    pub(crate) words: Vec<String>,
    /// The variables that have no value and no default in the word.
    pub(crate) unset: Vec<String>,
    /// Whether the text depends on a value that is not known; it is worthless then.
    pub(crate) unknown: bool,
}

impl Lexer {
    /// Quotes and escapes are taken away.
    pub(crate) fn new(escape: char) -> Self {
        Self { escape, raw_quotes: false, no_quotes: false, raw_escapes: false, keep_unset: false }
    }

    /// Expands a word.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub(crate) fn expand(self, word: &str, variables: &dyn Variables) -> Result<Expansion, String> {
        let mut scan = Scan {
            lexer: self,
            input: word.chars().peekable(),
            variables,
            unset: Vec::new(),
            unknown: false,
        };
        let Output { text, words } = scan.until(None, self.raw_escapes)?;
        Ok(Expansion { text, words: words.finish(), unset: scan.unset, unknown: scan.unknown })
    }
}

struct Scan<'a> {
    lexer: Lexer,
    input: Peekable<Chars<'a>>,
    variables: &'a dyn Variables,
    unset: Vec<String>,
    unknown: bool,
}

struct Output {
    text: String,
    words: Words,
}

/// Text that is split into words while it is put together.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    current: String,
}

impl Words {
    /// Adds characters of which blanks end the word.
    fn add(&mut self, text: &str) {
        for c in text.chars() {
            if !c.is_whitespace() {
                self.current.push(c);
            } else if !self.current.is_empty() {
                self.done.push(std::mem::take(&mut self.current));
            }
        }
    }

    fn finish(mut self) -> Vec<String> {
        if !self.current.is_empty() {
            self.done.push(self.current);
        }
        self.done
    }
}

impl Scan<'_> {
    /// Reads up to `stop`, or to the end.
    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<Output, String> {
        let outer = std::mem::replace(&mut self.lexer.raw_escapes, raw_escapes);
        let output = self.read_until(stop);
        self.lexer.raw_escapes = outer;
        output
    }

    fn read_until(&mut self, stop: Option<char>) -> Result<Output, String> {
        let mut output = Output { text: String::new(), words: Words::default() };
        while let Some(&c) = self.input.peek() {
            if stop == Some(c) {
                self.input.next();
                return Ok(output);
            }
            match c {
                '$' => {
                    let value = self.dollar()?;
                    output.words.add(&value);
                    output.text.push_str(&value);
                }
                '\'' | '"' if !self.lexer.no_quotes => {
                    let quoted = if c == '"' { self.double_quotes()? } else { self.single_quotes()? };
                    output.words.current.push_str(&quoted);
                    output.text.push_str(&quoted);
                }
                _ => self.plain(&mut output),
            }
        }
        match stop {
            None => Ok(output),
            Some(stop) => Err(format!("`{stop}` is missing")),
        }
    }

    /// One character outside quotes, or two if the first is the escape.
    fn plain(&mut self, output: &mut Output) {
        let Some(c) = self.input.next() else { return };
        if c != self.lexer.escape {
            output.words.add(c.encode_utf8(&mut [0; 4]));
            output.text.push(c);
            return;
        }
        let escape = self.lexer.raw_escapes.then_some(c);
        let escaped = escape.into_iter().chain(self.input.next());
        for c in escaped {
            output.words.current.push(c);
            output.text.push(c);
        }
    }

    fn single_quotes(&mut self) -> Result<String, String> {
        let mut result = String::new();
        self.quote(&mut result);
        loop {
            match self.input.peek() {
                None => return Err("the closing single quote is missing".to_owned()),
                Some('\'') => break,
                Some(c) => result.push(*c),
            }
            self.input.next();
        }
        self.quote(&mut result);
        Ok(result)
    }

    fn double_quotes(&mut self) -> Result<String, String> {
        let mut result = String::new();
        self.quote(&mut result);
        loop {
            match self.input.peek() {
                None => return Err("the closing double quote is missing".to_owned()),
                Some('"') => break,
                Some('$') => result.push_str(&self.dollar()?),
                Some(_) => self.in_double_quotes(&mut result),
            }
        }
        self.quote(&mut result);
        Ok(result)
    }

    /// One character within double quotes: the escape keeps its meaning before `"`, `$` and itself only.
    fn in_double_quotes(&mut self, result: &mut String) {
        let Some(mut c) = self.input.next() else { return };
        if c == self.lexer.escape {
            if self.lexer.raw_escapes {
                result.push(c);
            }
            match self.input.peek() {
                None => return,
                Some(&next) if next == '"' || next == '$' || next == self.lexer.escape => {
                    self.input.next();
                    c = next;
                }
                Some(_) => {}
            }
        }
        result.push(c);
    }

    /// Takes a quote and keeps it if quotes are kept.
    fn quote(&mut self, result: &mut String) {
        let quote = self.input.next();
        if self.lexer.raw_quotes {
            result.extend(quote);
        }
    }

    fn dollar(&mut self) -> Result<String, String> {
        self.input.next();
        if self.input.peek() != Some(&'{') {
            let name = self.name();
            return Ok(if name.is_empty() {
                "$".to_owned()
            } else {
                self.plain_value(&name, &format!("${name}"))
            });
        }
        self.input.next();
        match self.input.peek() {
            None => return Err(MISSING_BRACE.to_owned()),
            Some('{' | '}' | ':') => return Err("`${` must be followed by a variable's name".to_owned()),
            Some(_) => {}
        }
        let name = self.name();
        match self.input.next() {
            None => Err(MISSING_BRACE.to_owned()),
            Some('}') => Ok(self.plain_value(&name, &format!("${{{name}}}"))),
            Some('/') => self.replacement(&name),
            Some(':') => {
                let modifier = self.input.next().ok_or_else(|| MISSING_BRACE.to_owned())?;
                self.modified(&name, modifier, true)
            }
            Some(modifier) => self.modified(&name, modifier, false),
        }
    }

    /// The value of `$x` or `${x}`.
    fn plain_value(&mut self, name: &str, written: &str) -> String {
        match self.variables.value(name) {
            Value::Set(value) => value,
            Value::Unset => {
                self.unset.push(name.to_owned());
                if self.lexer.keep_unset { written.to_owned() } else { String::new() }
            }
            Value::Unknown => {
                self.unknown = true;
                String::new()
            }
        }
    }

    /// `${x-w}`, `${x+w}`, `${x?w}`, `${x#p}`, `${x%p}`, and with a colon before the modifier.
    fn modified(&mut self, name: &str, modifier: char, colon: bool) -> Result<String, String> {
        if !matches!(modifier, '-' | '+' | '?' | '#' | '%') {
            return Err(format!("`{modifier}` is no modifier in `${{{name}…}}`"));
        }
        let (unset, unknown) = (self.unset.len(), self.unknown);
        let word = self.until(Some('}'), matches!(modifier, '#' | '%')).map_err(missing_brace)?.text;
        let value = match self.variables.value(name) {
            Value::Unset if self.lexer.keep_unset => {
                let colon = if colon { ":" } else { "" };
                return Ok(format!("${{{name}{colon}{modifier}{word}}}"));
            }
            Value::Unknown => {
                self.unknown = true;
                return Ok(String::new());
            }
            Value::Unset => None,
            Value::Set(value) => Some(value),
        };
        let chosen = value.clone().filter(|value| !colon || !value.is_empty());
        // What stands in a word that is not used has no say.
        let used = if modifier == '+' { chosen.is_some() } else { chosen.is_none() };
        if matches!(modifier, '-' | '+') && !used {
            self.unset.truncate(unset);
            self.unknown = unknown;
        }
        match modifier {
            '-' => Ok(chosen.unwrap_or(word)),
            '+' => Ok(if chosen.is_some() { word } else { String::new() }),
            '?' => chosen.ok_or_else(|| required_error(name, &word, value.is_some())),
            _ => self.trimmed(name, value, modifier, &word),
        }
    }

    /// `${x#p}`, `${x##p}`, `${x%p}`, `${x%%p}`.
    fn trimmed(
        &mut self,
        name: &str,
        value: Option<String>,
        modifier: char,
        word: &str,
    ) -> Result<String, String> {
        let (pattern, longest) = match word.strip_prefix(modifier) {
            Some(rest) => (ShellPattern::parse(rest)?, true),
            None => (ShellPattern::parse(word)?, false),
        };
        let Some(value) = value else {
            self.unset.push(name.to_owned());
            return Ok(String::new());
        };
        Ok(if modifier == '#' {
            pattern.trim_start(&value, longest)
        } else {
            pattern.trim_end(&value, longest)
        })
    }

    /// `${x/p/r}` and `${x//p/r}`.
    fn replacement(&mut self, name: &str) -> Result<String, String> {
        let every = self.input.next_if_eq(&'/').is_some();
        let pattern = self.until(Some('/'), true)?.text;
        let replacement = self.until(Some('}'), true).map_err(missing_brace)?.text;
        match self.variables.value(name) {
            Value::Unset if self.lexer.keep_unset => Ok(format!("${{{name}/{pattern}/{replacement}}}")),
            Value::Unset => {
                self.unset.push(name.to_owned());
                Ok(ShellPattern::parse(&pattern)?.replace("", &replacement, every))
            }
            Value::Unknown => {
                self.unknown = true;
                Ok(String::new())
            }
            Value::Set(value) => Ok(ShellPattern::parse(&pattern)?.replace(&value, &replacement, every)),
        }
    }

    /// A name, a number, or one of the shell's special parameters.
    fn name(&mut self) -> String {
        let mut name = String::new();
        let first = self.input.peek().copied();
        if first.is_some_and(char::is_numeric) {
            while let Some(c) = self.input.next_if(|c| c.is_numeric()) {
                name.push(c);
            }
        } else if first.is_some_and(|c| "@*#?-$!".contains(c)) {
            name.extend(self.input.next());
        } else {
            while let Some(c) = self.input.next_if(|c| c.is_alphanumeric() || *c == '_') {
                name.push(c);
            }
        }
        name
    }
}

const MISSING_BRACE: &str = "`}` is missing after `${`";

fn missing_brace(message: String) -> String {
    if message == "`}` is missing" { MISSING_BRACE.to_owned() } else { message }
}

fn required_error(name: &str, word: &str, set: bool) -> String {
    let reason = match word {
        "" if set => "is not allowed to be empty",
        "" => "is not allowed to be unset",
        _ => word,
    };
    format!("{name}: {reason}")
}

#[cfg(test)]
mod tests;

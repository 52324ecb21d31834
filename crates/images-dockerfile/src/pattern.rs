//! Go's `filepath.Match`, by which `COPY` and `ADD` choose files.

use crate::Problem;

/// A pattern of Go's `filepath.Match`: `*` and `?` stop at `/`.
///
/// Rules: <https://pkg.go.dev/path/filepath#Match> and, for what it leaves open, its source. A class, negated or
/// not, may match `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
}

/// A malformed pattern (Go's `ErrBadPattern`), with the offset of what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadPattern {
    /// Bytes from the pattern's start.
    pub(crate) offset: usize,
    /// What is wrong there.
    pub(crate) reason: &'static str,
}

impl Pattern {
    /// Reads a pattern; the problem's span is within `text`.
    ///
    /// # Errors
    /// A malformed pattern, as Go's `ErrBadPattern`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut rest = text;
        while !rest.is_empty() {
            let (_, chunk, after) = split_chunk(rest);
            let offset = text.len() - after.len() - chunk.len();
            match_chunk(chunk, "").map_err(|bad| problem(text, offset, bad))?;
            rest = after;
        }
        Ok(Self { text: text.to_owned() })
    }

    /// Whether the whole of `path` matches.
    pub fn matches(&self, path: &str) -> bool {
        go_match(&self.text, path) == Ok(true)
    }
}

fn problem(text: &str, chunk: usize, bad: BadPattern) -> Problem {
    Problem {
        message: format!("`{text}` is a malformed pattern"),
        span: (chunk + bad.offset).min(text.len())..text.len(),
        label: bad.reason.to_owned(),
        help: Some(
            "close the class with `]`, or write `\\` before a character that stands for itself".to_owned(),
        ),
    }
}

/// `filepath.Match` itself. As in Go, a chunk behind one that did not match is not checked.
pub(crate) fn go_match(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let (mut pattern, mut name) = (pattern, name);
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = split_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains('/'));
        }
        let fits = |after: &str| after.is_empty() || !pattern.is_empty();
        if let Some(after) = match_chunk(chunk, name)?.filter(|after| fits(after)) {
            name = after;
            continue;
        }
        if !star {
            return Ok(false);
        }
        for (start, skipped) in name.char_indices() {
            if skipped == '/' {
                break;
            }
            if let Some(after) = match_chunk(chunk, &name[start + skipped.len_utf8()..])?.filter(|a| fits(a))
            {
                name = after;
                continue 'pattern;
            }
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Splits off the next chunk: whether stars lead it, the text up to the next star, and what follows.
fn split_chunk(pattern: &str) -> (bool, &str, &str) {
    let body = pattern.trim_start_matches('*');
    let (mut in_class, mut escaped) = (false, false);
    let end = body.bytes().position(|byte| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match byte {
            b'\\' => escaped = true,
            b'[' => in_class = true,
            b']' => in_class = false,
            _ => return byte == b'*' && !in_class,
        }
        false
    });
    let (chunk, rest) = body.split_at(end.unwrap_or(body.len()));
    (body.len() < pattern.len(), chunk, rest)
}

/// Matches the start of `name` against a chunk without stars and returns what is left of it. The chunk is read
/// to its end even when it cannot match any more, so that malformed ones are found.
fn match_chunk<'n>(chunk: &str, name: &'n str) -> Result<Option<&'n str>, BadPattern> {
    let mut rest = chunk;
    let mut left = Some(name);
    while let Some(first) = rest.chars().next() {
        let mut next = left.and_then(|name| name.chars().next());
        let matched = match first {
            '[' => {
                let class = read_class(rest, next).map_err(|bad| bad.after(chunk, rest))?;
                rest = class.rest;
                class.contains
            }
            '?' => {
                rest = &rest[1..];
                next.is_some_and(|c| c != '/')
            }
            _ => {
                let literal = read_literal(rest).map_err(|bad| bad.after(chunk, rest))?;
                rest = literal.1;
                next == Some(literal.0)
            }
        };
        if !matched {
            next = None;
        }
        left = left.zip(next).map(|(name, c)| &name[c.len_utf8()..]);
    }
    Ok(left)
}

impl BadPattern {
    /// The same, counted from the start of `whole`, of which `rest` is the end.
    fn after(self, whole: &str, rest: &str) -> Self {
        Self { offset: self.offset + whole.len() - rest.len(), ..self }
    }
}

fn bad(reason: &'static str) -> BadPattern {
    BadPattern { offset: 0, reason }
}

fn read_literal(text: &str) -> Result<(char, &str), BadPattern> {
    let text = text.strip_prefix('\\').unwrap_or(text);
    let c = text.chars().next().ok_or(bad("nothing follows the escape"))?;
    Ok((c, &text[c.len_utf8()..]))
}

struct Class<'p> {
    contains: bool,
    rest: &'p str,
}

/// Reads a class, of which `text` is at the `[`, and says whether `c` is in it.
fn read_class(text: &str, c: Option<char>) -> Result<Class<'_>, BadPattern> {
    let mut rest = &text[1..];
    let negated = rest.starts_with('^');
    if negated {
        rest = &rest[1..];
    }
    let mut within = false;
    for count in 0.. {
        if count > 0 && rest.starts_with(']') {
            break;
        }
        let (low, after) = class_character(rest)?;
        let (high, after) = match after.strip_prefix('-') {
            Some(after) => class_character(after)?,
            None => (low, after),
        };
        within |= c.is_some_and(|c| (low..=high).contains(&c));
        rest = after;
    }
    Ok(Class { contains: c.is_some() && within != negated, rest: &rest[1..] })
}

/// One end of a range; something must follow it, if only the `]`.
fn class_character(text: &str) -> Result<(char, &str), BadPattern> {
    if text.starts_with('-') {
        return Err(bad("a range in this class has no start or no end"));
    }
    if text.is_empty() || text.starts_with(']') {
        return Err(bad("this class is empty, or a range in it has no end"));
    }
    let (c, rest) = read_literal(text)?;
    if rest.is_empty() { Err(bad("this class is not closed")) } else { Ok((c, rest)) }
}

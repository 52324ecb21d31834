//! The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*`, `?` and escapes, no classes.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/shell/lex.go>
//! (`convertShellPatternToRegex`).

/// A compiled pattern.
pub(crate) struct ShellPattern {
    tokens: Vec<Token>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    /// Any number of characters.
    Star,
    /// One character.
    Any,
    Literal(char),
}

impl ShellPattern {
    /// Reads a pattern. An escape may stand before `*`, `?` and itself, and before the delimiters `}` and `/`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(c) = characters.next() {
            match c {
                '*' => tokens.push(Token::Star),
                '?' => tokens.push(Token::Any),
                '\\' if matches!(characters.peek(), Some('}' | '/')) => {}
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '?' | '\\')) => tokens.push(Token::Literal(escaped)),
                    Some(other) => return Err(format!("`\\{other}` is no escape in the pattern `{text}`")),
                    None => return Err(format!("nothing follows the escape in the pattern `{text}`")),
                },
                _ => tokens.push(Token::Literal(c)),
            }
        }
        Ok(Self { tokens })
    }

    /// `value` without the shortest (or longest) start that matches.
    pub(crate) fn trim_start(&self, value: &str, longest: bool) -> String {
        let value: Vec<char> = value.chars().collect();
        let end = self.matches_from(&value, 0, longest).unwrap_or(0);
        value[end..].iter().collect()
    }

    /// `value` without the shortest (or longest) end that matches.
    pub(crate) fn trim_end(&self, value: &str, longest: bool) -> String {
        let reversed = Self { tokens: self.tokens.iter().rev().copied().collect() };
        let backwards: String = value.chars().rev().collect();
        reversed.trim_start(&backwards, longest).chars().rev().collect()
    }

    /// `value` with the first (or every) longest match replaced.
    pub(crate) fn replace(&self, value: &str, replacement: &str, every: bool) -> String {
        let value: Vec<char> = value.chars().collect();
        let mut result = String::new();
        let (mut position, mut last_end) = (0, 0);
        while position <= value.len() {
            match self.matches_from(&value, position, true) {
                // An empty match right behind a match does not count.
                Some(end) if end > last_end || position == 0 => {
                    result.push_str(replacement);
                    last_end = end;
                    if !every {
                        position = end;
                        break;
                    }
                    if end > position {
                        position = end;
                        continue;
                    }
                }
                _ => {}
            }
            result.extend(value.get(position));
            position += 1;
        }
        result.extend(value.iter().skip(position));
        result
    }

    /// Where a match that starts at `start` ends: the first one in the order of preference.
    fn matches_from(&self, value: &[char], start: usize, greedy: bool) -> Option<usize> {
        let mut failed = vec![false; (self.tokens.len() + 1) * (value.len() + 1)];
        self.step(value, 0, start, greedy, &mut failed)
    }

    fn step(
        &self,
        value: &[char],
        token: usize,
        at: usize,
        greedy: bool,
        failed: &mut [bool],
    ) -> Option<usize> {
        let Some(current) = self.tokens.get(token) else { return Some(at) };
        let seen = token * (value.len() + 1) + at;
        if failed[seen] {
            return None;
        }
        let next = value.get(at).filter(|c| **c != '\n');
        let found = match current {
            Token::Literal(c) if value.get(at) == Some(c) => {
                self.step(value, token + 1, at + 1, greedy, failed)
            }
            Token::Literal(_) => None,
            Token::Any => next.and_then(|_| self.step(value, token + 1, at + 1, greedy, failed)),
            Token::Star if greedy => next
                .and_then(|_| self.step(value, token, at + 1, greedy, failed))
                .or_else(|| self.step(value, token + 1, at, greedy, failed)),
            Token::Star => self
                .step(value, token + 1, at, greedy, failed)
                .or_else(|| next.and_then(|_| self.step(value, token, at + 1, greedy, failed))),
        };
        failed[seen] = found.is_none();
        found
    }
}

//! The JSON form of an instruction's arguments: an array of strings.

use std::ops::Range;

/// What a text is, read as JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JsonArray {
    /// Not an array, or not JSON: the text is in the shell form.
    No,
    /// An array with something that is no string, which docker refuses.
    Mixed,
    /// The strings, each with the bytes between its quotes.
    Strings(Vec<(String, Range<usize>)>),
}

/// Reads `text` as a JSON array.
pub(crate) fn read(text: &str) -> JsonArray {
    let mut scan = Scan { text, at: 0, strings: Vec::new(), mixed: false, depth: 0 };
    scan.blanks();
    if scan.peek() != Some(b'[') || scan.array().is_none() {
        return JsonArray::No;
    }
    scan.blanks();
    match (scan.at == text.len(), scan.mixed) {
        (false, _) => JsonArray::No,
        (true, true) => JsonArray::Mixed,
        (true, false) => JsonArray::Strings(scan.strings),
    }
}

/// Deeper nesting is no instruction that anybody wrote; the limit keeps the stack small.
const DEPTH_LIMIT: usize = 64;

struct Scan<'t> {
    text: &'t str,
    at: usize,
    strings: Vec<(String, Range<usize>)>,
    mixed: bool,
    depth: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found.then_some(())
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Items between brackets or braces, each read by `item`.
    fn items(&mut self, close: u8, item: fn(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.depth += 1;
        self.blanks();
        if self.depth > DEPTH_LIMIT {
            return None;
        }
        if self.eat(close).is_none() {
            loop {
                self.blanks();
                item(self)?;
                self.blanks();
                if self.eat(b',').is_none() {
                    break;
                }
            }
            self.eat(close)?;
        }
        self.depth -= 1;
        Some(())
    }

    fn array(&mut self) -> Option<()> {
        self.items(b']', Self::value)
    }

    fn object(&mut self) -> Option<()> {
        self.items(b'}', |scan| {
            scan.string()?;
            scan.blanks();
            scan.eat(b':')?;
            scan.blanks();
            scan.value()
        })
    }

    fn value(&mut self) -> Option<()> {
        let outermost = self.depth == 1;
        if self.peek()? == b'"' {
            let start = self.at + 1;
            let string = self.string()?;
            if outermost {
                self.strings.push((string, start..self.at - 1));
            }
            return Some(());
        }
        self.mixed = true;
        match self.peek()? {
            b'[' => self.array(),
            b'{' => self.object(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.number(),
        }
    }

    fn literal(&mut self, word: &str) -> Option<()> {
        self.text[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.eat(b'-');
        if self.eat(b'0').is_none() {
            self.digits()?;
        }
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if self.eat(b'e').or_else(|| self.eat(b'E')).is_some() {
            let _ = self.eat(b'+').or_else(|| self.eat(b'-'));
            self.digits()?;
        }
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        self.eat(b'"')?;
        let mut result = String::new();
        loop {
            let c = self.text.get(self.at..)?.chars().next()?;
            self.at += c.len_utf8();
            match c {
                '"' => return Some(result),
                '\\' => result.push(self.escape()?),
                c if c < ' ' => return None,
                c => result.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => byte.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode_escape()?,
            _ => return None,
        })
    }

    /// `\u` and four digits, or two of them for a character beyond the basic plane; a half alone becomes U+FFFD.
    fn unicode_escape(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if let Some(c) = char::from_u32(first) {
            return Some(c);
        }
        let after_first = self.at;
        if first < 0xDC00 && self.literal("\\u").is_some() {
            let second = self.four_digits()?;
            if (0xDC00..0xE000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            }
            self.at = after_first;
        }
        Some(char::REPLACEMENT_CHARACTER)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.at += 4;
        u32::from_str_radix(digits, 16).ok().filter(|_| all)
    }
}

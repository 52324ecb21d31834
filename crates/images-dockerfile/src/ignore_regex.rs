//! The regular expressions that `.dockerignore` patterns become: characters, escapes, classes, `.*`, a class with a
//! star, `(.*/)?`, `^` and `$`, and nothing else.
//!
//! Rules: <https://pkg.go.dev/regexp/syntax>

/// A compiled expression; it must match from the path's start.
#[derive(Debug, Clone)]
pub(crate) struct IgnoreRegex {
    nodes: Vec<Node>,
    /// What every match starts and ends with, to refuse most paths at once.
    prefix: String,
    suffix: String,
}

#[derive(Debug, Clone)]
enum Node {
    One(Set),
    Many(Set),
    /// `(.*/)?`
    Folders,
    /// `^`
    Start,
    /// `$`, which a pattern can escape.
    End,
    /// `\b`, or `\B` if `false`: there is a word's border.
    Border(bool),
}

/// From the first to the last, both included.
type Ranges = Vec<(char, char)>;

#[derive(Debug, Clone)]
enum Set {
    Literal(char),
    NotSlash,
    NotNewline,
    Class { ranges: Ranges, negated: bool },
}

impl Set {
    fn contains(&self, c: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == c,
            Self::NotSlash => c != '/',
            Self::NotNewline => c != '\n',
            Self::Class { ranges, negated } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }

    fn literal(&self) -> Option<char> {
        if let Self::Literal(c) = self { Some(*c) } else { None }
    }
}

impl IgnoreRegex {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(regex: &str) -> Result<Self, &'static str> {
        let mut nodes = Vec::new();
        let mut rest = regex;
        while !rest.is_empty() {
            let (node, after) = read_node(rest)?;
            nodes.push(node);
            rest = after;
        }
        let literal = |node: &Node| if let Node::One(set) = node { set.literal() } else { None };
        let prefix = nodes.iter().map_while(literal).collect();
        let suffix: String = match nodes.split_last() {
            Some((Node::End, before)) => before.iter().rev().map_while(literal).collect(),
            _ => String::new(),
        };
        Ok(Self { prefix, suffix: suffix.chars().rev().collect(), nodes })
    }

    /// Whether the path matches.
    pub(crate) fn matches(&self, path: &str) -> bool {
        if !path.starts_with(&self.prefix) || !path.ends_with(&self.suffix) {
            return false;
        }
        let mut failed = vec![false; self.nodes.len() * (path.len() + 1)];
        self.step(path, 0, 0, &mut failed)
    }

    /// Whether the nodes from `node` on match the path from `at` on.
    fn step(&self, path: &str, mut node: usize, mut at: usize, failed: &mut [bool]) -> bool {
        loop {
            let next = path[at..].chars().next();
            match (self.nodes.get(node), next) {
                (None, _) => return true,
                (Some(Node::One(set)), Some(c)) if set.contains(c) => at += c.len_utf8(),
                (Some(Node::One(_)), _) => return false,
                (Some(Node::Start), _) if at == 0 => {}
                (Some(Node::End), None) => {}
                (Some(Node::Border(wanted)), _) if is_border(path, at) == *wanted => {}
                (Some(Node::Start | Node::End | Node::Border(_)), _) => return false,
                (Some(Node::Many(_) | Node::Folders), _) => return self.branch(path, node, at, failed),
            }
            node += 1;
        }
    }

    /// Tries every length of a node that may match more or less.
    fn branch(&self, path: &str, node: usize, start: usize, failed: &mut [bool]) -> bool {
        let seen = node * (path.len() + 1) + start;
        if failed[seen] {
            return false;
        }
        let (set, folders) = match &self.nodes[node] {
            Node::Many(set) => (set, false),
            _ => (&Set::NotNewline, true),
        };
        let mut found = self.step(path, node + 1, start, failed);
        for (at, c) in path[start..].char_indices() {
            if found || !set.contains(c) {
                break;
            }
            let ends_here = !folders || c == '/';
            found = ends_here && self.step(path, node + 1, start + at + c.len_utf8(), failed);
        }
        failed[seen] = !found;
        found
    }
}

/// Whether a word of ASCII letters, digits and `_` starts or ends here.
fn is_border(path: &str, at: usize) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    is_word(at.checked_sub(1).and_then(|before| path.as_bytes().get(before)))
        != is_word(path.as_bytes().get(at))
}

fn read_node(regex: &str) -> Result<(Node, &str), &'static str> {
    for (text, node) in [
        ("(.*/)?", Node::Folders),
        (".*", Node::Many(Set::NotNewline)),
        ("[^/]*", Node::Many(Set::NotSlash)),
        ("[^/]", Node::One(Set::NotSlash)),
        ("^", Node::Start),
        ("$", Node::End),
        ("\\A", Node::Start),
        ("\\z", Node::End),
        ("\\b", Node::Border(true)),
        ("\\B", Node::Border(false)),
    ] {
        if let Some(rest) = regex.strip_prefix(text) {
            return Ok((node, rest));
        }
    }
    if let Some(class) = regex.strip_prefix('[') {
        let (set, rest) = read_class(class)?;
        return Ok(match rest.strip_prefix('*') {
            Some(rest) => (Node::Many(set), rest),
            None => (Node::One(set), rest),
        });
    }
    let (set, rest) = read_character(regex)?;
    Ok((Node::One(set), rest))
}

/// Reads a class from behind its `[`.
fn read_class(text: &str) -> Result<(Set, &str), &'static str> {
    let (negated, mut rest) = match text.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut ranges = Vec::new();
    while ranges.is_empty() || !rest.starts_with(']') {
        if rest.is_empty() {
            return Err("this class is not closed");
        }
        rest = match named_class(rest)? {
            Some((named, after)) => {
                ranges.extend(named);
                after
            }
            None => read_range(rest, &mut ranges)?,
        };
    }
    Ok((Set::Class { ranges, negated }, &rest[1..]))
}

/// A character, a range or an escape within a class.
fn read_range<'t>(text: &'t str, ranges: &mut Ranges) -> Result<&'t str, &'static str> {
    let (low, rest) = match read_character(text)? {
        (Set::Literal(low), rest) => (low, rest),
        (Set::Class { ranges: named, negated }, rest) => {
            ranges.extend(if negated { complement(&named) } else { named });
            return Ok(rest);
        }
        (_, rest) => return Ok(rest),
    };
    let end = rest.strip_prefix('-').filter(|end| !end.starts_with(']') && !end.is_empty());
    let Some(end) = end else {
        ranges.push((low, low));
        return Ok(rest);
    };
    match read_character(end)? {
        (Set::Literal(high), after) if low <= high => {
            ranges.push((low, high));
            Ok(after)
        }
        _ => Err("a range in this class ends before it starts"),
    }
}

/// One character, maybe escaped, or a class of a single letter as `\d`.
fn read_character(text: &str) -> Result<(Set, &str), &'static str> {
    let mut characters = text.chars();
    let c = characters.next().ok_or("something is missing at the end")?;
    if c != '\\' {
        return Ok((Set::Literal(c), characters.as_str()));
    }
    let escaped = characters.next().ok_or("nothing follows the escape")?;
    let set = match escaped {
        'x' => return hexadecimal(characters.as_str()),
        '0'..='7' => return octal(&text[1..]),
        'd' | 'D' => class_of(&[('0', '9')], escaped),
        's' | 'S' => class_of(&[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')], escaped),
        'w' | 'W' => class_of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')], escaped),
        'a' => Set::Literal('\u{7}'),
        'f' => Set::Literal('\u{c}'),
        'n' => Set::Literal('\n'),
        'r' => Set::Literal('\r'),
        't' => Set::Literal('\t'),
        'v' => Set::Literal('\u{b}'),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Set::Literal(c),
        _ => return Err("docker gives this escape no meaning, or another"),
    };
    Ok((set, characters.as_str()))
}

/// `\x41` or `\x{41}`, from behind the `x`.
fn hexadecimal(text: &str) -> Result<(Set, &str), &'static str> {
    let (digits, rest) = match text.strip_prefix('{') {
        Some(braced) => braced.split_once('}').ok_or("`}` is missing")?,
        None => text.split_at_checked(2).ok_or("two hexadecimal digits are missing")?,
    };
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| all);
    let c = code.and_then(char::from_u32).ok_or("this is no character's number")?;
    Ok((Set::Literal(c), rest))
}

/// `\0` and up to two digits more, or `\101`, from behind the backslash.
fn octal(text: &str) -> Result<(Set, &str), &'static str> {
    let end = text.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    if end == 1 && !text.starts_with('0') {
        return Err("docker knows no back-references");
    }
    let (digits, rest) = text.split_at(end);
    let c = u32::from_str_radix(digits, 8)
        .ok()
        .and_then(char::from_u32)
        .ok_or("this is no character's number")?;
    Ok((Set::Literal(c), rest))
}

fn class_of(ranges: &[(char, char)], letter: char) -> Set {
    Set::Class { ranges: ranges.to_vec(), negated: letter.is_ascii_uppercase() }
}

/// `[:alpha:]` and its like, within a class.
fn named_class(text: &str) -> Result<Option<(Ranges, &str)>, &'static str> {
    let Some((name, rest)) = text.strip_prefix("[:").and_then(|inner| inner.split_once(":]")) else {
        return Ok(None);
    };
    let (negated, name) = match name.strip_prefix('^') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let (_, ranges) =
        NAMED.iter().find(|(known, _)| *known == name).ok_or("there is no class of this name")?;
    Ok(Some((if negated { complement(ranges) } else { ranges.to_vec() }, rest)))
}

const NAMED: [(&str, &[(char, char)]); 14] = [
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\u{7f}')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')]),
    ("digit", &[('0', '9')]),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

/// Every character outside of ranges that are sorted.
fn complement(ranges: &[(char, char)]) -> Ranges {
    let mut gaps = Vec::new();
    let mut low = Some('\0');
    for (start, end) in ranges {
        let before = ('\0'..*start).next_back();
        gaps.extend(low.zip(before).filter(|(low, before)| low <= before));
        low = (*end..=char::MAX).nth(1);
    }
    gaps.extend(low.map(|low| (low, char::MAX)));
    gaps
}

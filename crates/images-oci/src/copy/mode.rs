//! `--chmod`.

use super::CopyError;

/// A mode that is set, or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chmod {
    /// Octal digits: the whole mode with its special bits, as docker 26 has it; docker 20.10 takes 0777 of it.
    Set(u32),
    /// Clauses as of chmod(1), without a umask:
    /// <https://github.com/tonistiigi/dchapes-mode/blob/main/mode.go>.
    Change(Vec<Clause>),
}

/// One `[ugoa]*[-+=][rwxXst]*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The bits that it is about.
    who: u32,
    operator: Operator,
    permissions: Permissions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Remove,
    Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permissions {
    /// The bits, and whether `X` is among them.
    Bits(u32, bool),
    /// Those of the user, group or others: how far to shift them.
    CopyOf(u32),
}

const USER: u32 = 0o4700;
const GROUP: u32 = 0o2070;
const OTHER: u32 = 0o1007;

impl Chmod {
    /// Reads it.
    ///
    /// # Errors
    /// It is neither octal up to 7777 nor made of clauses.
    pub fn parse(text: &str) -> Result<Self, CopyError> {
        let bad = || CopyError::Mode { mode: text.to_owned() };
        if text.bytes().any(|byte| byte.is_ascii_digit()) {
            let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
            return mode.map(Self::Set).ok_or_else(bad);
        }
        let mut clauses = Vec::new();
        for part in text.split(',') {
            clauses.extend(clauses_of(part).ok_or_else(bad)?);
        }
        Ok(Self::Change(clauses))
    }

    /// What becomes of a mode.
    pub fn apply(&self, mode: u32, is_folder: bool) -> u32 {
        match self {
            Self::Set(mode) => *mode,
            Self::Change(clauses) => clauses.iter().fold(mode, |mode, clause| clause.apply(mode, is_folder)),
        }
    }
}

impl Clause {
    fn apply(&self, mode: u32, is_folder: bool) -> u32 {
        let bits = match self.permissions {
            Permissions::Bits(bits, with_x) if with_x && (is_folder || mode & 0o111 != 0) => bits | 0o111,
            Permissions::Bits(bits, _) => bits,
            Permissions::CopyOf(shift) => ((mode >> shift) & 7) * 0o111,
        } & self.who;
        match self.operator {
            Operator::Add => mode | bits,
            Operator::Remove => mode & !bits,
            Operator::Set => mode & !(self.who & 0o6777) | bits,
        }
    }
}

/// One who, and one or more operators with their permissions.
fn clauses_of(part: &str) -> Option<Vec<Clause>> {
    let start = part.find(['+', '-', '='])?;
    let who = part[..start].chars().try_fold(0, |who, c| match c {
        'u' => Some(who | USER),
        'g' => Some(who | GROUP),
        'o' => Some(who | OTHER),
        'a' => Some(0o7777),
        _ => None,
    })?;
    let who = if start == 0 { 0o7777 } else { who };
    let mut clauses = Vec::new();
    let mut rest = &part[start..];
    while let Some(first) = rest.chars().next() {
        let operator = match first {
            '+' => Operator::Add,
            '-' => Operator::Remove,
            _ => Operator::Set,
        };
        let end = rest[1..].find(['+', '-', '=']).map_or(rest.len(), |end| end + 1);
        clauses.push(Clause { who, operator, permissions: permissions(&rest[1..end])? });
        rest = &rest[end..];
    }
    Some(clauses)
}

fn permissions(text: &str) -> Option<Permissions> {
    let copied = match text {
        "u" => Some(6),
        "g" => Some(3),
        "o" => Some(0),
        _ => None,
    };
    if let Some(shift) = copied {
        return Some(Permissions::CopyOf(shift));
    }
    let (mut bits, mut with_x) = (0, false);
    for c in text.chars() {
        match c {
            'r' => bits |= 0o444,
            'w' => bits |= 0o222,
            'x' => bits |= 0o111,
            'X' => with_x = true,
            's' => bits |= 0o6000,
            't' => bits |= 0o1000,
            _ => return None,
        }
    }
    Some(Permissions::Bits(bits, with_x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_set_and_changed_as_chmod_does() {
        for (text, before, is_folder, after) in [
            ("755", 0o600, false, 0o755),
            ("4751", 0o600, true, 0o4751),
            ("0", 0o7777, false, 0),
            ("u+x", 0o644, false, 0o744),
            ("+x", 0o644, false, 0o755),
            ("a=rX", 0o600, false, 0o444),
            ("a=rX", 0o600, true, 0o555),
            ("go-rwx,u=rw", 0o777, false, 0o600),
            ("g=u", 0o740, false, 0o770),
            ("u+s,o+t", 0o755, false, 0o5755),
            ("o=", 0o757, false, 0o750),
            ("u=rwx+s", 0o000, false, 0o4700),
        ] {
            assert_eq!(Chmod::parse(text).unwrap().apply(before, is_folder), after, "{text}");
        }
        for text in ["", "8", "10000", "u", "u+q", "x+r", "u+x,", "7z"] {
            assert!(matches!(Chmod::parse(text), Err(CopyError::Mode { .. })), "{text}");
        }
    }
}

//! Names that are not UTF-8.
//!
//! Tar names are bytes. Here they are texts, so that patterns, Dockerfiles and errors can handle them: each byte that is
//! no UTF-8 becomes a character of the last private plane (U+10FF00 + byte), and is that byte again when it is written.
//! A name that holds such a character by itself would be ambiguous, so it is refused.

use std::borrow::Cow;

/// Where the characters start that stand for one byte each.
const ESCAPES: u32 = 0x10_FF00;

/// The text of a name, or `None` where it holds a character that is used for escaping.
pub fn from_bytes(bytes: &[u8]) -> Option<String> {
    let mut name = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        if chunk.valid().chars().any(|c| u32::from(c) >= ESCAPES) {
            return None;
        }
        name.push_str(chunk.valid());
        name.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(ESCAPES + u32::from(*byte))));
    }
    Some(name)
}

/// The bytes of a name.
pub fn to_bytes(name: &str) -> Cow<'_, [u8]> {
    if name.chars().all(|c| u32::from(c) < ESCAPES) {
        return Cow::Borrowed(name.as_bytes());
    }
    let mut bytes = Vec::with_capacity(name.len());
    for c in name.chars() {
        match u32::from(c).checked_sub(ESCAPES).and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_utf8_survive_and_ambiguous_ones_are_refused() {
        for bytes in [&b"plain"[..], "é".as_bytes(), b"\xff\xfe", b"a\xc3/b\x80", b""] {
            assert_eq!(*to_bytes(&from_bytes(bytes).unwrap()), *bytes);
        }
        assert_eq!(from_bytes("\u{10ff80}".as_bytes()), None);
    }
}

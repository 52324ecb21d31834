//! Permissions as Go's `FileMode.String` writes them: `-rw-r--r--`, `drwxr-xr-x`, `urwxr-xr-x`, `dtrwxrwxrwx`
//! (<https://pkg.go.dev/io/fs#FileMode>).

use super::super::definition::Kind;

/// What they say; `None` where they are none.
pub(super) fn parse(text: &str) -> Option<(Kind, u32)> {
    let (special, bits) = text.split_at_checked(text.len().checked_sub(9)?)?;
    let mut mode = 0;
    for (at, (is, set)) in bits.chars().zip("rwxrwxrwx".chars()).enumerate() {
        match is {
            '-' => {}
            is if is == set => mode |= 0o400 >> at,
            _ => return None,
        }
    }
    let mut kind = Kind::File;
    for c in special.chars() {
        match c {
            'd' => kind = Kind::Folder,
            'L' => kind = Kind::Link,
            'u' => mode |= 0o4000,
            'g' => mode |= 0o2000,
            't' => mode |= 0o1000,
            '-' if special == "-" => {}
            _ => return None,
        }
    }
    (!special.is_empty()).then_some((kind, mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_read_as_go_writes_them() {
        assert_eq!(parse("-rw-r--r--"), Some((Kind::File, 0o644)));
        assert_eq!(parse("drwxr-xr-x"), Some((Kind::Folder, 0o755)));
        assert_eq!(parse("urwxr-xr-x"), Some((Kind::File, 0o4755)));
        assert_eq!(parse("dtrwxrwxrwx"), Some((Kind::Folder, 0o1777)));
        assert_eq!(parse("Lrwxrwxrwx"), Some((Kind::Link, 0o777)));
        for none in ["", "0644", "rw-r--r--", "-rw-r--r-", "-wr-r--r--", "xrw-r--r--", "--rw-r--r--"] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}

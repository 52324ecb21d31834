//! `$NAME` and `${NAME}` in words, as Go's `os.Expand` fills them in: by container-structure-test's rule with the image's own
//! variables (<https://pkg.go.dev/os#Expand>).

use std::collections::BTreeMap;

use super::definition::Program;

impl Program {
    /// The same with the image's variables filled in, if it asks for that.
    pub(super) fn expanded(&self, env: &BTreeMap<&str, &str>) -> Self {
        let mut program = self.clone();
        if self.expand {
            let values = program.env.values_mut().chain(&mut program.args).chain(&mut program.entrypoint);
            values.for_each(|value| *value = expand(value, env));
        }
        program
    }
}

/// The text with its variables; one that is not set is nothing.
pub(super) fn expand(text: &str, env: &BTreeMap<&str, &str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match name(rest) {
            None => filled.push('$'),
            Some((name, length)) => {
                filled.push_str(env.get(name).copied().unwrap_or_default());
                rest = &rest[length..];
            }
        }
    }
    filled + rest
}

/// The name that a `$` is followed by, and how long all of it is; `None` where it is no name.
fn name(rest: &str) -> Option<(&str, usize)> {
    if let Some(braced) = rest.strip_prefix('{') {
        // A brace that is never closed is eaten alone.
        return Some(braced.find('}').map_or(("", 1), |end| (&braced[..end], end + 2)));
    }
    let first = rest.chars().next()?;
    if "*#$@!?-".contains(first) || first.is_ascii_digit() {
        return Some((&rest[..1], 1));
    }
    let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    (end > 0).then(|| (&rest[..end], end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_as_go_does_it() {
        let env = BTreeMap::from([("PATH", "/bin"), ("A_1", "x")]);
        for (text, filled) in [
            ("$PATH/sh", "/bin/sh"),
            ("${PATH}:$A_1$A_1", "/bin:xx"),
            ("$NONE.", "."),
            ("100$", "100$"),
            ("a$ b$.c", "a$ b$.c"),
            ("$$PATH", "PATH"),
            ("$1x", "x"),
            ("${PATH", "PATH"),
            ("ä$PATHö", "ä/binö"),
        ] {
            assert_eq!(expand(text, &env), filled, "{text}");
        }
    }
}

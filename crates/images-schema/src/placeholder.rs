//! `{name}` in a value.

/// Why a value could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceholderError {
    /// `{word}` that means nothing here.
    Unknown(String),
    /// A `{` without its `}`.
    Unclosed,
}

/// Replaces `{word}` by what `value_of` says. `{{` and `}}` stand for single braces, and a lone `}` for itself.
///
/// # Errors
/// A word that `value_of` does not know, or a `{` that is never closed.
pub fn fill<'a>(text: &str, value_of: impl Fn(&str) -> Option<&'a str>) -> Result<String, PlaceholderError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let brace = &rest[at..at + 1];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            filled.push_str(brace);
            rest = after;
        } else if brace == "}" {
            filled.push('}');
        } else {
            let (word, after) = rest.split_once('}').ok_or(PlaceholderError::Unclosed)?;
            filled.push_str(value_of(word).ok_or_else(|| PlaceholderError::Unknown(word.to_owned()))?);
            rest = after;
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::{PlaceholderError, fill};

    fn filled(text: &str) -> Result<String, PlaceholderError> {
        fill(text, |word| match word {
            "version" => Some("1.2.3"),
            "PYTHON" => Some("3.11"),
            _ => None,
        })
    }

    #[test]
    fn words_in_braces_are_replaced() {
        assert_eq!(filled("-py{PYTHON}"), Ok("-py3.11".to_owned()));
        assert_eq!(filled("{version}/{version}"), Ok("1.2.3/1.2.3".to_owned()));
        assert_eq!(filled("plain"), Ok("plain".to_owned()));
    }

    #[test]
    fn doubled_braces_stand_for_single_ones() {
        assert_eq!(filled("{{version}}"), Ok("{version}".to_owned()));
        assert_eq!(filled("a } b"), Ok("a } b".to_owned()));
    }

    #[test]
    fn what_is_not_known_or_not_closed_is_an_error() {
        assert_eq!(filled("{verison}"), Err(PlaceholderError::Unknown("verison".to_owned())));
        assert_eq!(filled("{version"), Err(PlaceholderError::Unclosed));
    }
}

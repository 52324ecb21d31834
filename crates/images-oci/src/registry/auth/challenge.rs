//! `WWW-Authenticate`: <https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate>.

/// How the registry wants us to show who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// By name and password.
    Basic,
    /// By a token: <https://distribution.github.io/distribution/spec/auth/token/>.
    Bearer {
        /// The URL of the token server.
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// The best of the challenges in these fields.
pub(super) fn best<'a>(fields: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let known: Vec<Challenge> = fields.flat_map(parse).collect();
    let bearer = known.iter().find(|challenge| **challenge != Challenge::Basic);
    bearer.or(known.first()).cloned()
}

fn parse(field: &str) -> Vec<Challenge> {
    let mut challenges: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = field.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let end = rest.find(['=', ' ', ',']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if let Some(value) = after.trim_start().strip_prefix('=') {
            let (value, after) = value_of(value.trim_start());
            if let Some((_, parameters)) = challenges.last_mut() {
                parameters.push((word.to_ascii_lowercase(), value));
            }
            rest = after;
        } else {
            challenges.push((word.to_ascii_lowercase(), Vec::new()));
            rest = after;
        }
        rest = rest.trim_start_matches([' ', ',']);
    }
    challenges.into_iter().filter_map(|(scheme, parameters)| of(&scheme, &parameters)).collect()
}

fn of(scheme: &str, parameters: &[(String, String)]) -> Option<Challenge> {
    let parameter = |name: &str| Some(parameters.iter().find(|(known, _)| known == name)?.1.clone());
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: parameter("realm")?,
            service: parameter("service"),
            scope: parameter("scope"),
        }),
        _ => None,
    }
}

/// A token or a quoted string, and what follows.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[place + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Some(Challenge::Bearer { realm: realm.to_owned(), service: owned(service), scope: owned(scope) })
    }

    #[test]
    fn challenges_are_read_in_all_their_forms() {
        let one = |field: &str| best([field].into_iter());
        assert_eq!(one(r#"Basic realm="x, y""#), Some(Challenge::Basic));
        assert_eq!(
            one(
                r#"Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push",error="invalid_token""#
            ),
            bearer("https://a/t", Some("s"), Some("repository:a/b:pull,push"))
        );
        assert_eq!(one(r#"bearer  Service = plain , realm="a\"b""#), bearer("a\"b", Some("plain"), None));
        assert_eq!(one(r#"Basic realm="x", Bearer realm="t""#), bearer("t", None, None));
        assert_eq!(
            best(["Basic", "Negotiate abc==", r#"Bearer realm="t""#].into_iter()),
            bearer("t", None, None)
        );
        for none in ["", "Bearer", "Digest realm=x", "Bearer service=\"", "=,=", "Negotiate"] {
            assert_eq!(one(none), None, "{none}");
        }
    }
}

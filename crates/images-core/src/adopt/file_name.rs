//! Which files are Dockerfiles, by their names.

/// What a file's name says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FileName {
    /// `Dockerfile`, `Containerfile`: the folder's own.
    Plain,
    /// `NAME.Dockerfile`, `Dockerfile.NAME`.
    Named(String),
    /// What a Dockerfile is made from.
    Template,
}

const PLAIN: [&str; 2] = ["dockerfile", "containerfile"];

/// Endings of files from which others are made.
const TEMPLATES: [&str; 12] =
    ["j2", "jinja", "jinja2", "tmpl", "tpl", "template", "in", "erb", "mustache", "hbs", "ejs", "m4"];

/// What stands beside a Dockerfile and is named after it.
const COMPANIONS: [&str; 22] = [
    "dockerignore",
    "containerignore",
    "md",
    "txt",
    "rst",
    "adoc",
    "html",
    "sh",
    "json",
    "yml",
    "yaml",
    "toml",
    "lock",
    "license",
    "bak",
    "orig",
    "rej",
    "swp",
    "diff",
    "patch",
    "sha256",
    "log",
];

/// Endings of programs. `Dockerfile.go` is a service's Dockerfile, `dockerfile.go` a program about them.
const PROGRAMS: [&str; 14] =
    ["rs", "go", "py", "js", "mjs", "ts", "tsx", "rb", "java", "kt", "cs", "c", "cpp", "php"];

/// Reads a file's name; `None` for one that is no Dockerfile's.
pub(super) fn read(name: &str) -> Option<FileName> {
    if let Some((stem, ending)) = name.rsplit_once('.')
        && TEMPLATES.iter().any(|known| ending.eq_ignore_ascii_case(known))
    {
        let is_dockerfile = read(stem).is_some() || stem.to_ascii_lowercase().starts_with("dockerfile");
        return is_dockerfile.then_some(FileName::Template);
    }
    let lower = name.to_ascii_lowercase();
    if PLAIN.contains(&lower.as_str()) {
        return Some(FileName::Plain);
    }
    PLAIN.iter().find_map(|plain| {
        let before = lower.strip_suffix(&format!(".{plain}")).map(|stem| &name[..stem.len()]);
        let after = || {
            lower.strip_prefix(plain)?.strip_prefix(['.', '-']).map(|rest| &name[name.len() - rest.len()..])
        };
        let given = before.or_else(|| after().filter(|rest| !is_companion(rest, name)))?;
        (!given.is_empty()).then(|| FileName::Named(given.to_owned()))
    })
}

fn is_companion(rest: &str, name: &str) -> bool {
    let ending = rest.rsplit('.').next().unwrap_or(rest).to_lowercase();
    let is_program = PROGRAMS.contains(&ending.as_str()) && name.starts_with(|c: char| c.is_lowercase());
    rest.ends_with('~') || is_program || COMPANIONS.contains(&ending.as_str())
}

#[cfg(test)]
mod tests {
    use super::{FileName, read};

    #[test]
    fn names_of_dockerfiles_are_read() {
        let named = |name: &str| Some(FileName::Named(name.to_owned()));
        for (name, meaning) in [
            ("Dockerfile", Some(FileName::Plain)),
            ("dockerfile", Some(FileName::Plain)),
            ("Containerfile", Some(FileName::Plain)),
            ("api.Dockerfile", named("api")),
            ("Web.dockerfile", named("Web")),
            ("r-ver_4.4.1.Dockerfile", named("r-ver_4.4.1")),
            ("Dockerfile.slim", named("slim")),
            ("Dockerfile-dev", named("dev")),
            ("Dockerfile.3.11", named("3.11")),
            ("Containerfile.x", named("x")),
            ("Dockerfile.j2", Some(FileName::Template)),
            ("Dockerfile-linux.template", Some(FileName::Template)),
            ("api.Dockerfile.tmpl", Some(FileName::Template)),
            ("Dockerfile.in", Some(FileName::Template)),
            ("Dockerfile.dockerignore", None),
            ("api.Dockerfile.dockerignore", None),
            ("Dockerfile.md", None),
            ("Dockerfile.go", named("go")),
            ("dockerfile.go", None),
            ("Dockerfile.\u{130}", named("\u{130}")),
            ("\u{130}.Dockerfile", named("\u{130}")),
            ("Dockerfile.orig", None),
            ("Dockerfile~", None),
            ("Dockerfile.", None),
            ("README.md", None),
            ("config.in", None),
            ("Dockerfiles", None),
        ] {
            assert_eq!(read(name), meaning, "{name}");
        }
    }
}

//! The crate of a new image: what cargo refuses of its name, and what it inherits of the workspace.

use images_schema::Diagnostic;

use super::Request;
use crate::Error;
use crate::edits::document;
use crate::workspace::{CrateIndex, Workspace};

/// What cargo refuses as the name of a package or of a binary:
/// <https://github.com/rust-lang/cargo/blob/master/src/cargo/util/restricted_names.rs>, and the keywords of
/// <https://doc.rust-lang.org/reference/keywords.html>.
const RESERVED: [&str; 59] = [
    "_",
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "unsafe",
    "use",
    "virtual",
    "where",
    "while",
];

/// What a package can inherit of `[workspace.package]` that is not about it alone:
/// <https://doc.rust-lang.org/cargo/reference/workspaces.html#the-package-table>.
const INHERITED: [&str; 8] =
    ["edition", "rust-version", "authors", "license", "license-file", "repository", "homepage", "publish"];

/// A package that cargo takes.
#[derive(Debug)]
pub(super) struct Package {
    /// The keys that it takes from `[workspace.package]`.
    pub(super) inherited: Vec<&'static str>,
    /// Whether there is `[workspace.lints]`.
    pub(super) has_lints: bool,
}

/// Checks the name.
///
/// # Errors
/// It is none for a crate, or a crate or binary of the workspace has it.
pub(super) fn check(crates: &CrateIndex, workspace: &Workspace, request: &Request) -> Result<Package, Error> {
    let name = request.name.as_str();
    let refuse = |message: String, help: &str| -> Result<Package, Error> {
        Err(Diagnostic::error(message).help(help).into())
    };
    if name.contains('.') || name.starts_with(|c: char| c.is_ascii_digit()) {
        let help =
            "a crate's name is letters, digits, `-` and `_`, and starts with a letter; take another name";
        return refuse(format!("`{name}` is no name for a crate"), help);
    }
    if RESERVED.contains(&name) {
        return refuse(format!("cargo keeps `{name}` for itself"), "take another name");
    }
    let same = |other: &str| other.replace('-', "_") == name.replace('-', "_");
    if let Some(taken) = crates.names().find(|other| same(other)) {
        return refuse(format!("there is a crate `{taken}` already"), "take another name");
    }
    if let Some(owner) = crates.bins().find(|bin| same(bin)).and_then(|bin| crates.with_bin(bin)) {
        return refuse(format!("the crate `{owner}` has a binary `{name}` already"), "take another name");
    }
    Ok(inherited(&workspace.source.text))
}

/// What the root Cargo.toml offers.
fn inherited(text: &str) -> Package {
    let document = document::read(text);
    let table = |key: &str| document::value(&document, &["workspace", key])?.get_ref().as_table();
    let offered = table("package");
    Package {
        inherited: INHERITED
            .into_iter()
            .filter(|key| offered.is_some_and(|offered| offered.contains_key(*key)))
            .collect(),
        has_lints: table("lints").is_some(),
    }
}

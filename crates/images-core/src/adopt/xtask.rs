//! The crate by which `cargo xtask images` is there, for a workspace that has none.

use camino::Utf8Path;
use images_schema::Diagnostic;

use super::context::way;
use super::settings::Root;
use crate::Error;
use crate::edits::Edits;
use crate::edits::array::{insert_behind, newline, quoted};
use crate::edits::document;

const MAIN: &str = "\
use clap::Parser;

#[derive(Parser)]
enum Xtask {
    /// Build the workspace's container images
    Images(images_cli::Images),
}

fn main() -> std::process::ExitCode {
    match Xtask::parse() {
        Xtask::Images(images) => images.run(),
    }
}
";

const ALIAS: &str = "run --quiet --package xtask --";

/// Adds the crate and the alias. `images_cli` is the URL of a git repository, or the folder of the crate `images-cli`. Gives
/// the members that cargo has to know.
///
/// # Errors
/// A file of it is there already, or cannot be read.
pub(super) fn add(
    edits: &mut Edits,
    root: &Root,
    images_cli: &str,
    start: &Utf8Path,
) -> Result<Vec<String>, Error> {
    let folder = root.folder.join("xtask");
    if folder.exists() {
        let help = "mount the command in it, as the README of xtask-images shows, and leave --xtask out";
        return Err(Diagnostic::error("there is a folder `xtask` already").help(help).into());
    }
    let source = match images_cli.contains("://") || images_cli.starts_with("git@") {
        true => format!("git = {}", quoted(images_cli)),
        false => {
            let crate_folder = images_schema::normal(&start.join(images_cli));
            if !crate_folder.join("Cargo.toml").is_file() {
                let help = "--xtask takes the folder of the crate images-cli, or the URL of a git repository";
                return Err(Diagnostic::error(format!("there is no crate in {crate_folder}"))
                    .help(help)
                    .into());
            }
            format!("path = {}", quoted(&way(&folder, &crate_folder)))
        }
    };
    let manifest = format!(
        "[package]\nname = \"xtask\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\n\
         clap = {{ version = \"4.6\", features = [\"derive\"] }}\nimages-cli = {{ {source} }}\n"
    );
    edits.create(&folder.join("Cargo.toml"), manifest);
    edits.create(&folder.join("src/main.rs"), MAIN.to_owned());
    add_alias(edits, root)?;
    Ok(vec!["xtask".to_owned()])
}

fn add_alias(edits: &mut Edits, root: &Root) -> Result<(), Error> {
    let path = root.folder.join(".cargo/config.toml");
    let line = format!("xtask = {}", quoted(ALIAS));
    if !path.exists() {
        edits.create(&path, format!("[alias]\n{line}\n"));
        return Ok(());
    }
    let text = edits.read(&path)?;
    let read = document::read(&text);
    let edited = match document::table(&read, "alias") {
        Some(alias) if alias.contains_key("xtask") => return Ok(()),
        Some(alias) => {
            let behind = alias.keys().next().map(|key| key.get_ref().to_string());
            behind.and_then(|key| insert_behind(&text, &["alias", &key], "xtask", &quoted(ALIAS)))
        }
        None => {
            Some(format!("{}{ending}[alias]{ending}{line}{ending}", ended(&text), ending = newline(&text)))
        }
    };
    let edited = edited.ok_or_else(|| {
        let help = format!("add `{line}` to its [alias] by hand, and leave --xtask out");
        Diagnostic::error("the alias cannot be added to .cargo/config.toml").help(help)
    })?;
    edits.set(&path, edited)
}

/// The text with its last line ended.
fn ended(text: &str) -> String {
    let ending = if text.is_empty() || text.ends_with('\n') { "" } else { newline(text) };
    format!("{text}{ending}")
}

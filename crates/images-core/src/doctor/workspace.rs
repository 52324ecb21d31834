//! The workspace itself: whether it can be read, its pins, its alias, and who works in it.

use std::fs::{self, File, TryLockError};

use camino::Utf8Path;

use super::{Check, DoctorOptions, Status};
use crate::Error;
use crate::graph::Graph;
use crate::lock;
use crate::quantity::count;
use crate::workspace::CACHE;

/// What begins the alias that `cargo xtask` is.
const ALIAS: &str = "[alias]\nxtask = \"run --quiet --package xtask --\"";

pub(super) fn checks(graph: Result<&Graph<'_>, &Error>, options: &DoctorOptions) -> Vec<Check> {
    let mut checks = match graph {
        Ok(graph) => {
            let images = count(graph.workspace.images.len(), "image");
            let variants = count(graph.nodes.len(), "variant");
            let message = format!("{images} with {variants} in {}", graph.workspace.root);
            vec![Check::new("workspace", "images", Status::Ok, message), pins(graph)]
        }
        Err(error) => vec![wrong(error)],
    };
    checks.extend(options.root.iter().flat_map(|root| [alias(root), runs(&root.join(CACHE))]));
    checks
}

/// A workspace that cannot be read, or none.
fn wrong(error: &Error) -> Check {
    let check = Check::new("workspace", "images", Status::Error, error.to_string());
    let helps = match error {
        Error::Input(problems) => problems.iter().filter_map(|problem| problem.help.clone()).collect(),
        _ => Vec::new(),
    };
    helps.into_iter().fold(check, Check::fix)
}

/// Whether all names from elsewhere are pinned.
fn pins(graph: &Graph<'_>) -> Check {
    let check = |status, message: String| Check::new("workspace", lock::FILE, status, message);
    let lock = match lock::read(&graph.workspace.root) {
        Ok(lock) => lock,
        Err(error) => {
            return check(Status::Error, error.to_string())
                .fix("repair it, or remove it and let `cargo xtask images update` write it again");
        }
    };
    let missing = lock::missing(graph, &graph.order, &lock);
    let pinned = format!("{} of images from elsewhere pinned", count(lock.images.len(), "name"));
    match missing.len() {
        0 => check(Status::Ok, pinned),
        number => check(Status::Warning, format!("{pinned}, {number} not yet"))
            .fix("`cargo xtask images update` pins them; a build does so as well"),
    }
}

/// Whether `cargo xtask` is known to cargo: <https://doc.rust-lang.org/cargo/reference/config.html#alias>.
fn alias(root: &Utf8Path) -> Check {
    let files = root
        .ancestors()
        .flat_map(|folder| ["config.toml", "config"].map(|name| folder.join(".cargo").join(name)));
    let found = files.into_iter().find_map(|file| Some((alias_in(&file)?, file)));
    let check = |status, message: String| Check::new("workspace", "cargo xtask", status, message);
    match found {
        Some((words, file)) => check(Status::Ok, format!("`cargo {words}`, by {file}")),
        None => check(Status::Warning, "no .cargo/config.toml has this alias".to_owned()).fix(format!(
            "add to {}: {}",
            root.join(".cargo/config.toml"),
            ALIAS.replace('\n', " ")
        )),
    }
}

fn alias_in(file: &Utf8Path) -> Option<String> {
    let config: toml::Table = toml::from_str(&fs::read_to_string(file).ok()?).ok()?;
    match config.get("alias")?.get("xtask")? {
        toml::Value::Array(words) => {
            Some(words.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(" "))
        }
        words => words.as_str().map(str::to_owned),
    }
}

/// Whether another run holds a lock.
fn runs(cache: &Utf8Path) -> Check {
    let files = cache.read_dir_utf8().into_iter().flatten().flatten();
    let held = files.filter(|file| file.file_name().ends_with(".lock") && is_held(file.path()));
    let names: Vec<String> = held.map(|file| file.file_name().to_owned()).collect();
    let message = match names.is_empty() {
        true => "no other run works in target/images".to_owned(),
        false => format!("another run works here now, and builds wait for it ({})", names.join(", ")),
    };
    Check::new("workspace", "locks", Status::Ok, message)
}

fn is_held(path: &Utf8Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, camino::Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = camino::Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        (folder, path)
    }

    #[test]
    fn the_alias_is_found_in_the_root_or_above_in_either_form() {
        let (_kept, path) = folder();
        let root = path.join("a/b");
        fs::create_dir_all(root.join(".cargo")).unwrap();
        fs::create_dir_all(path.join(".cargo")).unwrap();
        let missing = alias(&root);
        assert_eq!((missing.status, missing.fixes.len()), (Status::Warning, 1));
        fs::write(path.join(".cargo/config"), "[alias]\nxtask = [\"run\", \"-p\", \"xtask\"]\n").unwrap();
        assert_eq!(alias(&root).message, format!("`cargo run -p xtask`, by {path}/.cargo/config"));
        fs::write(root.join(".cargo/config.toml"), "[alias]\nxtask = \"run\"\n").unwrap();
        assert_eq!(alias(&root).message, format!("`cargo run`, by {root}/.cargo/config.toml"));
    }

    #[test]
    fn a_run_that_holds_a_lock_is_told_of() {
        let (_kept, path) = folder();
        assert_eq!(runs(&path.join("none")).message, "no other run works in target/images");
        let lock = File::create(path.join("docker.lock")).unwrap();
        assert_eq!(runs(&path).message, "no other run works in target/images");
        lock.lock().unwrap();
        assert_eq!(runs(&path).message, "another run works here now, and builds wait for it (docker.lock)");
    }
}

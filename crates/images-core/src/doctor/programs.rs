//! Programs and compilation targets: what the manifests ask for has to be there, what only some commands use need not.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use images_engine::process::{Cancel, Child, Output, find_program};

use super::{Check, DoctorOptions, Status};
use crate::Error;
use crate::graph::{Graph, NodeId};

/// What single commands use: the program, and what for.
const OPTIONAL: [(&str, &str); 2] = [
    ("cosign", "for signing releases (`release --sign`)"),
    ("skopeo", "for looking into layouts and registries by hand"),
];

/// What git is for.
const GIT: &str = "for the commits of images (labels, `--since`, `release`)";

pub(super) fn checks(
    graph: Option<&Graph<'_>>,
    options: &DoctorOptions,
    cancel: &Cancel,
) -> Result<Vec<Check>, Error> {
    let mut checks = vec![git()];
    if let Some(graph) = graph {
        checks.extend(cargo(graph, options));
        checks.extend(prepare(graph));
        checks.extend(targets(graph, cancel)?);
    }
    checks.extend(OPTIONAL.map(|(name, purpose)| match find_program(name) {
        Some(path) => program(name, Status::Ok, format!("{purpose}: {}", path.display())),
        None => program(name, Status::Ok, format!("not installed, and not needed to build; {purpose}")),
    }));
    Ok(checks)
}

fn program(name: &str, status: Status, message: String) -> Check {
    Check::new("program", name, status, message)
}

fn git() -> Check {
    match find_program("git") {
        Some(path) => program("git", Status::Ok, format!("{GIT}: {}", path.display())),
        None => program("git", Status::Warning, format!("not installed; {GIT}")).fix("install git"),
    }
}

/// cargo, where an image has `[artifacts]`.
fn cargo(graph: &Graph<'_>, options: &DoctorOptions) -> Option<Check> {
    let needed = named(graph, |id| graph.image(id).manifest.artifacts.is_some())?;
    let cargo = options.host.cargo.as_str();
    let is_there =
        if cargo.contains('/') { Utf8Path::new(cargo).is_file() } else { find_program(cargo).is_some() };
    Some(match is_there {
        true => program("cargo", Status::Ok, format!("builds the [artifacts] of {needed}: {cargo}")),
        false => program(
            "cargo",
            Status::Error,
            format!("`{cargo}` is not there, and builds the [artifacts] of {needed}"),
        )
        .fix("install Rust (https://rustup.rs), or set CARGO"),
    })
}

/// The first words of `[[prepare]]` commands, each with the images that need it.
fn prepare(graph: &Graph<'_>) -> Vec<Check> {
    let mut needed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut local = BTreeSet::new();
    for id in graph.ids() {
        let image = graph.image(id);
        let words = image.manifest.prepare.iter().filter_map(|table| table.get_ref().command.first());
        for word in words.map(|word| word.get_ref().as_str()) {
            needed.entry(word).or_default().insert(image.name.clone());
            if word.contains('/') && image.folder.join(word).exists() {
                local.insert(word);
            }
        }
    }
    let check = |(word, images): (&str, BTreeSet<String>)| {
        let images = images.into_iter().collect::<Vec<_>>().join(", ");
        let is_there = local.contains(word) || find_program(word).is_some() || Utf8Path::new(word).is_file();
        match is_there {
            true => program(word, Status::Ok, format!("prepares {images}")),
            false => {
                program(word, Status::Error, format!("not installed, and [[prepare]] of {images} calls it"))
                    .fix(format!("install {word}"))
            }
        }
    };
    needed.into_iter().map(check).collect()
}

/// Targets of `[artifacts]`, each with the images that need it.
fn targets(graph: &Graph<'_>, cancel: &Cancel) -> Result<Vec<Check>, Error> {
    let mut needed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for image in &graph.workspace.images {
        let target = image.manifest.artifacts.as_ref().and_then(|table| table.get_ref().target.as_deref());
        if let Some(target) = target {
            needed.entry(target).or_default().insert(&image.name);
        }
    }
    let check = |(target, images): (&str, BTreeSet<&str>)| {
        let images = images.into_iter().collect::<Vec<_>>().join(", ");
        let check = |status, message: String| Check::new("target", target, status, message);
        Ok(match is_installed(target, &graph.workspace.root, cancel)? {
            true => check(Status::Ok, format!("installed, for the [artifacts] of {images}")),
            false => check(
                Status::Error,
                format!("not installed, and the [artifacts] of {images} are built for it"),
            )
            .fix(format!("rustup target add {target}")),
        })
    };
    needed.into_iter().map(check).collect()
}

/// Whether the compiler has the target's standard library.
fn is_installed(target: &str, root: &Utf8Path, cancel: &Cancel) -> Result<bool, Error> {
    let child = Child {
        program: "rustc".to_owned(),
        args: ["--print", "target-libdir", "--target", target].map(str::to_owned).to_vec(),
        env: BTreeMap::new(),
        cwd: Some(root.to_owned()),
        output: Output::Capture,
    };
    match child.run(cancel) {
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Err(Error::Interrupted),
        Err(_) => Ok(false),
        Ok(ended) => {
            let folder = String::from_utf8_lossy(&ended.stdout).trim().to_owned();
            Ok(ended.code == Some(0) && Utf8Path::new(&folder).is_dir())
        }
    }
}

/// The names of the images of which this is true; `None` where there are none.
fn named(graph: &Graph<'_>, is_meant: impl Fn(NodeId) -> bool) -> Option<String> {
    let names: BTreeSet<&str> =
        graph.ids().filter(|id| is_meant(*id)).map(|id| graph.image(id).name.as_str()).collect();
    (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_installed_if_its_library_is_there() {
        let kept = tempfile::tempdir().unwrap();
        let (root, cancel) = (Utf8Path::from_path(kept.path()).unwrap(), Cancel::default());
        let host = Child {
            program: "rustc".to_owned(),
            args: vec!["-vV".to_owned()],
            env: BTreeMap::new(),
            cwd: None,
            output: Output::Capture,
        };
        let told = String::from_utf8(host.run(&cancel).unwrap().stdout).unwrap();
        let host = told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        assert!(is_installed(host, root, &cancel).unwrap());
        assert!(!is_installed("no-such-target", root, &cancel).unwrap());
        cancel.interrupt();
        assert!(matches!(is_installed(host, root, &cancel), Err(Error::Interrupted)));
    }
}

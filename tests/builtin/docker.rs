//! What docker makes of the cases, by either of its builders.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use images_engine::threads;
use images_tests::archive;
use images_tests::engine::Engine;
use images_tests::file_tree::FileTree;
use images_tests::flavour::Flavour;
use images_tests::machine::namespace_prefix;
use images_tests::program::run;
use serde_json::Value;

use crate::case::Case;
use crate::{bases, context};

/// Whose images are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builder {
    Legacy,
    BuildKit,
}

impl Builder {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Legacy => "docker-legacy",
            Self::BuildKit => "buildkit",
        }
    }

    /// The flavour that has it; of BuildKit the newest.
    pub(crate) fn flavour(self, flavours: &[Flavour]) -> &Flavour {
        let named = |name: &str| flavours.iter().find(|flavour| flavour.name == name);
        let newest = named("docker-buildx").filter(|flavour| flavour.found.is_ok());
        let found = match self {
            Self::Legacy => named("docker-legacy"),
            Self::BuildKit => newest.or_else(|| named("docker-buildkit")),
        };
        found.expect("every flavour is looked for")
    }
}

/// An image that docker made, or what it said.
pub(crate) type Made = Result<Image, String>;

/// An image, as far as it is compared.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) config: Value,
    pub(crate) author: String,
    pub(crate) files: FileTree,
}

/// What docker made, and where its inputs are.
pub(crate) struct Results {
    /// Whether this BuildKit is that of docker 23 or later.
    pub(crate) is_newer: bool,
    pub(crate) made: BTreeMap<String, Made>,
    /// The name of `{base}`, and of `{entry}`.
    pub(crate) names: [String; 2],
    /// Removed in the end.
    pub(crate) folder: tempfile::TempDir,
}

/// Builds the bases and the cases.
pub(crate) fn build_all(builder: Builder, engine: &Engine, cases: &[Case]) -> Results {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let root = folder.path();
    context::make(&root.join("context")).expect("the context can be written");
    bases::write_rootfs(&root.join("rootfs")).expect("the base can be written");
    let prefix = format!("localhost/{}-{}", namespace_prefix(), builder.name());
    let names = ["base", "entry"].map(|name| format!("{prefix}/{name}:1"));
    let filled = |text: &str| text.replace("{base}", &names[0]).replace("{entry}", &names[1]);
    for (name, text) in names.iter().zip([bases::BASE, bases::ENTRY]) {
        let case = Case { name: "base".to_owned(), dockerfile: filled(text), ..Case::default() };
        build(engine, &case, name, &root.join("rootfs"), root, "base").expect("docker builds the bases");
    }
    let tags: Vec<_> = (0..cases.len()).map(|number| format!("{prefix}/case:{number}")).collect();
    let said: Mutex<BTreeMap<usize, Result<(), String>>> = Mutex::default();
    let numbers: Vec<usize> = (0..cases.len()).collect();
    threads::map(3, &numbers, |&number| {
        let case = Case { dockerfile: filled(&cases[number].dockerfile), ..cases[number].clone() };
        let result = build(engine, &case, &tags[number], &root.join("context"), root, &number.to_string());
        said.lock().expect("nothing panics here").insert(number, result);
    });
    let said = said.into_inner().expect("nothing panics here");
    let built: Vec<String> = numbers.iter().filter(|n| said[n].is_ok()).map(|n| tags[*n].clone()).collect();
    let mut images = images(engine, &built, root);
    let made = numbers.iter().map(|number| {
        let made = match &said[number] {
            Ok(()) => Ok(images.remove(&tags[*number]).expect("what was built is there")),
            Err(said) => Err(said.clone()),
        };
        (cases[*number].name.clone(), made)
    });
    let made = made.collect();
    let all: Vec<String> = built.iter().chain(&names).cloned().collect();
    engine.remove(&all);
    Results { is_newer: engine.flavour == "docker-buildx", made, names, folder }
}

fn build(
    engine: &Engine,
    case: &Case,
    tag: &str,
    context: &Path,
    root: &Path,
    file: &str,
) -> Result<(), String> {
    // A folder of its own: BuildKit sends what is beside the Dockerfile.
    let own = root.join("dockerfiles").join(file);
    fs::create_dir_all(&own).expect("the folder is ours");
    let dockerfile = own.join("Dockerfile");
    fs::write(&dockerfile, &case.dockerfile).expect("the folder is ours");
    let mut command = engine.command();
    if engine.flavour == "docker-buildx" {
        command.args(["buildx", "build", "--load", "--provenance=false", "--sbom=false", "--no-cache"]);
    } else {
        command.args(["build", "--no-cache"]);
    }
    command.arg("--file").arg(&dockerfile).args(["--tag", tag]);
    command.args(case.args.iter().map(|(name, value)| format!("--build-arg={name}={value}")));
    command.args(case.target.iter().map(|target| format!("--target={target}")));
    let output = run(command.arg(context));
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{}{}", output.stdout, output.stderr)),
    }
}

fn images(engine: &Engine, names: &[String], folder: &Path) -> BTreeMap<String, Image> {
    if names.is_empty() {
        return BTreeMap::new();
    }
    let inspected = run(engine.command().args(["image", "inspect"]).args(names)).ok();
    let inspected: Vec<Value> = serde_json::from_str(&inspected).expect("docker answers with a list");
    let has_layers =
        |image: &Value| image["RootFS"]["Layers"].as_array().is_some_and(|layers| !layers.is_empty());
    let full: Vec<_> = names.iter().zip(&inspected).filter(|(_, image)| has_layers(image)).collect();
    let file = folder.join("images.tar");
    run(engine.command().args(["save", "--output"]).arg(&file).args(full.iter().map(|(name, _)| name))).ok();
    let mut trees = archive::trees(&file);
    let image = |(name, image): (&String, &Value)| {
        let author = image["Author"].as_str().unwrap_or_default().to_owned();
        let files = trees.remove(name).unwrap_or_default();
        (name.clone(), Image { config: image["Config"].clone(), author, files })
    };
    names.iter().zip(&inspected).map(image).collect()
}

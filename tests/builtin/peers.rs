//! Other programs read the layouts that the built-in engine writes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use images_tests::flavour::{Flavour, Found};
use images_tests::machine;
use images_tests::program::{find, run};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::assembled::Layout;
use crate::case::Case;
use crate::told::Told;

/// What the image is made of: files with their owners, a configuration, two layers.
const DOCKERFILE: &str = "FROM scratch
COPY names /names
COPY --chown=12:34 run.sh /
ENV A=1
ENTRYPOINT [\"/run.sh\"]
";

/// One trial for each program.
pub(crate) fn trials(flavours: &[Flavour], told: &Told) -> Vec<Trial> {
    let skopeo = find("skopeo").ok_or("there is no skopeo; `cargo xtask setup` installs it".to_owned());
    if let Err(why) = &skopeo {
        eprintln!("skopeo: not here: {why}");
    }
    let podman =
        flavours.iter().find(|flavour| flavour.name == "podman").map(|flavour| flavour.found.clone());
    let podman = podman.unwrap_or_else(|| Err("there is no podman".to_owned()));
    let is_required = told.requires("podman");
    let mut trials = vec![
        trial("skopeo::reads_a_layout", skopeo, false, |program| inspected_by_skopeo(&program)),
        trial("podman::pulls_from_a_layout", podman, is_required, |found| pulled_by_podman(&found)),
    ];
    trials.retain(|trial| told.selects(trial.name()));
    trials
}

fn trial<T: Send + 'static>(
    name: &str,
    found: Result<T, String>,
    is_required: bool,
    check: impl FnOnce(T) -> Result<(), String> + Send + 'static,
) -> Trial {
    match found {
        Ok(found) => Trial::test(name, move || check(found).map_err(Failed::from)),
        Err(why) => Trial::test(name, || Err(why.into())).with_ignored_flag(!is_required),
    }
}

fn layout() -> Result<Layout, String> {
    let layout = Layout::new()?;
    let case = Case { dockerfile: DOCKERFILE.to_owned(), ..Case::default() };
    let context = layout.context()?;
    layout.build(&case, "localhost/peers/image:1", &context)?;
    Ok(layout)
}

fn inspected_by_skopeo(skopeo: &Path) -> Result<(), String> {
    let layout = layout()?;
    let place = format!("oci:{}:localhost/peers/image:1", layout.path());
    let shown = run(Command::new(skopeo).args(["inspect", &place])).ok();
    let shown: Value = serde_json::from_str(&shown).map_err(|error| error.to_string())?;
    assert_eq!(shown["Layers"].as_array().map(Vec::len), Some(2), "{shown}");
    assert_eq!(shown["Env"][1], "A=1", "{shown}");
    Ok(())
}

/// What podman pulled is what the layout has, by its own `save`.
fn pulled_by_podman(found: &Found) -> Result<(), String> {
    let layout = layout()?;
    let podman = machine::start(found, "podman")?;
    let podman = podman.with_store("builtin-layout").map_err(|error| error.to_string())?;
    // podman 4.3 names what it pulls from a layout by the layout's path, which must look like a repository then.
    let pull = ["pull", "--quiet", "oci:oci:localhost/peers/image:1"];
    let id = run(podman.command().current_dir(layout.folder()).args(pull)).ok();
    let name = "localhost/peers/pulled:1".to_owned();
    run(podman.command().args(["tag", id.trim(), &name])).ok();
    let file = layout.folder().join("podman.tar");
    run(podman
        .command()
        .args(["save", "--quiet", "--format", "docker-archive", "--output"])
        .arg(&file)
        .arg(&name))
    .ok();
    let pulled = images_tests::archive::trees(&file);
    let ours: BTreeMap<String, String> = layout.read("localhost/peers/image:1")?.files.lines();
    assert_eq!(pulled[&name].lines(), ours);
    assert!(ours.contains_key("names/ünïcödé/ключ.txt"), "{:?}", ours.keys());
    assert_eq!(ours["run.sh"], "0755 12:34 file \"content of run.sh\\n\"");
    Ok(())
}

//! A store that holds everything that a plan asks for, without a build: one archive for `docker load`.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::json;
use tar::{Builder, Header};

/// The one layer of all images: an empty archive, and its SHA-256.
const LAYER: [u8; 1024] = [0; 1024];
const LAYER_HASH: &str = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

/// What `images plan --format json` prints.
#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    /// The variants.
    pub(crate) items: Vec<Item>,
}

/// One variant of a plan.
#[derive(Debug, Deserialize)]
pub(crate) struct Item {
    /// `fresh`, `retag` or `build`.
    pub(crate) action: String,
    key: String,
    reference: String,
    key_reference: String,
}

/// Loads an image for each item of the plan.
///
/// # Errors
/// docker cannot be started, or does not take the archive.
pub(crate) fn load(plan: &Plan, mut docker: Command) -> Result<(), String> {
    let spawned = docker.args(["load", "--quiet"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| error.to_string())?;
    let written = match child.stdin.take() {
        Some(pipe) => write(plan, io::BufWriter::new(pipe)),
        None => Ok(()),
    };
    let status = child.wait().map_err(|error| error.to_string())?;
    written.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("docker load: {status}")) }
}

/// The format: <https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format>.
fn write(plan: &Plan, to: impl Write) -> io::Result<()> {
    let mut archive = Builder::new(to);
    append(&mut archive, "layer.tar", &LAYER)?;
    let mut manifest = Vec::with_capacity(plan.items.len());
    for (at, item) in plan.items.iter().enumerate() {
        let name = format!("{at}.json");
        append(&mut archive, &name, config(item).to_string().as_bytes())?;
        let tags = [&item.reference, &item.key_reference];
        manifest.push(json!({"Config": name, "RepoTags": tags, "Layers": ["layer.tar"]}));
    }
    append(&mut archive, "manifest.json", serde_json::Value::from(manifest).to_string().as_bytes())?;
    archive.into_inner()?.flush()
}

fn config(item: &Item) -> serde_json::Value {
    json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
        "os": "linux",
        "config": {"Labels": {"dev.xtask-images.key": item.key, "dev.xtask-images.image": item.reference}},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{LAYER_HASH}")]},
    })
}

fn append(archive: &mut Builder<impl Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, name, bytes)
}

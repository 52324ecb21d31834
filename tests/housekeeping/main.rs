//! Commands that keep a workspace and its machine in order.

// All of this is tests, though no harness says so.
#![allow(clippy::unwrap_used)]

mod clean;
mod doctor;

use images_tests::workspace::Workspace;

/// A workspace where no engine is, with one image, which the built-in engine builds.
fn workspace() -> Workspace {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "data");
    workspace
}

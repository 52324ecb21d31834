//! Commands that judge and edit what is written: no engine is called.

mod bump;
mod completions;
mod formats;
mod init;
mod lock;
mod new;
mod policy;
mod release;
mod schema;

use images_tests::workspace::Workspace;

/// A workspace where no engine is.
fn workspace() -> Workspace {
    Workspace::without_engine(env!("CARGO_BIN_EXE_images"))
}

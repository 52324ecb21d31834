//! The workspace: its settings, and each image with its variants.
//!
//! 1. `root` finds the Cargo.toml and reads `[workspace.metadata.images]`.
//! 2. `members` finds the folders.
//! 3. `load` reads each folder's Image.toml, Dockerfile and `.dockerignore`, in parallel.
//! 4. `crates` asks cargo for versions, once, and only if one is needed.
//! 5. `variants` expands versions, arguments and labels.

mod crates;
mod describe;
mod files;
mod load;
mod members;
mod platform;
mod root;
mod variants;

pub use crates::CrateIndex;
pub(crate) use crates::Package;
pub use files::Files;
pub(crate) use images_schema::normal;
pub(crate) use load::{CACHE, load_at, load_from, load_image, repository};
pub use load::{Image, LoadOptions, Workspace, at_problem, cache_folder, load, root_in_repository};
pub use members::relative;
pub use platform::{host_platform, platform_of};
pub(crate) use root::{is_registry, is_repository, locate};
pub use variants::Variant;
pub(crate) use variants::is_predefined;

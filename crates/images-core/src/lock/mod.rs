//! Images.lock: what the names of images from elsewhere mean.
//!
//! 1. `name`: each reference has one full name, however it is written.
//! 2. `file`: the file is read, and what is new is added to it.
//! 3. `complete`: what is not in it is asked for, in registries, else in the engine's own store.
//! 4. [`Pins`]: keys and the Dockerfiles that are sent have the pins instead of the names.
//! 5. `update`: pins are moved, or compared with what the registries have now.
//! 6. `check`: what the file has too much.

mod check;
mod complete;
mod file;
mod name;
mod pins;
mod resolver;
mod update;

pub use check::{findings, ids as check_ids};
pub use complete::{LockMode, LockOptions};
pub(crate) use complete::{complete, missing};
pub use file::{FILE, read};
pub use name::full_name;
pub(crate) use name::is_locked;
pub use pins::Pins;
pub use resolver::{RegistryResolver, Resolved, Resolver};
pub use update::{Change, Outdated, UpdateOptions, outdated, unlocked, update};

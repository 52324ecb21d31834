//! `release`: versions get their tags in a registry, once and for all.
//!
//! 1. [`publishable`] and [`of_git_tag`]: which variants.
//! 2. [`preview()`]: keys are computed, the registry is asked, and the plan says what would be done; a version that is there with
//!    other content is refused.
//! 3. [`release()`]: what is absent is built and has to have passed its tests; then all of it is sent by digest and read
//!    back, then versions get their tags, then aliases move. So every tag leads to a whole image at every moment.
//! 4. `journal`: how far that came, so that the same command goes on after a kill.
//!
//! What is published is known by one fact alone: the key in the labels of what the registry has by the version's tag.

mod aliases;
mod attach;
mod checkout;
mod cosign;
mod execute;
mod gate;
mod journal;
mod options;
mod plan;
mod preview;
mod provenance;
mod published;
mod record;
mod selection;
mod tagging;
mod unit;

pub use cosign::Signing;
pub use execute::{Calls, release};
pub use gate::{Gate, NoGate, Tests};
pub use options::{ReleaseEvent, ReleaseOptions};
pub use plan::{AliasAction, AliasItem, ReleaseItem, ReleasePlan, State};
pub use preview::{Preview, changed, preview};
pub use record::{Base, Record, keep};
pub use selection::{of_git_tag, publishable};
pub use unit::Unit;

//! The tool by itself: what `cargo xtask images` is in a workspace that mounts it.

fn main() {}

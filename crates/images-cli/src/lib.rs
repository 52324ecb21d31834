//! The `images` subcommand that a workspace's xtask mounts.

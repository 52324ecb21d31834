//! Where the engines are that setup installs beside the system's own, for the tests to find.

use std::path::PathBuf;

use xshell::Shell;

/// The variable that tells the tests where [`private_docker`] is.
pub(crate) const PRIVATE_DOCKER: &str = "IMAGES_TEST_PRIVATE_DOCKER";

/// The folder that holds the tests' own docker (`usr/bin/docker`, `usr/sbin/dockerd`, …), whether it is there or not.
///
/// It lies in the user's cache folder, so `cargo clean` and a second clone of the repository keep it.
pub(crate) fn private_docker(sh: &Shell) -> PathBuf {
    let folder = |name: &str| sh.var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    cache.unwrap_or_else(|| sh.current_dir().join("target")).join("xtask-images/docker-trixie")
}

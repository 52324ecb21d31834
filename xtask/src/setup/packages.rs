//! The system's packages that the full set needs, and how to see that they are there.

use std::error::Error;
use std::path::Path;

use xshell::{Shell, cmd};

use super::Step;

/// A package of Debian and its relatives.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: &'static str,
    /// Any one of these shows that it is there, wherever it came from: a program on the search path, or an absolute
    /// path.
    shown_by: &'static [&'static str],
    pub(super) purpose: &'static str,
}

const fn package(name: &'static str, shown_by: &'static [&'static str], purpose: &'static str) -> Package {
    Package { name, shown_by, purpose }
}

const PACKAGES: &[Package] = &[
    package("docker.io", &["dockerd"], "the docker engine"),
    package("podman", &["podman"], "an engine without a daemon"),
    package("buildah", &["buildah"], "podman's builder by itself"),
    package("runc", &["runc"], "starts containers"),
    package("crun", &["crun"], "starts containers, podman's default"),
    package("fuse-overlayfs", &["fuse-overlayfs"], "layers where the kernel's own overlay may not be used"),
    package("uidmap", &["newuidmap"], "podman and buildah without root"),
    package("slirp4netns", &["slirp4netns", "pasta"], "the network of containers without root"),
    package("iptables", &["iptables"], "the network of docker's containers"),
    package("iproute2", &["ip"], "the network of a second docker"),
    package("netavark", NETWORKS, "the network of podman's containers"),
    package("containernetworking-plugins", NETWORKS, "the network of podman's containers"),
    package("docker-registry", &["docker-registry"], "a registry on this machine"),
    package("openssl", &["openssl"], "the certificates of a registry in tests"),
    package("skopeo", &["skopeo"], "looks into images and registries"),
    package("mmdebstrap", &["mmdebstrap"], "the example hierarchy's root file systems"),
    package(
        "debian-archive-keyring",
        &["/usr/share/keyrings/debian-archive-keyring.gpg"],
        "what mmdebstrap trusts",
    ),
];

const NETWORKS: &[&str] =
    &["/usr/lib/cni/bridge", "/usr/lib/podman/netavark", "/usr/libexec/podman/netavark"];

/// Folders of programs that an ordinary user's search path lacks.
const SYSTEM_FOLDERS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// Whether the search path, or a folder of the system's programs, has it.
pub(super) fn has_program(sh: &Shell, name: &str) -> bool {
    let path = sh.var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(SYSTEM_FOLDERS.map(Into::into))
        .any(|folder| folder.join(name).is_file())
}

impl Package {
    fn is_there(&self, sh: &Shell) -> bool {
        self.shown_by.iter().any(|sign| match sign.starts_with('/') {
            true => Path::new(sign).exists(),
            false => has_program(sh, sign),
        })
    }
}

/// What is not there. Of several packages for one purpose, the first that the system offers.
pub(super) fn missing(sh: &Shell) -> Vec<&'static Package> {
    let mut missing: Vec<&Package> = Vec::new();
    for package in PACKAGES.iter().filter(|package| !package.is_there(sh)) {
        let is_alternative = missing.iter().any(|other| other.shown_by == package.shown_by);
        if !is_alternative && is_offered(sh, package.name) {
            missing.push(package);
        }
    }
    missing
}

/// Whether apt knows the package. Without any lists of packages it knows none, and then all are taken to be offered,
/// but for what has an alternative everywhere.
fn is_offered(sh: &Shell, name: &str) -> bool {
    let knows = |name: &str| {
        cmd!(sh, "apt-cache show --no-all-versions {name}")
            .quiet()
            .ignore_stderr()
            .ignore_stdout()
            .run()
            .is_ok()
    };
    knows(name) || (!knows("base-files") && name != "netavark")
}

/// The commands that install these packages.
pub(super) fn install(sh: &Shell, missing: &[&Package]) -> Result<Vec<Step>, Box<dyn Error>> {
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let privileged = privilege(sh)?;
    let apt = |args: &[&str]| {
        let quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
        Step::run_here(privileged.iter().chain(&quiet).chain(args).copied())
    };
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(missing.iter().map(|package| package.name));
    Ok(vec![apt(&["update"]), apt(&install)])
}

/// What goes before a command that only root may run: nothing for root.
fn privilege(sh: &Shell) -> Result<&'static [&'static str], Box<dyn Error>> {
    if cmd!(sh, "id -u").quiet().read()? == "0" {
        return Ok(&[]);
    }
    if !has_program(sh, "sudo") {
        return Err("installing needs root, and there is no sudo: run this as root".into());
    }
    Ok(&["sudo"])
}

/// What a person on a system without apt has to do.
pub(super) fn by_hand() -> String {
    let mut text = String::from("There is no apt-get here. Install by hand, by your system's own names:\n");
    for package in PACKAGES {
        text += &format!("    {:<28} {}\n", package.name, package.purpose);
    }
    text + "and docker's buildx plugin. `cargo xtask test` uses what is there and counts the rest as ignored."
}

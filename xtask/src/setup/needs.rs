//! What the full set needs, how to see that it is there, and what each package manager calls it.

use std::path::Path;

use xshell::Shell;

use super::manager::Manager;

/// One thing that the full set needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// Debian's name.
    pub(super) name: &'static str,
    /// Any one of these shows that it is there, wherever it came from: a program on the search path, or an absolute
    /// path.
    signs: &'static [&'static str],
    pub(super) purpose: &'static str,
    names: [Names; 3],
}

/// What a package manager has for a need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// The first of these packages that it offers.
    Any(&'static [&'static str]),
    /// Nothing.
    Nothing,
    /// Nothing is needed on such a system.
    Needless,
}

use Names::{Any, Needless, Nothing};

/// The names are those of apt, dnf and brew, in this order.
const fn need(
    name: &'static str,
    signs: &'static [&'static str],
    purpose: &'static str,
    names: [Names; 3],
) -> Need {
    Need { name, signs, purpose, names }
}

/// Sources: <https://packages.debian.org>, <https://packages.ubuntu.com>, <https://packages.fedoraproject.org>,
/// <https://formulae.brew.sh>. Fedora's docker-distribution was left behind at 2.6; brew's distribution is another program.
pub(super) const NEEDS: &[Need] = &[
    need(
        "docker.io",
        &["dockerd"],
        "the docker engine",
        [Any(&["docker.io"]), Any(&["moby-engine"]), Needless],
    ),
    need(
        "colima",
        &["colima", "/Applications/Docker.app", "/Applications/OrbStack.app"],
        "the docker engine, in a virtual machine",
        [Needless, Needless, Any(&["colima"])],
    ),
    // Debian 13 has the client apart, Debian 12 and Ubuntu do not.
    need(
        CLIENT,
        &["docker"],
        "docker's client",
        [Any(&["docker-cli", "docker.io"]), Any(&["docker-cli", "moby-engine"]), Any(&["docker"])],
    ),
    need(
        BUILDX,
        &[
            "docker-buildx",
            "/usr/libexec/docker/cli-plugins/docker-buildx",
            "/usr/lib/docker/cli-plugins/docker-buildx",
            "/usr/local/lib/docker/cli-plugins/docker-buildx",
            "/usr/local/libexec/docker/cli-plugins/docker-buildx",
        ],
        "docker's builds by BuildKit",
        [Any(&["docker-buildx"]), Any(&["docker-buildx"]), Any(&["docker-buildx"])],
    ),
    need("podman", &["podman"], "an engine without a daemon", [Any(&["podman"]); 3]),
    need(
        "buildah",
        &["buildah"],
        "podman's builder by itself",
        [Any(&["buildah"]), Any(&["buildah"]), Nothing],
    ),
    need("runc", &["runc"], "starts containers", [Any(&["runc"]), Any(&["runc"]), Needless]),
    need(
        "crun",
        &["crun"],
        "starts containers, podman's default",
        [Any(&["crun"]), Any(&["crun"]), Needless],
    ),
    need(
        "fuse-overlayfs",
        &["fuse-overlayfs"],
        "layers where the kernel's own overlay may not be used",
        [Any(&["fuse-overlayfs"]), Any(&["fuse-overlayfs"]), Needless],
    ),
    need(
        "uidmap",
        &["newuidmap"],
        "podman and buildah without root",
        [Any(&["uidmap"]), Any(&["shadow-utils"]), Needless],
    ),
    need(
        "slirp4netns",
        &["slirp4netns", "pasta"],
        "the network of containers without root",
        [Any(&["slirp4netns"]), Any(&["passt", "slirp4netns"]), Needless],
    ),
    need(
        "iptables",
        &["iptables"],
        "the network of docker's containers",
        [Any(&["iptables"]), Any(&["iptables-nft"]), Needless],
    ),
    need(
        "iproute2",
        &["ip"],
        "the network of a second docker",
        [Any(&["iproute2"]), Any(&["iproute"]), Needless],
    ),
    need(
        "netavark",
        &["/usr/lib/cni/bridge", "/usr/lib/podman/netavark", "/usr/libexec/podman/netavark"],
        "the network of podman's containers",
        [Any(&["netavark", "containernetworking-plugins"]), Any(&["netavark"]), Needless],
    ),
    need(
        "docker-registry",
        &["docker-registry"],
        "a registry on this machine",
        [Any(&["docker-registry"]), Nothing, Nothing],
    ),
    need(
        "openssl",
        &["openssl"],
        "the certificates of a registry in tests",
        [Any(&["openssl"]), Any(&["openssl"]), Any(&["openssl@3"])],
    ),
    need("skopeo", &["skopeo"], "looks into images and registries", [Any(&["skopeo"]); 3]),
    need(
        "mmdebstrap",
        &["mmdebstrap"],
        "the example hierarchy's root file systems",
        [Any(&["mmdebstrap"]), Any(&["mmdebstrap"]), Nothing],
    ),
    need(
        "debian-archive-keyring",
        &["/usr/share/keyrings/debian-archive-keyring.gpg"],
        "what mmdebstrap trusts",
        [Any(&["debian-archive-keyring"]), Any(&["debian-keyring"]), Needless],
    ),
];

/// docker's client, which Debian 12 has in the engine's package.
pub(super) const CLIENT: &str = "docker-cli";
/// The plugin that Debian 12 lacks; there a docker of the tests' own has it.
pub(super) const BUILDX: &str = "docker-buildx";

/// Folders of programs that an ordinary user's search path lacks.
const SYSTEM_FOLDERS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// Whether the search path, or a folder of the system's programs, has it.
pub(super) fn has_program(sh: &Shell, name: &str) -> bool {
    let path = sh.var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(SYSTEM_FOLDERS.map(Into::into))
        .any(|folder| folder.join(name).is_file())
}

impl Need {
    pub(super) fn is_there(&self, sh: &Shell) -> bool {
        self.signs.iter().any(|sign| match sign.starts_with('/') {
            true => Path::new(sign).exists(),
            false => has_program(sh, sign),
        })
    }
}

/// A package to install.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) purpose: &'static str,
}

/// What is not there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Missing {
    /// What the package manager offers for it, each package once.
    pub(super) packages: Vec<Package>,
    /// What it has nothing for.
    pub(super) unavailable: Vec<&'static Need>,
}

/// Chooses packages for what is not there.
pub(super) fn missing(
    manager: Manager,
    is_there: &dyn Fn(&Need) -> bool,
    offers: &dyn Fn(&str) -> bool,
) -> Missing {
    let mut missing = Missing::default();
    for need in NEEDS.iter().filter(|need| !is_there(need)) {
        let names = match need.names[manager as usize] {
            Any(names) => names,
            Nothing => &[],
            Needless => continue,
        };
        match names.iter().find(|name| offers(name)) {
            Some(name) if missing.packages.iter().any(|package| package.name == *name) => {}
            Some(name) => missing.packages.push(Package { name, purpose: need.purpose }),
            None => missing.unavailable.push(need),
        }
    }
    missing
}

/// What a person on a system that is not known has to do.
pub(super) fn by_hand() -> String {
    let mut text = String::from(
        "There is neither apt-get nor dnf here, nor brew on macOS. Install by hand, by your system's own names:\n",
    );
    for need in NEEDS.iter().filter(|need| need.names[Manager::Apt as usize] != Needless) {
        text += &format!("    {:<28} {}\n", need.name, need.purpose);
    }
    text + "`cargo xtask test` uses what is there and counts the rest as ignored."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(manager: Manager, unknown: &[&str]) -> (String, Vec<&'static str>) {
        let missing = missing(manager, &|_| false, &|name| !unknown.contains(&name));
        let names: Vec<_> = missing.packages.iter().map(|package| package.name).collect();
        (names.join(" "), missing.unavailable.iter().map(|need| need.name).collect())
    }

    #[test]
    fn each_manager_has_its_own_names() {
        let linux = "podman buildah runc crun fuse-overlayfs";
        let debian_13 = format!(
            "docker.io docker-cli docker-buildx {linux} uidmap slirp4netns iptables iproute2 netavark docker-registry openssl \
             skopeo mmdebstrap debian-archive-keyring"
        );
        assert_eq!(chosen(Manager::Apt, &[]), (debian_13, vec![]));
        let fedora = format!(
            "moby-engine docker-cli docker-buildx {linux} shadow-utils passt iptables-nft iproute netavark openssl skopeo \
             mmdebstrap debian-keyring"
        );
        assert_eq!(chosen(Manager::Dnf, &[]), (fedora, vec!["docker-registry"]));
        let macos = "colima docker docker-buildx podman openssl@3 skopeo";
        assert_eq!(
            chosen(Manager::Brew, &[]),
            (macos.to_owned(), vec!["buildah", "docker-registry", "mmdebstrap"])
        );
    }

    #[test]
    fn the_first_name_that_is_offered_is_taken_and_each_once() {
        let (names, unavailable) = chosen(Manager::Apt, &["docker-cli", "docker-buildx", "netavark"]);
        let debian_12 = "docker.io podman buildah runc crun fuse-overlayfs uidmap slirp4netns iptables iproute2 \
                         containernetworking-plugins docker-registry openssl skopeo mmdebstrap debian-archive-keyring";
        assert_eq!((names.as_str(), unavailable), (debian_12, vec!["docker-buildx"]));
    }

    #[test]
    fn what_is_there_is_left_as_it_is() {
        let there = |need: &Need| need.name != "skopeo";
        let expected = Package { name: "skopeo", purpose: "looks into images and registries" };
        let missing = missing(Manager::Dnf, &there, &|_| true);
        assert_eq!(missing, Missing { packages: vec![expected], unavailable: vec![] });
    }

    #[test]
    fn a_system_that_is_not_known_gets_the_list() {
        let text = by_hand();
        assert!(text.starts_with("There is neither apt-get nor dnf here, nor brew on macOS."));
        assert!(text.contains("\n    docker-buildx                docker's builds by BuildKit\n"), "{text}");
        assert!(!text.contains("colima"), "{text}");
    }
}

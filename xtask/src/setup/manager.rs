//! The package managers that are known: how they are asked and told.

use std::error::Error;

use xshell::{Shell, cmd};

use super::Step;
use super::needs::{BUILDX, CLIENT, Package, has_program};

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    /// Debian's and Ubuntu's.
    Apt,
    /// Fedora's.
    Dnf,
    /// Homebrew, on macOS.
    Brew,
}

/// Packages that not every release has. They are not taken to be offered where apt knows no packages at all.
const NOT_EVERYWHERE: [&str; 3] = ["netavark", CLIENT, BUILDX];

impl Manager {
    /// The one of this system.
    pub(super) fn find(sh: &Shell) -> Option<Self> {
        let is_there = |program| has_program(sh, program);
        match std::env::consts::OS {
            "macos" => is_there("brew").then_some(Self::Brew),
            _ if is_there("apt-get") => Some(Self::Apt),
            _ => is_there("dnf").then_some(Self::Dnf),
        }
    }

    /// As a person calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Dnf => "dnf",
            Self::Brew => "brew",
        }
    }

    /// Whether it has the package. Without any lists of packages apt knows none, and then all are taken to be offered that
    /// every release has.
    pub(super) fn offers(self, sh: &Shell, name: &str) -> bool {
        let apt_knows = |name: &str| {
            let asked = cmd!(sh, "apt-cache show --no-all-versions {name}").quiet();
            asked.ignore_stderr().ignore_stdout().run().is_ok()
        };
        match self {
            Self::Apt => apt_knows(name) || (!NOT_EVERYWHERE.contains(&name) && !apt_knows("base-files")),
            Self::Dnf => {
                let asked = cmd!(sh, "dnf repoquery --quiet {name}").quiet().ignore_stderr().read();
                asked.is_ok_and(|found| !found.trim().is_empty())
            }
            Self::Brew => true,
        }
    }

    /// The commands that install these packages.
    pub(super) fn install(self, sh: &Shell, packages: &[Package]) -> Result<Vec<Step>, Box<dyn Error>> {
        if packages.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = packages.iter().map(|package| package.name).collect();
        Ok(match self {
            Self::Apt => apt(privilege(sh)?, &names),
            Self::Dnf => dnf(privilege(sh)?, &names),
            Self::Brew => {
                let home = sh.var("HOME")?;
                brew(&names, cmd!(sh, "brew --prefix").quiet().read()?.trim(), &home)
            }
        })
    }

    /// What is left to do by hand when all is installed.
    pub(super) fn afterwards(self) -> &'static str {
        match self {
            Self::Apt => "",
            Self::Dnf => "`sudo systemctl enable --now docker` starts docker now and with the machine.\n",
            Self::Brew => {
                "`colima start` starts docker in its virtual machine, `podman machine init --now` podman in its own.\n"
            }
        }
    }
}

fn apt(privileged: &[&str], names: &[&str]) -> Vec<Step> {
    let apt = |args: &[&str]| {
        let quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
        Step::run_here(privileged.iter().chain(&quiet).chain(args).copied())
    };
    let install = ["install", "--yes", "--no-install-recommends"];
    vec![apt(&["update"]), apt(&[&install, names].concat())]
}

fn dnf(privileged: &[&str], names: &[&str]) -> Vec<Step> {
    let install = ["dnf", "install", "--assumeyes", "--setopt=install_weak_deps=False"];
    vec![Step::run_here(privileged.iter().chain(&install).chain(names).copied())]
}

/// docker looks for plugins where brew puts none: <https://formulae.brew.sh/formula/docker-buildx>.
fn brew(names: &[&str], prefix: &str, home: &str) -> Vec<Step> {
    let mut steps = vec![Step::run_here(["brew", "install"].iter().chain(names).copied())];
    if names.contains(&BUILDX) {
        let plugins = format!("{home}/.docker/cli-plugins");
        let program = format!("{prefix}/opt/docker-buildx/bin/docker-buildx");
        steps.push(Step::run_here(["mkdir", "-p", &plugins]));
        steps.push(Step::run_here(["ln", "-sfn", &program, &format!("{plugins}/docker-buildx")]));
    }
    steps
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(steps: &[Step]) -> Vec<String> {
        steps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn apt_is_called_so() {
        let install =
            "env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends crun skopeo";
        let update = "env DEBIAN_FRONTEND=noninteractive apt-get update";
        assert_eq!(lines(&apt(&[], &["crun", "skopeo"])), [update, install]);
        let with_sudo = [update, install].map(|line| format!("sudo {line}"));
        assert_eq!(lines(&apt(&["sudo"], &["crun", "skopeo"])), with_sudo);
    }

    #[test]
    fn dnf_is_called_so() {
        let expected = "sudo dnf install --assumeyes --setopt=install_weak_deps=False crun skopeo";
        assert_eq!(lines(&dnf(&["sudo"], &["crun", "skopeo"])), [expected]);
    }

    #[test]
    fn brew_is_called_so_and_buildx_is_put_where_docker_looks() {
        assert_eq!(lines(&brew(&["skopeo"], "/opt/homebrew", "/u")), ["brew install skopeo"]);
        assert_eq!(
            lines(&brew(&["docker", "docker-buildx"], "/opt/homebrew", "/u")),
            [
                "brew install docker docker-buildx",
                "mkdir -p /u/.docker/cli-plugins",
                "ln -sfn /opt/homebrew/opt/docker-buildx/bin/docker-buildx /u/.docker/cli-plugins/docker-buildx",
            ]
        );
    }

    #[test]
    fn managers_are_asked_what_they_offer() {
        let folder = std::env::temp_dir().join(format!("xtask-setup-{}", std::process::id()));
        let sh = Shell::new().unwrap();
        let script = |name: &str, text: &str| {
            let program = folder.join(name);
            sh.write_file(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
            cmd!(sh, "chmod +x {program}").quiet().run().unwrap();
        };
        script("apt-cache", "case $3 in known | base-files) exit 0;; esac; exit 100");
        script("dnf", "[ $3 = known ] && echo known-1.x86_64; exit 0");
        let old = sh.var_os("PATH").unwrap();
        let mut path = folder.clone().into_os_string();
        path.push(":");
        path.push(&old);
        let _path = sh.push_env("PATH", &path);
        for manager in [Manager::Apt, Manager::Dnf] {
            assert_eq!([manager.offers(&sh, "known"), manager.offers(&sh, "unknown")], [true, false]);
        }
        script("apt-cache", "exit 100");
        let offered =
            ["crun", "netavark", "docker-cli", "docker-buildx"].map(|name| Manager::Apt.offers(&sh, name));
        assert_eq!(offered, [true, false, false, false], "without lists of packages");
        sh.remove_path(&folder).unwrap();
    }
}

//! A docker with buildx for the tests, where the system's own docker has none.
//!
//! Debian 12 ships docker 20.10, which has no buildx. Debian 13's packages run on it when they are unpacked into a
//! folder of their own. They are fetched through a private configuration of apt, so the system's packages and lists
//! stay as they are. Two things are left out: `runc`, whose build in Debian 13 needs a newer C library, so the
//! system's own is used; and the init helper, which nothing here asks for.

use std::path::{Path, PathBuf};

use xshell::{Shell, cmd};

use super::Step;
use crate::engines;

const RELEASE: &str = "bookworm";
const NEWER_RELEASE: &str = "trixie";
const PACKAGES: [&str; 4] = ["docker.io", "docker-cli", "docker-buildx", "containerd"];

/// Unpacks every package of the current folder into the folder that is the script's `$0`.
const UNPACK: &str = r#"for deb in *.deb; do dpkg -x "$deb" "$0"; done"#;

/// The steps that put it in place on the release whose own docker has none: none where a docker with buildx is there.
pub(super) fn install(sh: &Shell) -> xshell::Result<Vec<Step>> {
    let prefix = engines::private_docker(sh);
    if has_buildx(sh) || prefix.exists() {
        return Ok(Vec::new());
    }
    let sources = newer_sources(&system_sources(sh)?);
    if sources.is_empty() {
        println!(
            "apt's sources do not name {RELEASE}'s main component, so a docker with buildx is left to you."
        );
        return Ok(Vec::new());
    }
    Ok(steps(&prefix, sources))
}

fn has_buildx(sh: &Shell) -> bool {
    cmd!(sh, "docker buildx version").quiet().ignore_stdout().ignore_stderr().run().is_ok()
}

/// Whether this is the release whose own docker has no buildx.
pub(super) fn is_release(sh: &Shell) -> bool {
    let release = sh.read_file("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == format!("VERSION_CODENAME={RELEASE}"))
}

/// All of apt's sources, in the one format that can be concatenated.
fn system_sources(sh: &Shell) -> xshell::Result<String> {
    let parts = sh.read_dir("/etc/apt/sources.list.d").unwrap_or_default();
    let is_source = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "sources" || ext == "list");
    let files = parts.into_iter().filter(is_source).chain([PathBuf::from("/etc/apt/sources.list")]);
    let existing = files.filter(|path| path.exists());
    let texts = existing.map(|path| sh.read_file(path)).collect::<xshell::Result<Vec<_>>>()?;
    Ok(texts.join("\n\n"))
}

/// The sources of Debian's own main component, pointed at the newer release, in deb822 form.
/// See <https://manpages.debian.org/sources.list.5>.
fn newer_sources(sources: &str) -> String {
    let stanzas = sources.split("\n\n").flat_map(|block| one_line_stanzas(block).chain(deb822_stanza(block)));
    stanzas.collect::<Vec<_>>().join("\n")
}

fn deb822_stanza(block: &str) -> Option<String> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let has = |name: &str, word: &str| field(name).split_whitespace().any(|found| found == word);
    if !has("Suites:", RELEASE) || !has("Components:", "main") {
        return None;
    }
    let changed = block.lines().map(|line| match line.split_once(':') {
        Some(("Suites", _)) => format!("Suites: {NEWER_RELEASE}\n"),
        Some(("Components", _)) => "Components: main\n".to_owned(),
        _ => format!("{line}\n"),
    });
    Some(changed.collect())
}

/// `deb [signed-by=KEY] URI SUITE COMPONENT…`
fn one_line_stanzas(block: &str) -> impl Iterator<Item = String> {
    block.lines().filter_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let mut words = rest.split_whitespace();
        let (uri, suite) = (words.next()?, words.next()?);
        if suite != RELEASE || !words.any(|component| component == "main") {
            return None;
        }
        let key = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by="));
        let signed_by = key.map(|key| format!("Signed-By: {key}\n")).unwrap_or_default();
        Some(format!("Types: deb\nURIs: {uri}\nSuites: {NEWER_RELEASE}\nComponents: main\n{signed_by}"))
    })
}

fn steps(prefix: &Path, sources: String) -> Vec<Step> {
    let work = prefix.with_extension("new");
    let at = |name: &str| work.join(name).display().to_string();
    let configuration = format!(
        "APT::Sandbox::User \"root\";\nDir::Etc::SourceList \"/dev/null\";\nDir::Etc::SourceParts \"{}\";\nDir::State::Lists \"{}\";\nDir::Cache \"{}\";\n",
        at("sources"),
        at("lists"),
        at("cache"),
    );
    let apt_config = format!("APT_CONFIG={}", at("apt.conf"));
    vec![
        Step::run_here(["rm".into(), "-rf".into(), work.display().to_string()]),
        Step::run_here([
            "mkdir".into(),
            "-p".into(),
            at("lists/partial"),
            at("cache/archives/partial"),
            at("debs"),
        ]),
        Step::Write { path: work.join("sources/newer.sources"), text: sources },
        Step::Write { path: work.join("apt.conf"), text: configuration },
        Step::run_here(["env", &apt_config, "apt-get", "update"]),
        Step::run_in(at("debs"), ["env", &apt_config, "apt-get", "download"].into_iter().chain(PACKAGES)),
        Step::run_in(at("debs"), ["sh", "-ec", UNPACK, &at("prefix")]),
        Step::run_here([at("prefix/usr/bin/docker"), "--version".into()]),
        Step::run_here(["mv".into(), at("prefix"), prefix.display().to_string()]),
        Step::run_here(["rm".into(), "-rf".into(), work.display().to_string()]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deb822_sources_of_the_release_point_at_the_newer_one() {
        let sources = "Types: deb\n# a comment\nURIs: http://deb.example/debian\nSuites: bookworm bookworm-updates\n\
                       Components: main contrib\nSigned-By: /key.gpg\n\n\
                       Types: deb\nURIs: http://deb.example/security\nSuites: bookworm-security\nComponents: main\n\n\
                       Types: deb\nURIs: http://other.example\nSuites: bookworm\nComponents: stable\n";
        assert_eq!(
            newer_sources(sources),
            "Types: deb\n# a comment\nURIs: http://deb.example/debian\nSuites: trixie\nComponents: main\n\
             Signed-By: /key.gpg\n"
        );
    }

    #[test]
    fn one_line_sources_of_the_release_point_at_the_newer_one() {
        let sources = "# deb http://off.example bookworm main\n\
                       deb [arch=amd64 signed-by=/key.gpg] http://deb.example/debian bookworm contrib main\n\
                       deb http://deb.example/debian bookworm-updates main\n\
                       deb-src http://deb.example/debian bookworm main\n";
        assert_eq!(
            newer_sources(sources),
            "Types: deb\nURIs: http://deb.example/debian\nSuites: trixie\nComponents: main\nSigned-By: /key.gpg\n"
        );
    }

    #[test]
    fn everything_is_made_beside_the_prefix_and_moved_there_at_the_end() {
        let steps = steps(Path::new("/c/docker"), "S".into());
        assert_eq!(
            steps[2],
            Step::Write { path: "/c/docker.new/sources/newer.sources".into(), text: "S".into() }
        );
        assert_eq!(
            steps[5].to_string(),
            "(cd /c/docker.new/debs && env APT_CONFIG=/c/docker.new/apt.conf apt-get download docker.io docker-cli \
             docker-buildx containerd)"
        );
        assert_eq!(steps[8].to_string(), "mv /c/docker.new/prefix /c/docker");
    }
}

//! The buildx plugin, asked without docker's client in between: that is the larger part of what asking costs.
//!
//! Plugins are programs in known folders that tell about themselves:
//! <https://github.com/docker/cli/blob/v28.2.2/cli-plugins/manager/manager_unix.go> and
//! <https://github.com/docker/cli/blob/v28.2.2/cli-plugins/metadata/metadata.go>.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::process::{Cancel, Child, Output};
use crate::version::Version;

/// Where the client looks after the user's own folder.
const FOLDERS: [&str; 4] = [
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    schema_version: String,
    #[serde(default)]
    version: String,
}

/// A plugin that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plugin {
    /// Where it is, if that is known: then it can be called without the client.
    pub(super) program: Option<String>,
    /// Its version, where it tells.
    pub(super) version: Option<Version>,
}

/// The plugin that is found first. `None` when it does not answer, or when none is found: then the client may still know
/// one, since its configuration can name more folders.
pub(super) fn buildx(configuration: Option<&Utf8Path>) -> Option<Plugin> {
    let own = configuration.map(|folder| folder.join("cli-plugins"));
    first_of(own.into_iter().chain(FOLDERS.map(Utf8PathBuf::from)))
}

fn first_of(folders: impl Iterator<Item = Utf8PathBuf>) -> Option<Plugin> {
    let program = folders.map(|folder| folder.join("docker-buildx")).find(|program| program.is_file())?;
    let child = Child {
        program: program.into_string(),
        args: vec!["docker-cli-plugin-metadata".to_owned()],
        env: BTreeMap::new(),
        cwd: None,
        output: Output::Capture,
    };
    let ended = child.run(&Cancel::default()).ok().filter(|ended| ended.code == Some(0))?;
    let metadata: Metadata = serde_json::from_slice(&ended.stdout).ok()?;
    let version = Version::find(&metadata.version);
    (!metadata.schema_version.is_empty()).then_some(Plugin { program: Some(child.program), version })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// What comes of these plugins, each in a folder of its own, by its number; the empty one is none.
    fn asked(scripts: &[&str]) -> Option<(String, Option<Version>)> {
        let kept = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(kept.path().to_owned()).unwrap();
        let folder = |(at, script): (usize, &&str)| {
            let folder = root.join(at.to_string());
            fs::create_dir(&folder).unwrap();
            if !script.is_empty() {
                let program = folder.join("docker-buildx");
                fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
                fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
            }
            folder
        };
        let found = first_of(scripts.iter().enumerate().map(folder).collect::<Vec<_>>().into_iter())?;
        let program = found.program?.strip_prefix(root.as_str())?.to_owned();
        Some((program, found.version))
    }

    const ANSWER: &str =
        r#"[ "$1" = docker-cli-plugin-metadata ] && echo '{"SchemaVersion":"0.1.0","Version":"v0.13.1"}'"#;

    #[test]
    fn the_first_plugin_tells_its_version() {
        assert_eq!(asked(&["", ANSWER]), Some(("/1/docker-buildx".to_owned(), Version::find("0.13.1"))));
        let mute = r#"echo '{"SchemaVersion":"0.1.0"}'"#;
        assert_eq!(asked(&[mute, ANSWER]), Some(("/0/docker-buildx".to_owned(), None)));
    }

    #[test]
    fn what_does_not_answer_as_a_plugin_is_left_to_the_client() {
        for other in ["exit 1", "echo hello", r#"echo '{"SchemaVersion":""}'"#] {
            assert_eq!(asked(&[other, ANSWER]), None, "{other}");
        }
        assert_eq!(asked(&[""]), None);
        assert_eq!(asked(&[]), None);
    }

    #[test]
    fn the_users_own_folder_comes_first() {
        let kept = tempfile::tempdir().unwrap();
        let configuration = Utf8Path::from_path(kept.path()).unwrap();
        let folder = configuration.join("cli-plugins");
        fs::create_dir(&folder).unwrap();
        let program = folder.join("docker-buildx");
        fs::write(&program, "#!/bin/sh\necho '{\"SchemaVersion\":\"1\",\"Version\":\"99.9.9\"}'\n").unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let found = buildx(Some(configuration)).unwrap();
        assert_eq!(found, Plugin { program: Some(program.to_string()), version: Version::find("99.9.9") });
    }
}

//! What a Dockerfile may use that not every builder can do.
//!
//! Only what is known to fail is refused. What a release says nothing about is left to the engine.

use images_dockerfile::{Feature, FeatureUse};

use crate::BuildFailure;
use crate::version::Version;

/// Who builds, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Builder<'a> {
    /// The docker daemon's own builder.
    Legacy,
    /// BuildKit within a docker daemon of this version.
    BuildKit(&'a Version),
    /// podman of this version.
    Podman(&'a Version),
    /// buildah of this version.
    Buildah(&'a Version),
}

/// Refuses what this builder cannot do.
///
/// # Errors
/// [`BuildFailure::Unsupported`].
pub(crate) fn check(builder: Builder<'_>, features: &[FeatureUse]) -> Result<(), BuildFailure> {
    let lacks = |used: &&FeatureUse| !builder.can(used.feature);
    let uses: Vec<_> = features.iter().filter(lacks).cloned().collect();
    if uses.is_empty() {
        return Ok(());
    }
    Err(BuildFailure::Unsupported { builder: builder.name(), help: builder.help(&uses), uses })
}

impl Builder<'_> {
    fn can(self, feature: Feature) -> bool {
        match (self, feature) {
            (Self::Legacy, _) => false,
            (Self::BuildKit(daemon), _) => {
                let (major, minor) = buildkit_release(feature);
                daemon.is_at_least(major, minor)
            }
            // https://buildah.io/releases: heredocs came with 1.33, `--link` with 1.41; podman 4.8 and 5.6 hold those.
            (Self::Buildah(version), Feature::Heredoc) => version.is_at_least(1, 33),
            (Self::Buildah(version), Feature::Link) => version.is_at_least(1, 41),
            (Self::Podman(version), Feature::Heredoc) => version.is_at_least(4, 8),
            (Self::Podman(version), Feature::Link) => version.is_at_least(5, 6),
            (Self::Buildah(_) | Self::Podman(_), _) => true,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Legacy => "docker's legacy builder".to_owned(),
            Self::BuildKit(daemon) => format!("the BuildKit of docker {daemon}"),
            Self::Podman(version) => format!("podman {version}"),
            Self::Buildah(version) => format!("buildah {version}"),
        }
    }

    fn help(self, uses: &[FeatureUse]) -> String {
        let links = uses.iter().any(|used| used.feature == Feature::Link);
        match self {
            Self::Legacy => {
                "install docker's buildx plugin, which brings BuildKit (package `docker-buildx-plugin`, in \
                             Debian and Ubuntu `docker-buildx`), or choose another engine"
                    .to_owned()
            }
            Self::BuildKit(_) => {
                "update the docker daemon to 23.0 or later, or let the Dockerfile start with \
                                  `# syntax=docker/dockerfile:1`"
                    .to_owned()
            }
            Self::Podman(_) => format!(
                "update podman to {} or later, or choose another engine",
                if links { "5.6" } else { "4.8" }
            ),
            Self::Buildah(_) => format!(
                "update buildah to {} or later, or choose another engine",
                if links { "1.41" } else { "1.33" }
            ),
        }
    }
}

/// The docker release whose BuildKit can do it without a frontend of the Dockerfile's own choice.
///
/// <https://docs.docker.com/build/buildkit/dockerfile-release-notes/>: 20.10 has Dockerfile 1.2 built in, 23.0 has 1.4.
fn buildkit_release(feature: Feature) -> (u32, u32) {
    match feature {
        Feature::Mount | Feature::Secret | Feature::Ssh | Feature::Chmod => (20, 10),
        Feature::Heredoc | Feature::Link => (23, 0),
        Feature::OtherFlag => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Feature; 7] = [
        Feature::Heredoc,
        Feature::Mount,
        Feature::Secret,
        Feature::Ssh,
        Feature::Link,
        Feature::Chmod,
        Feature::OtherFlag,
    ];

    /// What is refused, by whom, and the help.
    fn refused(builder: Builder<'_>, features: &[Feature]) -> Option<(String, Vec<Feature>, String)> {
        let features: Vec<_> =
            features.iter().map(|feature| FeatureUse { feature: *feature, span: 1..2 }).collect();
        match check(builder, &features) {
            Ok(()) => None,
            Err(BuildFailure::Unsupported { builder, uses, help }) => {
                assert!(uses.iter().all(|used| used.span == (1..2)));
                Some((builder, uses.into_iter().map(|used| used.feature).collect(), help))
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn lacks(builder: Builder<'_>) -> Vec<Feature> {
        refused(builder, &ALL).map_or(vec![], |(_, lacks, _)| lacks)
    }

    fn version(text: &str) -> Version {
        Version::find(text).unwrap()
    }

    #[test]
    fn the_legacy_builder_lacks_them_all_and_says_what_to_install() {
        let (builder, lacks, help) = refused(Builder::Legacy, &ALL).unwrap();
        assert_eq!((builder.as_str(), lacks.as_slice()), ("docker's legacy builder", &ALL[..]));
        assert!(help.contains("buildx"), "{help}");
        assert_eq!(refused(Builder::Legacy, &[]), None);
    }

    #[test]
    fn buildkit_is_judged_by_the_daemon_that_holds_it() {
        use Feature::{Chmod, Heredoc, Link, Mount, Secret, Ssh};
        assert_eq!(lacks(Builder::BuildKit(&version("19.03.1"))), [Heredoc, Mount, Secret, Ssh, Link, Chmod]);
        assert_eq!(lacks(Builder::BuildKit(&version("20.10.24"))), [Heredoc, Link]);
        assert_eq!(lacks(Builder::BuildKit(&version("23.0.1"))), []);
        let (builder, _, help) = refused(Builder::BuildKit(&version("20.10.24")), &[Heredoc]).unwrap();
        assert_eq!(builder, "the BuildKit of docker 20.10.24");
        assert!(help.contains("23.0") && help.contains("# syntax="), "{help}");
    }

    #[test]
    fn podman_and_buildah_are_judged_by_their_release() {
        use Feature::{Heredoc, Link};
        for (old, middle, new) in [
            (
                Builder::Podman(&version("4.3.1")),
                Builder::Podman(&version("4.8.0")),
                Builder::Podman(&version("5.6.0")),
            ),
            (
                Builder::Buildah(&version("1.28.2")),
                Builder::Buildah(&version("1.33.0")),
                Builder::Buildah(&version("1.41.0")),
            ),
        ] {
            assert_eq!((lacks(old), lacks(middle), lacks(new)), (vec![Heredoc, Link], vec![Link], vec![]));
        }
        let (builder, _, help) = refused(Builder::Podman(&version("4.3.1")), &[Heredoc]).unwrap();
        assert_eq!(
            (builder.as_str(), help.as_str()),
            ("podman 4.3.1", "update podman to 4.8 or later, or choose another engine")
        );
        let (builder, _, help) = refused(Builder::Buildah(&version("1.28.2")), &[Heredoc, Link]).unwrap();
        assert_eq!(
            (builder.as_str(), help.as_str()),
            ("buildah 1.28.2", "update buildah to 1.41 or later, or choose another engine")
        );
        assert!(refused(Builder::Podman(&version("4.3.1")), &[Link]).unwrap().2.contains("5.6"));
        assert!(refused(Builder::Buildah(&version("1.28.2")), &[Heredoc]).unwrap().2.contains("1.33"));
    }
}

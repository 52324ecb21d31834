//! Expands an image into its variants: version, suffix, arguments, labels.

use std::collections::BTreeMap;

use camino::Utf8Path;
use images_schema::{Manifest, Outline, SourceText, Spanned, Version, Versions};

use super::crates::CrateIndex;
use super::describe;
use super::load::LoadOptions;
use super::root::Root;
use crate::Error;
use crate::test::Test;

/// Arguments that a builder takes without an `ARG`.
/// <https://docs.docker.com/reference/dockerfile/#predefined-args>
const PREDEFINED: [&str; 12] = [
    "ALL_PROXY",
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SOURCE_DATE_EPOCH",
    "all_proxy",
    "ftp_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "BUILDKIT_INLINE_CACHE",
];

/// Whether a builder takes this argument although no `ARG` declares it.
pub(crate) fn is_predefined(name: &str) -> bool {
    PREDEFINED.contains(&name) || name.starts_with("BUILDKIT_")
}

/// One buildable unit of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its version.
    pub version: Version,
    /// What is added to the version in the tag.
    pub suffix: String,
    /// The tag: version and suffix.
    pub tag: String,
    /// Whether a reference without a tag means it.
    pub is_default: bool,
    /// The build arguments, filled in.
    pub args: BTreeMap<String, String>,
    /// The labels, filled in; those that name the key or the commit are added by the build.
    pub labels: BTreeMap<String, String>,
    /// The platform to build for, if not the engine's own.
    pub platform: Option<String>,
    /// What is asked of it once it is built. It does not enter the key.
    pub tests: Vec<Test>,
}

/// What all members share.
pub(super) struct Shared<'a> {
    pub(super) root: &'a Root,
    pub(super) crates: Option<&'a CrateIndex>,
    pub(super) options: &'a LoadOptions,
}

/// The member that is expanded.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) folder: &'a Utf8Path,
    pub(super) source: &'a SourceText,
}

/// The versions that cargo and the root Cargo.toml know.
struct Known<'a> {
    folder: &'a Utf8Path,
    shared: &'a Shared<'a>,
}

impl Versions for Known<'_> {
    fn in_folder(&self) -> Option<String> {
        let crates = self.shared.crates?;
        crates.version(crates.in_folder(self.folder)?).map(str::to_owned)
    }

    fn of_workspace(&self) -> Option<String> {
        let settings = &self.shared.root.settings.image.version;
        settings.as_ref().or(self.shared.root.package.version.as_ref()).cloned()
    }

    fn of_crate(&self, name: &str) -> Option<String> {
        self.shared.crates?.version(name).map(str::to_owned)
    }

    fn crates(&self) -> Vec<String> {
        self.shared.crates.into_iter().flat_map(CrateIndex::names).map(str::to_owned).collect()
    }
}

/// Expands `[[variant]]` or `[matrix]`, or makes the one variant of an image that has neither.
///
/// # Errors
/// A version that is missing or no legal tag, two variants with one tag or two defaults, an unknown placeholder.
pub(super) fn expand(
    member: &Member<'_>,
    manifest: &Manifest,
    shared: &Shared<'_>,
) -> Result<Vec<Variant>, Error> {
    let known = Known { folder: member.folder, shared };
    let outlines = images_schema::expand(member.source, member.name, manifest, &known)?;
    let platform = platform(member, manifest, shared)?;
    outlines.into_iter().map(|outline| fill_in(member, manifest, shared, outline, platform.clone())).collect()
}

/// The one platform to build for, by Image.toml, else by the workspace.
fn platform(member: &Member<'_>, manifest: &Manifest, shared: &Shared<'_>) -> Result<Option<String>, Error> {
    let (source, platforms) = match (&manifest.image.platforms, &shared.root.settings.platforms) {
        (Some(platforms), _) => (member.source, platforms),
        (None, Some(platforms)) => (&shared.root.source, platforms),
        (None, None) => return Ok(None),
    };
    match platforms.get_ref().as_slice() {
        [] => Ok(None),
        [one] => platform_text(source, one).map(Some),
        [_, second, ..] => {
            let message = "an engine's store holds one platform of an image";
            let diagnostic = source.error(second.span(), message, "a second platform");
            Err(diagnostic
                .help("write a [[variant]] for each platform, with `platform` and a `suffix` of its own")
                .into())
        }
    }
}

fn platform_text(source: &SourceText, written: &Spanned<String>) -> Result<String, Error> {
    match written.get_ref().split('/').collect::<Vec<_>>()[..] {
        [os, arch] | [os, arch, _] if !os.is_empty() && !arch.is_empty() => Ok(written.get_ref().clone()),
        _ => {
            let message = format!("`{}` is no platform", written.get_ref());
            let diagnostic = source.error(written.span(), message, "not os/architecture");
            Err(diagnostic.help("for example `linux/amd64` or `linux/arm/v7`").into())
        }
    }
}

fn fill_in(
    member: &Member<'_>,
    manifest: &Manifest,
    shared: &Shared<'_>,
    outline: Outline<'_>,
    platform: Option<String>,
) -> Result<Variant, Error> {
    let version = outline.version.as_str();
    let known = |word: &str| match word {
        "name" => Some(member.name),
        "version" => Some(version),
        "variant" => Some(outline.tag.as_str()),
        _ => None,
    };
    let mut args = BTreeMap::new();
    for (name, value) in &outline.args {
        args.insert((*name).to_owned(), member.source.filled(value, known)?);
    }
    args.extend(shared.options.build_args.clone());
    let own = outline.platform.map(|platform| platform_text(member.source, platform)).transpose()?;
    let in_labels = |word: &str| known(word).or_else(|| args.get(word).map(String::as_str));
    let labels = describe::labels(member, manifest, shared.root, version, &in_labels)?;
    Ok(Variant {
        labels,
        args,
        platform: own.or(platform),
        version: outline.version,
        suffix: outline.suffix,
        tag: outline.tag,
        is_default: outline.is_default,
        tests: Vec::new(),
    })
}

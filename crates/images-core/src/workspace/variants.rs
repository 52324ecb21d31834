//! Expands an image into its variants: version, suffix, arguments, labels.

use std::collections::BTreeMap;
use std::ops::Range;

use camino::Utf8Path;
use images_schema::{
    Manifest, Matrix, PlaceholderError, SourceText, Spanned, Version, VersionSource, did_you_mean, fill,
    tag_text,
};

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

/// A variant before its placeholders are filled in.
struct Outline<'a> {
    version: Version,
    suffix: Option<&'a Spanned<String>>,
    platform: Option<&'a Spanned<String>>,
    args: BTreeMap<&'a str, &'a Spanned<String>>,
    is_default: bool,
    span: Range<usize>,
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
    let outlines = match (&manifest.matrix, manifest.variant.as_slice()) {
        (Some(matrix), []) => from_matrix(member, manifest, matrix, shared)?,
        (Some(matrix), _) => {
            let diagnostic = member.source.error(
                matrix.span(),
                "[matrix] and [[variant]] exclude each other",
                "one of the two",
            );
            return Err(diagnostic
                .help("write every variant out, or express all of them by the matrix")
                .into());
        }
        (None, []) => vec![single(member, manifest, shared)?],
        (None, _) => from_tables(member, manifest, shared)?,
    };
    let platform = platform(member, manifest, shared)?;
    let mut variants = Vec::with_capacity(outlines.len());
    for outline in &outlines {
        let variant = fill_in(member, manifest, shared, outline, platform.clone())?;
        if variants.iter().any(|earlier: &Variant| earlier.tag == variant.tag) {
            let message = format!("two variants of `{}` have the tag `{}`", member.name, variant.tag);
            let diagnostic = member.source.error(outline.span.clone(), message, "the second one");
            return Err(diagnostic.help("tell them apart by `version` or `suffix`").into());
        }
        variants.push(variant);
    }
    choose_default(member, &outlines, &mut variants)?;
    check_aliases(member, manifest, &variants)?;
    Ok(variants)
}

/// An alias with each suffix must be a tag, and no version's own.
fn check_aliases(member: &Member<'_>, manifest: &Manifest, variants: &[Variant]) -> Result<(), Error> {
    for alias in &manifest.image.aliases {
        for variant in variants {
            let tag = format!("{}{}", alias.get_ref(), variant.suffix);
            let problem = Version::parse(alias.get_ref()).and_then(|alias| tag_text(&alias, &variant.suffix));
            if let Err(error) = problem {
                let diagnostic =
                    member.source.error(alias.span(), format!("`{tag}` is no legal tag"), error.to_string());
                return Err(diagnostic.help("an alias is letters, digits, `_`, `.` and `-`").into());
            }
            if let Some(owner) = variants.iter().find(|owner| owner.tag == tag) {
                let message = format!("the alias `{tag}` is the tag of version {} itself", owner.version);
                let diagnostic = member.source.error(alias.span(), message, "never moves");
                return Err(diagnostic.help("choose another alias").into());
            }
        }
    }
    Ok(())
}

fn single<'a>(
    member: &Member<'_>,
    manifest: &'a Manifest,
    shared: &Shared<'_>,
) -> Result<Outline<'a>, Error> {
    let version = image_version(member, manifest, shared)?;
    let args = manifest.args.iter().map(|(name, value)| (name.as_str(), value)).collect();
    Ok(Outline { version, suffix: None, platform: None, args, is_default: true, span: 0..0 })
}

fn from_tables<'a>(
    member: &Member<'_>,
    manifest: &'a Manifest,
    shared: &Shared<'_>,
) -> Result<Vec<Outline<'a>>, Error> {
    let mut outlines = Vec::new();
    for table in &manifest.variant {
        let variant = table.get_ref();
        let version = match &variant.version {
            Some(version) => parse_version(member.source, version.get_ref(), version.span())?,
            None => image_version(member, manifest, shared)?,
        };
        let args = manifest.args.iter().chain(&variant.args);
        let span = variant.version.as_ref().map_or_else(|| table.span(), Spanned::span);
        outlines.push(Outline {
            version,
            suffix: variant.suffix.as_ref(),
            platform: variant.platform.as_ref(),
            args: args.map(|(name, value)| (name.as_str(), value)).collect(),
            is_default: variant.default,
            span,
        });
    }
    Ok(outlines)
}

fn from_matrix<'a>(
    member: &Member<'_>,
    manifest: &'a Manifest,
    matrix: &'a Spanned<Matrix>,
    shared: &Shared<'_>,
) -> Result<Vec<Outline<'a>>, Error> {
    let version = image_version(member, manifest, shared)?;
    let shared_args: BTreeMap<_, _> =
        manifest.args.iter().map(|(name, value)| (name.as_str(), value)).collect();
    let mut products = vec![shared_args];
    for (name, values) in &matrix.get_ref().args {
        if values.get_ref().is_empty() {
            let diagnostic =
                member.source.error(values.span(), format!("`{name}` has no values"), "an empty list");
            return Err(diagnostic.help("a matrix over nothing makes no variant").into());
        }
        let with = |args: &BTreeMap<&'a str, &'a Spanned<String>>, value| {
            let mut args = args.clone();
            args.insert(name.as_str(), value);
            args
        };
        products =
            products.iter().flat_map(|args| values.get_ref().iter().map(|value| with(args, value))).collect();
    }
    let outline = |args| Outline {
        version: version.clone(),
        suffix: matrix.get_ref().suffix.as_ref(),
        platform: None,
        args,
        is_default: false,
        span: matrix.span(),
    };
    Ok(products.into_iter().map(outline).collect())
}

fn parse_version(source: &SourceText, text: &str, span: Range<usize>) -> Result<Version, Error> {
    Version::parse(text).map_err(|error| {
        let diagnostic = source.error(span, format!("`{text}` is no version"), error.to_string());
        diagnostic
            .help("a version is semver, or letters, digits, `_`, `.` and `-`, at most 128 of them")
            .into()
    })
}

/// The version of `[image]`, wherever it comes from.
fn image_version(member: &Member<'_>, manifest: &Manifest, shared: &Shared<'_>) -> Result<Version, Error> {
    let Some(version) = &manifest.image.version else { return folder_version(member, shared) };
    match version.get_ref() {
        VersionSource::Own(text) => parse_version(member.source, text, version.span()),
        VersionSource::Workspace => {
            let settings = &shared.root.settings.image.version;
            match settings.as_ref().or(shared.root.package.version.as_ref()) {
                Some(text) => parse_version(member.source, text, version.span()),
                None => {
                    let message = "the workspace has no version to inherit";
                    let diagnostic = member.source.error(version.span(), message, "nothing to inherit");
                    Err(diagnostic
                        .help("set `version` in [workspace.metadata.images.image] or [workspace.package]")
                        .into())
                }
            }
        }
        VersionSource::Crate(name) => crate_version(member, name, version.span(), shared),
    }
}

fn folder_version(member: &Member<'_>, shared: &Shared<'_>) -> Result<Version, Error> {
    let found = shared.crates.and_then(|crates| crates.version(crates.in_folder(member.folder)?));
    match found {
        Some(text) => parse_version(member.source, text, 0..0),
        None => {
            let message = format!("image `{}` has no version", member.name);
            let diagnostic = member.source.error(0..0, message, "no `version`, and no crate in this folder");
            Err(diagnostic.help("set `version` under [image], or give every [[variant]] one").into())
        }
    }
}

fn crate_version(
    member: &Member<'_>,
    name: &str,
    span: Range<usize>,
    shared: &Shared<'_>,
) -> Result<Version, Error> {
    let crates = shared.crates.iter();
    if let Some(text) = crates.clone().find_map(|crates| crates.version(name)) {
        return parse_version(member.source, text, span);
    }
    let near = crates.clone().find_map(|crates| did_you_mean(name, crates.names()));
    let diagnostic =
        member.source.error(span, format!("there is no crate `{name}`"), "not in this workspace");
    Err(diagnostic
        .help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a member of this Cargo workspace".to_owned(),
        })
        .into())
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
    outline: &Outline<'_>,
    platform: Option<String>,
) -> Result<Variant, Error> {
    let version = outline.version.as_str();
    let args_raw = &outline.args;
    let in_suffix = |word: &str| match word {
        "name" => Some(member.name),
        "version" => Some(version),
        word => args_raw.get(word).map(|value| value.get_ref().as_str()),
    };
    let suffix = outline.suffix.map(|suffix| filled(member.source, suffix, in_suffix)).transpose()?;
    let suffix = suffix.unwrap_or_default();
    let tag = tag_text(&outline.version, &suffix).map_err(|error| -> Error {
        let message = format!("`{version}{suffix}` is no legal tag");
        let span = outline.suffix.map_or_else(|| outline.span.clone(), Spanned::span);
        member.source.error(span, message, error.to_string()).help("shorten or change `suffix`").into()
    })?;
    let known = |word: &str| match word {
        "name" => Some(member.name),
        "version" => Some(version),
        "variant" => Some(tag.as_str()),
        _ => None,
    };
    let mut args = BTreeMap::new();
    for (name, value) in args_raw {
        args.insert((*name).to_owned(), filled(member.source, value, known)?);
    }
    args.extend(shared.options.build_args.clone());
    let own = outline.platform.map(|platform| platform_text(member.source, platform)).transpose()?;
    let platform = own.or(platform);
    let in_labels = |word: &str| known(word).or_else(|| args.get(word).map(String::as_str));
    let labels = describe::labels(member, manifest, shared.root, version, &in_labels)?;
    Ok(Variant {
        version: outline.version.clone(),
        suffix,
        tag,
        is_default: false,
        args,
        labels,
        platform,
        tests: Vec::new(),
    })
}

/// Fills a value's placeholders in.
///
/// # Errors
/// An unknown placeholder, or a brace without its pair, at the value's span.
pub(crate) fn filled<'a>(
    source: &SourceText,
    value: &Spanned<String>,
    value_of: impl Fn(&str) -> Option<&'a str>,
) -> Result<String, Error> {
    fill(value.get_ref(), value_of).map_err(|error| {
        let (message, label) = match error {
            PlaceholderError::Unknown(word) => (format!("`{{{word}}}` means nothing here"), "an unknown placeholder"),
            PlaceholderError::Unclosed => ("a `{` without its `}`".to_owned(), "never closed"),
        };
        let help = "{name}, {version}, {variant}, {out} in a command, and names of arguments are filled in; `{{` is a brace";
        source.error(value.span(), message, label).help(help).into()
    })
}

/// The default variant: the one that says so, else the newest; among equals one without a suffix, then the first.
fn choose_default(
    member: &Member<'_>,
    outlines: &[Outline<'_>],
    variants: &mut [Variant],
) -> Result<(), Error> {
    let mut chosen = outlines.iter().enumerate().filter(|(_, outline)| outline.is_default).map(|(at, _)| at);
    let first = chosen.next();
    if let Some(second) = chosen.next() {
        let message = format!("two variants of `{}` are the default", member.name);
        let diagnostic = member.source.error(outlines[second].span.clone(), message, "the second one");
        return Err(diagnostic.help("a reference without a tag means one variant").into());
    }
    let newest = variants.iter().enumerate().max_by(|(i, a), (j, b)| {
        a.version.newer(&b.version).then(a.suffix.is_empty().cmp(&b.suffix.is_empty())).then(j.cmp(i))
    });
    if let Some(at) = first.or(newest.map(|(at, _)| at)) {
        variants[at].is_default = true;
    }
    Ok(())
}

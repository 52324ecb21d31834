//! Expands an image into its variants, as far as its own Image.toml and a version decide them: versions, suffixes, tags,
//! which is the default. No I/O: where versions of crates come from is the caller's business.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::{
    Diagnostic, Manifest, Matrix, PlaceholderError, SourceText, Spanned, Version, VersionSource,
    did_you_mean, fill, tag_text,
};

/// A variant before its arguments and labels are filled in.
#[derive(Debug, Clone)]
pub struct Outline<'a> {
    /// Its version.
    pub version: Version,
    /// What is added to the version in the tag.
    pub suffix: String,
    /// The tag: version and suffix.
    pub tag: String,
    /// Whether a reference without a tag means it.
    pub is_default: bool,
    /// Its build arguments as they are written.
    pub args: BTreeMap<&'a str, &'a Spanned<String>>,
    /// What this variant alone is built for.
    pub platform: Option<&'a Spanned<String>>,
    raw_suffix: Option<&'a Spanned<String>>,
    span: Range<usize>,
}

/// The versions that an Image.toml can take from elsewhere.
pub trait Versions {
    /// The version of the crate in the image's folder, if there is one.
    fn in_folder(&self) -> Option<String>;
    /// What `version.workspace = true` means: that of `[workspace.metadata.images.image]`, else `[workspace.package]`.
    fn of_workspace(&self) -> Option<String>;
    /// The version of a crate of the workspace.
    fn of_crate(&self, name: &str) -> Option<String>;
    /// The names of the workspace's crates.
    fn crates(&self) -> Vec<String>;
}

/// Expands `[[variant]]` or `[matrix]`, or makes the one variant of an image that has neither. `name` is the image's.
///
/// # Errors
/// A version that is missing or no legal tag, two variants with one tag or two defaults, an unknown placeholder.
pub fn expand<'a>(
    source: &SourceText,
    name: &str,
    manifest: &'a Manifest,
    versions: &dyn Versions,
) -> Result<Vec<Outline<'a>>, Box<Diagnostic>> {
    let member = Member { source, name, manifest, versions };
    let mut outlines = match (&manifest.matrix, manifest.variant.as_slice()) {
        (Some(matrix), []) => member.of_matrix(matrix)?,
        (Some(matrix), _) => {
            let message = "[matrix] and [[variant]] exclude each other";
            let diagnostic = source.error(matrix.span(), message, "one of the two");
            let help = "write every variant out, or express all of them by the matrix";
            return Err(Box::new(diagnostic.help(help)));
        }
        (None, []) => vec![member.single()?],
        (None, _) => member.of_tables()?,
    };
    for at in 0..outlines.len() {
        let (earlier, rest) = outlines.split_at_mut(at);
        member.name_by_tag(&mut rest[0])?;
        if earlier.iter().any(|earlier| earlier.tag == rest[0].tag) {
            let message = format!("two variants of `{name}` have the tag `{}`", rest[0].tag);
            let diagnostic = source.error(rest[0].span.clone(), message, "the second one");
            return Err(Box::new(diagnostic.help("tell them apart by `version` or `suffix`")));
        }
    }
    member.choose_default(&mut outlines)?;
    member.check_aliases(&outlines)?;
    Ok(outlines)
}

/// The member that is expanded.
struct Member<'a, 'm> {
    source: &'a SourceText,
    name: &'a str,
    manifest: &'m Manifest,
    versions: &'a dyn Versions,
}

impl<'m> Member<'_, 'm> {
    fn outline(&self, version: Version, args: BTreeMap<&'m str, &'m Spanned<String>>) -> Outline<'m> {
        Outline {
            version,
            suffix: String::new(),
            tag: String::new(),
            is_default: false,
            args,
            platform: None,
            raw_suffix: None,
            span: 0..0,
        }
    }

    fn single(&self) -> Result<Outline<'m>, Box<Diagnostic>> {
        let args = self.manifest.args.iter().map(|(name, value)| (name.as_str(), value)).collect();
        Ok(self.outline(self.image_version()?, args))
    }

    fn of_tables(&self) -> Result<Vec<Outline<'m>>, Box<Diagnostic>> {
        let mut outlines = Vec::new();
        for table in &self.manifest.variant {
            let variant = table.get_ref();
            let version = match &variant.version {
                Some(version) => self.parse_version(version.get_ref(), version.span())?,
                None => self.image_version()?,
            };
            let args = self.manifest.args.iter().chain(&variant.args);
            outlines.push(Outline {
                raw_suffix: variant.suffix.as_ref(),
                platform: variant.platform.as_ref(),
                is_default: variant.default,
                span: variant.version.as_ref().map_or_else(|| table.span(), Spanned::span),
                ..self.outline(version, args.map(|(name, value)| (name.as_str(), value)).collect())
            });
        }
        Ok(outlines)
    }

    fn of_matrix(&self, matrix: &'m Spanned<Matrix>) -> Result<Vec<Outline<'m>>, Box<Diagnostic>> {
        let version = self.image_version()?;
        let shared: BTreeMap<_, _> =
            self.manifest.args.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let mut products = vec![shared];
        for (name, values) in &matrix.get_ref().args {
            if values.get_ref().is_empty() {
                let message = format!("`{name}` has no values");
                let diagnostic = self.source.error(values.span(), message, "an empty list");
                return Err(Box::new(diagnostic.help("a matrix over nothing makes no variant")));
            }
            let with = |args: &BTreeMap<&'m str, &'m Spanned<String>>, value| {
                let mut args = args.clone();
                args.insert(name.as_str(), value);
                args
            };
            let values = values.get_ref();
            products =
                products.iter().flat_map(|args| values.iter().map(|value| with(args, value))).collect();
        }
        let outline = |args| Outline {
            raw_suffix: matrix.get_ref().suffix.as_ref(),
            span: matrix.span(),
            ..self.outline(version.clone(), args)
        };
        Ok(products.into_iter().map(outline).collect())
    }

    fn parse_version(&self, text: &str, span: Range<usize>) -> Result<Version, Box<Diagnostic>> {
        Version::parse(text).map_err(|error| {
            let diagnostic = self.source.error(span, format!("`{text}` is no version"), error.to_string());
            let help = "a version is semver, or letters, digits, `_`, `.` and `-`, at most 128 of them";
            Box::new(diagnostic.help(help))
        })
    }

    /// The version of `[image]`, wherever it comes from.
    fn image_version(&self) -> Result<Version, Box<Diagnostic>> {
        let Some(version) = &self.manifest.image.version else { return self.folder_version() };
        match version.get_ref() {
            VersionSource::Own(text) => self.parse_version(text, version.span()),
            VersionSource::Workspace => match self.versions.of_workspace() {
                Some(text) => self.parse_version(&text, version.span()),
                None => {
                    let message = "the workspace has no version to inherit";
                    let diagnostic = self.source.error(version.span(), message, "nothing to inherit");
                    let help = "set `version` in [workspace.metadata.images.image] or [workspace.package]";
                    Err(Box::new(diagnostic.help(help)))
                }
            },
            VersionSource::Crate(name) => self.crate_version(name, version.span()),
        }
    }

    fn folder_version(&self) -> Result<Version, Box<Diagnostic>> {
        if let Some(text) = self.versions.in_folder() {
            return self.parse_version(&text, 0..0);
        }
        let message = format!("image `{}` has no version", self.name);
        let diagnostic = self.source.error(0..0, message, "no `version`, and no crate in this folder");
        Err(Box::new(diagnostic.help("set `version` under [image], or give every [[variant]] one")))
    }

    fn crate_version(&self, name: &str, span: Range<usize>) -> Result<Version, Box<Diagnostic>> {
        if let Some(text) = self.versions.of_crate(name) {
            return self.parse_version(&text, span);
        }
        let names = self.versions.crates();
        let diagnostic =
            self.source.error(span, format!("there is no crate `{name}`"), "not in this workspace");
        Err(Box::new(diagnostic.help(match did_you_mean(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a member of this Cargo workspace".to_owned(),
        })))
    }

    /// Fills its suffix in and makes its tag.
    fn name_by_tag(&self, outline: &mut Outline<'m>) -> Result<(), Box<Diagnostic>> {
        let version = outline.version.as_str();
        let value_of = |word: &str| match word {
            "name" => Some(self.name),
            "version" => Some(version),
            word => outline.args.get(word).map(|value| value.get_ref().as_str()),
        };
        let suffix = outline.raw_suffix.map(|suffix| self.source.filled(suffix, value_of)).transpose()?;
        let suffix = suffix.unwrap_or_default();
        let tag = tag_text(&outline.version, &suffix).map_err(|error| {
            let message = format!("`{version}{suffix}` is no legal tag");
            let span = outline.raw_suffix.map_or_else(|| outline.span.clone(), Spanned::span);
            let diagnostic = self.source.error(span, message, error.to_string());
            Box::new(diagnostic.help("shorten or change `suffix`"))
        })?;
        (outline.suffix, outline.tag) = (suffix, tag);
        Ok(())
    }

    /// The default variant: the one that says so, else the newest; among equals one without a suffix, then the first.
    fn choose_default(&self, outlines: &mut [Outline<'m>]) -> Result<(), Box<Diagnostic>> {
        let mut chosen =
            outlines.iter().enumerate().filter(|(_, outline)| outline.is_default).map(|(at, _)| at);
        let first = chosen.next();
        if let Some(second) = chosen.next() {
            let message = format!("two variants of `{}` are the default", self.name);
            let diagnostic = self.source.error(outlines[second].span.clone(), message, "the second one");
            return Err(Box::new(diagnostic.help("a reference without a tag means one variant")));
        }
        let newest = outlines.iter().enumerate().max_by(|(i, a), (j, b)| {
            a.version.newer(&b.version).then(a.suffix.is_empty().cmp(&b.suffix.is_empty())).then(j.cmp(i))
        });
        if let Some(at) = first.or(newest.map(|(at, _)| at)) {
            outlines[at].is_default = true;
        }
        Ok(())
    }

    /// An alias with each suffix must be a tag, and no version's own.
    fn check_aliases(&self, outlines: &[Outline<'m>]) -> Result<(), Box<Diagnostic>> {
        for alias in &self.manifest.image.aliases {
            for outline in outlines {
                let tag = format!("{}{}", alias.get_ref(), outline.suffix);
                let problem =
                    Version::parse(alias.get_ref()).and_then(|alias| tag_text(&alias, &outline.suffix));
                if let Err(error) = problem {
                    let message = format!("`{tag}` is no legal tag");
                    let diagnostic = self.source.error(alias.span(), message, error.to_string());
                    return Err(Box::new(diagnostic.help("an alias is letters, digits, `_`, `.` and `-`")));
                }
                if let Some(owner) = outlines.iter().find(|owner| owner.tag == tag) {
                    let message = format!("the alias `{tag}` is the tag of version {} itself", owner.version);
                    let diagnostic = self.source.error(alias.span(), message, "never moves");
                    return Err(Box::new(diagnostic.help("choose another alias")));
                }
            }
        }
        Ok(())
    }
}

impl SourceText {
    /// Fills the placeholders of one of this file's values in.
    ///
    /// # Errors
    /// An unknown placeholder, or a brace without its pair, at the value's span.
    pub fn filled<'a>(
        &self,
        value: &Spanned<String>,
        value_of: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<String, Box<Diagnostic>> {
        fill(value.get_ref(), value_of).map_err(|error| {
            let (message, label) = match error {
                PlaceholderError::Unknown(word) => {
                    (format!("`{{{word}}}` means nothing here"), "an unknown placeholder")
                }
                PlaceholderError::Unclosed => ("a `{` without its `}`".to_owned(), "never closed"),
            };
            let help = "{name}, {version}, {variant}, {out} in a command, and names of arguments are filled in; `{{` is a brace";
            Box::new(self.error(value.span(), message, label).help(help))
        })
    }
}

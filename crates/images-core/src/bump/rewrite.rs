//! Makes references select what they have to, by the smallest edit of a Dockerfile or an Image.toml.
//!
//! What is written where a tag comes from cannot be read off it: it may be in the reference, in the default of an `ARG`,
//! in `[args]` or in several of them. So edits are tried, the nearest to the reference first, and the image is read again
//! with each; the first counts with which the reference says what it has to, and no other one anything new that it should
//! not.

use std::borrow::Cow;
use std::ops::Range;

use camino::Utf8PathBuf;
use images_dockerfile::Reference;
use images_schema::{Diagnostic, Rule, SourceText, Spanned};

use super::references::{self, At, Internal};
use super::replacement::{Replacement, alternatives, occurrences};
use super::wanted::{self, Wanted};
use crate::Error;
use crate::edits::Edits;
use crate::workspace::{Image, LoadOptions, Workspace, load_image};

/// How many edits are tried for one reference.
const ATTEMPTS: usize = 512;

/// One reference before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// `NAME:TAG` of the image whose reference it is.
    pub spec: String,
    /// What it said, expanded.
    pub old: String,
    /// What it says.
    pub new: String,
}

/// A text from which a reference may be made.
#[derive(Debug, Clone)]
struct Site {
    path: Utf8PathBuf,
    span: Range<usize>,
    text: String,
}

/// The references of an image, by variant.
type References = Vec<Vec<Internal>>;

/// One edit of a site's bytes.
type Edit = (Utf8PathBuf, Range<usize>, String);

/// Edits whatever has to be edited so that references select what is wanted. `after` has the new versions.
///
/// # Errors
/// References that no edit that was tried makes right, each with the lines that it is made from.
pub(super) fn all(
    after: &Workspace,
    wanted: &Wanted,
    edits: &mut Edits,
    options: &LoadOptions,
) -> Result<Vec<Rewritten>, Error> {
    let rewriter = Rewriter { after, wanted, options };
    let mut rewritten = Vec::new();
    let mut problems = Vec::new();
    for (&(at, place), &target) in wanted {
        let image = rewriter.read(at, edits)?;
        let Some(old) = references_of(after, &image, at.variant).into_iter().nth(place) else { continue };
        if old.selects(after) == Some(target) {
            continue;
        }
        let mut new = old.found.reference.clone();
        new.tag = Some(wanted::tag(after, &old, target));
        match rewriter.edit(at, place, &new, edits)? {
            Some(found) => {
                *edits = found;
                let spec = at.spec(after);
                rewritten.push(Rewritten {
                    spec,
                    old: old.found.reference.to_string(),
                    new: new.to_string(),
                });
            }
            None => problems.push(not_found(&image, at.variant, &old, &new)),
        }
    }
    problems.dedup();
    if problems.is_empty() { Ok(rewritten) } else { Err(Error::Input(problems)) }
}

fn references_of(after: &Workspace, image: &Image, variant: usize) -> Vec<Internal> {
    references::internal(after, image, &image.variants[variant])
}

struct Rewriter<'a> {
    after: &'a Workspace,
    wanted: &'a Wanted,
    options: &'a LoadOptions,
}

impl Rewriter<'_> {
    /// The image as it would be with these edits.
    fn read(&self, at: At, edits: &Edits) -> Result<Cow<'_, Image>, Error> {
        let image = at.image(self.after);
        let is_still =
            |source: &SourceText| edits.files().is_still(&self.after.root.join(&source.path), &source.text);
        match is_still(&image.source) && is_still(&image.dockerfile) {
            true => Ok(Cow::Borrowed(image)),
            false => load_image(self.after, image, edits.files(), self.options).map(Cow::Owned),
        }
    }

    /// The edits with which the reference is `new`, if some are found.
    fn edit(&self, at: At, place: usize, new: &Reference, edits: &Edits) -> Result<Option<Edits>, Error> {
        let image = self.read(at, edits)?;
        let before = self.of_all_variants(&image);
        let sharing = self.sharing(at, edits)?;
        let old = &before[at.variant][place].found;
        let sites = sites(self.after, &image, at.variant, &old.span);
        let tags = (old.reference.tag.as_deref().unwrap_or_default(), new.tag.as_deref().unwrap_or_default());
        let suffixes = suffixes(self.after, &before[at.variant][place]);
        let attempts = alternatives(tags.0, tags.1, &suffixes);
        let candidates = attempts.iter().flat_map(|replacements| combinations(&sites, replacements));
        for candidate in candidates.take(ATTEMPTS) {
            let mut tried = edits.clone();
            apply(&mut tried, candidate)?;
            let Ok(image) = self.read(at, &tried) else { continue };
            let now = self.of_all_variants(&image);
            let is_new = || now[at.variant][place].found.reference == *new;
            let is_kept = |(other, before): &(At, References)| {
                let now = self.read(*other, &tried).map(|image| self.of_all_variants(&image));
                now.is_ok_and(|now| self.are_right(before, &now, *other))
            };
            if self.are_right(&before, &now, at) && is_new() && sharing.iter().all(is_kept) {
                return Ok(Some(tried));
            }
        }
        Ok(None)
    }

    /// The references of the other images with the same Dockerfile, as they are with these edits.
    fn sharing(&self, at: At, edits: &Edits) -> Result<Vec<(At, References)>, Error> {
        let own = &at.image(self.after).dockerfile.path;
        let all = (0..self.after.images.len()).map(|image| At { image, variant: 0 });
        let others =
            all.filter(|other| other.image != at.image && other.image(self.after).dockerfile.path == *own);
        others.map(|other| Ok((other, self.of_all_variants(&*self.read(other, edits)?)))).collect()
    }

    fn of_all_variants(&self, image: &Image) -> References {
        (0..image.variants.len()).map(|variant| references_of(self.after, image, variant)).collect()
    }

    /// Whether each reference of an image is as before or as it is wanted.
    fn are_right(&self, before: &References, now: &References, at: At) -> bool {
        let same_shape =
            before.len() == now.len() && before.iter().zip(now).all(|(old, now)| old.len() == now.len());
        same_shape
            && now.iter().enumerate().all(|(variant, references)| {
                references.iter().enumerate().all(|(index, reference)| {
                    let target = self.wanted.get(&(At { variant, ..at }, index));
                    reference.found.reference == before[variant][index].found.reference
                        || (target.is_some() && reference.selects(self.after) == target.copied())
                })
            })
    }
}

/// The suffixes of the image that a reference names, as tags have them.
fn suffixes(after: &Workspace, reference: &Internal) -> Vec<String> {
    let variants = after.images[reference.member].variants.iter();
    variants.map(|variant| variant.suffix.replace('+', "_")).filter(|suffix| !suffix.is_empty()).collect()
}

/// The texts that may be behind a reference: itself, the defaults of global arguments, the values in Image.toml.
fn sites(workspace: &Workspace, image: &Image, variant: usize, reference: &Range<usize>) -> Vec<Site> {
    let dockerfile = workspace.root.join(&image.dockerfile.path);
    let in_dockerfile = |span: Range<usize>| {
        let text = image.dockerfile.text[span.clone()].to_owned();
        Site { path: dockerfile.clone(), span, text }
    };
    let mut sites = vec![in_dockerfile(reference.clone())];
    for arg in image.parsed.args().iter().filter(|arg| arg.stage.is_none()) {
        if let Some(default) = &arg.default
            && image.dockerfile.text[arg.span.clone()].ends_with(default)
        {
            sites.push(in_dockerfile(arg.span.end - default.len()..arg.span.end));
        }
    }
    let manifest = workspace.root.join(&image.source.path);
    for span in values(image, variant) {
        let text = image.source.text[span.clone()].to_owned();
        sites.push(Site { path: manifest.clone(), span, text });
    }
    sites
}

/// The bytes of the values that a variant's arguments may have in Image.toml.
fn values(image: &Image, variant: usize) -> Vec<Range<usize>> {
    let own = image.manifest.variant.get(variant).into_iter().flat_map(|table| table.get_ref().args.values());
    let matrix = image.manifest.matrix.iter().flat_map(|matrix| matrix.get_ref().args.values());
    let matrix = matrix.flat_map(|list| list.get_ref());
    own.chain(image.manifest.args.values()).chain(matrix).map(Spanned::span).collect()
}

/// Every way to make all replacements, each at one place.
fn combinations(sites: &[Site], replacements: &[Replacement]) -> Vec<Vec<Edit>> {
    let mut ways: Vec<Vec<Edit>> = vec![Vec::new()];
    for replacement in replacements {
        let places: Vec<Edit> = sites.iter().flat_map(|site| at_site(site, replacement)).collect();
        let longer = ways.iter().flat_map(|way| {
            let free = places.iter().filter(|place| !way.iter().any(|other| overlaps(place, other)));
            free.map(|place| way.iter().chain([place]).cloned().collect())
        });
        ways = longer.take(ATTEMPTS).collect();
    }
    ways
}

fn at_site(site: &Site, replacement: &Replacement) -> Vec<Edit> {
    let found = occurrences(&site.text, replacement).into_iter();
    found
        .map(|range| {
            let span = site.span.start + range.start..site.span.start + range.end;
            (site.path.clone(), span, replacement.new.clone())
        })
        .collect()
}

fn overlaps(a: &Edit, b: &Edit) -> bool {
    a.0 == b.0 && a.1.start < b.1.end && b.1.start < a.1.end
}

/// Applies edits that do not overlap, the last ones first, so that the places of the others stay.
fn apply(edits: &mut Edits, mut candidate: Vec<Edit>) -> Result<(), Error> {
    candidate.sort_by_key(|(_, span, _)| std::cmp::Reverse(span.start));
    candidate.into_iter().try_for_each(|(path, span, text)| edits.replace(&path, span, &text))
}

fn not_found(image: &Image, variant: usize, old: &Internal, new: &Reference) -> Diagnostic {
    let (is, must) = (&old.found.reference, new);
    let label = format!("is `{is}`, has to be `{must}`");
    let message = "no single edit makes this reference select the new version, so nothing is written";
    let diagnostic = image.dockerfile.error(old.found.span.clone(), message, label).rule(Rule::Reference);
    let lines = made_from(image, variant, &old.found.span);
    diagnostic.help(match lines.is_empty() {
        true => format!("write {must} here, and run this again"),
        false => format!("change by hand what it is made from, and run this again: {}", lines.join(", ")),
    })
}

/// The lines of the arguments that a reference is made from, directly or by others.
fn made_from(image: &Image, variant: usize, reference: &Range<usize>) -> Vec<String> {
    let mut texts = vec![image.dockerfile.text[reference.clone()].to_owned()];
    let mut lines = Vec::new();
    let globals = || image.parsed.args().iter().filter(|arg| arg.stage.is_none());
    while let Some(text) = texts.pop() {
        for arg in globals().filter(|arg| text.contains('$') && text.contains(&arg.name)) {
            let own =
                image.manifest.variant.get(variant).and_then(|table| table.get_ref().args.get(&arg.name));
            let line = match own.or_else(|| image.manifest.args.get(&arg.name)) {
                Some(value) => place(&image.source, value.span().start),
                None => place(&image.dockerfile, arg.span.start),
            };
            if !lines.contains(&line) {
                lines.push(line);
                texts.extend(arg.default.clone());
            }
        }
    }
    lines
}

/// `FILE:LINE`
pub(super) fn place(source: &SourceText, offset: usize) -> String {
    format!("{}:{}", source.path, 1 + source.text[..offset].matches('\n').count())
}

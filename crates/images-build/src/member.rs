//! The workspace's images with their variants.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::{Choice, Manifest, SourceText, Version, Versions};

use crate::crates::Crates;
use crate::failure::Failure;
use crate::folders::{read, subfolders};
use crate::root::Root;

/// One image.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Absolute.
    pub(crate) folder: Utf8PathBuf,
    pub(crate) source: SourceText,
    pub(crate) manifest: Manifest,
    /// There is at least one.
    pub(crate) variants: Vec<Variant>,
}

/// One variant.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) version: Version,
    pub(crate) suffix: String,
    pub(crate) tag: String,
    pub(crate) is_default: bool,
}

/// The members of a workspace, and what they were read from.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// By name.
    pub(crate) all: Vec<Member>,
    /// Every file that counts. Absolute.
    pub(crate) files: BTreeSet<Utf8PathBuf>,
    /// Every folder that was listed to find them. Absolute.
    pub(crate) listed: BTreeSet<Utf8PathBuf>,
}

impl Members {
    /// Reads every Image.toml, and the versions of crates that one needs.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub(crate) fn read(root: &Root) -> Result<Self, Failure> {
        let mut members = Self::default();
        members.files.insert(root.folder.join("Cargo.toml"));
        let mut list = |folder: &Utf8Path| {
            members.listed.insert(root.folder.join(folder));
            subfolders(&root.folder, folder)
        };
        let candidates = images_schema::candidates::<Failure>(&root.source, &root.settings, &mut list)?;
        let crates = Crates::of(root);
        let mut problems = Failure::default();
        for (folder, required) in candidates {
            match Member::read(root, &crates, &folder) {
                Ok(Some(member)) => members.all.push(member),
                Ok(None) => problems.0.extend(required.map(|span| {
                    let message = format!("member `{folder}` is no image");
                    let diagnostic = root.source.error(span, message, "no Image.toml there");
                    diagnostic.help(format!("create {folder}/Image.toml, or take the entry out"))
                })),
                Err(failure) => problems.0.extend(failure.0),
            }
        }
        members.files.extend(members.all.iter().map(|member| member.folder.join("Image.toml")));
        members.files.append(&mut crates.read.borrow_mut());
        problems.0.splice(0..0, crates.problems.take().0);
        members.all.sort_by(|a, b| a.name.cmp(&b.name));
        problems.0.extend(members.all.windows(2).filter(|pair| pair[0].name == pair[1].name).map(|pair| {
            let message = format!("two images are named `{}`", pair[1].name);
            let label = format!("also in {}", pair[0].source.path);
            pair[1].source.error(0..0, message, label).help("give one of them another `name`")
        }));
        if problems.0.is_empty() { Ok(members) } else { Err(problems) }
    }

    /// The member of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&Member> {
        self.all.iter().find(|member| member.name == name)
    }
}

impl Member {
    /// Reads one; `None` where there is no Image.toml.
    fn read(root: &Root, crates: &Crates<'_>, relative: &Utf8Path) -> Result<Option<Self>, Failure> {
        let file = relative.join("Image.toml");
        let Some(text) = read(&root.folder.join(&file))? else { return Ok(None) };
        let source = SourceText::new(&file, text);
        let manifest: Manifest = source.parse_toml()?;
        let folder = root.folder.join(relative);
        let name = manifest.image.name.as_ref().map(|name| name.get_ref().as_str());
        let name = name.or(folder.file_name()).unwrap_or_default().to_owned();
        let known = Known { root, crates, folder: &folder };
        let outlines = images_schema::expand(&source, &name, &manifest, &known)?;
        let variants = outlines.into_iter().map(|outline| Variant {
            version: outline.version,
            suffix: outline.suffix,
            tag: outline.tag,
            is_default: outline.is_default,
        });
        let variants = variants.collect();
        Ok(Some(Self { name, folder, source, manifest, variants }))
    }

    /// The place of the variant that a tag means.
    pub(crate) fn select(&self, tag: Option<&str>) -> Option<usize> {
        let choices = self.variants.iter().map(|variant| Choice {
            version: &variant.version,
            suffix: &variant.suffix,
            tag: &variant.tag,
            is_default: variant.is_default,
        });
        images_schema::select(choices, tag)
    }

    /// The place of the default variant.
    pub(crate) fn default(&self) -> usize {
        self.variants.iter().position(|variant| variant.is_default).unwrap_or_default()
    }

    /// Every tag that means a variant, with the variant's place: the tags themselves, and versions cut at a dot.
    pub(crate) fn tags(&self) -> BTreeMap<String, usize> {
        let mut asked = BTreeSet::from(["latest".to_owned()]);
        for variant in &self.variants {
            asked.insert(variant.tag.clone());
            let version = variant.version.as_str();
            let suffix = variant.suffix.replace('+', "_");
            asked.extend(version.match_indices('.').map(|(at, _)| format!("{}{suffix}", &version[..at])));
            // Without what semver calls build metadata.
            asked.extend(version.split_once('+').map(|(release, _)| format!("{release}{suffix}")));
        }
        asked.into_iter().filter_map(|tag| self.select(Some(&tag)).map(|at| (tag, at))).collect()
    }
}

/// Where an image's version comes from.
struct Known<'a> {
    root: &'a Root,
    crates: &'a Crates<'a>,
    folder: &'a Utf8Path,
}

impl Versions for Known<'_> {
    fn in_folder(&self) -> Option<String> {
        self.crates.in_folder(self.folder)
    }

    fn of_workspace(&self) -> Option<String> {
        self.root.settings.image.version.as_ref().or(self.root.package.version.as_ref()).cloned()
    }

    fn of_crate(&self, name: &str) -> Option<String> {
        self.crates.version(name)
    }

    fn crates(&self) -> Vec<String> {
        self.crates.names()
    }
}

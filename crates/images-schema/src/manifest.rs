//! Image.toml as it is written. Unknown keys are errors everywhere.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};

use crate::{Spanned, TestTable};

/// One image of the workspace, in the file's folder.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// `[image]`: what it is called, its version, where its files are.
    #[serde(default)]
    pub image: ImageTable,
    /// `[args]`: build arguments, with placeholders.
    #[serde(default)]
    pub args: BTreeMap<String, Spanned<String>>,
    /// `[labels]`, with placeholders.
    #[serde(default)]
    pub labels: BTreeMap<String, Spanned<String>>,
    /// `[secrets]`: by id, where the value is.
    #[serde(default)]
    pub secrets: BTreeMap<String, Spanned<SecretTable>>,
    /// `[[variant]]`: several versions side by side from one folder.
    #[serde(default)]
    pub variant: Vec<Spanned<VariantTable>>,
    /// `[matrix]`: the product of lists, one variant each.
    pub matrix: Option<Spanned<Matrix>>,
    /// `[artifacts]`: binaries that cargo builds on the host, as `artifacts/bin/NAME` in the context.
    pub artifacts: Option<Spanned<Artifacts>>,
    /// `[[input]]`: files and folders from elsewhere in the repository.
    #[serde(default)]
    pub input: Vec<InputTable>,
    /// `[[prepare]]`: commands on the host whose outputs join the context.
    #[serde(default)]
    pub prepare: Vec<Spanned<PrepareTable>>,
    /// `[[test]]`: what the built image is asked.
    #[serde(default)]
    pub test: Vec<Spanned<TestTable>>,
}

/// `[image]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ImageTable {
    /// The image's name; the folder's name otherwise.
    pub name: Option<Spanned<String>>,
    /// The version, or where it comes from; the version of the crate in the same folder otherwise.
    pub version: Option<Spanned<VersionSource>>,
    /// One line about the image.
    pub description: Option<Spanned<Field<String>>>,
    /// Who made it.
    pub authors: Option<Spanned<Field<Vec<String>>>>,
    /// An SPDX expression.
    pub licenses: Option<Spanned<Field<String>>>,
    /// The URL of its source.
    pub source: Option<Spanned<Field<String>>>,
    /// The URL of its documentation.
    pub documentation: Option<Spanned<Field<String>>>,
    /// The URL to learn more.
    pub url: Option<Spanned<Field<String>>>,
    /// Who distributes it.
    pub vendor: Option<Spanned<Field<String>>>,
    /// The Dockerfile, relative to the folder; `Dockerfile` otherwise.
    pub dockerfile: Option<Spanned<String>>,
    /// The context, relative to the folder; the folder itself otherwise.
    pub context: Option<Spanned<String>>,
    /// The stage to build; the last one otherwise.
    pub target: Option<Spanned<String>>,
    /// What to build for; the workspace's, else the engine's own platform otherwise.
    pub platforms: Option<Spanned<Vec<Spanned<String>>>>,
    /// Whether it is pushed to a registry; it is otherwise.
    pub publish: Option<Spanned<bool>>,
    /// Further tags that a release moves to each version, apart from those that follow from its number.
    #[serde(default)]
    pub aliases: Vec<Spanned<String>>,
    /// What becomes of the files' permission bits.
    #[serde(default)]
    pub modes: Modes,
}

/// What becomes of permission bits in a context.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Modes {
    /// 0755 for folders and what is executable, 0644 for the rest.
    #[default]
    Normalise,
    /// As they are.
    Preserve,
}

/// Where a version comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSource {
    /// `version = "1.2.3"`.
    Own(String),
    /// `version.workspace = true`.
    Workspace,
    /// `version.crate = "api"`.
    Crate(String),
}

impl<'de> Deserialize<'de> for VersionSource {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VersionSourceVisitor)
    }
}

struct VersionSourceVisitor;

impl<'de> Visitor<'de> for VersionSourceVisitor {
    type Value = VersionSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version as a string, `workspace = true` or `crate = \"NAME\"`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<VersionSource, E> {
        Ok(VersionSource::Own(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<VersionSource, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Elsewhere {
            workspace: Option<bool>,
            #[serde(rename = "crate")]
            krate: Option<String>,
        }
        match Elsewhere::deserialize(MapAccessDeserializer::new(map))? {
            Elsewhere { workspace: Some(true), krate: None } => Ok(VersionSource::Workspace),
            Elsewhere { workspace: None, krate: Some(name) } => Ok(VersionSource::Crate(name)),
            _ => Err(de::Error::custom("expected either `workspace = true` or `crate = \"NAME\"`")),
        }
    }
}

/// A value, or `workspace = true` to inherit it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field<T> {
    /// Written here.
    Value(T),
    /// Taken from `[workspace.metadata.images.image]`, else from `[workspace.package]`.
    Workspace,
}

impl<'de, T: Described> Deserialize<'de> for Field<T> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor(std::marker::PhantomData))
    }
}

struct FieldVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Described> Visitor<'de> for FieldVisitor<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} or `workspace = true`", T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Field<T>, E> {
        T::from_text(text).map(Field::Value).ok_or_else(|| E::invalid_type(de::Unexpected::Str(text), &self))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Field<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<String>()? {
            items.push(item);
        }
        T::from_list(items)
            .map(Field::Value)
            .ok_or_else(|| de::Error::invalid_type(de::Unexpected::Seq, &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field<T>, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Inherit {
            workspace: bool,
        }
        match Inherit::deserialize(MapAccessDeserializer::new(map))? {
            Inherit { workspace: true } => Ok(Field::Workspace),
            Inherit { workspace: false } => Err(de::Error::custom("`workspace` can only be `true`")),
        }
    }
}

/// What an inheritable field can hold.
pub trait Described: Sized {
    /// How an error names it.
    const EXPECTED: &'static str;
    /// From a string, if it can be one.
    fn from_text(text: &str) -> Option<Self>;
    /// From a list of strings, if it can be one.
    fn from_list(items: Vec<String>) -> Option<Self>;
}

impl Described for String {
    const EXPECTED: &'static str = "a string";

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn from_list(_: Vec<String>) -> Option<Self> {
        None
    }
}

impl Described for Vec<String> {
    const EXPECTED: &'static str = "a list of strings";

    fn from_text(_: &str) -> Option<Self> {
        None
    }

    fn from_list(items: Vec<String>) -> Option<Self> {
        Some(items)
    }
}

/// One entry of `[secrets]`: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SecretTable {
    /// An environment variable's name.
    pub env: Option<String>,
    /// A file, relative to the image's folder.
    pub file: Option<String>,
}

/// `[[variant]]`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VariantTable {
    /// Its version; the image's otherwise.
    pub version: Option<Spanned<String>>,
    /// Added to the version in every tag, with placeholders.
    pub suffix: Option<Spanned<String>>,
    /// What to build it for; what the image says otherwise.
    pub platform: Option<Spanned<String>>,
    /// Build arguments of this variant, over those of `[args]`.
    #[serde(default)]
    pub args: BTreeMap<String, Spanned<String>>,
    /// Whether a reference without a tag means it.
    #[serde(default)]
    pub default: bool,
}

/// `[matrix]`: the product of the lists, one variant each.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Matrix {
    /// The values of each argument.
    pub args: BTreeMap<String, Spanned<Vec<Spanned<String>>>>,
    /// Added to the version in every tag, with placeholders.
    pub suffix: Option<Spanned<String>>,
}

/// `[artifacts]`: what cargo builds on the host for the context.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Artifacts {
    /// Names of binary targets in this workspace.
    pub bins: Vec<Spanned<String>>,
    /// The cargo profile; `release` otherwise.
    pub profile: Option<String>,
    /// The target triple; the host's own otherwise.
    pub target: Option<String>,
    /// Whether the C runtime is linked statically.
    #[serde(default, rename = "static")]
    pub is_static: bool,
}

/// `[[input]]`: a file or folder from elsewhere in the repository.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InputTable {
    /// Relative to the image's folder.
    pub from: Spanned<String>,
    /// Relative to the context.
    pub to: Spanned<String>,
}

/// `[[prepare]]`: a command on the host whose output joins the context.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrepareTable {
    /// The program and its arguments, with placeholders; `{out}` is the file or folder to write.
    pub command: Vec<Spanned<String>>,
    /// Where the output lands, relative to the context.
    pub output: Spanned<String>,
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;

//! The file that a crate includes.

use std::collections::BTreeMap;

use crate::exact::Exact;
use crate::member::{Member, Members};
use crate::script::Repositories;

/// The types and functions that are the same everywhere. It is compiled where it is included.
const TYPES: &str = include_str!("generated/types.rs");

/// What a variant has besides, where keys are asked for.
const EXACT: &str = include_str!("generated/exact.rs");

/// The module of a workspace, and the names of the images that get no constant since another one would have its name.
pub(crate) fn of(
    members: &Members,
    repositories: &Repositories,
    exact: Option<&Exact>,
) -> (String, Vec<String>) {
    let image = |member: &Member| image(member, repositories, exact);
    let mut by_identifier: BTreeMap<String, Vec<&Member>> = BTreeMap::new();
    for member in &members.all {
        by_identifier.entry(identifier(&member.name)).or_default().push(member);
    }
    let mut items = String::new();
    let mut nameless = Vec::new();
    for (identifier, named) in &by_identifier {
        match named.as_slice() {
            [member] => {
                items += &format!(
                    "/// The image `{}`.\npub const {identifier}: Image = {};\n",
                    member.name,
                    image(member)
                );
            }
            several => nameless.extend(several.iter().map(|member| member.name.clone())),
        }
    }
    let all: String = members.all.iter().map(|member| format!("{},\n", image(member))).collect();
    let names: Vec<_> = members.all.iter().map(|member| member.name.as_str()).collect();
    let unknown = format!(
        "no image of this workspace is meant; there are: {}. If it is new, touch build.rs",
        names.join(", ")
    );
    (module(true, exact.is_some(), &all, &unknown, &items), nameless)
}

/// The module where there is no workspace.
pub(crate) fn absent(is_exact: bool) -> String {
    module(false, is_exact, "", "", "")
}

fn module(is_known: bool, is_exact: bool, all: &str, unknown: &str, items: &str) -> String {
    let exact = if is_exact { EXACT } else { "" };
    format!(
        "#[allow(dead_code, missing_docs, unreachable_pub, unused_imports, unused_macros, clippy::all, clippy::pedantic)]\n\
         pub mod images {{\n{TYPES}\n{exact}\n\
         /// Whether the workspace was there when this was compiled.\npub const IS_KNOWN: bool = {is_known};\n\
         /// Every image.\npub const ALL: &[Image] = &[\n{all}];\n\
         const UNKNOWN: &str = {unknown:?};\n{items}}}\n"
    )
}

fn image(member: &Member, repositories: &Repositories, exact: Option<&Exact>) -> String {
    let repository = repositories.of_member(member);
    let variants: String = member
        .variants
        .iter()
        .map(|variant| {
            let (version, tag) = (variant.version.as_str(), &variant.tag);
            let reference = format!("{repository}:{tag}");
            let exact = exact.and_then(|exact| exact.of(member, variant));
            format!("Variant {{ version: {version:?}, tag: {tag:?}, reference: {reference:?}, exact: {exact:?} }}, ")
        })
        .collect();
    let tags: String = member.tags().iter().map(|(tag, at)| format!("({tag:?}, {at}), ")).collect();
    format!(
        "Image {{ name: {:?}, repository: {repository:?}, default: {}, variants: &[{variants}], tags: &[{tags}] }}",
        member.name,
        member.default()
    )
}

/// An image's name as a constant's: in capitals, `_` for all that is neither a letter nor a digit, and before a digit at
/// the start.
pub(crate) fn identifier(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let text: String = name.chars().map(word).collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) { format!("_{text}") } else { text }
}

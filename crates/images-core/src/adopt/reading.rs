//! What a Dockerfile says before it is a member's: whom it names, and what it sets.

use std::collections::BTreeMap;

use images_dockerfile::{
    Dockerfile, ImageReference, Inputs, Platform, Reference, ReferenceKind, Resolution, Sources, Span, Word,
};

use crate::workspace::host_platform;

/// One `ARG`, `ENV` or `LABEL` of the image that a Dockerfile makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// `ARG`, `ENV` or `LABEL`.
    pub(super) keyword: String,
    /// What is set.
    pub(super) key: String,
    /// The value with known variables expanded.
    pub(super) value: String,
    /// The line, counted from 1.
    pub(super) line: usize,
}

/// The images that any stage refers to. Those whose variables have no value are left out.
pub(super) fn references(parsed: &Dockerfile) -> Vec<(Reference, Span)> {
    let mut found: Vec<ImageReference> = Vec::new();
    let stages = parsed.instructions().iter().filter_map(|instruction| instruction.stage).max();
    for stage in 0..=stages.unwrap_or_default() {
        let Some(resolution) = resolve(parsed, Some(&stage.to_string())) else { return bases(parsed) };
        let new = resolution.references.into_iter().filter(|one| one.kind != ReferenceKind::Syntax);
        for reference in new {
            if !found.iter().any(|other| other.span == reference.span) {
                found.push(reference);
            }
        }
    }
    found.into_iter().map(|found| (found.reference, found.span)).collect()
}

/// What the image reads from its context; everything, where that cannot be told. What its bases are has no part in it, so any
/// will do where arguments are missing.
pub(super) fn sources(parsed: &Dockerfile) -> Sources {
    let missing = parsed.args().iter().filter(|arg| arg.stage.is_none() && arg.default.is_none());
    let any = missing.map(|arg| (arg.name.clone(), "any".to_owned())).collect();
    resolve_with(parsed, None, &any).map_or(Sources::All, |resolution| resolution.sources)
}

fn resolve(parsed: &Dockerfile, target: Option<&str>) -> Option<Resolution> {
    resolve_with(parsed, target, &BTreeMap::new())
}

fn resolve_with(
    parsed: &Dockerfile,
    target: Option<&str>,
    args: &BTreeMap<String, String>,
) -> Option<Resolution> {
    let platform: Platform = host_platform();
    parsed.resolve(&Inputs { args, target, platform: &platform, build_platform: &platform }).ok()
}

/// The bases that can be read, where a Dockerfile as a whole has no meaning without further arguments.
fn bases(parsed: &Dockerfile) -> Vec<(Reference, Span)> {
    let mut values = BTreeMap::new();
    let mut stages: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for instruction in parsed.instructions() {
        let written = parsed.written(instruction);
        match instruction.keyword.as_str() {
            "ARG" if instruction.stage.is_none() => {
                let pairs: Vec<_> = pairs(parsed, &written.quoted, &written.arguments, &values);
                values.extend(pairs);
            }
            "FROM" => {
                let Some(word) = written.words.first() else { continue };
                let base = expand(parsed, word, &values).unwrap_or_default();
                if base != "scratch" && !stages.iter().any(|stage| stage.eq_ignore_ascii_case(&base)) {
                    found.extend(Reference::parse(&base).map(|reference| (reference, word.span.clone())));
                }
                let name =
                    written.words.iter().skip_while(|word| !word.text.eq_ignore_ascii_case("as")).nth(1);
                stages.extend(name.map(|name| name.text.clone()));
            }
            _ => {}
        }
    }
    found
}

/// What the stages set that the last one consists of, in their order.
pub(super) fn settings(parsed: &Dockerfile) -> Vec<Setting> {
    let stages = own_stages(parsed);
    let mut values = BTreeMap::new();
    let mut found = Vec::new();
    for instruction in parsed.instructions() {
        let is_ours = instruction.stage.is_none_or(|stage| stages.contains(&stage));
        if !is_ours || !matches!(instruction.keyword.as_str(), "ARG" | "ENV" | "LABEL") {
            continue;
        }
        let written = parsed.written(instruction);
        for (key, value) in pairs(parsed, &written.quoted, &written.arguments, &values) {
            if instruction.keyword != "LABEL" {
                values.insert(key.clone(), value.clone());
            }
            found.push(Setting { keyword: instruction.keyword.clone(), key, value, line: instruction.line });
        }
    }
    found
}

/// The last stage and those that it is based on.
fn own_stages(parsed: &Dockerfile) -> Vec<usize> {
    let last =
        parsed.instructions().iter().filter_map(|instruction| instruction.stage).max().unwrap_or_default();
    let mut own = vec![last];
    let resolution = resolve(parsed, None);
    let base = |stage: usize| resolution.as_ref()?.stages.get(stage)?.base_stage;
    while let Some(base) = own.last().and_then(|stage| base(*stage)) {
        own.push(base);
    }
    own
}

/// The keys and values of `ARG`, `ENV` or `LABEL`. A declaration without a value sets nothing.
fn pairs(
    parsed: &Dockerfile,
    quoted: &[Word],
    arguments: &Word,
    values: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let split = |word: &Word| {
        let (key, value) = word.text.split_once('=')?;
        let part =
            |text: &str| expand(parsed, &Word { text: text.to_owned(), span: word.span.clone() }, values);
        Some((part(key)?, part(value)?))
    };
    match quoted.first() {
        Some(first) if first.text.contains('=') => quoted.iter().filter_map(split).collect(),
        // `ENV KEY the rest`.
        Some(first) if quoted.len() > 1 => {
            let rest = arguments.text[first.text.len()..].trim().to_owned();
            let value = expand(parsed, &Word { text: rest, span: arguments.span.clone() }, values);
            value.map(|value| (first.text.clone(), value)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn expand(parsed: &Dockerfile, word: &Word, values: &BTreeMap<String, String>) -> Option<String> {
    parsed.expander().word(word, &|name| values.get(name).cloned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        references(&Dockerfile::parse(text).unwrap()).iter().map(|(one, _)| one.to_string()).collect()
    }

    #[test]
    fn all_stages_are_read_with_the_defaults_of_their_arguments() {
        let text = "ARG O=acme\nARG B=quay.io/$O/base:1\nFROM $B AS a\nFROM scratch\nCOPY --from=acme/x:2 / /\n\
                    RUN --mount=from=acme/y,target=/y true\nFROM a\n";
        assert_eq!(names(text), ["quay.io/acme/base:1", "acme/x:2", "acme/y"]);
    }

    #[test]
    fn bases_are_read_where_others_need_arguments() {
        let text = "ARG BASE\nARG V=3\nFROM acme/python:$V AS Tools\nFROM $BASE\nFROM tools\n";
        assert_eq!(names(text), ["acme/python:3"]);
    }

    #[test]
    fn settings_are_those_of_the_image_in_any_way_to_write_them() {
        let text = "ARG V=3.8\nFROM x AS other\nENV NO=1\nFROM y AS base\nARG V\nENV PYTHON_VERSION $V.5 \n\
                    FROM base\nLABEL a=\"b c\" \\\n  version=\"${PYTHON_VERSION}\"\nLABEL old style\n";
        let found: Vec<_> = settings(&Dockerfile::parse(text).unwrap())
            .into_iter()
            .map(|setting| format!("{}: {} {}={}", setting.line, setting.keyword, setting.key, setting.value))
            .collect();
        assert_eq!(
            found,
            [
                "1: ARG V=3.8",
                "6: ENV PYTHON_VERSION=3.8.5",
                "8: LABEL a=b c",
                "8: LABEL version=3.8.5",
                "10: LABEL old=style",
            ]
        );
    }
}

//! The values of an argument: those that it lists, else by what its value is called.

use clap::Arg;

use super::{Candidate, Completion};
use crate::environment;

/// An image of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    /// Its name.
    pub(crate) name: String,
    /// The tags of its variants.
    pub(crate) tags: Vec<String>,
}

/// Tells the images of the workspace; asked only where one is named.
pub(crate) type Images<'a> = &'a dyn Fn() -> Vec<Image>;

/// What `start` can become as a value of `arg`.
pub(super) fn of(arg: &Arg, start: &str, images: Images<'_>) -> Completion {
    let listed = arg.get_possible_values();
    if !listed.is_empty() {
        let listed = listed.into_iter().filter(|value| !value.is_hide_set()).map(|value| Candidate {
            word: value.get_name().to_owned(),
            about: value.get_help().map(ToString::to_string).unwrap_or_default(),
        });
        return starting(start, listed);
    }
    let names = arg.get_value_names().unwrap_or_default();
    match names.first().map_or("", |name| name.as_str()) {
        "SPEC" | "PARENT" => starting(start, specs(&images(), start)),
        "ENGINE" => starting(start, words(environment::engine_names())),
        "METHOD" => starting(start, words(environment::compression_names())),
        "PATH" | "FILE" | "FOLDER" => Completion::Path,
        _ => Completion::Words(Vec::new()),
    }
}

fn starting(start: &str, all: impl IntoIterator<Item = Candidate>) -> Completion {
    Completion::Words(all.into_iter().filter(|found| found.word.starts_with(start)).collect())
}

fn words(all: impl IntoIterator<Item = &'static str>) -> impl Iterator<Item = Candidate> {
    all.into_iter().map(|word| Candidate { word: word.to_owned(), about: String::new() })
}

/// Names of images; behind a colon, the tags of the one that is named.
fn specs(images: &[Image], start: &str) -> Vec<Candidate> {
    match start.split_once(':') {
        None => {
            let named = images.iter();
            named.map(|image| Candidate { word: image.name.clone(), about: image.tags.join(", ") }).collect()
        }
        Some((name, _)) => {
            let tags = images.iter().filter(|image| image.name == name).flat_map(|image| &image.tags);
            tags.map(|tag| Candidate { word: format!("{name}:{tag}"), about: String::new() }).collect()
        }
    }
}

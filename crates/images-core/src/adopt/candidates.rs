//! From files to candidates: each Dockerfile that can be an image, with the folder that its Image.toml goes to.
//!
//! An image is a folder with an Image.toml. A Dockerfile that is alone in its folder gets it there. Of several in one
//! folder, the plain `Dockerfile` does; the others get it in a folder of their name below, which names the Dockerfile and
//! the context above it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::{Dockerfile, Reference, Span};
use images_schema::{Diagnostic, Manifest, PathGlob, Severity, SourceText, Spanned, normal};

use super::file_name::{self, FileName};
use super::reading;
use crate::Error;
use crate::quantity;
use crate::workspace::{at_problem, relative};

/// A Dockerfile that becomes an image.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Where its Image.toml goes, relative to the workspace's root.
    pub(super) folder: Utf8PathBuf,
    /// Its text; the path is relative to the workspace's root.
    pub(super) dockerfile: SourceText,
    /// Its instructions.
    pub(super) parsed: Dockerfile,
    /// What its name is made from: the names of the folders down to it, and its own at the end.
    pub(super) parts: Vec<String>,
    /// The images that it refers to, with their places in it.
    pub(super) references: Vec<(Reference, Span)>,
}

/// What is below a folder.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// By folder.
    pub(super) found: Vec<Candidate>,
    /// Folders that have an Image.toml, relative to the root, with the names of their images.
    pub(super) kept: BTreeMap<Utf8PathBuf, String>,
    /// Folders that have a Cargo.toml, relative to the root.
    pub(super) crates: BTreeSet<Utf8PathBuf>,
    /// What is not adopted, and why.
    pub(super) problems: Vec<Diagnostic>,
}

/// Reads what a listing has.
///
/// # Errors
/// A glob to exclude is malformed.
pub(super) fn read(
    root: &Utf8Path,
    listing: &[Utf8PathBuf],
    exclude: &[String],
) -> Result<Candidates, Error> {
    let exclude = globs(exclude)?;
    let mut files = Vec::new();
    for path in listing.iter().map(|path| relative(path, root)) {
        if !path.ancestors().any(|above| exclude.iter().any(|glob| glob.matches(above))) {
            files.push(path);
        }
    }
    let mut candidates = Candidates::default();
    let taken = candidates.look_at_manifests(root, &files);
    let mut by_folder: BTreeMap<&Utf8Path, Vec<(&Utf8Path, FileName)>> = BTreeMap::new();
    let mut templates = Vec::new();
    for path in files {
        match path.file_name().and_then(file_name::read) {
            Some(FileName::Template) => templates.push(path),
            Some(name) if !taken.contains(path) => {
                by_folder.entry(path.parent().unwrap_or("".into())).or_default().push((path, name));
            }
            _ => {}
        }
    }
    for (folder, files) in by_folder {
        if !candidates.kept.contains_key(folder) {
            candidates.add_folder(root, folder, files);
        }
    }
    candidates.problems.extend(of_templates(&templates));
    Ok(candidates)
}

fn globs(texts: &[String]) -> Result<Vec<PathGlob>, Error> {
    let parse = |text: &String| {
        let source = SourceText::new("--exclude", text.as_str());
        PathGlob::parse(&source, &Spanned::new(0..text.len(), text.clone())).map_err(Error::from)
    };
    texts.iter().map(parse).collect()
}

/// How many of a kind are named before the rest is counted.
const NAMED: usize = 5;

/// The first of these, and how many there are besides.
pub(super) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    quantity::listed(names, NAMED)
}

/// Dockerfiles in hidden folders, where other tools keep theirs.
pub(super) fn of_hidden(root: &Utf8Path, hidden: &[Utf8PathBuf]) -> Option<Diagnostic> {
    let is_dockerfile = |path: &&Utf8Path| path.file_name().and_then(file_name::read).is_some();
    let paths: Vec<_> = hidden.iter().map(|path| relative(path, root)).filter(is_dockerfile).collect();
    let problem =
        Diagnostic::warning(format!("what is in hidden folders is passed over: {}", listed(&paths)));
    (!paths.is_empty()).then(|| problem.help("name such a folder as PATH to adopt what is in it"))
}

fn of_templates(templates: &[&Utf8Path]) -> Option<Diagnostic> {
    let what = match templates.len() {
        0 => return None,
        1 => "a template is not adopted".to_owned(),
        count => format!("{count} templates are not adopted"),
    };
    let problem = Diagnostic::warning(format!("{what}: {}", listed(templates)));
    Some(
        problem.help(
            "write the Dockerfiles that are made from them into folders of their own, and run this again",
        ),
    )
}

impl Candidates {
    /// Notes which folders have manifests, and gives the Dockerfiles back that an Image.toml names already.
    fn look_at_manifests(&mut self, root: &Utf8Path, files: &[&Utf8Path]) -> BTreeSet<Utf8PathBuf> {
        let mut taken = BTreeSet::new();
        for path in files {
            let folder = path.parent().unwrap_or("".into());
            match path.file_name() {
                Some("Cargo.toml") => drop(self.crates.insert(folder.to_owned())),
                Some("Image.toml") => {
                    let text = fs::read_to_string(root.join(path)).unwrap_or_default();
                    // One that is wrong is told of when the workspace is checked.
                    let manifest: Manifest = SourceText::new(path, text).parse_toml().unwrap_or_default();
                    let text =
                        |field: &Option<Spanned<String>>| field.as_ref().map(|text| text.get_ref().clone());
                    let dockerfile =
                        text(&manifest.image.dockerfile).unwrap_or_else(|| "Dockerfile".to_owned());
                    taken.insert(normal(&folder.join(dockerfile)));
                    let name = text(&manifest.image.name);
                    let of_folder = || folder.file_name().unwrap_or_default().to_owned();
                    self.kept.insert(folder.to_owned(), name.unwrap_or_else(of_folder));
                }
                _ => {}
            }
        }
        taken
    }

    fn add_folder(&mut self, root: &Utf8Path, folder: &Utf8Path, mut files: Vec<(&Utf8Path, FileName)>) {
        let mut parts: Vec<String> = root.file_name().map(str::to_owned).into_iter().collect();
        parts.extend(folder.components().map(|part| part.as_str().to_owned()));
        files.sort_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)).then(a.0.cmp(b.0)));
        let own = files.iter().position(|(_, name)| *name == FileName::Plain);
        let is_alone = files.len() == 1;
        let own_path = own.map(|at| files[at].0.to_owned());
        for (at, (path, name)) in files.into_iter().enumerate() {
            match name {
                FileName::Template => {}
                FileName::Plain if own == Some(at) => self.add(root, path, folder.to_owned(), parts.clone()),
                FileName::Plain => self.problems.push(second_plain(path, own_path.as_deref())),
                FileName::Named(name) if is_alone => {
                    let parts = parts.iter().cloned().chain([name]).collect();
                    self.add(root, path, folder.to_owned(), parts);
                }
                FileName::Named(name) => {
                    let mut parts = parts.clone();
                    match parts.last_mut().filter(|_| own.is_some()) {
                        Some(last) => *last = format!("{last}-{name}"),
                        None => parts.push(name.clone()),
                    }
                    self.add_below(root, path, folder.join(&name), parts);
                }
            }
        }
    }

    /// One of several of a folder, which gets a folder of its own, unless that is something else's.
    fn add_below(&mut self, root: &Utf8Path, path: &Utf8Path, slot: Utf8PathBuf, parts: Vec<String>) {
        let has_own = |name: &str| root.join(&slot).join(name).exists();
        let is_file = fs::metadata(root.join(&slot)).is_ok_and(|kind| !kind.is_dir());
        if is_file || ["Dockerfile", "Containerfile", "Image.toml"].into_iter().any(has_own) {
            let problem = Diagnostic::warning(format!("{path} is not adopted: {slot} is another's"));
            let help =
                "an image is a folder with an Image.toml: move this Dockerfile into a folder of its own";
            self.problems.push(problem.help(help));
        } else {
            self.add(root, path, slot, parts);
        }
    }

    fn add(&mut self, root: &Utf8Path, path: &Utf8Path, folder: Utf8PathBuf, parts: Vec<String>) {
        let text = match fs::read_to_string(root.join(path)) {
            Ok(text) => text,
            Err(error) => return self.unreadable(path, &error),
        };
        let dockerfile = SourceText::new(path, text);
        match Dockerfile::parse(&dockerfile.text) {
            Ok(parsed) => {
                let references = reading::references(&parsed);
                self.found.push(Candidate { folder, dockerfile, parsed, parts, references });
            }
            Err(problem) => {
                let told = at_problem(&dockerfile, &problem, false);
                let message = format!("{path} is not adopted: {}", told.message);
                self.problems.push(Diagnostic { severity: Severity::Warning, message, ..told });
            }
        }
    }

    fn unreadable(&mut self, path: &Utf8Path, error: &std::io::Error) {
        let why = match error.kind() {
            ErrorKind::NotFound => "it is a link that leads nowhere".to_owned(),
            ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
            ErrorKind::IsADirectory => "it is a link to a folder".to_owned(),
            _ => error.to_string(),
        };
        let problem = Diagnostic::warning(format!("{path} is not adopted: {why}"));
        self.problems.push(problem.help("mend it and run this again, or pass it over with --exclude"));
    }
}

fn second_plain(path: &Utf8Path, own: Option<&Utf8Path>) -> Diagnostic {
    let own = own.unwrap_or("Dockerfile".into());
    Diagnostic::warning(format!("{path} is not adopted: {own} is the Dockerfile of its folder")).help(
        "an image has one Dockerfile: remove one of them, or call it NAME.Dockerfile and run this again",
    )
}

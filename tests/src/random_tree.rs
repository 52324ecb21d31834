//! Random folders with random `.dockerignore` files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use fastrand::Rng;

/// A folder and what is to be ignored in it. Equal seeds give equal cases.
#[derive(Debug, Clone)]
pub struct RandomTree {
    entries: BTreeMap<String, Entry>,
    /// The text of the `.dockerignore`.
    pub ignore: String,
}

#[derive(Debug, Clone)]
enum Entry {
    Folder,
    File { executable: bool },
    Link(String),
}

/// Few names, some of them alike, so that patterns meet them.
const NAMES: [&str; 12] =
    ["a", "b", "c", "ab", "abc", "a.log", "b.log", ".hidden", "d e", "x-y", "build", "ümlaut"];

impl RandomTree {
    /// The case of this number.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut entries = BTreeMap::new();
        fill(&mut rng, "", 0, &mut entries);
        let paths: Vec<String> = entries.keys().cloned().collect();
        let lines: Vec<String> = (0..rng.usize(1..7)).map(|_| line(&mut rng, &paths)).collect();
        Self { entries, ignore: lines.join(if rng.u8(..) < 16 { "\r\n" } else { "\n" }) }
    }

    /// Writes it into a folder that exists. Files of two cases never have the same content.
    ///
    /// # Panics
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path, salt: &str) {
        for (path, entry) in &self.entries {
            let file = folder.join(path);
            match entry {
                Entry::Folder => fs::create_dir(&file).expect("the folder is ours"),
                Entry::Link(target) => symlink(target, &file).expect("the folder is ours"),
                Entry::File { executable } => {
                    fs::write(&file, format!("{salt}/{path}")).expect("the folder is ours");
                    let mode = fs::Permissions::from_mode(if *executable { 0o755 } else { 0o644 });
                    fs::set_permissions(&file, mode).expect("the file is ours");
                }
            }
        }
        fs::write(folder.join(".dockerignore"), &self.ignore).expect("the folder is ours");
    }
}

fn fill(rng: &mut Rng, folder: &str, depth: usize, entries: &mut BTreeMap<String, Entry>) {
    for _ in 0..rng.usize(if depth == 0 { 3..8 } else { 0..5 }) {
        let name = NAMES[rng.usize(..NAMES.len())];
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        if entries.contains_key(&path) {
            continue;
        }
        match rng.u8(..10) {
            0..4 if depth < 4 => {
                entries.insert(path.clone(), Entry::Folder);
                fill(rng, &path, depth + 1, entries);
            }
            4 => drop(entries.insert(path, Entry::Link(link_target(rng)))),
            _ => drop(entries.insert(path, Entry::File { executable: rng.u8(..4) == 0 })),
        }
    }
}

fn link_target(rng: &mut Rng) -> String {
    let targets = ["a", "../b", "no/where", "./build/c", "missing"];
    targets[rng.usize(..targets.len())].to_owned()
}

/// One line: mostly a pattern made from a path that is there.
fn line(rng: &mut Rng, paths: &[String]) -> String {
    match rng.u8(..20) {
        0 => return "# a comment".into(),
        1 => return String::new(),
        2 => return "*".into(),
        3 => return "**".into(),
        4 => return "!**/*.log".into(),
        _ => {}
    }
    let path = paths.get(rng.usize(..paths.len().max(1))).map_or("a", String::as_str);
    let components: Vec<String> = path.split('/').map(|component| blur(rng, component)).collect();
    let mut pattern = components[..rng.usize(1..=components.len())].join("/");
    if rng.u8(..4) == 0 {
        pattern = format!("{}{pattern}", ["**/", "/", "./", "*/", "a/../"][rng.usize(..5)]);
    }
    if rng.u8(..4) == 0 {
        pattern += ["/", "/**", "/*", "*", "/.", " "][rng.usize(..6)];
    }
    if rng.u8(..5) < 2 { format!("!{pattern}") } else { pattern }
}

/// The component, or something that it matches.
fn blur(rng: &mut Rng, component: &str) -> String {
    let first = component.chars().next().unwrap_or('a');
    let rest: String = component.chars().skip(1).collect();
    match rng.u8(..12) {
        0 => "*".into(),
        1 => "**".into(),
        2 => format!("?{rest}"),
        3 => format!("{first}*"),
        4 => format!("[{first}-{first}]{rest}"),
        5 => format!("[^z]{rest}"),
        // A backslash before a letter has a meaning of its own in the regular expressions that BuildKit makes.
        6 if first.is_ascii_punctuation() => format!("\\{first}{rest}"),
        7 => format!("*{rest}"),
        _ => component.to_owned(),
    }
}

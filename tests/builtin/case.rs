//! The cases, read from `builtin/cases`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One Dockerfile and what is known of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) args: BTreeMap<String, String>,
    pub(crate) target: Option<String>,
    /// Why docker's own builder makes something else of it, or nothing.
    pub(crate) legacy: Answer,
    pub(crate) buildkit: Answer,
    /// A part of what the built-in engine says where docker builds it.
    pub(crate) builtin_refuses: Option<String>,
    /// Whether nobody builds it.
    pub(crate) all_refuse: bool,
    /// With `{base}` and `{entry}` for the base images.
    pub(crate) dockerfile: String,
}

/// What a builder makes of a case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The image.
    #[default]
    Same,
    /// Another image; the case says why.
    Differs,
    /// An error.
    Refuses,
}

impl Case {
    fn read(text: &str) -> Self {
        let (head, dockerfile) = text.split_once("\n--\n").expect("a case has a line `--`");
        let mut lines = head.lines();
        let mut case = Self {
            name: lines.next().expect("a case has a name").trim().to_owned(),
            dockerfile: format!("{}\n", dockerfile.trim_end_matches('\n')),
            ..Self::default()
        };
        lines.for_each(|line| case.word(line));
        case
    }

    fn word(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (word, rest) {
            ("args", pair) => {
                let (name, value) = pair.split_once('=').expect("args NAME=VALUE");
                self.args.insert(name.to_owned(), value.to_owned());
            }
            ("target", name) => self.target = Some(name.to_owned()),
            ("all", "refuse") => {
                self.all_refuse = true;
                (self.legacy, self.buildkit) = (Answer::Refuses, Answer::Refuses);
            }
            ("legacy", rest) => self.legacy = Self::answer(rest),
            ("buildkit", rest) => self.buildkit = Self::answer(rest),
            ("builtin", rest) => {
                let part = rest.strip_prefix("refuses: ").expect("builtin refuses: TEXT");
                self.builtin_refuses = Some(part.to_owned());
            }
            _ => panic!("{}: no word `{line}` is known", self.name),
        }
    }

    fn answer(text: &str) -> Answer {
        match text.split_once(": ") {
            Some(("refuses", _)) => Answer::Refuses,
            Some(("differs", _)) => Answer::Differs,
            _ => panic!("`{text}` says neither `refuses: WHY` nor `differs: WHY`"),
        }
    }
}

/// All cases, in the order of their files.
pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("builtin/cases");
    let mut files: Vec<_> = fs::read_dir(folder).expect("the cases are there").flatten().collect();
    files.sort_by_key(fs::DirEntry::file_name);
    let texts =
        files.iter().map(fs::DirEntry::path).filter(|path| path.extension().is_some_and(|e| e == "txt"));
    let mut cases: Vec<Case> = Vec::new();
    for path in texts {
        let text = fs::read_to_string(path).expect("the cases are text");
        let text = format!("\n{text}");
        cases.extend(text.split("\n== ").skip(1).map(Case::read));
    }
    let mut names: Vec<_> = cases.iter().map(|case| case.name.clone()).collect();
    names.sort();
    names.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1], "two cases have one name"));
    cases
}

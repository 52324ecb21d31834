//! What `docker:` names was seen to do this with docker 26's BuildKit.

mod archives;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::layer::Kind;

struct Case {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
    stage: Tree,
}

/// `f`, `d/r` (4711), `d/sub/s`, where the folders are 0700, and the links `lf` and `ld`.
fn case() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap().to_owned();
    fs::create_dir_all(root.join("c/d/sub")).unwrap();
    for (file, text, mode) in [("f", "hi\n", 0o644), ("d/r", "r\n", 0o4711), ("d/sub/s", "s\n", 0o644)] {
        fs::write(root.join("c").join(file), text).unwrap();
        fs::set_permissions(root.join("c").join(file), PermissionsExt::from_mode(mode)).unwrap();
    }
    for folder in ["d", "d/sub"] {
        fs::set_permissions(root.join("c").join(folder), PermissionsExt::from_mode(0o700)).unwrap();
    }
    symlink("f", root.join("c/lf")).unwrap();
    symlink("d", root.join("c/ld")).unwrap();
    Case { _folder: folder, root, stage: Tree::empty() }
}

impl Case {
    fn context(&self) -> Tree {
        context_tree(&self.root.join("c"), &|path| Some(path.to_owned())).unwrap()
    }

    /// Runs `COPY [FLAG…] SOURCE… DESTINATION` or `ADD …` as it is written, without quotes.
    fn try_run(&mut self, instruction: &str) -> Result<Vec<String>, CopyError> {
        let context = self.context();
        let (flags, words): (Vec<&str>, Vec<&str>) =
            instruction.split(' ').skip(1).partition(|word| word.starts_with("--"));
        let (destination, sources) = words.split_last().unwrap();
        let value = |name: &str| flags.iter().find_map(|flag| flag.strip_prefix(name)?.strip_prefix('='));
        let exclude: Vec<String> =
            flags.iter().filter_map(|flag| Some(flag.strip_prefix("--exclude=")?.to_owned())).collect();
        let request = Copy {
            sources: sources
                .iter()
                .map(|pattern| Source::Paths { tree: &context, pattern, name: "the context" })
                .collect(),
            destination: if *destination == "\"\"" { "" } else { destination },
            workdir: "/w",
            chown: value("--chown"),
            chmod: value("--chmod"),
            parents: flags.contains(&"--parents"),
            exclude: &exclude,
            link: flags.contains(&"--link"),
            unpack: instruction.starts_with("ADD"),
            mtime: 7,
            scratch: &self.root,
            limits: Limits::default(),
        };
        self.apply(copy(&self.stage, &request)?)
    }

    fn apply(&mut self, change: Change) -> Result<Vec<String>, CopyError> {
        self.stage = self.stage.with_layer(&change.entries)?;
        Ok(change.entries.iter().map(shown).collect())
    }

    fn run(&mut self, instruction: &str) -> Vec<String> {
        self.try_run(instruction).unwrap_or_else(|error| panic!("{instruction}: {error}"))
    }

    fn refused(&mut self, instruction: &str) -> String {
        self.try_run(instruction).expect_err(instruction).to_string()
    }

    fn put(&mut self, entries: &[Entry]) {
        self.stage = self.stage.with_layer(entries).unwrap();
    }
}

/// `PATH MODE UID:GID`, with `/`, ` -> TARGET`, ` = TEXT` behind the path.
fn shown(entry: &Entry) -> String {
    let kind = match &entry.kind {
        Kind::Folder => "/".to_owned(),
        Kind::File { size, content } => {
            format!(" = {}", String::from_utf8_lossy(&content.read(*size, 1 << 20).unwrap()).trim())
        }
        Kind::Symlink { target } => format!(" -> {target}"),
        Kind::Hardlink { target } => format!(" == {target}"),
        other => format!(" {other:?}"),
    };
    format!("{}{kind} {:o} {}:{}", entry.path, entry.meta.mode, entry.meta.uid, entry.meta.gid)
}

fn folder(path: &str, mode: u32) -> Entry {
    Entry::folder(path, Meta::new(mode, 0))
}

#[test]
fn a_folders_content_goes_into_the_destination_which_is_made_with_a_mode_of_its_own() {
    // docker: COPY d /new/deep
    let expected = [
        "new/ 755 0:0",
        "new/deep/ 755 0:0",
        "new/deep/r = r 4711 0:0",
        "new/deep/sub/ 700 0:0",
        "new/deep/sub/s = s 644 0:0",
    ];
    assert_eq!(case().run("COPY d /new/deep"), expected);
    assert_eq!(case().run("COPY d/. /new/deep/"), expected);
}

#[test]
fn a_file_goes_to_the_name_or_into_a_folder_that_is_there_or_written_with_a_slash() {
    let mut case = case();
    assert_eq!(case.run("COPY f /x"), ["x = hi 644 0:0"]);
    assert_eq!(case.run("COPY f/ /y"), ["y = hi 644 0:0"]);
    assert_eq!(
        case.run("COPY f y/z/"),
        ["w/ 755 0:0", "w/y/ 755 0:0", "w/y/z/ 755 0:0", "w/y/z/f = hi 644 0:0"]
    );
    assert_eq!(
        case.run("COPY d/r y/z"),
        ["w/ 755 0:0", "w/y/ 755 0:0", "w/y/z/ 755 0:0", "w/y/z/r = r 4711 0:0"]
    );
    // docker: COPY f /z/.. and COPY f /q/. and COPY f ""
    assert_eq!(case.run("COPY f /z/.."), ["f = hi 644 0:0"]);
    assert_eq!(case.run("COPY f /q/."), ["q = hi 644 0:0"]);
    assert_eq!(case.run("COPY f \"\""), ["w/ 755 0:0", "w/f = hi 644 0:0"]);
}

#[test]
fn of_several_sources_without_a_slash_the_last_is_there() {
    // docker: COPY f lf /x
    assert_eq!(case().run("COPY f d/r /x"), ["x = r 4711 0:0"]);
    assert_eq!(case().run("COPY f d/r /x/"), ["x/ 755 0:0", "x/f = hi 644 0:0", "x/r = r 4711 0:0"]);
}

#[test]
fn a_source_that_is_a_link_is_followed_and_links_below_it_are_copied() {
    // docker: COPY lf /a, COPY ld /b, COPY l* /w/
    assert_eq!(case().run("COPY lf /a"), ["a = hi 644 0:0"]);
    assert_eq!(case().run("COPY ld/sub /b"), ["b/ 755 0:0", "b/s = s 644 0:0"]);
    assert_eq!(
        case().run("COPY l* /w/"),
        ["w/ 755 0:0", "w/lf = hi 644 0:0", "w/r = r 4711 0:0", "w/sub/ 700 0:0", "w/sub/s = s 644 0:0"]
    );
    assert_eq!(
        case().run("COPY --exclude=d . /a"),
        ["a/ 755 0:0", "a/f = hi 644 0:0", "a/ld -> d 777 0:0", "a/lf -> f 777 0:0"]
    );
}

#[test]
fn a_pattern_that_matches_nothing_copies_nothing_and_a_path_that_is_not_there_is_an_error() {
    let mut case = case();
    assert_eq!(case.run("COPY nope* /x/"), [] as [&str; 0]);
    assert_eq!(
        case.refused("COPY f missing/../gone /x/"),
        "`/gone` is not there: no file, folder or link of this name is in the context"
    );
    assert!(case.refused("COPY [ /x/").starts_with("`[` is a malformed pattern: "));
}

#[test]
fn wildcards_stop_at_slashes_and_are_not_searched_below_a_match() {
    // docker: COPY d/* /w/, COPY */sub /v, COPY [df] /u
    assert_eq!(case().run("COPY d/* /w/"), ["w/ 755 0:0", "w/r = r 4711 0:0", "w/s = s 644 0:0"]);
    assert_eq!(case().run("COPY */sub /v"), ["v/ 755 0:0", "v/s = s 644 0:0"]);
    assert_eq!(
        case().run("COPY [df] /u"),
        ["u/ 755 0:0", "u/f = hi 644 0:0", "u/r = r 4711 0:0", "u/sub/ 700 0:0", "u/sub/s = s 644 0:0"]
    );
}

#[test]
fn owners_are_given_to_everything_that_is_made_and_kept_otherwise() {
    let mut case = case();
    // docker: COPY --chown=5 d /p/q/, COPY --chown=6:7 f /p/q/z/f
    assert_eq!(
        case.run("COPY --chown=5 d /p/q/"),
        ["p/ 755 5:5", "p/q/ 755 5:5", "p/q/r = r 4711 5:5", "p/q/sub/ 700 5:5", "p/q/sub/s = s 644 5:5"]
    );
    assert_eq!(
        case.run("COPY --chown=6:7 f /p/q/z/f"),
        ["p/ 755 5:5", "p/q/ 755 5:5", "p/q/z/ 755 6:7", "p/q/z/f = hi 644 6:7"]
    );
    // docker: a stage's files keep their owners.
    let from = case.stage.clone();
    let scratch = Utf8PathBuf::from("/nonexistent");
    let request = Copy {
        sources: vec![Source::Paths { tree: &from, pattern: "p/q", name: "the stage a" }],
        destination: "/e",
        workdir: "/",
        chown: None,
        chmod: None,
        parents: false,
        exclude: &[],
        link: false,
        unpack: false,
        mtime: 7,
        scratch: &scratch,
        limits: Limits::default(),
    };
    let copied: Vec<String> = copy(&Tree::empty(), &request).unwrap().entries.iter().map(shown).collect();
    assert_eq!(copied[..3], ["e/ 755 0:0", "e/r = r 4711 5:5", "e/sub/ 700 5:5"]);
}

#[test]
fn chmod_sets_files_and_folders_but_no_links_and_no_folders_on_the_way() {
    // docker: COPY --chmod=4751 d /d
    assert_eq!(
        case().run("COPY --chmod=4751 d /d"),
        ["d/ 755 0:0", "d/r = r 4751 0:0", "d/sub/ 4751 0:0", "d/sub/s = s 4751 0:0"]
    );
    let shown = case().run("COPY --chmod=u=rwX,go= . /a");
    assert!(shown.contains(&"a/lf -> f 777 0:0".to_owned()));
    assert!(shown.contains(&"a/d/r = r 700 0:0".to_owned()));
    assert!(case().refused("COPY --chmod=9 f /x").starts_with("`9` is no mode"));
}

#[test]
fn files_folders_and_links_of_the_destination_are_replaced_merged_or_in_the_way() {
    let mut case = case();
    case.run("COPY d /t");
    // docker: cannot copy to non-directory
    assert!(case.refused("COPY d/sub /t/r").contains("folder to `/t/r`"));
    assert!(case.refused("COPY f /t/r/x").contains("make the folder `/t/r`"));
    case.put(&[
        Entry::inline("u/sub", b"", Meta::new(0o644, 0)),
        folder("v/r", 0o755),
        folder("m/sub", 0o711),
    ]);
    assert!(case.refused("COPY d /u").contains("folder to `/u/sub`"));
    assert!(case.refused("COPY d /v").contains("file to `/v/r`"));
    // A folder that is there keeps its mode if it is the destination, and takes the source's below.
    case.put(&[folder("m", 0o701)]);
    assert_eq!(case.run("COPY d /m")[..3], ["m/ 701 0:0", "m/r = r 4711 0:0", "m/sub/ 700 0:0"]);
}

#[test]
fn links_on_the_way_to_the_destination_are_followed_and_at_its_end_too_but_not_below() {
    let mut case = case();
    case.put(&[
        folder("real/sub", 0o755),
        Entry::symlink("ln", "real", 0),
        Entry::symlink("up", "../../real/sub", 0),
        Entry::symlink("dangling", "/nowhere", 0),
        Entry::symlink("x/f", "../real/other", 0),
        Entry::symlink("loop", "loop", 0),
    ]);
    // docker: the first three.
    assert_eq!(case.run("COPY f /ln"), ["real/ 755 0:0", "real/f = hi 644 0:0"]);
    assert_eq!(case.run("COPY f /up/g")[2], "real/sub/g = hi 644 0:0");
    assert_eq!(case.run("COPY f /dangling/h"), ["nowhere/ 755 0:0", "nowhere/h = hi 644 0:0"]);
    assert_eq!(case.run("COPY f /x"), ["x/ 755 0:0", "x/f = hi 644 0:0"]);
    assert_eq!(
        case.refused("COPY f /loop/a"),
        "`/loop` cannot be followed: more than 255 symbolic links are on the way"
    );
    assert_eq!(case.run("COPY --link f /ln/"), ["ln/ 755 0:0", "ln/f = hi 644 0:0"]);
}

#[test]
fn excluded_files_are_left_out_and_folders_are_made_for_what_is_not() {
    assert_eq!(
        case().run("COPY --exclude=sub --exclude=f . /a")[1..3],
        ["a/d/ 700 0:0", "a/d/r = r 4711 0:0"]
    );
    assert_eq!(
        case().run("COPY --exclude=**/r --exclude=l* . /a"),
        ["a/ 755 0:0", "a/d/ 700 0:0", "a/d/sub/ 700 0:0", "a/d/sub/s = s 644 0:0", "a/f = hi 644 0:0"]
    );
    assert_eq!(
        case().run("COPY --exclude=* --exclude=!d/sub . /a"),
        ["a/ 755 0:0", "a/d/ 700 0:0", "a/d/sub/ 700 0:0", "a/d/sub/s = s 644 0:0"]
    );
    // As BuildKit: a source that is a file itself is copied.
    assert_eq!(case().run("COPY --exclude=f f /x"), ["x = hi 644 0:0"]);
}

#[test]
fn parents_are_kept_from_the_root_or_from_the_pivot() {
    let kept = ["a/ 755 0:0", "a/d/ 700 0:0", "a/d/sub/ 700 0:0", "a/d/sub/s = s 644 0:0"];
    assert_eq!(case().run("COPY --parents d/sub/s /a/"), kept);
    assert_eq!(case().run("COPY --parents d/s*b /a"), kept);
    assert_eq!(
        case().run("COPY --parents d/./sub/s /a/"),
        ["a/ 755 0:0", "a/sub/ 700 0:0", "a/sub/s = s 644 0:0"]
    );
    assert!(case().refused("COPY --parents d/gone /a/").starts_with("`/d/gone` is not there"));
}

#[test]
fn hard_links_of_a_source_stay_hard_links() {
    let mut case = case();
    case.put(&[
        Entry::inline("s/b", b"x", Meta::new(0o644, 0)),
        Entry {
            path: "s/a".to_owned(),
            kind: Kind::Hardlink { target: "s/b".to_owned() },
            meta: Meta::default(),
        },
    ]);
    let from = case.stage.clone();
    let mut stage = Stage::new(Tree::empty(), 0);
    let rules = Rules { owner: None, chmod: None, excluded: None };
    Copier::new(&rules, None, &mut stage).copy(&from, "s", &destination("/t", "/"), "it").unwrap();
    let entries: Vec<String> = stage.into_entries().iter().map(shown).collect();
    assert_eq!(entries, ["t/ 755 0:0", "t/a = x 644 0:0", "t/b == t/a 644 0:0"]);
}

#[test]
fn workdir_makes_what_is_missing_for_its_user() {
    let mut case = case();
    // docker: USER 7:8, WORKDIR /w/x, USER 9, WORKDIR /w/x/y
    let change = workdir(&case.stage, "/w/x", Some("7:8"), 0).unwrap();
    assert_eq!(case.apply(change).unwrap(), ["w/ 755 7:8", "w/x/ 755 7:8"]);
    let change = workdir(&case.stage, "/w/x/y", Some("9"), 0).unwrap();
    assert_eq!(case.apply(change).unwrap(), ["w/ 755 7:8", "w/x/ 755 7:8", "w/x/y/ 755 9:9"]);
    assert!(workdir(&case.stage, "/w/x", None, 0).unwrap().entries.is_empty());
    assert!(matches!(workdir(&Tree::empty(), "/w", Some("bob"), 0), Err(CopyError::NoUsers { .. })));
    assert_eq!(workdir(&case.stage, "/v", Some("bob"), 0).unwrap().unknown_owner, Some("bob".to_owned()));
}

#[test]
fn a_heredoc_is_a_file() {
    let scratch = Utf8PathBuf::from("/nonexistent");
    let request = Copy {
        sources: vec![Source::Inline { name: "x", content: b"#!\n" }],
        destination: "y",
        workdir: "/a",
        chown: Some("4"),
        chmod: Some("755"),
        parents: false,
        exclude: &[],
        link: false,
        unpack: false,
        mtime: 7,
        scratch: &scratch,
        limits: Limits::default(),
    };
    let entries: Vec<String> = copy(&Tree::empty(), &request).unwrap().entries.iter().map(shown).collect();
    assert_eq!(entries, ["a/ 755 4:4", "a/y = #! 755 4:4"]);
}

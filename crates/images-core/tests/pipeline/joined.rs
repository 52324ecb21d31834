//! What joins a context from elsewhere: `[[input]]`, `[[prepare]]`, `[artifacts]`.

use std::fs;
use std::time::Duration;

use images_core::graph::Graph;
use images_core::{Error, check};

use crate::fake_engine::files;
use crate::project::{Project, told};

/// An image with these lines after `[image]`.
fn with(lines: &str) -> Project {
    let project = Project::new();
    project.image_with("app", &format!("[image]\nversion = \"1\"\n{lines}"), "FROM scratch\nCOPY . /\n");
    project.write("images/app/.dockerignore", "Dockerfile\nImage.toml\n.dockerignore\n*.in\n*.sh\n");
    project
}

fn wrong(project: &Project) -> Vec<String> {
    told(&project.try_build().unwrap_err())
}

/// What was sent of `app:1`.
fn sent(project: &Project) -> Vec<String> {
    let files = files(&project.engine.last("app:1").context);
    files.into_iter().map(|(path, text)| format!("{path}={text}")).collect()
}

fn checked(project: &Project) -> Vec<String> {
    let workspace = project.load();
    let graph = Graph::of(&workspace, 1).unwrap();
    let selected: Vec<_> = graph.ids().collect();
    match check::check(&graph, &selected, &project.build.host) {
        Ok(()) => Vec::new(),
        Err(error) => told(&error),
    }
}

#[test]
fn inputs_join_at_their_place_and_count_in_the_key() {
    let project = with(
        "[[input]]\nfrom = \"../../LICENSE\"\nto = \"docs/LICENSE\"\n[[input]]\nfrom = \"../../shared\"\nto = \"./shared\"\n",
    );
    project.write("LICENSE", "MIT");
    project.write("shared/a/b", "x");
    project.write("images/app/docs/own", "y");
    project.built();
    assert_eq!(sent(&project), ["docs/LICENSE=MIT", "docs/own=y", "shared/a/b=x"]);
    project.write("shared/a/b", "other");
    assert_eq!(project.plan(), ["app:1 build: `shared/a/b` changed"]);
    assert_eq!(checked(&project), Vec::<String>::new());
}

#[test]
fn inputs_that_cannot_be_are_told_at_their_place() {
    let told_of = |lines: &str| {
        let project = with(lines);
        project.write("LICENSE", "MIT");
        let told = wrong(&project);
        assert_eq!(checked(&project), told);
        told
    };
    assert_eq!(
        told_of("[[input]]\nfrom = \"../../LICENCE\"\nto = \"a\"\n"),
        [
            "images/app/Image.toml:4 [\"../../LICENCE\"] the input `../../LICENCE` does not exist | no such file or folder | paths are relative to Image.toml"
        ]
    );
    assert_eq!(
        told_of("[[input]]\nfrom = \"../../../etc\"\nto = \"a\"\n"),
        [
            "images/app/Image.toml:4 [\"../../../etc\"] the input `../../../etc` is outside of the repository | outside | an input is a file or folder of this repository"
        ]
    );
    for to in ["../a", "/a", ".", "", "a/../.."] {
        assert_eq!(
            told_of(&format!("[[input]]\nfrom = \"../../LICENSE\"\nto = \"{to}\"\n")),
            [format!(
                "images/app/Image.toml:5 [\"{to}\"] `{to}` is no place in the context | outside | name a path below the context's root"
            )]
        );
    }
    let hidden = told_of(
        "[[input]]\nfrom = \"../../LICENSE\"\nto = \"Image.toml\"\n[[input]]\nfrom = \"../../LICENSE\"\nto = \"Image.toml\"\n",
    );
    assert_eq!(
        hidden,
        [
            "images/app/Image.toml:1 [] `Image.toml` is in the context already, and what joins a context may not hide what is there | [artifacts], [[input]] and [[prepare]] join | choose another `to` or `output`, or remove the file"
        ]
    );
}

/// `words` as a `[[prepare]]` with the output `output`.
fn prepare(words: &[&str], output: &str) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("'''{word}'''")).collect();
    format!("[[prepare]]\ncommand = [{}]\noutput = \"{output}\"\n", words.join(", "))
}

/// A shell command that also says in `ran` that it ran.
fn counting(script: &str, output: &str) -> String {
    prepare(&["sh", "-c", &format!("echo x >> ran.in; {script}"), "{out}"], output)
}

/// How often commands ran in the folder of `app`.
fn runs(project: &Project) -> usize {
    fs::read_to_string(project.path("images/app/ran.in")).map_or(0, |text| text.lines().count())
}

#[test]
fn a_prepared_output_joins_and_is_made_once() {
    let project = with(&counting("echo made > \"$0\"", "data/out.txt"));
    project.built();
    assert_eq!(sent(&project), ["data/out.txt=made\n"]);
    assert_eq!(project.plan(), ["app:1 fresh"]);
    assert_eq!(runs(&project), 1);
    project.remove("target/images/prepare");
    assert_eq!(project.plan(), ["app:1 fresh"]);
    assert_eq!(runs(&project), 2, "what is deleted is made again");
    let folder = project.path("target/images/prepare").read_dir_utf8().unwrap().next().unwrap().unwrap();
    fs::remove_file(folder.path().join("out.txt")).unwrap();
    assert_eq!(project.plan(), ["app:1 fresh"]);
    assert_eq!(runs(&project), 3);
}

#[test]
fn a_prepared_output_may_be_a_folder() {
    let project =
        with(&prepare(&["sh", "-c", "mkdir -p \"$0/sub\"; echo a > \"$0/sub/a\"", "{out}"], "tree"));
    project.built();
    assert_eq!(sent(&project), ["tree/sub/a=a\n"]);
}

#[test]
fn words_are_filled_in_and_run_in_the_images_folder_without_a_shell() {
    let project = with(&format!(
        "[args]\nFLAVOUR = \"a b; $HOME\"\n[[variant]]\nsuffix = \"-x\"\n{}",
        prepare(&["./show.sh", "{out}", "{name} {version} {variant} {FLAVOUR}", "{{out}}"], "o")
    ));
    project.write("images/app/show.sh", "#!/bin/sh\nprintf '%s|%s|%s|%s' \"$2\" \"$3\" \"$SOURCE_DATE_EPOCH\" \"$(basename \"$PWD\")\" > \"$1\"\n");
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(project.path("images/app/show.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    project.built();
    let context = &project.engine.last("app:1-x").context;
    assert_eq!(files(context)["o"], "app 1 1-x a b; $HOME|{out}|315532800|app");
}

#[test]
fn an_output_is_made_again_when_what_its_words_name_changes() {
    let project = with(&prepare(
        &["sh", "-c", "echo x >> ran.in; cat \"$1\" \"$2/deep/b\" > \"$0\"", "{out}", "a.in", "folder.in"],
        "o",
    ));
    project.write("images/app/a.in", "a");
    project.write("images/app/folder.in/deep/b", "b");
    project.built();
    assert_eq!((runs(&project), sent(&project)), (1, vec!["o=ab".to_owned()]));
    project.write("images/app/a.in", "c");
    project.built();
    assert_eq!((runs(&project), sent(&project)), (2, vec!["o=cb".to_owned()]));
    project.write("images/app/folder.in/deep/b", "d");
    project.built();
    assert_eq!((runs(&project), sent(&project)), (3, vec!["o=cd".to_owned()]), "a folder that a word names");
    project.write("images/app/unrelated.in", "d");
    project.plan();
    assert_eq!(runs(&project), 3);
}

#[test]
fn another_epoch_is_another_output() {
    let mut project = with(&counting("echo $SOURCE_DATE_EPOCH > \"$0\"", "o"));
    project.built();
    project.build.host.epoch = 7;
    project.built();
    assert_eq!((runs(&project), sent(&project)), (2, vec!["o=7\n".to_owned()]));
}

#[test]
fn names_in_a_folder_count_and_their_order_does_not() {
    let words = ["sh", "-c", "echo x >> ran.in; ls \"$1\" > \"$0\"", "{out}", "folder.in"];
    let project = with(&prepare(&words, "o"));
    let names = ["a", "b", "c", "d", "e", "f"];
    names.iter().for_each(|name| project.write(&format!("images/app/folder.in/{name}"), *name));
    project.built();
    project.remove("images/app/folder.in");
    names.iter().rev().for_each(|name| project.write(&format!("images/app/folder.in/{name}"), *name));
    project.built();
    assert_eq!(runs(&project), 1);
    project.remove("images/app/folder.in/f");
    project.write("images/app/folder.in/g", "f");
    project.built();
    assert_eq!((runs(&project), sent(&project)), (2, vec!["o=a\nb\nc\nd\ne\ng\n".to_owned()]));
}

/// A command may write where it runs, and that would never come to rest.
#[test]
fn the_folder_itself_does_not_count() {
    for word in [".", "..", "../.."] {
        let project = with(&prepare(&["sh", "-c", "echo x >> ran.in; echo o > \"$0\"", "{out}", word], "o"));
        project.built();
        project.built();
        assert_eq!(runs(&project), 1, "{word}");
    }
}

#[test]
fn a_word_that_only_looks_like_the_output_is_another_command() {
    let project = with(&counting("echo made > \"$0\"", "o"));
    project.built();
    let manifest = project.read("images/app/Image.toml").replace("{out}", "{{out}}");
    project.write("images/app/Image.toml", manifest);
    assert_eq!(wrong(&project), ["exit 1: cannot prepare app:1: `sh` left no output"]);
}

#[test]
fn variants_with_commands_of_their_own_have_contexts_of_their_own() {
    let script = prepare(&["sh", "-c", "echo $1 > \"$0\"", "{out}", "{variant}"], "o");
    let project = with(&format!("[[variant]]\n[[variant]]\nsuffix = \"-b\"\n{script}"));
    project.built();
    for (spec, text) in [("app:1", "1\n"), ("app:1-b", "1-b\n")] {
        assert_eq!(files(&project.engine.last(spec).context)["o"], text);
    }
}

#[test]
fn only_a_command_that_takes_long_is_announced() {
    let announced = |seconds: &str| {
        let project = with(&prepare(&["sh", "-c", "sleep $1; echo o > \"$0\"", "{out}", seconds], "o"));
        project.built();
        project.events.take().into_iter().filter(|event| event.starts_with("runs ")).collect::<Vec<_>>()
    };
    assert_eq!(announced("0"), Vec::<String>::new());
    assert_eq!(announced("1"), ["runs sh for app:1"]);
}

/// The words are alike, the folders that they run in are not.
#[test]
fn alike_commands_of_two_images_have_outputs_of_their_own() {
    let project = Project::new();
    for name in ["a", "b"] {
        let manifest = format!(
            "[image]\nversion = \"1\"\n{}",
            prepare(&["sh", "-c", "cat text > \"$0\"", "{out}"], "o")
        );
        project.image_with(name, &manifest, "FROM scratch\nCOPY o /\n");
        project.write(&format!("images/{name}/text"), name);
    }
    project.built();
    for name in ["a", "b"] {
        let context = &project.engine.last(&format!("{name}:1")).context;
        assert_eq!(files(context)["o"], name);
    }
}

#[test]
fn alike_commands_with_two_outputs_are_run_for_both() {
    let command = ["sh", "-c", "echo text > \"$0\"", "{out}"];
    let project = with(&format!("{}{}", prepare(&command, "one"), prepare(&command, "two")));
    project.built();
    assert_eq!(sent(&project), ["one=text\n", "two=text\n"]);
}

#[test]
fn variants_with_one_command_run_it_once() {
    let script = counting("sleep 0.05; echo shared > \"$0\"", "o");
    let mut project = with(&format!("[[variant]]\n[[variant]]\nsuffix = \"-b\"\n{script}"));
    project.build.host.jobs = 2;
    project.built();
    assert_eq!(runs(&project), 1);
    for spec in ["app:1", "app:1-b"] {
        assert_eq!(files(&project.engine.last(spec).context)["o"], "shared\n");
    }
}

#[test]
fn two_runs_may_prepare_the_same_at_once() {
    let project =
        with(&prepare(&["sh", "-c", "echo start > \"$0\"; sleep 0.1; echo end >> \"$0\"", "{out}"], "o"));
    let outputs = std::sync::Mutex::new(Vec::new());
    images_engine::threads::workers(3, |_| {
        let plan = project.plan();
        outputs.lock().unwrap().push(plan);
    });
    assert_eq!(outputs.into_inner().unwrap(), vec![vec!["app:1 build: not in the store".to_owned()]; 3]);
    project.built();
    assert_eq!(sent(&project), ["o=start\nend\n"]);
    assert_eq!(
        project.path("target/images/prepare").read_dir_utf8().unwrap().count(),
        1,
        "nothing is left over"
    );
}

#[test]
fn a_command_that_fails_leaves_nothing_behind() {
    let project = with(&counting("echo half > \"$0\"; echo said; echo why >&2; exit 3", "o"));
    let error = project.try_build().unwrap_err();
    let Error::Command { message, output, help } = &error else { panic!("{error}") };
    assert_eq!(message, "cannot prepare app:1: `sh` ended with exit code 3");
    assert_eq!(output, "said\nwhy");
    assert_eq!(help.as_deref(), Some("the [[prepare]] of images/app/Image.toml runs in its folder"));
    assert_eq!(error.exit_code(), 1);
    assert_eq!(project.path("target/images/prepare").read_dir_utf8().unwrap().count(), 0);
    project.try_build().unwrap_err();
    assert_eq!(runs(&project), 2);
}

#[test]
fn a_command_that_is_killed_half_way_leaves_nothing_that_is_taken_for_complete() {
    let project = with(&counting("echo half > \"$0\"; kill -9 $$", "o"));
    assert_eq!(wrong(&project), ["exit 1: cannot prepare app:1: `sh` ended with a signal"]);
    // As a run leaves it that was killed itself.
    project.write("target/images/prepare/new-killed/o", "half");
    project.image_with(
        "app",
        &format!("[image]\nversion = \"1\"\n{}", counting("echo whole > \"$0\"", "o")),
        "FROM scratch\nCOPY o /\n",
    );
    project.built();
    assert_eq!(sent(&project), ["o=whole\n"]);
}

#[test]
fn an_interrupt_ends_a_command_and_keeps_nothing_of_it() {
    let project = with(&counting("echo half > \"$0\"; sleep 30", "o"));
    images_engine::threads::beside(
        || {
            while runs(&project) == 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
            project.cancel.interrupt();
        },
        || assert_eq!(wrong(&project), ["exit 130: interrupted"]),
    );
    assert_eq!(project.path("target/images/prepare").read_dir_utf8().unwrap().count(), 0);
}

#[test]
fn commands_that_cannot_be_are_told() {
    let told_of = |lines: &str| wrong(&with(lines));
    assert_eq!(
        told_of("[[prepare]]\ncommand = []\noutput = \"o\"\n"),
        [
            "images/app/Image.toml:3 [[[prepare]]] `command` is empty | nothing to run | name a program and its arguments"
        ]
    );
    assert!(
        told_of(&prepare(&["sh", "{nothing}"], "o"))[0]
            .contains("`{nothing}` means nothing here | an unknown placeholder")
    );
    assert!(told_of(&prepare(&["sh"], "../o"))[0].contains("`../o` is no place in the context"));
    assert_eq!(told_of(&prepare(&["true"], "o")), ["exit 1: cannot prepare app:1: `true` left no output"]);
    assert_eq!(
        told_of(&prepare(&["no-such-program"], "o")),
        ["exit 1: cannot prepare app:1: `no-such-program` was not found"]
    );
}

#[test]
fn a_check_knows_what_commands_would_make_without_running_them() {
    let project = with(&counting("echo made > \"$0\"", "data/out.txt"));
    project.write("images/app/Dockerfile", "FROM scratch\nCOPY data/out.txt /\nCOPY data /\n");
    assert_eq!(checked(&project), Vec::<String>::new());
    assert_eq!(runs(&project), 0);
    project.write("images/app/Dockerfile", "FROM scratch\nCOPY data/out.txt date /\n");
    assert_eq!(
        checked(&project)[0].split(" | ").next().unwrap(),
        "images/app/Dockerfile:2 [date] `date` is not in the context"
    );
    project.write("images/app/Dockerfile", "FROM scratch\nCOPY data/out.txt/within /\n");
    assert_eq!(checked(&project), Vec::<String>::new(), "it may be a folder");
    let empty = with("[[prepare]]\ncommand = []\noutput = \"o\"\n");
    assert_eq!(checked(&empty), wrong(&empty));
    let unknown = with(&prepare(&["sh", "{nothing}"], "o"));
    assert_eq!(checked(&unknown), wrong(&unknown));
}

/// A workspace with one crate that has a binary.
fn with_crate(lines: &str) -> Project {
    let project = Project::with_settings(
        "[workspace]\nresolver = \"3\"\nmembers = [\"images/app\"]\n[workspace.metadata.images]\nnamespace = \"acme\"\n[profile.dev]\ndebug = false\n",
    );
    project.write("images/app/Cargo.toml", "[package]\nname = \"krate\"\nversion = \"0.3.0\"\nedition = \"2024\"\n[[bin]]\nname = \"hello\"\npath = \"main.rs\"\n");
    project.write("images/app/main.rs", "fn main() { println!(\"hello\"); }\n");
    project.image_with("app", lines, "FROM scratch\nCOPY artifacts/bin/hello /\n");
    project
}

#[test]
fn artifacts_are_built_by_cargo_and_join() {
    let project = with_crate("[artifacts]\nbins = [\"hello\"]\nprofile = \"dev\"\n");
    assert_eq!(checked(&project), Vec::<String>::new());
    assert!(!project.path("target").join("images/cargo").exists());
    project.built();
    let sent = project.engine.last("app:0.3.0");
    let binary = sent.context.join("artifacts/bin/hello");
    assert!(fs::read(&binary).unwrap().starts_with(b"\x7fELF"));
    assert_eq!(project.plan(), ["app:0.3.0 fresh"]);
    project.write("images/app/main.rs", "fn main() { println!(\"other\"); }\n");
    assert_eq!(project.plan(), ["app:0.3.0 build: `artifacts/bin/hello` changed"]);
    project.write("images/app/main.rs", "fn main() { broken }\n");
    let error = project.try_build().unwrap_err();
    let Error::Command { message, output, help } = &error else { panic!("{error}") };
    assert_eq!(message, "cargo build failed");
    assert!(output.contains("cannot find value `broken`"), "{output}");
    assert_eq!(help.as_deref(), Some("an image's [artifacts] are built before it"));
}

#[test]
fn static_artifacts_need_no_loader_whatever_flags_there_are() {
    let mut project = with_crate("[artifacts]\nbins = [\"hello\"]\nprofile = \"dev\"\nstatic = true\n");
    for flags in [None, Some("--cfg seen".to_owned())] {
        let text = format!("fn main() {{ println!(\"{}\"); }}\n", flags.is_some());
        project.write("images/app/main.rs", text);
        project.build.host.rustflags = flags;
        project.built();
        let binary = fs::read(project.engine.last("app:0.3.0").context.join("artifacts/bin/hello")).unwrap();
        assert!(!binary.windows(9).any(|part| part == b"/ld-linux"), "{:?}", project.build.host.rustflags);
    }
    let folders = project.path("target/images/cargo").read_dir_utf8().unwrap();
    let mut names = folders.map(|entry| entry.unwrap().file_name().to_owned());
    assert!(
        names.any(|name| name.starts_with(std::env::consts::ARCH)),
        "build scripts and macros are built apart, with flags of their own"
    );
}

#[test]
fn a_binary_that_no_crate_has_is_told_with_the_nearest() {
    let project = with_crate("[artifacts]\nbins = [\"helo\"]\n");
    assert_eq!(
        wrong(&project),
        [
            "images/app/Image.toml:2 [\"helo\"] no crate of this workspace has a binary `helo` | no such binary | did you mean `hello`?"
        ]
    );
    assert_eq!(checked(&project), wrong(&project));
    let project = with_crate("[artifacts]\nbins = [\"something\"]\n");
    assert!(wrong(&project)[0].ends_with(" | there are: hello"));
}

#[test]
fn an_interrupt_while_cargo_builds_is_an_interrupt() {
    let project = with_crate("[artifacts]\nbins = [\"hello\"]\nprofile = \"dev\"\n");
    project.write("images/app/build.rs", "fn main() { std::fs::write(\"ran.in\", \"x\\n\").unwrap(); std::thread::sleep(std::time::Duration::from_secs(60)); }\n");
    images_engine::threads::beside(
        || {
            while runs(&project) == 0 {
                std::thread::sleep(Duration::from_millis(20));
            }
            project.cancel.interrupt();
        },
        || {
            // The workspace is read before the interrupt comes.
            assert_eq!(wrong(&project), ["exit 130: interrupted"]);
        },
    );
}

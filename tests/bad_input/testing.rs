//! `[[test]]` that is wrong.

use images_tests::workspace::Workspace;
use snapbox::{assert_data_eq, str};

use super::{refusal, workspace};

/// An image with a test.
fn with_test(test: &str) -> Workspace {
    let workspace = workspace();
    workspace.write(
        "images/base/Image.toml",
        &format!("[image]\nversion = \"1.0.0\"\n\n[[test]]\nname = \"a\"\n{test}"),
    );
    workspace
}

#[test]
fn unknown_key_in_a_test() {
    assert_data_eq!(
        refusal(&with_test("comand = [\"x\"]\n")),
        str![[r#"
error: unknown key `comand`
 --> images/base/Image.toml:6:1
  |
6 | comand = ["x"]
  | ^^^^^^ not a key that exists here
  |
  = help: did you mean `command`? allowed here: name, variants, timeout, command, args, env, user, expect, http, files, config

"#]]
    );
}

#[test]
fn test_that_checks_nothing() {
    assert_data_eq!(
        refusal(&with_test("timeout = \"5s\"\n")),
        str![[r#"
error: the test `a` checks nothing
 --> images/base/Image.toml:5:8
  |
5 | name = "a"
  |        ^^^ nothing to check
  |
  = help: give it `command`, `args`, `http`, `files` or `config`

"#]]
    );
}

#[test]
fn test_of_a_command_without_a_command() {
    assert_data_eq!(
        refusal(&with_test("expect.stdout = \"x\"\n")),
        str![[r#"
error: `expect` without a command
 --> images/base/Image.toml:6:1
  |
6 | expect.stdout = "x"
  | ^^^^^^ nothing runs
  |
  = help: add `command`, or `args` for the image's own entrypoint; what a server answers is `http.expect`

"#]]
    );
}

#[test]
fn test_of_a_mode_that_is_none() {
    assert_data_eq!(
        refusal(&with_test("files = [{ path = \"/x\", mode = \"0899\" }]\n")),
        str![[r#"
error: `0899` is no mode
 --> images/base/Image.toml:6:32
  |
6 | files = [{ path = "/x", mode = "0899" }]
  |                                ^^^^^^ not three or four octal digits
  |
  = help: for example `0755` or `4755`

"#]]
    );
}

#[test]
fn test_by_a_regular_expression_that_is_none() {
    assert_data_eq!(
        refusal(&with_test("command = [\"x\"]\nexpect.stdout.matches = \"a(b\"\n")),
        str![[r#"
error: `a(b` is no regular expression
 --> images/base/Image.toml:7:25
  |
7 | expect.stdout.matches = "a(b"
  |                         ^^^^^ found open group without closing ')'
  |
  = help: https://docs.rs/regex-lite tells the syntax

"#]]
    );
}

#[test]
fn test_of_a_port_that_is_none() {
    assert_data_eq!(
        refusal(&with_test("http.port = 70000\n")),
        str![[r#"
error: 70000 is no port
 --> images/base/Image.toml:6:13
  |
6 | http.port = 70000
  |             ^^^^^ not from 1 to 65535
  |
  = help: name the port that the container listens on

"#]]
    );
}

#[test]
fn test_for_a_time_that_is_none() {
    assert_data_eq!(
        refusal(&with_test("args = []\ntimeout = \"30\"\n")),
        str![[r#"
error: `30` is no time
 --> images/base/Image.toml:7:11
  |
7 | timeout = "30"
  |           ^^^^ not a time
  |
  = help: for example `500ms`, `30s` or `2m`

"#]]
    );
}

#[test]
fn test_for_a_variant_that_there_is_not() {
    assert_data_eq!(
        refusal(&with_test("args = []\nvariants = [\"1.0.1\"]\n")),
        str![[r#"
error: there is no variant `1.0.1`
 --> images/base/Image.toml:7:13
  |
7 | variants = ["1.0.1"]
  |             ^^^^^^^ neither a tag nor a version
  |
  = help: did you mean `1.0.0`? there are: 1.0.0

"#]]
    );
}

#[test]
fn two_tests_of_one_name() {
    assert_data_eq!(
        refusal(&with_test("args = []\n[[test]]\nname = \"a\"\nargs = []\n")),
        str![[r#"
error: two tests are named `a`
 --> images/base/Image.toml:8:8
  |
8 | name = "a"
  |        ^^^ the second one
  |
  = help: give it another `name`

"#]]
    );
}

#[test]
fn test_of_a_path_that_is_relative() {
    assert_data_eq!(
        refusal(&with_test("files = [{ path = \"etc\" }]\n")),
        str![[r#"
error: `etc` is no absolute path
 --> images/base/Image.toml:6:19
  |
6 | files = [{ path = "etc" }]
  |                   ^^^^^ no `/` at its start
  |
  = help: paths start at the image's root

"#]]
    );
}

#[test]
fn placeholder_in_a_test_that_means_nothing() {
    assert_data_eq!(
        refusal(&with_test("command = [\"x\", \"{verison}\"]\n")),
        str![[r#"
error: `{verison}` means nothing here
 --> images/base/Image.toml:6:17
  |
6 | command = ["x", "{verison}"]
  |                 ^^^^^^^^^^^ an unknown placeholder
  |
  = help: {name}, {version}, {variant}, {out} in a command, and names of arguments are filled in; `{{` is a brace

"#]]
    );
}

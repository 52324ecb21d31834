//! Secrets: asked for before any engine is called, and nowhere in what is written.

use std::fs;

use images_engine::{Secret, SecretSource};

use crate::project::{Project, told};

const SECRETS: &str =
    "[image]\nversion = \"1\"\n[secrets]\ntoken = { env = \"TOKEN\" }\nkey = { file = \"key.txt\" }\n";

#[test]
fn secrets_without_values_are_told_before_any_engine_is_called() {
    let mut project = Project::new();
    project.image("base", "FROM scratch\n");
    project.image_with(
        "app",
        &format!("{SECRETS}[[variant]]\n[[variant]]\nsuffix = \"-b\"\n"),
        "FROM acme/base\nRUN --mount=type=secret,id=token --mount=type=secret,id=other,required=true true\n",
    );
    project.image("between", "FROM acme/base\n");
    project.build.host.variables.insert("TOKENS".to_owned());
    let error = project.try_build().unwrap_err();
    assert_eq!(
        told(&error),
        [
            "images/app/Image.toml:5 [{ file = \"key.txt\" }] the secret `key` has no value | no such file | create key.txt beside Image.toml, and keep it out of version control",
            "images/app/Image.toml:4 [{ env = \"TOKEN\" }] the secret `token` has no value | TOKEN is not set | set the environment variable TOKEN",
            "images/app/Dockerfile:2 [--mount=type=secret,id=other,required=true] the secret `other` is required, and Image.toml has none | required here | add `other = { env = \"…\" }` under [secrets]",
        ]
    );
    assert_eq!(project.engine.builds(), []);
    project.build.host.variables.insert("TOKEN".to_owned());
    project.write("images/app/key.txt", "value");
    project.image_with("app", SECRETS, "FROM acme/base\nRUN --mount=type=secret,id=token true\n");
    project.built();
    let secret = |id: &str, source| Secret { id: id.to_owned(), source };
    assert_eq!(
        project.engine.last("app:1").secrets,
        [
            secret("key", SecretSource::File(project.path("images/app/key.txt"))),
            secret("token", SecretSource::Env("TOKEN".to_owned())),
        ]
    );
}

#[test]
fn a_secret_has_exactly_one_source() {
    for table in ["{}", "{ env = \"A\", file = \"b\" }"] {
        let project = Project::new();
        project.image_with(
            "app",
            &format!("[image]\nversion = \"1\"\n[secrets]\nx = {table}\n"),
            "FROM scratch\n",
        );
        assert_eq!(
            told(&project.try_build().unwrap_err()),
            [format!(
                "images/app/Image.toml:4 [{table}] the secret `x` needs exactly one source | neither or both | write `{{ env = \"VARIABLE\" }}` or `{{ file = \"path\" }}`"
            )]
        );
    }
}

#[test]
fn secrets_of_fresh_images_are_not_missed() {
    let mut project = Project::new();
    project.image_with("app", "[image]\nversion = \"1\"\n[secrets]\nx = { env = \"X\" }\n", "FROM scratch\n");
    project.build.host.variables.insert("X".to_owned());
    project.built();
    project.build.host.variables.clear();
    assert_eq!(project.built(), Vec::<String>::new());
}

#[test]
fn a_secrets_value_is_nowhere() {
    let mut project = Project::new();
    project.image_with("app", SECRETS, "FROM scratch\nCOPY other /\n");
    project.write("images/app/key.txt", "hunter2");
    project.write("images/app/other", "");
    project.build.host.variables.insert("TOKEN".to_owned());
    project.built();
    let mut waiting = vec![project.path("target")];
    while let Some(folder) = waiting.pop() {
        for entry in folder.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                assert!(!bytes.windows(7).any(|part| part == b"hunter2"), "{path}");
            }
        }
    }
}

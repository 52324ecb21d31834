//! Secrets.

use std::fs;
use std::path::Path;

use images_tests::workspace::Workspace;

use super::Bench;

const FROM_ENVIRONMENT: &str = "the-value-in-the-environment";
const FROM_FILE: &str = "the-value-in-a-file";

fn workspace(bench: &Bench) -> Workspace {
    let mut workspace = bench.workspace();
    let mount = |id: &str| {
        format!(
            "RUN --mount=type=secret,id={id},target=/{id} [\"/inmate\", \"write-size\", \"/{id}-size\", \"/{id}\"]\n"
        )
    };
    let dockerfile = format!("FROM scratch\nCOPY inmate /inmate\n{}{}", mount("token"), mount("key"));
    bench.image(&workspace, "secretive", &dockerfile);
    workspace.write(
        "images/secretive/Image.toml",
        "[image]\nversion = \"1.0.0\"\n\n[secrets]\ntoken = { env = \"TOKEN\" }\nkey = { file = \"../../key\" }\n",
    );
    workspace.write("key", FROM_FILE);
    workspace.environment.insert("TOKEN".into(), FROM_ENVIRONMENT.into());
    workspace
}

pub(super) fn secrets_arrive_and_are_found_nowhere(bench: &Bench) {
    let workspace = workspace(bench);
    let built = workspace.run(&["build", "--workspace", "-v"]);
    if bench.engine.flavour() == "docker-legacy" {
        assert_eq!(built.code(), 3, "{}", built.stderr);
        let lacks = "docker's legacy builder cannot do what this Dockerfile needs: a secret in line 3";
        assert!(built.stderr.contains(lacks), "{}", built.stderr);
        assert_eq!(workspace.called(), [""; 0]);
        return;
    }
    assert_eq!(built.code(), 0, "{}", built.stderr);
    let image = bench.engine.image(&workspace.name("secretive"));
    assert_eq!(image.text("token-size"), FROM_ENVIRONMENT.len().to_string());
    assert_eq!(image.text("key-size"), FROM_FILE.len().to_string());

    let said = [built.stdout, built.stderr, workspace.calls(), image.config.to_string()];
    for value in [FROM_ENVIRONMENT, FROM_FILE] {
        assert!(said.iter().all(|text| !text.contains(value)), "{value} in {said:?}");
        assert_eq!(files_with(value, &workspace.path().join("target")), [""; 0]);
    }
}

/// The files below a folder that contain the text.
fn files_with(text: &str, folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files_with(text, &path));
        } else if fs::read(&path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text)) {
            found.push(path.display().to_string());
        }
    }
    found
}

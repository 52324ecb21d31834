use std::fs;

use crate::{blob, build, layout, manifest, workspace};

/// What the layer of `base` is by its descriptor, and by its first bytes.
fn kind(workspace: &images_tests::workspace::Workspace) -> (String, [u8; 2]) {
    let manifest = manifest(workspace, &workspace.name("base"));
    let layer = &manifest["layers"][0];
    let bytes = fs::read(blob(workspace, layer)).unwrap();
    let media_type = layer["mediaType"].as_str().unwrap();
    let kind = media_type.strip_prefix("application/vnd.oci.image.layer.v1.").unwrap();
    (kind.to_owned(), [bytes[0], bytes[1]])
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_setting() {
    let gzip = ("tar+gzip".to_owned(), [0x1F, 0x8B]);
    let zstd = ("tar+zstd".to_owned(), [0x28, 0xB5]);
    let none = ("tar".to_owned(), *b"da");
    for (setting, variable, flag, expected) in [
        (None, None, None, &gzip),
        (Some("zstd"), None, None, &zstd),
        (Some("zstd"), Some("none"), None, &none),
        (Some("zstd"), Some("none"), Some("gzip"), &gzip),
        (Some("none"), Some(""), None, &none),
    ] {
        let mut workspace = workspace();
        workspace.settings(&setting.map(|name| format!("compression = \"{name}\"\n")).unwrap_or_default());
        workspace.environment.extend(variable.map(|name| ("IMAGES_COMPRESSION".into(), name.into())));
        let flag = flag.map(|name| format!("--compression={name}"));
        let mut args = vec!["build", "base", "--engine", "builtin"];
        args.extend(flag.as_deref());
        workspace.run(&args).ok();
        assert_eq!(kind(&workspace), *expected, "{setting:?} {variable:?} {flag:?}");
    }
}

#[test]
fn it_is_not_in_the_key_and_a_layer_of_another_compression_is_another_blob() {
    let workspace = workspace();
    let build_as = |compression: &str| {
        let args = ["build", "base", "--engine", "builtin", "--compression", compression, "--verbose"];
        let output = workspace.run(&args);
        assert_eq!(output.code(), 0, "{}", output.stderr);
        output.stderr
    };
    build_as("zstd");
    let key = |text: &str| {
        let at = text.find("key-").unwrap();
        text[at..at + 36].to_owned()
    };
    let index = || fs::read_to_string(layout(&workspace).join("index.json")).unwrap();
    let before = (key(&index()), kind(&workspace));
    assert!(build_as("none").contains("Fresh"));
    assert_eq!((key(&index()), kind(&workspace)), before, "a fresh image stays as it is");
    fs::remove_file(layout(&workspace).join("index.json")).unwrap();
    build_as("none");
    assert_eq!((key(&index()), kind(&workspace).0.as_str()), (before.0, "tar"));
}

#[test]
fn an_unknown_one_is_refused_where_it_is_asked_for() {
    let workspace = workspace();
    let flag = workspace.run(&["build", "base", "--engine", "builtin", "--compression", "zst"]);
    assert_eq!(flag.code(), 2);
    assert!(flag.stderr.contains("there is no compression `zst`"), "{}", flag.stderr);
    assert!(flag.stderr.contains("did you mean `zstd`? there are: gzip, zstd, none"), "{}", flag.stderr);
    workspace.settings("compression = \"lzma\"\n");
    let setting = workspace.run(&["build", "base", "--engine", "builtin"]);
    assert_eq!(setting.code(), 2);
    assert!(setting.stderr.contains("Cargo.toml:8:15"), "{}", setting.stderr);
    workspace.settings("compression = \"none\"\n");
    assert_eq!(build(&workspace), 1);
}

#[test]
fn what_is_exported_is_what_the_layout_has_and_for_docker_what_every_version_loads() {
    let workspace = workspace();
    workspace.run(&["build", "base", "--engine", "builtin", "--compression", "zstd"]).ok();
    workspace.run(&["export", "oci", "base", "--engine", "builtin", "--output", "base.tar"]).ok();
    let mut files = std::collections::BTreeMap::new();
    let archive = fs::File::open(workspace.path().join("base.tar")).unwrap();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        std::io::copy(&mut entry, &mut content).unwrap();
        files.insert(entry.path().unwrap().to_str().unwrap().to_owned(), content);
    }
    let manifest = manifest(&workspace, &workspace.name("base"));
    let path = |digest: &serde_json::Value| format!("blobs/{}", digest.as_str().unwrap().replace(':', "/"));
    assert!(files.contains_key(&path(&manifest["layers"][0]["digest"])));
    let config = crate::json(&blob(&workspace, &manifest["config"]));
    let unpacked = path(&config["rootfs"]["diff_ids"][0]);
    let described: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(described[0]["Layers"], serde_json::json!([unpacked]));
    assert!(files[&unpacked].starts_with(b"data\0"), "it is a plain archive");
}

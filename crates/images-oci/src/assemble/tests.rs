use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::Reference;
use images_engine::process::Cancel;

use super::*;
use crate::instruction::HISTORY_COMMENT;
use crate::layer::Limits;
use crate::model::{ImageConfig, Manifest};

/// A layout and a context in a temporary folder.
struct Bench {
    folder: tempfile::TempDir,
    layout: Layout,
    trees: Trees,
    cancel: Cancel,
}

/// Hands out the image of this name in the layout, whatever it is asked for.
struct Elsewhere(Layout, &'static str);

impl Externals for Elsewhere {
    fn pull(
        &self,
        reference: &Reference,
        platform: &Platform,
        _: &Cancel,
    ) -> Result<Descriptor, Unavailable> {
        assert_eq!((reference.to_string().as_str(), platform.os.as_str()), ("example.org/a/b:1", "linux"));
        Ok(self.0.resolve(self.1).unwrap().unwrap())
    }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs::create_dir(root.join("context")).unwrap();
        let layout = Layout::open_or_create(&root.join("oci")).unwrap();
        let trees = Trees::new(layout.clone(), Limits::default());
        Self { folder, layout, trees, cancel: Cancel::default() }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path()).unwrap().join(name)
    }

    fn file(&self, name: &str, content: &str) {
        let path = self.path("context").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn build(&self, dockerfile: &str, name: &str) -> Result<Descriptor, AssembleError> {
        self.build_with(dockerfile, name, &NoExternals, 1).0
    }

    fn build_with(
        &self,
        dockerfile: &str,
        name: &str,
        externals: &dyn Externals,
        jobs: usize,
    ) -> (Result<Descriptor, AssembleError>, String) {
        let labels = [("org.opencontainers.image.title", "t"), ("other", "o")];
        let request = AssembleRequest {
            context: &self.path("context"),
            entries: None,
            dockerfile,
            args: &BTreeMap::new(),
            labels: &labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            target: None,
            platform: None,
            names: &[name.to_owned()],
            epoch: 315_532_800,
            jobs,
            compression: Compression::Gzip,
        };
        let Self { layout, trees, cancel, .. } = self;
        let mut log = String::new();
        let made = assemble(&request, &Workshop { layout, trees, externals, cancel }, &mut log);
        (made.map(|made| made.manifest), log)
    }

    fn read(&self, manifest: &Descriptor) -> (Manifest, ImageConfig) {
        let manifest = self.layout.manifest(manifest).unwrap();
        let config = self.layout.config(&manifest.config).unwrap();
        (manifest, config)
    }

    /// The paths of an image's files.
    fn files(&self, name: &str) -> Vec<String> {
        let (manifest, config) = self.read(&self.layout.resolve(name).unwrap().unwrap());
        let pairs = config.rootfs.diff_ids.iter().zip(manifest.layers);
        let layers: Vec<_> = pairs
            .map(|(diff_id, descriptor)| crate::layout::Layer { diff_id: *diff_id, descriptor })
            .collect();
        let tree = Trees::new(self.layout.clone(), Limits::default()).of(&layers).unwrap();
        let mut found = Vec::new();
        walk(&tree, "", &mut found);
        found
    }
}

fn walk(tree: &Tree, path: &str, found: &mut Vec<String>) {
    if let Some(crate::tree::NodeKind::Folder(children)) = tree.get(path).map(|node| &node.kind) {
        for name in children.keys() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            found.push(path.clone());
            walk(tree, &path, found);
        }
    }
}

fn message(result: Result<Descriptor, AssembleError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn an_image_has_its_layers_configuration_labels_and_annotations() {
    let bench = Bench::new();
    bench.file("a", "1");
    let made = bench.build("FROM scratch\nCOPY a /x/\nUSER u\nWORKDIR /w\n", "n:1").unwrap();
    let (manifest, config) = bench.read(&made);
    assert_eq!((manifest.layers.len(), config.rootfs.diff_ids.len()), (2, 2));
    assert_eq!(config.created.as_deref(), Some("1980-01-01T00:00:00Z"));
    assert_eq!((config.os.as_str(), config.config.user.as_str()), ("linux", "u"));
    assert_eq!((config.config.labels["other"].as_str(), config.config.labels.len()), ("o", 2));
    assert_eq!(manifest.annotations, [("org.opencontainers.image.title".to_owned(), "t".to_owned())].into());
    let history: Vec<_> =
        config.history.iter().map(|step| (step.created_by.as_deref().unwrap(), step.empty_layer)).collect();
    assert_eq!(history, [("COPY a /x/ # buildkit", false), ("USER u", true), ("WORKDIR /w", false)]);
    assert!(config.history.iter().all(|step| step.comment.as_deref() == Some(HISTORY_COMMENT)));
    assert_eq!(bench.files("n:1"), ["w", "x", "x/a"]);
}

#[test]
fn what_changes_nothing_makes_no_layer() {
    let bench = Bench::new();
    bench.file("a", "1");
    let made = bench.build("FROM scratch\nCOPY a /x/\nWORKDIR /x\n", "n:1").unwrap();
    let (manifest, config) = bench.read(&made);
    assert_eq!(manifest.layers.len(), 1);
    assert_eq!(config.history.iter().map(|step| step.empty_layer).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn stages_that_the_target_does_not_need_are_not_built() {
    let bench = Bench::new();
    bench.file("a", "1");
    let text = "FROM scratch AS one\nCOPY a /one/a\nFROM scratch AS no\nCOPY missing /\nRUN x\nFROM scratch AS two\n\
                COPY --from=one /one /got\nFROM two\nCOPY --from=0 /one/a /b\n";
    bench.build(text, "n:1").unwrap();
    assert_eq!(bench.files("n:1"), ["b", "got", "got/a"]);
}

#[test]
fn a_base_is_found_in_the_layout_by_its_name_and_its_layers_are_shared() {
    let bench = Bench::new();
    bench.file("a", "1");
    bench.file("b", "2");
    let base = bench.build("FROM scratch\nENV E=e\nCOPY a /\n", "localhost/ns/base:1").unwrap();
    let child = bench.build("FROM localhost/ns/base:1\nCOPY b /$E/\n", "localhost/ns/child:1").unwrap();
    let (base, child) = (bench.read(&base), bench.read(&child));
    assert_eq!(child.0.layers.len(), 2);
    assert_eq!(child.0.layers[0], base.0.layers[0]);
    assert_eq!(bench.files("localhost/ns/child:1"), ["a", "e", "e/b"]);
    bench.build("FROM scratch\nCOPY --from=localhost/ns/base:1 /a /c\n", "n:1").unwrap();
    assert_eq!(bench.files("n:1"), ["c"]);
    bench.build("FROM scratch\nCOPY a /\n", "docker.io/library/short:latest").unwrap();
    bench.build("FROM short\n", "n:2").unwrap();
    assert_eq!(bench.files("n:2"), ["a"]);
}

#[test]
fn an_image_that_is_not_there_comes_from_elsewhere_or_is_an_error_that_names_it() {
    let bench = Bench::new();
    bench.file("a", "1");
    let text = "FROM example.org/a/b:1\nUSER x\n";
    let refused = bench.build(text, "n:1").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the image example.org/a/b:1 is not in the layout, and the built-in engine cannot pull it"
    );
    assert_eq!(&text[refused.span().unwrap().clone()], "FROM example.org/a/b:1");
    bench.build("FROM scratch\nCOPY a /\n", "base:1").unwrap();
    let elsewhere = Elsewhere(bench.layout.clone(), "base:1");
    bench.build_with(text, "n:1", &elsewhere, 1).0.unwrap();
    assert_eq!(bench.files("n:1"), ["a"]);
}

#[test]
fn the_same_request_makes_the_same_image_wherever_and_by_however_many_threads() {
    let text = "FROM scratch AS one\nCOPY a /one\nFROM scratch\nCOPY a b /x/\nADD b /y\nWORKDIR /w\nCOPY --from=one / /z/\n";
    let digest = |jobs| {
        let bench = Bench::new();
        bench.file("b", "2");
        bench.file("a", "1");
        // The times of files are the context's; a stage has one for all of them.
        for name in ["a", "b"] {
            let file = fs::File::open(bench.path("context").join(name)).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(315_532_800)).unwrap();
        }
        bench.build_with(text, "n:1", &NoExternals, jobs).0.unwrap().digest
    };
    let first = digest(1);
    assert_eq!([digest(1), digest(2), digest(7)], [first; 3]);
}

#[test]
fn a_failure_gives_no_name_and_leaves_an_old_one_where_it_was() {
    let bench = Bench::new();
    bench.file("a", "1");
    let old = bench.build("FROM scratch\nCOPY a /\n", "n:1").unwrap();
    let text = "FROM scratch\nCOPY a /b\nCOPY missing /\n";
    let refused = bench.build(text, "n:1").unwrap_err();
    assert_eq!(&text[refused.span().unwrap().clone()], "COPY missing /");
    assert_eq!(bench.layout.resolve("n:1").unwrap().unwrap(), old);
    assert_eq!(bench.layout.names().unwrap().len(), 1);
}

#[test]
fn what_needs_a_container_is_refused_before_anything_is_done() {
    let bench = Bench::new();
    let refused = message(bench.build("FROM scratch AS a\nCOPY missing /\nFROM a\nRUN x\n", "n:1"));
    assert_eq!(refused, "the built-in engine runs no commands, so it cannot do RUN");
    let text = "FROM scratch\nONBUILD USER x\n";
    bench.build(text, "base:1").unwrap();
    let refused = message(bench.build("FROM base:1\n", "n:1"));
    assert_eq!(refused, "the built-in engine does not run the ONBUILD of base:1: USER x");
}

#[test]
fn another_frontend_is_refused_and_dockers_own_is_not() {
    let bench = Bench::new();
    bench.build("# syntax=docker/dockerfile:1\nFROM scratch\nUSER x\n", "n:1").unwrap();
    let refused = message(bench.build("# syntax=example.org/mine:1\nFROM scratch\nUSER x\n", "n:1"));
    assert_eq!(refused, "the built-in engine has no frontend example.org/mine:1");
}

#[test]
fn a_platform_is_written_and_a_base_of_another_is_refused() {
    let bench = Bench::new();
    let made = bench.build("FROM --platform=linux/arm/v7 scratch\nUSER x\n", "arm:1").unwrap();
    let config = bench.read(&made).1;
    assert_eq!((config.architecture.as_str(), config.variant.as_deref()), ("arm", Some("v7")));
    let refused = message(bench.build("FROM --platform=linux/s390x arm:1\n", "n:1"));
    assert_eq!(refused, "arm:1 is for linux/arm, not for linux/s390x");
    let refused = message(bench.build("FROM --platform=nothing scratch\n", "n:1"));
    assert_eq!(refused, "`nothing` is no platform");
}

#[test]
fn an_interrupt_ends_it_and_the_log_says_what_was_done() {
    let bench = Bench::new();
    bench.file("a", "1");
    let (made, log) = bench.build_with("FROM scratch\nCOPY a /\n", "n:1", &NoExternals, 1);
    let manifest = made.unwrap();
    let (layer, digest) = (bench.read(&manifest).0.layers[0].clone(), manifest.digest);
    let expected = format!(
        "[stage 0] FROM scratch\n[stage 0] COPY a /\n  1 entries in its layer\nlayer {} ({} bytes)\nmanifest {digest}\nnamed n:1\n",
        layer.digest, layer.size
    );
    assert_eq!(log, expected);
    bench.cancel.interrupt();
    assert!(matches!(bench.build("FROM scratch\nCOPY a /b\n", "n:2"), Err(AssembleError::Interrupted)));
    assert_eq!(bench.layout.resolve("n:2").unwrap(), None);
}

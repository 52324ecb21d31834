use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::Sources;
use images_engine::process::Cancel;
use images_engine::{
    BuildFailure, BuildRequest, Built, Engine, EngineChoice, EngineError, EngineKind, EngineOptions,
};

use super::*;
use crate::layer::Compression;

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(bench.path("context")).unwrap();
        fs::write(bench.path("context/a"), "1").unwrap();
        bench
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path()).unwrap().join(name)
    }

    fn options(&self) -> BuiltinOptions {
        BuiltinOptions {
            layout: self.path("oci"),
            epoch: 315_532_800,
            jobs: 1,
            registry: None,
            compression: Compression::Gzip,
        }
    }

    fn engine(&self) -> Builtin {
        Builtin::new(self.options(), Vec::new())
    }

    fn build(&self, engine: &dyn Engine, dockerfile: &str) -> Result<Built, BuildFailure> {
        fs::write(self.path("Dockerfile"), dockerfile).unwrap();
        let request = BuildRequest {
            context: &self.path("context"),
            entries: None,
            dockerfile: &self.path("Dockerfile"),
            tags: &["localhost/ns/n:1".to_owned(), "localhost/ns/n:2".to_owned()],
            args: &BTreeMap::new(),
            labels: &[("l".to_owned(), "v".to_owned())].into(),
            target: None,
            platform: None,
            secrets: &[],
            never_pull: true,
            sources: &Sources::All,
            size: 0,
            files: 0,
            features: &[],
            log: &self.path("logs/log"),
        };
        engine.build(&request, &Cancel::default())
    }
}

#[test]
fn an_image_is_built_listed_and_named_again() {
    let bench = Bench::new();
    let engine = bench.engine();
    assert_eq!((engine.kind(), engine.store()), (EngineKind::Builtin, "oci-layout"));
    assert_eq!(engine.images().unwrap(), []);
    assert!(!bench.path("oci").exists(), "looking makes nothing");
    let built = bench.build(&engine, "FROM scratch\nCOPY a /\n").unwrap();
    engine.tag("localhost/ns/n:1", "localhost/ns/other:3").unwrap();
    let images = bench.engine().images().unwrap();
    assert_eq!(images.len(), 1);
    assert_eq!(Some(&images[0].id), built.id.as_ref());
    assert_eq!(images[0].tags, ["localhost/ns/n:1", "localhost/ns/n:2", "localhost/ns/other:3"]);
    assert_eq!(images[0].labels.as_ref().unwrap()["l"], "v");
    let absent = engine.tag("localhost/ns/none:1", "x:1").unwrap_err();
    assert_eq!(absent.to_string(), "builtin: there is no image localhost/ns/none:1");
    assert!(fs::read_to_string(bench.path("logs/log")).unwrap().contains("[stage 0] COPY a /\n"));
}

#[test]
fn what_it_cannot_do_is_refused_at_its_line_with_who_can_and_why_those_did_not_answer() {
    let bench = Bench::new();
    let tried = |engine: &str, help: Option<&str>| EngineError {
        engine: engine.to_owned(),
        message: "not found".to_owned(),
        help: help.map(str::to_owned),
    };
    let engine =
        Builtin::new(bench.options(), vec![tried("docker", Some("install it")), tried("podman", None)]);
    match bench.build(&engine, "FROM scratch\nCOPY a /\nRUN x\n") {
        Err(BuildFailure::Refused { message, line, help }) => {
            assert_eq!(
                (message.as_str(), line),
                ("the built-in engine runs no commands, so it cannot do RUN", 3)
            );
            assert_eq!(
                help,
                "docker, podman and buildah can: start or install one, or name it with --engine; these were tried:\n\
                 docker: not found; install it\npodman: not found"
            );
        }
        other => panic!("{other:?}"),
    }
    let log = fs::read_to_string(bench.path("logs/log")).unwrap();
    assert_eq!(log, "error: the built-in engine runs no commands, so it cannot do RUN\n");
}

#[test]
fn what_is_wrong_fails_at_its_line() {
    let bench = Bench::new();
    for (text, told, at) in [
        (
            "FROM scratch\nCOPY none /\n",
            "`/none` is not there: no file, folder or link of this name is in the context",
            2,
        ),
        ("FROM scratch\n\nSTOPSIGNAL X\n", "`X` is no signal; write a number, or a name like SIGTERM", 3),
    ] {
        match bench.build(&bench.engine(), text) {
            Err(BuildFailure::Failed { message, line }) => {
                assert_eq!((message.as_str(), line), (told, Some(at)))
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn it_is_taken_when_it_is_named_and_when_no_other_answers() {
    let bench = Bench::new();
    let nowhere =
        EngineOptions { docker_host: Some("unix:///no/such/socket".to_owned()), ..EngineOptions::default() };
    let named = detect(EngineChoice::Only(EngineKind::Builtin), &nowhere, &bench.options()).unwrap();
    assert_eq!((named.0.kind(), named.1.len()), (EngineKind::Builtin, 0));
    let docker = detect(EngineChoice::Only(EngineKind::Docker), &nowhere, &bench.options());
    assert!(docker.is_err(), "an engine that was named is not replaced");
}

#[test]
fn a_layout_that_cannot_be_read_is_an_engine_that_does_not_answer() {
    let bench = Bench::new();
    fs::create_dir(bench.path("oci")).unwrap();
    fs::write(bench.path("oci/oci-layout"), "{\"imageLayoutVersion\":\"9.0.0\"}").unwrap();
    let refused =
        detect(EngineChoice::Only(EngineKind::Builtin), &EngineOptions::default(), &bench.options());
    let tried = refused.err().unwrap().tried;
    assert_eq!(tried.len(), 1);
    assert!(tried[0].message.contains("has version 9.0.0"), "{}", tried[0].message);
}

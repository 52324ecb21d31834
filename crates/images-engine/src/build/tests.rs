use camino::Utf8PathBuf;
use images_dockerfile::Sources;

use super::*;

/// A shell stands in for an engine's client.
const SHELL: Client = Client("sh");

struct Stage {
    _guard: tempfile::TempDir,
    root: Utf8PathBuf,
    none: BTreeMap<String, String>,
}

impl Stage {
    fn new() -> Self {
        let guard = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(guard.path().to_owned()).unwrap();
        fs::write(root.join("1.Dockerfile"), "FROM scratch\nRUN x\n").unwrap();
        Self { _guard: guard, root, none: BTreeMap::new() }
    }

    /// Runs a build whose client is this script; `$ID` and `$IGNORE` are the files that it is given.
    fn run(&self, script: &str, cancel: &Cancel) -> Result<Built, BuildFailure> {
        self.run_by(SHELL, script, cancel)
    }

    fn run_by(&self, client: Client, script: &str, cancel: &Cancel) -> Result<Built, BuildFailure> {
        let (context, dockerfile, log) =
            (self.root.join("1"), self.root.join("1.Dockerfile"), self.root.join("logs/log"));
        let request = BuildRequest {
            context: &context,
            entries: None,
            dockerfile: &dockerfile,
            tags: &[],
            args: &self.none,
            labels: &self.none,
            target: None,
            platform: None,
            secrets: &[],
            never_pull: false,
            sources: &Sources::All,
            size: 0,
            files: 0,
            features: &[],
            log: &log,
        };
        let call = |files: &Files| Call {
            program: None,
            args: vec!["-c".to_owned(), script.to_owned()],
            env: BTreeMap::from([
                ("ID".to_owned(), files.id.to_string()),
                ("IGNORE".to_owned(), files.ignore.to_string()),
            ]),
        };
        run(client, Dialect::Legacy, &request, cancel, call)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.root.join("logs/log")).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.root).unwrap();
        let mut names: Vec<String> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_build_gives_the_id_that_the_client_wrote_and_logs_both_streams() {
    let stage = Stage::new();
    let script = "echo sha256:abc > \"$ID\"; echo out; echo err >&2; cat \"$IGNORE\"";
    assert_eq!(stage.run(script, &Cancel::default()).unwrap(), Built { id: Some("sha256:abc".to_owned()) });
    assert_eq!(stage.log(), "out\nerr\n!ignores-nothing\n");
    assert_eq!(stage.names(), ["1.Dockerfile", "1.Dockerfile.dockerignore", "logs"]);
}

#[test]
fn a_client_that_tells_no_id_gives_none() {
    let stage = Stage::new();
    assert_eq!(stage.run("true", &Cancel::default()).unwrap(), Built { id: None });
    assert_eq!(stage.run(": > \"$ID\"", &Cancel::default()).unwrap(), Built { id: None });
}

#[test]
fn an_ignore_file_of_other_text_is_replaced_and_an_equal_one_is_left() {
    let stage = Stage::new();
    let ignore = stage.root.join("1.Dockerfile.dockerignore");
    fs::write(&ignore, "*\n").unwrap();
    stage.run("true", &Cancel::default()).unwrap();
    assert_eq!(fs::read_to_string(&ignore).unwrap(), "!ignores-nothing\n");
    let before = fs::metadata(&ignore).unwrap().modified().unwrap();
    stage.run("true", &Cancel::default()).unwrap();
    assert_eq!(fs::metadata(&ignore).unwrap().modified().unwrap(), before);
}

#[test]
fn builds_of_one_dockerfile_at_once_have_their_own_id_files() {
    let stage = Stage::new();
    let ids = crate::threads::map(4, &["1", "2", "3", "4"], |id| {
        let script = format!("echo {id} > \"$ID\"; sleep 0.1");
        stage.run(&script, &Cancel::default()).unwrap().id.unwrap()
    });
    assert_eq!(ids, ["1", "2", "3", "4"]);
}

#[test]
fn a_failure_is_read_from_the_log() {
    let stage = Stage::new();
    let script =
        "echo 'Step 2/2 : RUN x'; echo 'The command '\\''x'\\'' returned a non-zero code: 9'; exit 9";
    match stage.run(script, &Cancel::default()) {
        Err(BuildFailure::Failed { message, line }) => {
            assert_eq!((message.as_str(), line), ("the command ended with exit code 9", Some(2)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_engine_out_of_reach_is_no_failed_build() {
    let stage = Stage::new();
    let script =
        "echo 'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?'; exit 1";
    match stage.run(script, &Cancel::default()) {
        Err(BuildFailure::Engine(error)) => assert!(error.message.starts_with("Cannot connect"), "{error}"),
        other => panic!("{other:?}"),
    }
    match stage.run_by(Client("no-such-engine"), "", &Cancel::default()) {
        Err(BuildFailure::Engine(error)) => assert_eq!(error.message, "not found in PATH"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_interrupt_is_told_whatever_the_client_makes_of_it() {
    let stage = Stage::new();
    let ready = stage.root.join("ready");
    let script =
        format!("trap 'echo sha256:abc > $ID; exit 0' TERM; : > {ready}; while :; do sleep 0.02; done");
    let cancel = Cancel::default();
    let result = crate::threads::beside(
        || {
            while !ready.exists() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            cancel.interrupt();
        },
        || stage.run(&script, &cancel),
    );
    assert!(matches!(result, Err(BuildFailure::Interrupted)), "{result:?}");
    assert_eq!(stage.names(), ["1.Dockerfile", "1.Dockerfile.dockerignore", "logs", "ready"]);
    assert!(
        matches!(stage.run("true", &cancel), Err(BuildFailure::Interrupted)),
        "nothing is started any more"
    );
}

#[test]
fn what_is_fed_reaches_the_client() {
    let stage = Stage::new();
    let (dockerfile, log) = (stage.root.join("1.Dockerfile"), stage.root.join("log"));
    let request = BuildRequest {
        context: &stage.root,
        entries: None,
        dockerfile: &dockerfile,
        tags: &[],
        args: &stage.none,
        labels: &stage.none,
        target: None,
        platform: None,
        secrets: &[],
        never_pull: false,
        sources: &Sources::All,
        size: 0,
        files: 0,
        features: &[],
        log: &log,
    };
    let call = |_: &Files| Call { args: vec!["-c".to_owned(), "cat".to_owned()], ..Call::default() };
    let cancel = Cancel::default();
    run_fed(SHELL, Dialect::Legacy, &request, &cancel, call, |stdin| stdin.write_all(b"fed")).unwrap();
    assert_eq!(fs::read_to_string(&log).unwrap(), "fed");
    let broken = |_: &mut dyn Write| Err(io::Error::other("f: changed while it was read"));
    match run_fed(SHELL, Dialect::Legacy, &request, &cancel, call, broken) {
        Err(BuildFailure::Engine(error)) => assert_eq!(error.message, "f: changed while it was read"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dockerfile_in_a_folder_that_there_is_not_is_an_error() {
    let error = Files::write("/no/such/folder/Dockerfile".into()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

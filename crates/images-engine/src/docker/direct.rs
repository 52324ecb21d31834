//! A build that asks the daemon by itself: one request, with the context as a tar in it.
//!
//! A client costs a process, a session and several questions for each build, which is more than the build of an image
//! that only copies files. Such a build has nothing that a client is needed for: no output to follow, no secrets, no
//! credentials for a pull. With `version=2` the daemon's own BuildKit does it:
//! <https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageBuild>.
//!
//! The Dockerfile is in the tar, under a name of ours, since BuildKit takes it from where the context is. Unlike the
//! legacy builder it does not remove it, so a Dockerfile that may read everything at the context's root is left to the
//! client, see [`applies`].
//!
//! Whatever goes wrong is no result: the client builds then, and what it says is what the user gets to see.

use std::fs;

use camino::Utf8Path;
use images_dockerfile::{Dockerfile, Source, Sources};
use serde::Deserialize;

use super::{socket, tar};
use crate::process::Cancel;
use crate::work::runs_nothing;
use crate::{BuildFailure, BuildRequest, Built, EngineOptions};

/// Contexts up to this many bytes are sent. The daemon keeps what it got as a tar and unpacked.
const MOST_BYTES: u64 = 64 << 20;

/// And up to this many files: a daemon unpacks 100,000 of them in 80 s, where a client's session takes 16 s.
const MOST_FILES: usize = 1000;

/// Whether the daemon makes the same of this request as a client would make of it.
pub(super) fn applies(request: &BuildRequest<'_>, options: &EngineOptions) -> bool {
    request.never_pull
        && request.secrets.is_empty()
        && request.size <= MOST_BYTES
        && request.files <= MOST_FILES
        && !options.clients_only
        && options.builder.is_none()
        && !has_chosen_builder(options.docker_config.as_deref())
        && reads_below_root(request.sources)
        && fs::read_to_string(request.dockerfile).is_ok_and(|text| only_copies(&text))
}

/// What buildx remembers of `docker buildx use`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Current {
    name: String,
}

/// Whether buildx was told to use another builder than the daemon's own. What cannot be read may say so.
fn has_chosen_builder(configuration: Option<&Utf8Path>) -> bool {
    let Some(configuration) = configuration else { return false };
    match fs::read(configuration.join("buildx/current")) {
        Ok(text) => serde_json::from_slice(&text).map_or(true, |Current { name }| !name.is_empty()),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// Whether nothing but what is named by its first folder or by its whole name is read, so that a file of ours at the
/// context's root is seen by nothing.
fn reads_below_root(sources: &Sources) -> bool {
    let is_below = |source: &Source| {
        let first = source.path.split('/').next().unwrap_or_default();
        first != "." && !(source.wildcard && first.contains(['*', '?', '[', '\\']))
    };
    match sources {
        Sources::All => false,
        Sources::These(sources) => sources.iter().all(is_below),
    }
}

/// Whether the Dockerfile runs nothing, and asks for no frontend of its own.
fn only_copies(dockerfile: &str) -> bool {
    Dockerfile::parse(dockerfile)
        .is_ok_and(|dockerfile| dockerfile.syntax().is_none() && runs_nothing(&dockerfile))
}

/// Builds, and says nothing where that did not succeed.
///
/// # Errors
/// An interrupt.
pub(super) fn build(
    socket: &Utf8Path,
    request: &BuildRequest<'_>,
    cancel: &Cancel,
) -> Result<Option<Built>, BuildFailure> {
    let name = tar::dockerfile_name(request.context);
    let path = format!("/build?{}", query(request, &name));
    let answer = socket::post(socket, &path, "application/x-tar", cancel, |body| {
        tar::write(request.context, request.dockerfile, &name, body)
    });
    if cancel.is_interrupted() {
        return Err(BuildFailure::Interrupted);
    }
    let id = answer.ok().and_then(|answer| image_id(&answer));
    let Some(id) = id else { return Ok(None) };
    note(request.log, socket, &id);
    Ok(Some(Built { id: Some(id) }))
}

fn query(request: &BuildRequest<'_>, dockerfile: &str) -> String {
    let json = |map| serde_json::to_string(map).expect("texts have a form in JSON");
    let (args, labels) = (json(request.args), json(request.labels));
    let mut pairs =
        vec![("version", "2"), ("dockerfile", dockerfile), ("buildargs", &args), ("labels", &labels)];
    pairs.extend(request.tags.iter().map(|tag| ("t", tag.as_str())));
    pairs.extend(request.target.map(|target| ("target", target)));
    pairs.extend(request.platform.map(|platform| ("platform", platform)));
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    pairs.join("&")
}

/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>: all but what is unreserved.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

/// One line of the answer. Most tell of progress, and have neither.
#[derive(Deserialize)]
struct Line {
    id: Option<String>,
    aux: Option<serde_json::Value>,
    error: Option<String>,
}

/// The id of the image that the answer tells of, unless it tells of an error.
fn image_id(answer: &[u8]) -> Option<String> {
    let mut id = None;
    for line in serde_json::Deserializer::from_slice(answer).into_iter::<Line>() {
        let line = line.ok()?;
        if line.error.is_some() {
            return None;
        }
        if line.id.as_deref() == Some("moby.image.id") {
            id = line.aux.as_ref().and_then(|aux| Some(aux.get("ID")?.as_str()?.to_owned()));
        }
    }
    id
}

/// What the log has to tell. A log that cannot be written is no reason to fail what is built.
fn note(log: &Utf8Path, socket: &Utf8Path, id: &str) {
    let _ = log.parent().map(fs::create_dir_all);
    let _ = fs::write(log, format!("built by the daemon at unix://{socket} in one request\n{id}\n"));
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;

    use camino::Utf8PathBuf;
    use images_dockerfile::SourceKind;

    use super::*;
    use crate::testing::Sample;
    use crate::threads::beside;

    const DOCKERFILE: &str = "FROM localhost/acme/base:key-1\nCOPY files /x/\nENV A=1\n";

    /// A folder with a staged context and its Dockerfile.
    struct Stage {
        _kept: tempfile::TempDir,
        root: Utf8PathBuf,
        sample: Sample,
    }

    impl Stage {
        fn new(dockerfile: &str) -> Self {
            let kept = tempfile::tempdir().unwrap();
            let root = Utf8PathBuf::try_from(kept.path().to_owned()).unwrap();
            fs::create_dir_all(root.join("1/files")).unwrap();
            fs::write(root.join("1/files/a"), "content").unwrap();
            fs::write(root.join("Dockerfile"), dockerfile).unwrap();
            Self { _kept: kept, root, sample: Sample::default() }
        }

        /// Whether a request that `change` changed is sent by ourselves.
        fn applies(&self, options: &EngineOptions, change: impl FnOnce(&mut BuildRequest<'_>)) -> bool {
            let (context, dockerfile) = (self.root.join("1"), self.root.join("Dockerfile"));
            let mut request = BuildRequest {
                context: &context,
                dockerfile: &dockerfile,
                secrets: &[],
                ..self.sample.most()
            };
            change(&mut request);
            applies(&request, options)
        }

        /// What comes of a daemon that answers so, what it was asked, and the log.
        fn build(
            &self,
            answer: &str,
            cancel: &Cancel,
        ) -> (Result<Option<Built>, BuildFailure>, String, String) {
            let (context, dockerfile) = (self.root.join("1"), self.root.join("Dockerfile"));
            let log = self.root.join("logs/log");
            let request =
                BuildRequest { context: &context, dockerfile: &dockerfile, log: &log, ..self.sample.most() };
            let socket = self.root.join("s");
            let listener = UnixListener::bind(&socket).unwrap();
            let mut asked = Vec::new();
            let built = beside(
                || {
                    let (mut stream, _) = listener.accept().unwrap();
                    let mut byte = [0];
                    while !asked.ends_with(b"0\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                        asked.extend(byte);
                    }
                    let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n{answer}");
                },
                || build(&socket, &request, cancel),
            );
            let log = fs::read_to_string(&log).unwrap_or_default();
            (built, String::from_utf8_lossy(&asked).into_owned(), log.replace(self.root.as_str(), "~"))
        }
    }

    fn reading(path: &str, wildcard: bool) -> Sources {
        Sources::These(vec![Source { kind: SourceKind::Copy, path: path.to_owned(), wildcard, span: 0..1 }])
    }

    #[test]
    fn only_what_a_client_adds_nothing_to_is_sent() {
        let stage = Stage::new(DOCKERFILE);
        let options = EngineOptions::default();
        assert!(stage.applies(&options, |_| {}));
        assert!(!stage.applies(&options, |request| request.never_pull = false), "a pull takes credentials");
        assert!(stage.applies(&options, |request| request.size = MOST_BYTES));
        assert!(!stage.applies(&options, |request| request.size = MOST_BYTES + 1));
        assert!(stage.applies(&options, |request| request.files = MOST_FILES));
        assert!(!stage.applies(&options, |request| request.files = MOST_FILES + 1));
        let (context, dockerfile) = (stage.root.join("1"), stage.root.join("Dockerfile"));
        let with_secrets = BuildRequest { context: &context, dockerfile: &dockerfile, ..stage.sample.most() };
        assert!(!applies(&with_secrets, &options));
        assert!(!stage.applies(&EngineOptions { clients_only: true, ..EngineOptions::default() }, |_| {}));
        let fleet = EngineOptions { builder: Some("fleet".to_owned()), ..EngineOptions::default() };
        assert!(!stage.applies(&fleet, |_| {}));
    }

    #[test]
    fn what_runs_something_or_has_a_frontend_of_its_own_is_left_to_the_client() {
        let applies = |text: &str| Stage::new(text).applies(&EngineOptions::default(), |_| {});
        assert!(!applies("FROM a\nRUN true\n"));
        assert!(!applies("FROM a AS x\nrun true\nFROM b\n"));
        assert!(!applies("# syntax=docker/dockerfile:1\nFROM a\n"));
        assert!(!applies("FROM\n"), "the client says what is wrong");
    }

    #[test]
    fn nothing_that_could_see_our_file_at_the_root_is_sent() {
        let stage = Stage::new(DOCKERFILE);
        let applies = |sources: &Sources| {
            let sources = sources.clone();
            let (context, dockerfile) = (stage.root.join("1"), stage.root.join("Dockerfile"));
            let request = BuildRequest {
                context: &context,
                dockerfile: &dockerfile,
                secrets: &[],
                sources: &sources,
                ..stage.sample.most()
            };
            super::applies(&request, &EngineOptions::default())
        };
        assert!(!applies(&Sources::All));
        assert!(applies(&Sources::These(Vec::new())));
        assert!(!applies(&reading(".", false)));
        for literal in ["a", "a/b", "*", ".x"] {
            assert!(applies(&reading(literal, false)), "{literal}");
        }
        for pattern in ["*", "?x", "[a-z]", "a*/b", "\\x"] {
            assert!(!applies(&reading(pattern, true)), "{pattern}");
        }
        assert!(applies(&reading("a/*", true)));
    }

    #[test]
    fn a_builder_that_buildx_was_told_to_use_gets_the_build() {
        let stage = Stage::new(DOCKERFILE);
        let options = EngineOptions { docker_config: Some(stage.root.clone()), ..EngineOptions::default() };
        assert!(stage.applies(&options, |_| {}), "nothing was chosen ever");
        fs::create_dir(stage.root.join("buildx")).unwrap();
        for (current, applies) in [
            (r#"{"Key":"unix:///var/run/docker.sock","Name":"","Global":false}"#, true),
            (r#"{"Key":"unix:///var/run/docker.sock","Name":"fleet","Global":false}"#, false),
            ("", false),
        ] {
            fs::write(stage.root.join("buildx/current"), current).unwrap();
            assert_eq!(stage.applies(&options, |_| {}), applies, "{current}");
        }
    }

    #[test]
    fn the_daemon_gets_all_in_one_request() {
        let answer = "{\"id\":\"moby.buildkit.trace\",\"aux\":\"Cg==\"}\n\
                      {\"id\":\"moby.image.id\",\"aux\":{\"ID\":\"sha256:1\"}}\n";
        let (built, asked, log) = Stage::new(DOCKERFILE).build(answer, &Cancel::default());
        assert_eq!(built.unwrap(), Some(Built { id: Some("sha256:1".to_owned()) }));
        let line = "POST /build?version=2&dockerfile=.xtask-images.Dockerfile\
            &buildargs=%7B%22A%22%3A%22--no-cache%22%2C%22B%22%3A%22x%20y%3Dz%22%7D\
            &labels=%7B%22l%22%3A%22%24%28id%29%22%7D&t=localhost%2Facme%2Fx%3A1&t=localhost%2Facme%2Fx%3Akey-1\
            &target=-t&platform=linux%2Farm64 HTTP/1.1\r\n";
        assert!(asked.starts_with(line), "{asked}");
        assert!(asked.contains("Content-Type: application/x-tar\r\n"));
        assert!(asked.contains(".xtask-images.Dockerfile") && asked.contains(DOCKERFILE), "{asked}");
        assert!(asked.contains("files/a") && asked.contains("content"), "{asked}");
        assert_eq!(log, "built by the daemon at unix://~/s in one request\nsha256:1\n");
    }

    #[test]
    fn what_does_not_succeed_is_no_result() {
        let id = "{\"id\":\"moby.image.id\",\"aux\":{\"ID\":\"sha256:1\"}}\n";
        for answer in [
            "{\"errorDetail\":{\"message\":\"no\"},\"error\":\"no\"}\n".to_owned(),
            format!("{id}{{\"errorDetail\":{{\"message\":\"no\"}},\"error\":\"no\"}}\n"),
            format!("{id}<html>"),
            "{\"stream\":\"Successfully built 1\"}\n".to_owned(),
            String::new(),
        ] {
            let (built, _, log) = Stage::new(DOCKERFILE).build(&answer, &Cancel::default());
            assert_eq!(built.unwrap(), None, "{answer}");
            assert_eq!(log, "");
        }
    }

    #[test]
    fn an_interrupt_is_an_interrupt() {
        let cancel = Cancel::default();
        cancel.interrupt();
        let (built, ..) = Stage::new(DOCKERFILE).build("", &cancel);
        assert!(matches!(built, Err(BuildFailure::Interrupted)));
    }
}

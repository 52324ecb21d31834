//! Builds by BuildKit: through buildx, or through a client that holds BuildKit's client part.
//!
//! The Dockerfile lies outside of the context; `<it>.dockerignore` beside it is what BuildKit reads instead of the
//! context's own: <https://docs.docker.com/build/concepts/context/#filename-and-location>

use std::collections::BTreeMap;
use std::fs;

use images_dockerfile::Dockerfile;

use super::CLIENT;
use super::plugin::Plugin;
use crate::build::{self, Call, Files, common_flags};
use crate::failure::Dialect;
use crate::process::Cancel;
use crate::support::{self, Builder};
use crate::version::Version;
use crate::{BuildFailure, BuildRequest, Built, EngineOptions, secret};

/// Builds through the buildx plugin. Nothing is refused here: the BuildKit behind it may be any.
///
/// # Errors
/// See [`BuildFailure`].
pub(super) fn build_by_buildx(
    plugin: &Plugin,
    options: &EngineOptions,
    request: &BuildRequest<'_>,
    cancel: &Cancel,
) -> Result<Built, BuildFailure> {
    let call = |files: &Files| buildx_call(plugin, options.builder.as_deref(), request, files);
    build::run(CLIENT, Dialect::BuildKit, request, cancel, call)
}

/// Builds through an older client, with the BuildKit in the daemon.
///
/// # Errors
/// See [`BuildFailure`].
pub(super) fn build_by_client(
    daemon: Option<&Version>,
    request: &BuildRequest<'_>,
    cancel: &Cancel,
) -> Result<Built, BuildFailure> {
    if let Some(daemon) = daemon
        && !brings_frontend(&fs::read_to_string(request.dockerfile).unwrap_or_default())
    {
        support::check(Builder::BuildKit(daemon), request.features)?;
    }
    build::run(CLIENT, Dialect::BuildKit, request, cancel, |files| client_call(request, files))
}

/// Whether the Dockerfile names a frontend of its own, which then decides what can be used.
fn brings_frontend(dockerfile: &str) -> bool {
    Dockerfile::parse(dockerfile).is_ok_and(|dockerfile| dockerfile.syntax().is_some())
}

/// The plugin runs by itself as well as behind the client, which would ask it for its version first, each time:
/// <https://github.com/docker/buildx/blob/v0.13.1/README.md#manual-download>.
fn buildx_call(plugin: &Plugin, builder: Option<&str>, request: &BuildRequest<'_>, files: &Files) -> Call {
    let mut args = if plugin.program.is_some() { Vec::new() } else { vec!["buildx".to_owned()] };
    args.extend(["build".to_owned(), "--load".to_owned()]);
    args.extend(builder.map(|builder| format!("--builder={builder}")));
    args.extend(buildkit_flags(request, files));
    // Without attestations the image is a plain one, with nothing of the machine in it, and with no call of git:
    // https://docs.docker.com/build/building/variables/
    let env = [("BUILDX_NO_DEFAULT_ATTESTATIONS", "1"), ("BUILDX_GIT_INFO", "false")];
    Call { program: plugin.program.clone(), args, env: owned(&env) }
}

fn client_call(request: &BuildRequest<'_>, files: &Files) -> Call {
    let mut args = vec!["build".to_owned()];
    args.extend(buildkit_flags(request, files));
    Call { args, env: owned(&[("DOCKER_BUILDKIT", "1")]), ..Call::default() }
}

fn buildkit_flags(request: &BuildRequest<'_>, files: &Files) -> Vec<String> {
    let mut flags = vec!["--progress=plain".to_owned(), format!("--file={}", request.dockerfile)];
    flags.extend(common_flags(request, files));
    flags.extend(request.secrets.iter().map(secret::csv_flag));
    flags.extend(["--".to_owned(), request.context.to_string()]);
    flags
}

fn owned(env: &[(&str, &str)]) -> BTreeMap<String, String> {
    env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Sample, files};

    #[test]
    fn buildx_is_called_so() {
        let sample = Sample::default();
        let behind_client = Plugin { program: None, version: None };
        let call = buildx_call(&behind_client, None, &sample.least(), &files());
        let args = [
            "buildx",
            "build",
            "--load",
            "--progress=plain",
            "--file=/stage/1.Dockerfile",
            "--iidfile=/stage/1.id",
            "--",
            "/stage/1",
        ];
        assert_eq!(call.args, args);
        let env = [("BUILDX_GIT_INFO", "false"), ("BUILDX_NO_DEFAULT_ATTESTATIONS", "1")];
        assert_eq!(call.env, owned(&env));

        let call = buildx_call(&behind_client, Some("-fleet"), &sample.most(), &files());
        let args = [
            "buildx",
            "build",
            "--load",
            "--builder=-fleet",
            "--progress=plain",
            "--file=/stage/1.Dockerfile",
            "--iidfile=/stage/1.id",
            "--tag=localhost/acme/x:1",
            "--tag=localhost/acme/x:key-1",
            "--build-arg=A=--no-cache",
            "--build-arg=B=x y=z",
            "--label=l=$(id)",
            "--target=-t",
            "--platform=linux/arm64",
            "--secret=id=env,env=TOKEN",
            "--secret=id=file,src=/run/token",
            "--",
            "/stage/1",
        ];
        assert_eq!(call.args, args);
    }

    #[test]
    fn a_plugin_that_was_found_is_called_without_the_client() {
        let sample = Sample::default();
        let found = Plugin { program: Some("/plugins/docker-buildx".to_owned()), version: None };
        let call = buildx_call(&found, None, &sample.least(), &files());
        assert_eq!(call.program.as_deref(), Some("/plugins/docker-buildx"));
        assert_eq!(call.args[..2], ["build", "--load"]);
        let call = buildx_call(&Plugin { program: None, version: None }, None, &sample.least(), &files());
        assert_eq!(call.program, None);
    }

    #[test]
    fn an_older_client_is_called_so() {
        let sample = Sample::default();
        let call = client_call(&sample.most(), &files());
        let args = [
            "build",
            "--progress=plain",
            "--file=/stage/1.Dockerfile",
            "--iidfile=/stage/1.id",
            "--tag=localhost/acme/x:1",
            "--tag=localhost/acme/x:key-1",
            "--build-arg=A=--no-cache",
            "--build-arg=B=x y=z",
            "--label=l=$(id)",
            "--target=-t",
            "--platform=linux/arm64",
            "--secret=id=env,env=TOKEN",
            "--secret=id=file,src=/run/token",
            "--",
            "/stage/1",
        ];
        assert_eq!(call.args, args);
        assert_eq!(call.env, owned(&[("DOCKER_BUILDKIT", "1")]));
    }

    #[test]
    fn a_frontend_is_named_by_a_directive() {
        assert!(brings_frontend("# syntax=docker/dockerfile:1\nFROM a\nRUN <<E\nE\n"));
        assert!(!brings_frontend("# a comment\n# syntax=x\nFROM a"));
        assert!(!brings_frontend(""));
    }
}

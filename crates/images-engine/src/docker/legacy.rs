//! Builds by the daemon's own builder, which is given a tar on stdin.
//!
//! Its client filters folders in its own way, so it is not given one. The Dockerfile then has to be in the tar, under a
//! name of ours; before the build the daemon removes it, and `.dockerignore`, where `.dockerignore` names them:
//! <https://github.com/moby/moby/blob/v20.10.24/builder/remotecontext/detect.go>

use std::collections::BTreeMap;

use super::{CLIENT, tar};
use crate::build::{self, Call, Files, common_flags};
use crate::failure::Dialect;
use crate::process::Cancel;
use crate::support::{self, Builder};
use crate::{BuildFailure, BuildRequest, Built};

/// Builds, after it is clear that the builder can do it.
///
/// # Errors
/// See [`BuildFailure`].
pub(super) fn build(request: &BuildRequest<'_>, cancel: &Cancel) -> Result<Built, BuildFailure> {
    support::check(Builder::Legacy, request.features)?;
    let name = tar::dockerfile_name(request.context);
    let call = |files: &Files| call(request, files, &name);
    let feed = |stdin: &mut dyn std::io::Write| {
        tar::write_with_ignore(
            request.context,
            request.dockerfile,
            &name,
            std::io::BufWriter::with_capacity(1 << 16, stdin),
        )
    };
    match build::run_fed(CLIENT, Dialect::Legacy, request, cancel, call, feed) {
        Err(BuildFailure::Failed { message, .. }) if is_gone_meanwhile(&message) => {
            build::run_fed(CLIENT, Dialect::Legacy, request, cancel, call, feed)
        }
        result => result,
    }
}

/// Whether an image went while the daemon looked at all of them for a step that it could take from its cache: the whole
/// build then fails, although nothing is wrong with it. An image that a Dockerfile names is never named by its id here.
fn is_gone_meanwhile(message: &str) -> bool {
    message.starts_with("unable to find image \"sha256:")
}

fn call(request: &BuildRequest<'_>, files: &Files, dockerfile: &str) -> Call {
    // Otherwise a container is left behind for each failed build.
    let mut args = vec!["build".to_owned(), "--force-rm".to_owned(), format!("--file={dockerfile}")];
    args.extend(common_flags(request, files));
    args.push("-".to_owned());
    let env = BTreeMap::from([("DOCKER_BUILDKIT".to_owned(), "0".to_owned())]);
    Call { args, env, ..Call::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Sample, files};

    #[test]
    fn an_image_that_went_meanwhile_is_told_from_one_that_is_not_there() {
        assert!(is_gone_meanwhile("unable to find image \"sha256:f8e9c47a55db\""));
        assert!(!is_gone_meanwhile("unable to find image \"localhost/acme/x:1\""));
        assert!(!is_gone_meanwhile("the command ended with exit code 1"));
    }

    #[test]
    fn the_client_is_called_so() {
        let sample = Sample::default();
        let call = call(&sample.most(), &files(), ".name");
        let args = [
            "build",
            "--force-rm",
            "--file=.name",
            "--iidfile=/stage/1.id",
            "--tag=localhost/acme/x:1",
            "--tag=localhost/acme/x:key-1",
            "--build-arg=A=--no-cache",
            "--build-arg=B=x y=z",
            "--label=l=$(id)",
            "--target=-t",
            "--platform=linux/arm64",
            "-",
        ];
        assert_eq!(call.args, args);
        assert_eq!(call.env, BTreeMap::from([("DOCKER_BUILDKIT".to_owned(), "0".to_owned())]));
    }
}

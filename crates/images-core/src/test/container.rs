//! A container that is gone when its check is over.

use images_engine::process::Cancel;
use images_engine::{ContainerRequest, Containers, EngineError};

use super::definition::Program;

/// The label that all containers of tests have; its value names the run.
pub(super) const LABEL: &str = "dev.xtask-images.test";

/// How many lines of what a container wrote are shown.
const TAIL: usize = 20;

/// Where containers are started.
#[derive(Clone, Copy)]
pub(super) struct Host<'a> {
    pub(super) containers: Containers,
    /// The value of [`LABEL`].
    pub(super) run: &'a str,
    pub(super) cancel: &'a Cancel,
}

/// A container. It is removed when this is dropped, whatever it does then.
pub(super) struct Container<'a> {
    host: Host<'a>,
    pub(super) id: String,
}

impl<'a> Container<'a> {
    /// Makes one of an image, and does not start it.
    pub(super) fn create(
        host: Host<'a>,
        image: &str,
        program: &Program,
        publish: Option<u16>,
    ) -> Result<Self, EngineError> {
        let request = ContainerRequest {
            image,
            entrypoint: program.entrypoint.as_deref(),
            args: &program.args,
            env: &program.env,
            user: program.user.as_deref(),
            publish,
            label: (LABEL, host.run),
        };
        let id = host.containers.create(&request, host.cancel)?;
        Ok(Self { host, id })
    }

    /// The end of what it wrote.
    pub(super) fn logs(&self) -> String {
        self.host.containers.logs(&self.id, TAIL).unwrap_or_else(|error| format!("(no log: {error})"))
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // What stays in spite of this is removed at the end of the run, or by the next one.
        let _ = self.host.containers.remove(std::slice::from_ref(&self.id));
    }
}

/// The end of a text.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

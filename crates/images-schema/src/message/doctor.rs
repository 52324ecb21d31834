//! `images doctor --format json`.

use serde::Serialize;

/// `images doctor --format json`.
#[derive(Debug, Clone, Serialize)]
pub struct Doctor {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION).
    pub version: u32,
    /// The engine that builds would take; `null` where none can do what the workspace needs.
    pub engine: Option<String>,
    /// What the command ends with.
    pub exit_code: u8,
    /// What was looked at.
    pub checks: Vec<DoctorCheck>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct DoctorCheck {
    /// `workspace`, `engine`, `disk`, `program`, `target` or `registry`.
    pub kind: &'static str,
    /// Which one: `podman`, `ghcr.io`.
    pub subject: String,
    /// `ok`, `warning` or `error`.
    pub status: &'static str,
    /// What was found.
    pub message: String,
    /// What to do.
    pub fixes: Vec<String>,
}

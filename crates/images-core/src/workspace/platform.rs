//! Platforms in the engines' words.

use images_dockerfile::Platform;

/// The platform of this machine: images are Linux ones, and the architecture has Go's name.
pub fn host_platform() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        other => other,
    };
    Platform { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: None }
}

/// Reads `os/architecture[/variant]`.
pub fn platform_of(text: &str) -> Platform {
    let mut parts = text.splitn(3, '/').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    let (os, architecture, variant) = (next(), next(), next());
    Platform { os, architecture, variant: (!variant.is_empty()).then_some(variant) }
}

//! Which of an index's images is for a platform, as containerd sees it:
//! <https://github.com/containerd/platforms/blob/main/compare.go>,
//! <https://github.com/containerd/platforms/blob/main/database.go>.

use super::{RegistryError, RegistryErrorKind};
use crate::model::{Descriptor, Index, Platform};

/// The image of the index for this platform: the exact one, else the nearest that it can run.
///
/// # Errors
/// There is none; the message lists what there is.
pub fn select<'a>(index: &'a Index, platform: &Platform) -> Result<&'a Descriptor, RegistryError> {
    let wanted = runnable(platform);
    let found = wanted.iter().find_map(|wanted| {
        index.manifests.iter().find(|offered| offered.platform.as_ref().map(normal).as_ref() == Some(wanted))
    });
    found.ok_or_else(|| {
        let offered = index.manifests.iter().filter_map(|offered| offered.platform.as_ref());
        let mut offered: Vec<_> =
            offered.filter(|offered| offered.os != "unknown").map(ToString::to_string).collect();
        offered.sort();
        let message = match offered.is_empty() {
            true => format!("there is no image for {platform}, nor for any other platform"),
            false => format!("there is no image for {platform}, only for {}", offered.join(", ")),
        };
        RegistryError::new(RegistryErrorKind::Platform, message)
    })
}

type Normal = (String, String, String);

/// Operating system, architecture and variant, each by its usual name.
fn normal(platform: &Platform) -> Normal {
    let architecture = platform.architecture.to_ascii_lowercase();
    let variant = platform.variant.as_deref().unwrap_or_default().to_ascii_lowercase();
    let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
        ("x86_64" | "x86-64" | "amd64", "" | "v1") => ("amd64", ""),
        ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant),
        ("i386" | "386", _) => ("386", ""),
        ("aarch64" | "arm64", "" | "8" | "v8") => ("arm64", ""),
        ("aarch64" | "arm64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "8") => ("arm", "v8"),
        other => other,
    };
    (platform.os.to_ascii_lowercase(), architecture.to_owned(), variant.to_owned())
}

/// What runs on a platform, the best first.
fn runnable(platform: &Platform) -> Vec<Normal> {
    let own = normal(platform);
    let (os, architecture, variant) = own.clone();
    let number = variant.strip_prefix('v').and_then(|number| number.parse::<u8>().ok()).filter(|n| *n < 10);
    let mut vector = vec![own];
    let mut add = |architecture: &str, variant: String| {
        vector.push((os.clone(), architecture.to_owned(), variant));
    };
    match architecture.as_str() {
        "amd64" => {
            (2..number.unwrap_or(1)).rev().for_each(|number| add("amd64", format!("v{number}")));
            add("amd64", String::new());
            add("386", String::new());
        }
        "arm" => (5..number.unwrap_or(7)).rev().for_each(|number| add("arm", format!("v{number}"))),
        "arm64" => {
            add("arm64", String::new());
            (5..=8).rev().for_each(|number| add("arm", format!("v{number}")));
        }
        _ => {}
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::media_type;

    fn platform(text: &str) -> Platform {
        let mut words = text.split('/').map(str::to_owned);
        let (os, architecture) = (words.next().unwrap(), words.next().unwrap());
        Platform { architecture, os, os_version: None, variant: words.next() }
    }

    fn index(platforms: &[&str]) -> Index {
        let manifests = platforms.iter().map(|text| {
            let descriptor = Descriptor::of(media_type::MANIFEST, text.as_bytes());
            Descriptor { platform: Some(platform(text)), ..descriptor }
        });
        Index::new(manifests.collect())
    }

    fn selected(platforms: &[&str], wanted: &str) -> Result<String, String> {
        let index = index(platforms);
        let found = select(&index, &platform(wanted)).map_err(|error| error.to_string())?;
        Ok(found.platform.as_ref().unwrap().to_string())
    }

    #[test]
    fn the_exact_platform_counts_then_what_it_can_run() {
        for (platforms, wanted, expected) in [
            (&["linux/amd64", "linux/arm64"][..], "linux/arm64", "linux/arm64"),
            (&["linux/arm64/v8"], "linux/arm64", "linux/arm64/v8"),
            (&["linux/arm64"], "linux/arm64/v8", "linux/arm64"),
            (&["linux/arm/v5", "linux/arm/v6", "linux/arm/v7"], "linux/arm/v6", "linux/arm/v6"),
            (&["linux/arm/v5", "linux/arm/v6", "linux/arm/v8"], "linux/arm/v7", "linux/arm/v6"),
            (&["linux/arm/v6", "linux/arm/v7"], "linux/arm", "linux/arm/v7"),
            (&["linux/arm/v6", "linux/arm/v7"], "linux/arm64", "linux/arm/v7"),
            (&["linux/386", "linux/amd64"], "linux/x86_64", "linux/amd64"),
            (&["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], "linux/amd64/v3", "linux/amd64/v2"),
            (&["windows/amd64", "linux/386"], "linux/amd64", "linux/386"),
        ] {
            assert_eq!(selected(platforms, wanted).as_deref(), Ok(expected), "{platforms:?} for {wanted}");
        }
    }

    #[test]
    fn no_image_is_an_error_that_lists_the_platforms() {
        let offered = ["linux/s390x", "unknown/unknown", "linux/arm/v8"];
        assert_eq!(
            selected(&offered, "linux/arm/v7").unwrap_err(),
            "there is no image for linux/arm/v7, only for linux/arm/v8, linux/s390x"
        );
        assert_eq!(
            selected(&["unknown/unknown"], "linux/amd64").unwrap_err(),
            "there is no image for linux/amd64, nor for any other platform"
        );
    }
}

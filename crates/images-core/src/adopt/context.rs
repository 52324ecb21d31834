//! Which folder a Dockerfile copies from: often it is not its own, but one above it.

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::{Dockerfile, Sources};

use super::reading;

/// The nearest folder, from `own` up to `top`, in which all is that the Dockerfile copies by plain names; `own` if there is
/// none, or if it copies nothing by plain names. Absolute.
pub(super) fn find(parsed: &Dockerfile, own: &Utf8Path, top: &Utf8Path) -> Utf8PathBuf {
    let Sources::These(sources) = reading::sources(parsed) else { return own.to_owned() };
    let plain: Vec<_> = sources
        .iter()
        .filter(|source| !source.wildcard && source.path != ".")
        .map(|source| &source.path)
        .collect();
    let has_all = |folder: &&Utf8Path| plain.iter().all(|path| folder.join(path).symlink_metadata().is_ok());
    let above = own.ancestors().take_while(|folder| folder.starts_with(top));
    above.into_iter().find(has_all).unwrap_or(own).to_owned()
}

/// The way from one folder to another, both below one root.
pub(super) fn way(from: &Utf8Path, to: &Utf8Path) -> String {
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| "..");
    let down = to.components().skip(common).map(|part| part.as_str());
    let parts: Vec<_> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::way;

    #[test]
    fn ways_lead_up_and_down() {
        let way = |from: &str, to: &str| way(from.into(), to.into());
        assert_eq!(way("a/b", "a/b"), ".");
        assert_eq!(way("a/b/c", "a"), "../..");
        assert_eq!(way("a/b", "a/x.Dockerfile"), "../x.Dockerfile");
        assert_eq!(way("", "x"), "x");
        assert_eq!(way("x", ""), "..");
    }
}

//! How clients are told to save images into archives, and to load them.

use camino::{Utf8Path, Utf8PathBuf};

use crate::EngineError;
use crate::client::Client;
use crate::process::Cancel;

/// Saves images into one archive, by a client that is told so with `flags`.
///
/// # Errors
/// What the client says.
pub(crate) fn save_together(
    client: Client,
    flags: &[&str],
    images: &[String],
    folder: &Utf8Path,
    cancel: &Cancel,
) -> Result<Vec<Utf8PathBuf>, EngineError> {
    let archive = folder.join("images.tar");
    let mut args = vec!["save".to_owned()];
    args.extend(flags.iter().map(|flag| (*flag).to_owned()));
    args.extend([format!("--output={archive}"), "--".to_owned()]);
    args.extend(images.iter().cloned());
    client.order(args, cancel)?;
    Ok(vec![archive])
}

/// Pushes each image into an archive of its own: buildah, which has no `save`.
///
/// # Errors
/// What the client says.
pub(crate) fn push_each(
    client: Client,
    images: &[String],
    folder: &Utf8Path,
    cancel: &Cancel,
) -> Result<Vec<Utf8PathBuf>, EngineError> {
    let mut archives = Vec::new();
    for (at, image) in images.iter().enumerate() {
        let archive = folder.join(format!("{at}.tar"));
        let place = format!("docker-archive:{archive}:{image}");
        client.order(["push", "--quiet", "--", image, &place].map(str::to_owned).to_vec(), cancel)?;
        archives.push(archive);
    }
    Ok(archives)
}

/// Loads an archive.
///
/// # Errors
/// What the client says.
pub(crate) fn load(client: Client, archive: &Utf8Path, cancel: &Cancel) -> Result<(), EngineError> {
    client.order(vec!["load".to_owned(), "--quiet".to_owned(), format!("--input={archive}")], cancel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::client;

    /// A client that fails, and tells so how it was called.
    fn told(run: impl FnOnce(Client, &Cancel) -> EngineError) -> String {
        let folder = tempfile::tempdir().unwrap();
        run(client(&folder, "echo \"Error: $*\" >&2; exit 1"), &Cancel::default()).message
    }

    #[test]
    fn clients_are_called_so() {
        let images = ["a:1", "-b"].map(str::to_owned);
        let saved =
            told(|client, cancel| save_together(client, &["--x"], &images, "/f".into(), cancel).unwrap_err());
        assert_eq!(saved, "save --x --output=/f/images.tar -- a:1 -b");
        let pushed = told(|client, cancel| push_each(client, &images, "/f".into(), cancel).unwrap_err());
        assert_eq!(pushed, "push --quiet -- a:1 docker-archive:/f/0.tar:a:1");
        let loaded = told(|client, cancel| load(client, "/f/x.tar".into(), cancel).unwrap_err());
        assert_eq!(loaded, "load --quiet --input=/f/x.tar");
    }

    #[test]
    fn archives_are_named_after_they_are_written() {
        let images = ["a:1", "b:1"].map(str::to_owned);
        let cancel = Cancel::default();
        let together = save_together(Client("true"), &[], &images, "/f".into(), &cancel).unwrap();
        assert_eq!(together, ["/f/images.tar"]);
        let each = push_each(Client("true"), &images, "/f".into(), &cancel).unwrap();
        assert_eq!(each, ["/f/0.tar", "/f/1.tar"]);
        cancel.interrupt();
        assert!(load(Client("true"), "/f".into(), &cancel).is_err());
    }
}

//! What git knows that a tree of files does not say.

use super::names;
use crate::Error;
use crate::git::Git;

/// The owner in the URL of the remote repository: `acme` in `https://github.com/acme/images.git`. None where there is no git,
/// no remote, or one that is a path.
///
/// # Errors
/// An interrupt.
pub(super) fn owner(git: Option<&Git>) -> Result<Option<String>, Error> {
    let url = read(git, &["config", "--get", "remote.origin.url"])?;
    Ok(owner_in(&url).map(names::slug).filter(|owner| !owner.is_empty()))
}

fn owner_in(url: &str) -> Option<&str> {
    let path = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?.1,
        // `git@github.com:acme/images.git`
        None => url.split_once('@')?.1.split_once(':')?.1,
    };
    let (owner, _) = path.trim_matches('/').rsplit_once('/')?;
    owner.rsplit('/').next()
}

/// The tags that the current commit has or stands on; none without git or a commit.
///
/// # Errors
/// An interrupt.
pub(super) fn tags(git: Option<&Git>) -> Result<Vec<String>, Error> {
    Ok(read(git, &["tag", "--list", "--merged", "HEAD"])?.lines().map(str::to_owned).collect())
}

fn read(git: Option<&Git>, words: &[&str]) -> Result<String, Error> {
    match git.map(|git| git.read(words)) {
        Some(Err(Error::Interrupted)) => Err(Error::Interrupted),
        Some(Ok(text)) => Ok(text.unwrap_or_default()),
        Some(Err(_)) | None => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::owner_in;

    #[test]
    fn owners_are_read_from_urls_of_hosts() {
        for (url, owner) in [
            ("https://github.com/acme/images.git", Some("acme")),
            ("git@github.com:acme/images.git", Some("acme")),
            ("ssh://git@example.org:22/group/acme/images/", Some("acme")),
            ("https://example.org/images", None),
            ("/srv/git/images.git", None),
            ("file:///srv/git/images.git", None),
            ("", None),
        ] {
            assert_eq!(owner_in(url), owner, "{url}");
        }
    }
}

//! How far a release has come, in a file that a killed one leaves behind. It decides nothing about what is published: the
//! registry is asked for that. It remembers what no registry tells: which digests were signed already.

use std::fs::{self, File};
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::Cancel;
use serde::{Deserialize, Serialize};

use crate::{Error, wait_lock};

/// How far one image has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Step {
    /// Nothing was done.
    Planned,
    /// It is being sent.
    Pushing,
    /// It is there by its digest, whole.
    Pushed,
    /// It is being signed.
    Attesting,
    /// What belongs to it is there, too.
    Attested,
    /// Its version's tag is being set.
    Tagging,
    /// Its version's tag is set.
    Tagged,
    /// Its aliases are set.
    Done,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Its name in the registry, with its tag.
    pub(super) reference: String,
    /// Its key; of an index, the keys in it.
    pub(super) keys: Vec<String>,
    /// Its digest, as soon as it is known.
    pub(super) digest: Option<String>,
    /// How far it has come.
    pub(super) step: Step,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    version: u32,
    commit: String,
    images: Vec<Entry>,
}

impl Content {
    /// Whether both tell of the same release.
    fn is_of(&self, other: &Self) -> bool {
        let named = |content: &Self| {
            let names = content.images.iter().map(|image| (image.reference.clone(), image.keys.clone()));
            names.collect::<Vec<_>>()
        };
        (self.version, &self.commit, named(self)) == (other.version, &other.commit, named(other))
    }
}

/// A journal that is being written.
#[derive(Debug)]
pub(super) struct Journal {
    folder: Utf8PathBuf,
    content: Content,
}

/// What was found of an earlier release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Earlier {
    /// Nothing.
    Nothing,
    /// The same release, which did not come to its end.
    Same,
    /// Another one, of this commit, which did not either.
    Other(String),
}

impl Journal {
    /// Begins a release of these images at this commit, or goes on with the one that the folder tells of.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(super) fn begin(
        folder: &Utf8Path,
        commit: &str,
        images: Vec<Entry>,
    ) -> Result<(Self, Earlier), Error> {
        let found = fs::read(folder.join(NAME)).ok();
        let found: Option<Content> = found.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let own = Content { version: VERSION, commit: commit.to_owned(), images };
        let (content, earlier) = match found {
            Some(found) if found.is_of(&own) => (found, Earlier::Same),
            Some(found) => (own, Earlier::Other(found.commit)),
            None => (own, Earlier::Nothing),
        };
        let journal = Self { folder: folder.to_owned(), content };
        journal.write()?;
        Ok((journal, earlier))
    }

    /// What it has of an image.
    pub(super) fn entry(&self, reference: &str) -> Option<&Entry> {
        self.content.images.iter().find(|image| image.reference == reference)
    }

    /// Whether all that goes with an image was sent, for exactly this digest.
    pub(super) fn is_attested(&self, reference: &str, digest: &str) -> bool {
        let entry = self.entry(reference);
        entry.is_some_and(|entry| entry.digest.as_deref() == Some(digest) && entry.step >= Step::Attested)
    }

    /// Notes how far an image has come.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(super) fn note(&mut self, reference: &str, step: Step, digest: &str) -> Result<(), Error> {
        let found = self.content.images.iter_mut().find(|image| image.reference == reference);
        if let Some(image) = found {
            (image.step, image.digest) = (step, Some(digest.to_owned()));
        }
        self.write()
    }

    /// All is done, so there is nothing to go on with.
    ///
    /// # Errors
    /// The journal cannot be removed.
    pub(super) fn finish(self) -> Result<(), Error> {
        let path = self.folder.join(NAME);
        fs::remove_file(&path).map_err(Error::io("cannot remove", &path))
    }

    fn write(&self) -> Result<(), Error> {
        let bytes = serde_json::to_vec_pretty(&self.content).expect("it has a form in JSON");
        replace(&self.folder.join(NAME), &bytes)
    }
}

const NAME: &str = "journal.json";
const VERSION: u32 = 1;

/// Puts bytes in a file's place: after a crash it is the old one or the new one, whole.
///
/// # Errors
/// It cannot be written.
pub(super) fn replace(path: &Utf8Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().expect("a file is in a folder");
    let written = fs::create_dir_all(folder).and_then(|()| {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    });
    written.map_err(Error::io("cannot write", path))
}

/// Keeps other releases of this workspace out; it dies with the process.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it, and waits for whoever has it. `waiting` is called before that.
    ///
    /// # Errors
    /// The file cannot be locked, or an interrupt.
    pub(super) fn take(folder: &Utf8Path, cancel: &Cancel, waiting: &dyn Fn()) -> Result<Self, Error> {
        let (file, _) = wait_lock::take(&folder.join("lock"), cancel, waiting)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str) -> Entry {
        let keys = vec![key.to_owned()];
        Entry { reference: "r/a:1".to_owned(), keys, digest: None, step: Step::Planned }
    }

    #[test]
    fn a_journal_is_gone_on_with_at_the_same_commit_and_keys_only() {
        let kept = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::try_from(kept.path().join("release")).unwrap();
        let begin = |commit: &str, key: &str| Journal::begin(&folder, commit, vec![entry(key)]).unwrap();
        let (mut journal, earlier) = begin("c1", "k1");
        assert_eq!(earlier, Earlier::Nothing);
        journal.note("r/a:1", Step::Pushed, "sha256:1").unwrap();
        let (journal, earlier) = begin("c1", "k1");
        assert_eq!(earlier, Earlier::Same);
        let entry = journal.entry("r/a:1").unwrap();
        assert_eq!((entry.step, entry.digest.as_deref()), (Step::Pushed, Some("sha256:1")));
        assert_eq!(begin("c2", "k1").1, Earlier::Other("c1".to_owned()));
        let (journal, earlier) = begin("c2", "k2");
        assert_eq!(earlier, Earlier::Other("c2".to_owned()));
        assert_eq!(journal.entry("r/a:1").unwrap().digest, None);
        journal.finish().unwrap();
        assert_eq!(begin("c2", "k2").1, Earlier::Nothing);
    }

    #[test]
    fn what_is_no_journal_is_as_none() {
        let kept = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::try_from(kept.path().to_owned()).unwrap();
        fs::write(folder.join(NAME), "{\"version\":").unwrap();
        assert_eq!(Journal::begin(&folder, "c", vec![entry("k")]).unwrap().1, Earlier::Nothing);
    }
}

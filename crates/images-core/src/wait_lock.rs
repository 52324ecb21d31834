//! A lock between processes. It dies with its process, and who waits for it can be interrupted.

use std::fs::{self, File, TryLockError};
use std::time::Duration;

use camino::Utf8Path;
use images_engine::process::Cancel;

use crate::Error;

/// How long nothing is looked at.
const STEP: Duration = Duration::from_millis(20);

/// Locks a file, made if it is not there. Where another process has it, `waiting` is called once and this waits. Returns the
/// file, which holds the lock, and whether there was a wait.
///
/// # Errors
/// The file cannot be made or locked, or an interrupt.
pub(crate) fn take(path: &Utf8Path, cancel: &Cancel, waiting: &dyn Fn()) -> Result<(File, bool), Error> {
    let folder = path.parent().expect("a file is in a folder");
    fs::create_dir_all(folder).map_err(Error::io("cannot create", folder))?;
    let file = File::options().create(true).truncate(false).read(true).write(true).open(path);
    let file = file.map_err(Error::io("cannot create", path))?;
    let mut waited = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok((file, waited)),
            Err(TryLockError::Error(error)) => return Err(Error::io("cannot lock", path)(error)),
            Err(TryLockError::WouldBlock) if cancel.is_interrupted() => return Err(Error::Interrupted),
            Err(TryLockError::WouldBlock) if waited => std::thread::sleep(STEP),
            Err(TryLockError::WouldBlock) => {
                waited = true;
                waiting();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use camino::Utf8PathBuf;

    use super::*;

    fn place() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(folder.path().join("made/lock")).unwrap();
        (folder, path)
    }

    #[test]
    fn who_comes_second_waits_until_the_first_is_done() {
        let (_folder, path) = place();
        let (first, waited) = take(&path, &Cancel::default(), &|| panic!("nobody has it")).unwrap();
        assert!(!waited);
        let first = RefCell::new(Some(first));
        let (_second, waited) = take(&path, &Cancel::default(), &|| drop(first.take())).unwrap();
        assert!(waited && first.borrow().is_none());
    }

    #[test]
    fn an_interrupt_ends_the_wait() {
        let (_folder, path) = place();
        let _first = take(&path, &Cancel::default(), &|| {}).unwrap();
        let (cancel, told) = (Cancel::default(), Cell::new(0));
        let waiting = || {
            told.set(told.get() + 1);
            cancel.interrupt();
        };
        assert!(matches!(take(&path, &cancel, &waiting), Err(Error::Interrupted)));
        assert_eq!(told.get(), 1);
    }
}

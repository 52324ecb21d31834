//! A context as a tar: sorted, owned by nobody in particular, modes and times as staged, links as links.
//!
//! It is streamed, so its size does not matter.

use std::ffi::OsString;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use camino::Utf8Path;
use tar::{Builder, EntryType, Header};

const DOCKERIGNORE: &str = ".dockerignore";

/// A name for the Dockerfile that no file at the context's root has.
pub(super) fn dockerfile_name(context: &Utf8Path) -> String {
    let mut name = ".xtask-images.Dockerfile".to_owned();
    while context.join(&name).symlink_metadata().is_ok() {
        name.push('_');
    }
    name
}

/// Writes the context and, before it, the Dockerfile by `name`.
///
/// # Errors
/// Something cannot be read, is no file, folder or link, or changes meanwhile; or the other end does not take it.
pub(super) fn write(context: &Utf8Path, dockerfile: &Utf8Path, name: &str, to: impl Write) -> io::Result<()> {
    let mut tar = Builder::new(to);
    append_text(&mut tar, name, &fs::read(dockerfile)?, &new_header())?;
    append_folder(&mut tar, context.as_std_path(), Path::new(""), None)?;
    tar.into_inner()?.flush()
}

/// As [`write()`], with a `.dockerignore` by which the legacy builder's daemon removes what is ours again.
///
/// A `.dockerignore` that the context holds stays, with our one name added, as docker's own client does it: the daemon
/// cannot be told of the Dockerfile in another way.
///
/// # Errors
/// As [`write()`].
pub(super) fn write_with_ignore(
    context: &Utf8Path,
    dockerfile: &Utf8Path,
    name: &str,
    to: impl Write,
) -> io::Result<()> {
    let mut tar = Builder::new(to);
    let own = match fs::symlink_metadata(context.join(DOCKERIGNORE)) {
        Ok(data) => Some(data),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if own.is_none() {
        append_text(&mut tar, DOCKERIGNORE, format!("{DOCKERIGNORE}\n{name}\n").as_bytes(), &new_header())?;
    }
    append_text(&mut tar, name, &fs::read(dockerfile)?, &new_header())?;
    append_folder(&mut tar, context.as_std_path(), Path::new(""), Some(name))?;
    tar.into_inner()?.flush()
}

/// `ignored` is the name to add to the `.dockerignore` at the root.
fn append_folder<W: Write>(
    tar: &mut Builder<W>,
    root: &Path,
    folder: &Path,
    ignored: Option<&str>,
) -> io::Result<()> {
    let mut entries: Vec<(OsString, DirEntry)> = Vec::new();
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        entries.push((entry.file_name(), entry));
    }
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (file_name, entry) in entries {
        let path = folder.join(file_name);
        append(tar, root, &path, &entry.metadata()?, ignored)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

fn append<W: Write>(
    tar: &mut Builder<W>,
    root: &Path,
    path: &Path,
    data: &Metadata,
    ignored: Option<&str>,
) -> io::Result<()> {
    let (header, source) = (header_of(data), root.join(path));
    if data.is_dir() {
        tar.append_data(&mut with(&header, EntryType::Directory, 0), path, io::empty())?;
        append_folder(tar, root, path, ignored)
    } else if data.is_symlink() {
        tar.append_link(&mut with(&header, EntryType::Symlink, 0), path, fs::read_link(source)?)
    } else if let Some(name) = ignored
        && data.is_file()
        && path == Path::new(DOCKERIGNORE)
    {
        let mut text = fs::read(source)?;
        text.extend_from_slice(format!("\n{name}\n").as_bytes());
        append_text(tar, path, &text, &header)
    } else if data.is_file() {
        append_file(tar, path, &source, data.len(), &header)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "is no file, folder or link"))
    }
}

/// Appends exactly as many bytes as announced, or fails.
fn append_file<W: Write>(
    tar: &mut Builder<W>,
    path: &Path,
    source: &Path,
    size: u64,
    header: &Header,
) -> io::Result<()> {
    let mut file = File::open(source)?.take(size);
    tar.append_data(&mut with(header, EntryType::Regular, size), path, &mut file)?;
    let mut beyond = [0];
    if file.limit() > 0 || file.into_inner().read(&mut beyond)? > 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "changed while it was read"));
    }
    Ok(())
}

fn append_text<W: Write>(
    tar: &mut Builder<W>,
    path: impl AsRef<Path>,
    text: &[u8],
    header: &Header,
) -> io::Result<()> {
    let size = u64::try_from(text.len()).expect("lengths fit 64 bits");
    tar.append_data(&mut with(header, EntryType::Regular, size), path, text)
}

fn new_header() -> Header {
    let mut header = Header::new_gnu();
    header.set_uid(0);
    header.set_gid(0);
    header.set_mode(0o644);
    header.set_mtime(0);
    header
}

fn header_of(data: &Metadata) -> Header {
    let mut header = new_header();
    header.set_mode(data.mode() & 0o7777);
    header.set_mtime(u64::try_from(data.mtime()).unwrap_or(0));
    header
}

fn with(header: &Header, kind: EntryType, size: u64) -> Header {
    let mut header = header.clone();
    header.set_entry_type(kind);
    header.set_size(size);
    header
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::time::{Duration, UNIX_EPOCH};

    use camino::Utf8PathBuf;

    use super::*;

    /// Path, kind, mode, time, owner, link target and content of each entry.
    type Entry = (String, EntryType, u32, u64, (u64, u64), Option<String>, String);

    fn entries(tar: &[u8]) -> Vec<Entry> {
        let read = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            let header = entry.header();
            (
                entry.path().unwrap().to_str().unwrap().to_owned(),
                header.entry_type(),
                header.mode().unwrap(),
                header.mtime().unwrap(),
                (header.uid().unwrap(), header.gid().unwrap()),
                entry.link_name().unwrap().map(|target| target.to_str().unwrap().to_owned()),
                content,
            )
        };
        tar::Archive::new(tar).entries().unwrap().map(read).collect()
    }

    fn folder() -> (tempfile::TempDir, Utf8PathBuf, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let (context, dockerfile) = (root.join("context"), root.join("1.Dockerfile"));
        fs::create_dir(&context).unwrap();
        fs::write(&dockerfile, "FROM scratch\n").unwrap();
        (folder, context, dockerfile)
    }

    fn put(path: &Utf8Path, content: &str, mode: u32, time: u64) {
        fs::write(path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        File::open(path).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(time)).unwrap();
    }

    fn written(context: &Utf8Path, dockerfile: &Utf8Path) -> Vec<u8> {
        let mut tar = Vec::new();
        write_with_ignore(context, dockerfile, &dockerfile_name(context), &mut tar).unwrap();
        tar
    }

    fn file(path: &str, mode: u32, time: u64, content: &str) -> Entry {
        (path.to_owned(), EntryType::Regular, mode, time, (0, 0), None, content.to_owned())
    }

    #[test]
    fn a_context_is_sorted_normal_and_complete() {
        let (_guard, context, dockerfile) = folder();
        fs::create_dir(context.join("b")).unwrap();
        put(&context.join("b/two"), "2", 0o755, 315_532_800);
        put(&context.join("b-"), "3", 0o644, 7);
        put(&context.join("a"), "", 0o600, 315_532_800);
        symlink("../outside/of it", context.join("link")).unwrap();
        let long = "x".repeat(150);
        put(&context.join(&long), "long", 0o644, 1);
        let entries = entries(&written(&context, &dockerfile));
        let (folder, link) = (&entries[3], &entries[6]);
        let expected = [
            file(".dockerignore", 0o644, 0, ".dockerignore\n.xtask-images.Dockerfile\n"),
            file(".xtask-images.Dockerfile", 0o644, 0, "FROM scratch\n"),
            file("a", 0o600, 315_532_800, ""),
            ("b".to_owned(), EntryType::Directory, folder.2, folder.3, (0, 0), None, String::new()),
            file("b/two", 0o755, 315_532_800, "2"),
            file("b-", 0o644, 7, "3"),
            (
                "link".to_owned(),
                EntryType::Symlink,
                0o777,
                link.3,
                (0, 0),
                Some("../outside/of it".to_owned()),
                String::new(),
            ),
            file(&long, 0o644, 1, "long"),
        ];
        assert_eq!(entries.len(), expected.len());
        for (entry, expected) in entries.iter().zip(&expected) {
            assert_eq!(entry, expected);
        }
    }

    #[test]
    fn an_own_dockerignore_stays_with_our_name_added() {
        let (_guard, context, dockerfile) = folder();
        put(&context.join(".dockerignore"), "# mine\nb", 0o640, 5);
        let entries = entries(&written(&context, &dockerfile));
        let expected = [
            file(".xtask-images.Dockerfile", 0o644, 0, "FROM scratch\n"),
            file(".dockerignore", 0o640, 5, "# mine\nb\n.xtask-images.Dockerfile\n"),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn for_a_builder_that_reads_no_dockerignore_it_is_sent_as_it_is() {
        let (_guard, context, dockerfile) = folder();
        put(&context.join(".dockerignore"), "# mine\nb", 0o640, 5);
        let mut tar = Vec::new();
        write(&context, &dockerfile, "d", &mut tar).unwrap();
        let expected = [file("d", 0o644, 0, "FROM scratch\n"), file(".dockerignore", 0o640, 5, "# mine\nb")];
        assert_eq!(entries(&tar), expected);
    }

    #[test]
    fn our_name_hides_no_file() {
        let (_guard, context, dockerfile) = folder();
        put(&context.join(".xtask-images.Dockerfile"), "theirs", 0o644, 5);
        let entries = entries(&written(&context, &dockerfile));
        assert_eq!(entries[0].6, ".dockerignore\n.xtask-images.Dockerfile_\n");
        assert_eq!(entries[1], file(".xtask-images.Dockerfile_", 0o644, 0, "FROM scratch\n"));
        assert_eq!(entries[2], file(".xtask-images.Dockerfile", 0o644, 5, "theirs"));
    }

    #[test]
    fn a_file_of_another_size_than_announced_is_refused() {
        let (_guard, context, _) = folder();
        put(&context.join("f"), "12345", 0o644, 0);
        for (announced, fits) in [(4, false), (5, true), (6, false)] {
            let mut tar = Builder::new(io::sink());
            let source = context.join("f");
            let got = append_file(&mut tar, Path::new("f"), source.as_std_path(), announced, &new_header());
            assert_eq!(got.is_ok(), fits, "{announced}");
        }
    }

    #[test]
    fn what_is_no_file_folder_or_link_is_refused_by_name() {
        let (_guard, context, dockerfile) = folder();
        let _listener = std::os::unix::net::UnixListener::bind(context.join("socket")).unwrap();
        let error = write(&context, &dockerfile, "d", io::sink()).unwrap_err();
        assert_eq!(error.to_string(), "socket: is no file, folder or link");
    }
}

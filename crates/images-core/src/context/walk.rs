//! The walk through a context's folder and what joins it.
//!
//! It meets paths as BuildKit's does (<https://github.com/tonistiigi/fsutil/blob/master/filter.go>): a folder that is
//! excluded is entered when an exception may lie below it, and is in the context only as the parent of what is
//! included there. Files that vanish during the walk are as if they had not been there.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::{Ignore, ParentMatch};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use rustix::path::Arg;

use super::file::{self, Content, Hasher};
use super::selection::{Reach, Selection, ancestors};
use super::stat_cache::{Fingerprint, Folder};
use super::{ContextError, ContextRequest, Entry, EntryKind, Joined, Modes, StatCache, links};

/// Why a walk ends early.
pub(super) enum Stop {
    /// A source leads through a link, which the builder will follow to we do not know where.
    Followed,
    /// The context is wrong.
    Error(ContextError),
}

impl Stop {
    /// [`Stop::Followed`] cannot come from a walk of everything.
    pub(super) fn into_error(self) -> ContextError {
        match self {
            Self::Error(error) => error,
            Self::Followed => unreachable!("a walk of everything looks at no source"),
        }
    }
}

impl From<ContextError> for Stop {
    fn from(error: ContextError) -> Self {
        Self::Error(error)
    }
}

/// All selected entries, unsorted, with folders perhaps twice.
pub(super) fn walk(
    request: &ContextRequest<'_>,
    selection: &Selection,
    cache: &StatCache,
) -> Result<Vec<Entry>, Stop> {
    let root = Root::of_context(request);
    let mut walk = Walk::new(request, selection, cache, root);
    walk.context()?;
    for joined in request.joined {
        walk.root = Root::of_joined(request, joined)?;
        walk.joined()?;
    }
    Ok(walk.entries)
}

/// What is walked now.
struct Root<'a> {
    /// Its place on the host.
    host: &'a Utf8Path,
    /// Its place in the context; empty for the context's own folder.
    to: String,
    /// What links may not lead out of.
    boundary: &'a Utf8Path,
    /// Whether it is the context's own folder and not something that joins it.
    is_context: bool,
    /// Only the context's own files can be ignored.
    ignore: Option<&'a Ignore>,
    /// Our own folders, as paths in the context.
    private: Vec<&'a str>,
}

impl<'a> Root<'a> {
    fn of_context(request: &ContextRequest<'a>) -> Self {
        let private = request.private.iter().filter_map(|path| path.strip_prefix(request.folder).ok());
        Self {
            host: request.folder,
            to: String::new(),
            boundary: request.repository,
            is_context: true,
            ignore: Some(request.ignore).filter(|ignore| !ignore.is_empty()),
            private: private.map(Utf8Path::as_str).collect(),
        }
    }

    fn of_joined(request: &ContextRequest<'a>, joined: &'a Joined) -> Result<Self, ContextError> {
        let outside = |path: &Utf8Path| ContextError::Outside { path: path.to_string() };
        let to = links::resolve_below(&joined.to).ok_or_else(|| outside(&joined.to))?;
        let boundary = if joined.from.starts_with(request.repository) {
            let parent = joined.from.parent().unwrap_or(&joined.from);
            let inside = request
                .repository
                .contains(parent)
                .map_err(|source| ContextError::Io { path: to.to_string(), source })?;
            inside.then_some(&**request.repository).ok_or_else(|| outside(&joined.from))?
        } else {
            &joined.from
        };
        Ok(Self {
            host: &joined.from,
            to: to.into_string(),
            boundary,
            is_context: false,
            ignore: None,
            private: Vec::new(),
        })
    }
}

/// What is known of a path's parents.
struct Within {
    /// Whether a source brings all that is in the folder.
    selected: bool,
    /// What the folder matched in `.dockerignore`.
    ignored: ParentMatch,
}

/// A folder on the way to the current path.
#[derive(Clone, Copy)]
struct Parent {
    /// The length of its path.
    length: usize,
    mode: u32,
    /// Whether it is among the entries.
    emitted: bool,
}

/// Something that a folder holds.
struct Listed {
    name: CString,
    kind: FileType,
}

struct Walk<'a> {
    request: &'a ContextRequest<'a>,
    selection: &'a Selection,
    cache: &'a StatCache,
    root: Root<'a>,
    /// The current path in the context.
    path: String,
    /// Whether bytes of the current path had to be replaced.
    lossy: bool,
    parents: Vec<Parent>,
    hasher: Hasher,
    entries: Vec<Entry>,
}

impl<'a> Walk<'a> {
    fn new(
        request: &'a ContextRequest<'a>,
        selection: &'a Selection,
        cache: &'a StatCache,
        root: Root<'a>,
    ) -> Self {
        let (path, parents, entries) = Default::default();
        Self {
            request,
            selection,
            cache,
            root,
            path,
            lossy: false,
            parents,
            hasher: Hasher::default(),
            entries,
        }
    }

    fn context(&mut self) -> Result<(), Stop> {
        let selected = matches!(self.selection, Selection::All);
        let folder =
            open(CWD, self.root.host.as_str(), OFlags::empty()).map_err(|error| self.failed(error))?;
        self.folder(folder, &Within { selected, ignored: ParentMatch::default() })
    }

    fn joined(&mut self) -> Result<(), Stop> {
        let (host, to) = (self.root.host, self.root.to.clone());
        self.path.clear();
        self.parents.clear();
        if to.is_empty() {
            return self.context();
        }
        let above = Utf8Path::new(&to).parent().unwrap_or(Utf8Path::new("")).as_str();
        let parent = |path: &str| Parent { length: path.len(), mode: 0o755, emitted: false };
        self.parents.extend(ancestors(above).map(parent));
        self.path.push_str(&to);
        let within = Within { selected: self.selection.holds(above), ignored: ParentMatch::default() };
        let (place, name) = (host.parent().unwrap_or(host), host.file_name().unwrap_or("."));
        let folder = open(CWD, place.as_str(), OFlags::empty()).map_err(|error| self.failed(error))?;
        let name = CString::new(name).map_err(|error| self.failed(error))?;
        let stat = statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| self.failed(error))?;
        let listed = Listed { name, kind: FileType::from_raw_mode(stat.st_mode) };
        let mut known = self.cache.folder(self.key(place));
        let visited = self.visit(folder.as_fd(), &listed, &within, &mut known);
        self.cache.learn(known);
        visited
    }

    /// Visits what is in the folder at the current path.
    fn folder(&mut self, folder: OwnedFd, within: &Within) -> Result<(), Stop> {
        let mut folder = Dir::new(folder).map_err(|error| self.failed(error))?;
        let listed = list(&mut folder).map_err(|error| self.failed(error))?;
        let fd = folder.fd().map_err(|error| self.failed(error))?;
        let mut known = self.cache.folder(self.key(&self.host_path()));
        known.forget_unless(|name| {
            listed.binary_search_by(|listed| listed.name.to_bytes().cmp(name.as_bytes())).is_ok()
        });
        let (length, lossy) = (self.path.len(), self.lossy);
        for listed in &listed {
            self.enter(&listed.name);
            self.visit(fd, listed, within, &mut known)?;
            self.path.truncate(length);
            self.lossy = lossy;
        }
        self.cache.learn(known);
        Ok(())
    }

    fn enter(&mut self, name: &CStr) {
        let name = name.to_string_lossy();
        self.lossy |= matches!(name, std::borrow::Cow::Owned(_));
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(&name);
    }

    /// Visits the current path, which is `listed` in the folder `at`.
    fn visit(
        &mut self,
        at: BorrowedFd<'_>,
        listed: &Listed,
        within: &Within,
        known: &mut Folder<'_>,
    ) -> Result<(), Stop> {
        let reach = self.selection.reach(&self.path);
        let selected = within.selected || reach == Reach::Source;
        if (!selected && reach == Reach::Apart) || self.root.private.contains(&self.path.as_str()) {
            return Ok(());
        }
        let Some(kind) = self.kind(at, listed)? else { return Ok(()) };
        let (excluded, ignored) = match self.root.ignore {
            Some(ignore) => ignore.excludes(&self.path, &within.ignored),
            None => (false, ParentMatch::default()),
        };
        match kind {
            FileType::Directory => {
                self.visit_folder(at, &listed.name, excluded, &Within { selected, ignored })
            }
            _ if excluded => Ok(()),
            FileType::Symlink if reach != Reach::Apart => Err(Stop::Followed),
            _ if !selected => Ok(()),
            FileType::Symlink => self.link(at, &listed.name),
            FileType::RegularFile => self.file(at, &listed.name, known),
            other => Err(ContextError::Special { path: self.path.clone(), what: name_of(other) }.into()),
        }
    }

    /// What is listed, asked for where the folder does not tell; `None` when it vanished.
    fn kind(&self, at: BorrowedFd<'_>, listed: &Listed) -> Result<Option<FileType>, ContextError> {
        if listed.kind != FileType::Unknown {
            return Ok(Some(listed.kind));
        }
        let stat = self.stat(at, &listed.name)?;
        Ok(stat.map(|stat| FileType::from_raw_mode(stat.st_mode)))
    }

    fn visit_folder(
        &mut self,
        at: BorrowedFd<'_>,
        name: &CStr,
        excluded: bool,
        within: &Within,
    ) -> Result<(), Stop> {
        if excluded && !self.root.ignore.is_some_and(|ignore| ignore.enters(&self.path)) {
            return Ok(());
        }
        let Some(mode) = self.folder_mode(at, name)? else { return Ok(()) };
        let included = within.selected && !excluded;
        if included {
            self.emit(mode, EntryKind::Folder)?;
        }
        let folder = match open(at, name, OFlags::NOFOLLOW) {
            Err(error) if is_skipped(&error, included) => return Ok(()),
            folder => folder.map_err(|error| self.failed(error))?,
        };
        self.parents.push(Parent { length: self.path.len(), mode, emitted: included });
        self.folder(folder, within)?;
        self.parents.pop();
        Ok(())
    }

    /// `None` when the folder vanished.
    fn folder_mode(&self, at: BorrowedFd<'_>, name: &CStr) -> Result<Option<u32>, ContextError> {
        match self.request.modes {
            Modes::Normalise => Ok(Some(0o755)),
            Modes::Preserve => Ok(self.stat(at, name)?.map(|stat| permissions(&stat))),
        }
    }

    fn link(&mut self, at: BorrowedFd<'_>, name: &CStr) -> Result<(), Stop> {
        let Some(target) = self.unless_vanished(readlinkat(at, name, Vec::new()).map_err(io::Error::from))?
        else {
            return Ok(());
        };
        let path = || self.path.clone();
        let target = target.into_string().map_err(|_| ContextError::NotUtf8 { path: path() })?;
        let host = self.host_path();
        if links::leads_out(self.root.boundary, host.parent().unwrap_or(&host), &target) {
            return Err(ContextError::EscapingLink { path: path(), target }.into());
        }
        Ok(self.emit(0o777, EntryKind::Link { target })?)
    }

    fn file(&mut self, at: BorrowedFd<'_>, name: &CStr, known: &mut Folder<'_>) -> Result<(), Stop> {
        let now = SystemTime::now();
        let Some(stat) = self.stat(at, name)? else { return Ok(()) };
        let mode = match self.request.modes {
            Modes::Normalise if permissions(&stat) & 0o100 != 0 => 0o755,
            Modes::Normalise => 0o644,
            Modes::Preserve => permissions(&stat),
        };
        let fingerprint = Fingerprint::of(&stat);
        let host_name = name.to_string_lossy();
        let content = match known.hash(&host_name, &fingerprint) {
            Some(hash) => Content { size: stat.st_size.cast_unsigned(), hash },
            None => {
                let Some(content) = self.read(at, name)? else { return Ok(()) };
                known.record(&host_name, fingerprint, content, now);
                content
            }
        };
        Ok(self.emit(mode, EntryKind::File { size: content.size, hash: content.hash })?)
    }

    fn read(&mut self, at: BorrowedFd<'_>, name: &CStr) -> Result<Option<Content>, ContextError> {
        let hashed =
            file::open(at, name).and_then(|(file, size)| self.hasher.hash(file, size, &mut io::sink()));
        self.unless_vanished(hashed)
    }

    fn stat(&self, at: BorrowedFd<'_>, name: &CStr) -> Result<Option<Stat>, ContextError> {
        self.unless_vanished(statat(at, name, AtFlags::SYMLINK_NOFOLLOW).map_err(io::Error::from))
    }

    /// Adds the current path to the entries, after the folders that lead to it.
    fn emit(&mut self, mode: u32, kind: EntryKind) -> Result<(), ContextError> {
        if self.lossy {
            return Err(ContextError::NotUtf8 { path: self.path.clone() });
        }
        for at in 0..self.parents.len() {
            let Parent { length, mode, emitted } = self.parents[at];
            if !emitted {
                self.parents[at].emitted = true;
                self.entries.push(self.entry(length, mode, EntryKind::Folder));
            }
        }
        self.entries.push(self.entry(self.path.len(), mode, kind));
        Ok(())
    }

    fn entry(&self, length: usize, mode: u32, kind: EntryKind) -> Entry {
        let path = self.path[..length].to_owned();
        let origin = (!self.root.is_context).then(|| self.host_path().into_boxed_path());
        Entry { path, mode, kind, origin }
    }

    /// The current path's place on the host.
    fn host_path(&self) -> Utf8PathBuf {
        let below = self.path[self.root.to.len()..].trim_start_matches('/');
        if below.is_empty() { self.root.host.to_owned() } else { self.root.host.join(below) }
    }

    /// The stat cache's name for a folder.
    fn key(&self, folder: &Utf8Path) -> String {
        folder.strip_prefix(self.request.repository).unwrap_or(folder).to_string()
    }

    fn unless_vanished<T>(&self, result: io::Result<T>) -> Result<Option<T>, ContextError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&self, source: impl Into<io::Error>) -> ContextError {
        let path = if self.path.is_empty() { "." } else { &self.path };
        ContextError::Io { path: path.to_owned(), source: source.into() }
    }
}

fn open(at: impl AsFd, folder: impl Arg, links: OFlags) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | links;
    Ok(openat(at, folder, flags, Mode::empty())?)
}

/// What a folder holds, sorted by the bytes of the names.
fn list(folder: &mut Dir) -> io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for entry in folder {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            listed.push(Listed { name: name.to_owned(), kind: entry.file_type() });
        }
    }
    listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

/// Whether a folder that cannot be opened is passed over: it vanished, or only an exception could have been in it.
fn is_skipped(error: &io::Error, included: bool) -> bool {
    match error.kind() {
        io::ErrorKind::NotFound => true,
        io::ErrorKind::PermissionDenied => !included,
        _ => false,
    }
}

/// The field's type differs between systems.
#[allow(clippy::useless_conversion)]
fn permissions(stat: &Stat) -> u32 {
    u32::from(stat.st_mode) & 0o7777
}

fn name_of(kind: FileType) -> &'static str {
    match kind {
        FileType::Socket => "socket",
        FileType::Fifo => "fifo",
        FileType::BlockDevice => "block device",
        FileType::CharacterDevice => "character device",
        _ => "special file",
    }
}

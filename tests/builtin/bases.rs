//! The two base images of the cases.

use std::path::Path;
use std::{fs, io};

use tar::EntryType;

use crate::context::Tar;

/// `{base}`: files, links, users; every field of the configuration that a child can inherit.
pub(crate) const BASE: &str = "FROM scratch
ADD rootfs.tar /
ENV BASE=base GREETING=\"hello world\"
LABEL base.label=1 other=kept
EXPOSE 1000
VOLUME /base-volume
WORKDIR /srv
STOPSIGNAL SIGINT
HEALTHCHECK --interval=7s CMD base-check
MAINTAINER Base Maker
CMD [\"base-cmd\"]
";

/// `{entry}`: on top of it an entry point, a user and a shell.
pub(crate) const ENTRY: &str = "FROM {base}
SHELL [\"/bin/ash\", \"-c\"]
USER app
ENTRYPOINT [\"/entry\"]
CMD [\"entry-cmd\"]
";

/// Writes what [`BASE`] adds.
pub(crate) fn write_rootfs(folder: &Path) -> io::Result<()> {
    let (root, app) = ((0, 0), (1000, 1000));
    let passwd =
        "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\nsvc:x:33:44::/:/bin/false\n";
    let group = "root:x:0:\napp:x:1000:\nextra:x:2000:app\nsvc:x:44:\n";
    let tar = Tar::new()
        .folder("etc/", 0o755, root)
        .file("etc/passwd", passwd, 0o644, root)
        .file("etc/group", group, 0o644, root)
        .folder("usr/", 0o755, root)
        .folder("usr/lib/", 0o755, root)
        .file("usr/lib/lib.so", "library\n", 0o755, root)
        .link("lib", "usr/lib", EntryType::Symlink)
        .folder("run/", 0o755, root)
        .folder("var/", 0o755, root)
        .link("var/run", "/run", EntryType::Symlink)
        .folder("srv/", 0o755, root)
        .folder("srv/real/", 0o751, (7, 8))
        .file("srv/real/f", "real\n", 0o644, root)
        .link("abs", "/srv/real", EntryType::Symlink)
        .folder("data/", 0o750, (5, 6))
        .file("data/a", "base a\n", 0o444, (5, 6))
        .file("file.txt", "base file\n", 0o644, root)
        .link("link-to-file", "file.txt", EntryType::Symlink)
        .link("dangling", "/not/there", EntryType::Symlink)
        .file("hard-a", "hard\n", 0o644, root)
        .link("hard-b", "hard-a", EntryType::Link)
        .folder("home/", 0o755, root)
        .folder("home/app/", 0o700, app)
        .folder("tmp/", 0o1777, root);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("rootfs.tar"), tar.bytes())
}

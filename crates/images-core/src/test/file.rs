//! What is at a path of an image.

use images_oci::copy::{CopyError, owner};
use images_oci::tree::{Node, NodeKind, Tree, TreeError};

use super::definition::{FileCheck, Kind};
use super::text::{problems, quoted};

/// The largest file whose content is compared, in bytes.
const LIMIT: u64 = 64 << 20;

/// All that is wrong with it.
pub(super) fn check(tree: &Tree, check: &FileCheck) -> Vec<String> {
    match found(tree, check) {
        Ok(None) if check.absent => Vec::new(),
        Ok(Some(node)) if check.absent => {
            vec![format!("{} is there, {}, and should not be", check.path, named(kind(node)))]
        }
        Ok(None) => vec![format!("{} is not there", check.path)],
        Ok(Some(node)) => compare(tree, node, check),
        // Nothing is below a file.
        Err(TreeError::NoFolder { .. }) if check.absent => Vec::new(),
        Err(error) => vec![format!("{}: {error}", check.path)],
    }
}

/// What is at the path. One that is to be absent must not even be a link that leads nowhere.
fn found<'t>(tree: &'t Tree, check: &FileCheck) -> Result<Option<&'t Node>, TreeError> {
    let place = match check.follow && !check.absent {
        true => tree.resolve(&check.path)?,
        false => tree.resolve_parent(&check.path)?,
    };
    Ok(tree.get(&place).map(AsRef::as_ref))
}

fn compare(tree: &Tree, node: &Node, check: &FileCheck) -> Vec<String> {
    let path = &check.path;
    let mut wrong = Vec::new();
    let is = kind(node);
    if let Some(expected) = check.kind.filter(|expected| is != Some(*expected)) {
        wrong.push(format!("{path} is {}, not {}", named(is), named(Some(expected))));
    }
    let mode = node.meta.mode;
    if let Some(expected) = check.mode.filter(|expected| mode != *expected) {
        wrong.push(format!("{path} has the mode {mode:04o}, not {expected:04o}"));
    }
    if check.executable.is_some_and(|bits| mode & bits == 0) {
        wrong.push(format!("{path} has the mode {mode:04o}, which does not let it be executed"));
    }
    wrong.extend(owners(tree, node, check));
    if let Some(expected) = &check.target {
        wrong.extend(match &node.kind {
            NodeKind::Symlink(target) if target == expected => None,
            NodeKind::Symlink(target) => {
                Some(format!("{path} leads to {}, not to {}", quoted(target), quoted(expected)))
            }
            _ => Some(format!("{path} is no link")),
        });
    }
    if !check.content.is_empty() {
        wrong.extend(content(tree, check));
    }
    wrong
}

fn kind(node: &Node) -> Option<Kind> {
    match &node.kind {
        NodeKind::Folder(_) => Some(Kind::Folder),
        NodeKind::File { .. } => Some(Kind::File),
        NodeKind::Symlink(_) => Some(Kind::Link),
        NodeKind::Special(_) => None,
    }
}

fn named(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::File) => "a file",
        Some(Kind::Folder) => "a folder",
        Some(Kind::Link) => "a link",
        None => "a device or a pipe",
    }
}

fn owners(tree: &Tree, node: &Node, check: &FileCheck) -> Vec<String> {
    let path = &check.path;
    let user = |written: &String| (written.clone(), "user", node.meta.uid);
    let group = |written: &String| (format!(":{written}"), "group", node.meta.gid);
    let asked = check.user.iter().map(user).chain(check.group.iter().map(group));
    asked.filter_map(|(written, what, is)| wrong_owner(tree, path, &written, what, is)).collect()
}

/// `written` is as `COPY --chown` has it.
fn wrong_owner(tree: &Tree, path: &str, written: &str, what: &str, is: u64) -> Option<String> {
    let name = written.trim_start_matches(':');
    let (expected, unknown) = match owner(tree, written) {
        Ok((owner, unknown)) if what == "user" => (owner.uid, unknown),
        Ok((owner, unknown)) => (owner.gid, unknown),
        Err(CopyError::NoUsers { .. }) => (0, Some(name.to_owned())),
        Err(error) => return Some(format!("{path}: {error}")),
    };
    match unknown {
        Some(name) => Some(format!("{path}: the image has no {what} `{name}`")),
        None if is == expected => None,
        None if name == expected.to_string() => Some(format!("{path} is of the {what} {is}, not of {name}")),
        None => Some(format!("{path} is of the {what} {is}, not of {name} ({expected})")),
    }
}

fn content(tree: &Tree, check: &FileCheck) -> Vec<String> {
    let path = &check.path;
    match tree.read(path, LIMIT) {
        Ok(Some(bytes)) => problems(&check.content, path, &String::from_utf8_lossy(&bytes)).collect(),
        Ok(None) => vec![format!("{path} is no file, so it has no content")],
        Err(error) => vec![error.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use images_oci::layer::{Entry, Meta};

    use super::super::definition::Text;
    use super::*;

    fn tree() -> Tree {
        let owned = |uid, gid, mode| Meta { uid, gid, ..Meta::new(mode, 0) };
        Tree::empty()
            .with_layer(&[
                Entry::inline("etc/passwd", b"root:x:0:0::/:\napp:x:10:20::/:\n", Meta::new(0o644, 0)),
                Entry::inline("etc/group", b"staff:x:20:\n", Meta::new(0o644, 0)),
                Entry::folder("home/app", owned(10, 20, 0o755)),
                Entry::inline("bin/tool", b"#!/bin/sh\n", owned(0, 0, 0o4755)),
                Entry::symlink("bin/link", "tool", 0),
                Entry::symlink("bin/lost", "/nowhere", 0),
            ])
            .unwrap()
    }

    fn wrong(change: impl FnOnce(&mut FileCheck), path: &str) -> Vec<String> {
        let mut asked = FileCheck { path: path.to_owned(), follow: true, ..FileCheck::default() };
        change(&mut asked);
        check(&tree(), &asked)
    }

    #[test]
    fn what_is_as_it_should_be_is_told_by_silence() {
        let own = str::to_owned;
        assert_eq!(wrong(|_| {}, "/bin/tool"), [""; 0]);
        assert_eq!(wrong(|file| file.mode = Some(0o4755), "/bin/link"), [""; 0]);
        assert_eq!(wrong(|file| file.absent = true, "/nowhere"), [""; 0]);
        assert_eq!(wrong(|file| file.absent = true, "/bin/tool/below"), [""; 0]);
        let home = |file: &mut FileCheck| {
            (file.user, file.group) = (Some(own("app")), Some(own("staff")));
            (file.kind, file.mode) = (Some(Kind::Folder), Some(0o755));
        };
        assert_eq!(wrong(home, "/home/app"), [""; 0]);
        let link = |file: &mut FileCheck| {
            (file.follow, file.kind, file.target) = (false, Some(Kind::Link), Some(own("/nowhere")));
        };
        assert_eq!(wrong(link, "/bin/lost"), [""; 0]);
        let content = |file: &mut FileCheck| file.content = vec![Text::Contains(own("#!/bin/sh"))];
        assert_eq!(wrong(content, "/bin/link"), [""; 0]);
    }

    #[test]
    fn what_differs_is_told_each_by_its_own_words() {
        let own = str::to_owned;
        let told = |change: fn(&mut FileCheck), path: &str| wrong(change, path).join("; ");
        assert_eq!(told(|_| {}, "/bin/none"), "/bin/none is not there");
        assert_eq!(told(|_| {}, "/bin/lost"), "/bin/lost is not there");
        let there = "/bin/lost is there, a link, and should not be";
        assert_eq!(told(|file| file.absent = true, "/bin/lost"), there);
        let mode = "/home/app has the mode 0755, not 0700";
        assert_eq!(told(|file| file.mode = Some(0o700), "/home/app"), mode);
        assert_eq!(told(|file| file.kind = Some(Kind::File), "/home"), "/home is a folder, not a file");
        let user = "/bin/tool is of the user 0, not of app (10)";
        assert_eq!(wrong(|file| file.user = Some(own("app")), "/bin/tool"), [user]);
        let user = "/bin/tool is of the user 0, not of 7";
        assert_eq!(wrong(|file| file.user = Some(own("7")), "/bin/tool"), [user]);
        let group = "/bin/tool is of the group 0, not of staff (20)";
        assert_eq!(wrong(|file| file.group = Some(own("staff")), "/bin/tool"), [group]);
        let unknown = "/bin/tool: the image has no user `bob`";
        assert_eq!(wrong(|file| file.user = Some(own("bob")), "/bin/tool"), [unknown]);
        let target = |file: &mut FileCheck| {
            (file.follow, file.target) = (false, Some(own("x")));
        };
        assert_eq!(wrong(target, "/bin/link"), ["/bin/link leads to `tool`, not to `x`"]);
        assert_eq!(wrong(target, "/bin/tool"), ["/bin/tool is no link"]);
        let executable = "/etc/passwd has the mode 0644, which does not let it be executed";
        assert_eq!(told(|file| file.executable = Some(0o111), "/etc/passwd"), executable);
        let content = |file: &mut FileCheck| file.content = vec![Text::Equals(own("x"))];
        assert_eq!(wrong(content, "/bin/tool"), ["/bin/tool is `#!/bin/sh`, not `x`"]);
        assert_eq!(wrong(content, "/home"), ["/home is no file, so it has no content"]);
    }
}

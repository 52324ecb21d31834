//! Who owns what is copied.

use super::CopyError;
use crate::tree::Tree;

/// The largest `passwd` or `group` that is read.
const LIMIT: u64 = 16 << 20;

/// A user and a group, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub uid: u64,
    /// The group.
    pub gid: u64,
}

/// Reads `USER[:GROUP]`, each a number or a name of the tree's `/etc/passwd` or `/etc/group`. Says also which name there
/// was not.
///
/// As BuildKit has it: a number without a group is the group too, a name brings its own; a user that is not there is root,
/// and a group that is not there changes nothing; `root` needs no file
/// (<https://github.com/moby/buildkit/blob/master/solver/llbsolver/file/user_linux.go>, and `WithUser` of
/// <https://github.com/moby/buildkit/blob/master/client/llb/fileop.go>).
///
/// # Errors
/// A name, and the tree is empty; or the file cannot be read.
pub fn owner(tree: &Tree, written: &str) -> Result<(Owner, Option<String>), CopyError> {
    let (user, group) = match written.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (written, None),
    };
    let mut unknown = None;
    let mut owner = Owner { uid: 0, gid: 0 };
    match number(user) {
        Some(id) => owner = Owner { uid: id, gid: id },
        None => match fields(tree, written, "etc/passwd", user)? {
            Some(ids) => owner = Owner { uid: ids[0], gid: ids[1] },
            None => unknown = Some(user.to_owned()),
        },
    }
    match group.map(|group| (group, number(group))) {
        None => {}
        Some((_, Some(id))) => owner.gid = id,
        Some((name, None)) => match fields(tree, written, "etc/group", name)? {
            Some(ids) => owner.gid = ids[0],
            None => unknown = unknown.or(Some(name.to_owned())),
        },
    }
    Ok((owner, unknown))
}

/// Nothing is root too: BuildKit hands on a name that is empty as the number 0.
fn number(text: &str) -> Option<u64> {
    if text.is_empty() || text == "root" { Some(0) } else { text.parse::<u32>().ok().map(u64::from) }
}

/// The numbers in the third and fourth field of a name's line.
fn fields(tree: &Tree, written: &str, path: &str, name: &str) -> Result<Option<[u64; 2]>, CopyError> {
    if tree.root().children().next().is_none() {
        return Err(CopyError::NoUsers { owner: written.to_owned() });
    }
    let Some(text) = tree.read(path, LIMIT)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&text);
    let line =
        text.lines().map(str::trim).find(|line| line.split(':').next() == Some(name) && !line.is_empty());
    let ids = line.map(|line| {
        let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap_or(0));
        [fields.next().unwrap_or(0), fields.next().unwrap_or(0)]
    });
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Entry, Meta};

    #[test]
    fn numbers_and_names_are_owners_as_buildkit_has_them() {
        let file = |path: &str, text: &str| Entry::inline(path, text.as_bytes(), Meta::new(0o644, 0));
        let tree = Tree::empty()
            .with_layer(&[
                file("etc/passwd", "root:x:0:0::/:\nbob:x:11:22::/:\n"),
                file("etc/group", "staff:x:33:\nbob:x:44:\n"),
            ])
            .unwrap();
        for (written, uid, gid, unknown) in [
            ("5", 5, 5, None),
            ("5:6", 5, 6, None),
            ("bob:", 11, 0, None),
            ("bob", 11, 22, None),
            ("bob:staff", 11, 33, None),
            ("bob:bob", 11, 44, None),
            ("3:staff", 3, 33, None),
            (":staff", 0, 33, None),
            ("5:", 5, 0, None),
            ("root", 0, 0, None),
            ("nobody", 0, 0, Some("nobody")),
            ("bob:nobodies", 11, 22, Some("nobodies")),
        ] {
            let expected = (Owner { uid, gid }, unknown.map(str::to_owned));
            assert_eq!(owner(&tree, written).unwrap(), expected, "{written}");
        }
        assert!(matches!(owner(&Tree::empty(), "bob"), Err(CopyError::NoUsers { .. })));
        assert_eq!(owner(&Tree::empty(), "root:7").unwrap().0, Owner { uid: 0, gid: 7 });
    }
}

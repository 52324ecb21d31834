//! Paths of sources and destinations.

/// A path as Go's `path.Clean` has it below a root: without empty parts, `.` and `..`, which stays at the root.
pub(super) fn clean(path: &str) -> String {
    let mut done: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(done.pop()),
            _ => done.push(part),
        }
    }
    done.join("/")
}

/// Below a folder.
pub(super) fn join(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}

/// The folder and the last part.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    /// Its clean path.
    pub(super) path: String,
    /// Whether it must be a folder: it was written with `/` at its end, or as `.` or nothing. `/.` at its end says nothing,
    /// seen with both builders of docker 20.10 and with docker 26.
    pub(super) is_folder: bool,
}

/// `pathRelativeToWorkingDir`
/// (<https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go>) and `NormalizePath`
/// (<https://github.com/moby/buildkit/blob/master/util/system/path.go>).
pub(super) fn destination(written: &str, workdir: &str) -> Destination {
    let path = if written.starts_with('/') { clean(written) } else { clean(&format!("{workdir}/{written}")) };
    let is_folder = matches!(written, "" | ".") || written.ends_with('/');
    Destination { path, is_folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_below_the_workdir_and_a_slash_at_the_end_is_kept() {
        for (written, path, is_folder) in [
            ("x", "w/d/x", false),
            ("./x/", "w/d/x", true),
            (".", "w/d", true),
            ("", "w/d", true),
            ("..", "w", false),
            ("../../../x", "x", false),
            ("/", "", true),
            ("/a//b/.", "a/b", false),
            ("/a/./", "a", true),
            ("/a/../b", "b", false),
        ] {
            let expected = Destination { path: path.to_owned(), is_folder };
            assert_eq!(destination(written, "/w/d"), expected, "{written}");
        }
    }
}

//! How a clone gets a commit that it lacks: commands after which the same `--since` finds it.

use crate::Error;
use crate::git::Git;

/// What a name that git does not find is, by its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form<'a> {
    /// No name at all.
    Empty,
    /// What a push of a new branch has for the commit before it.
    Zeros,
    /// Counted from another commit: `HEAD~1`.
    Relative,
    /// A whole id.
    Id,
    /// A branch of a remote: `origin/main`.
    Branch { remote: &'a str, name: &'a str },
    /// A branch, a tag or something misspelt.
    Name,
    /// Nothing that a remote could have.
    Odd,
}

impl<'a> Form<'a> {
    fn of(text: &'a str, remotes: &[&str]) -> Self {
        let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let of_remote =
            |remote: &&str| text.strip_prefix(*remote)?.strip_prefix('/').map(|name| (remote.len(), name));
        match remotes.iter().find_map(of_remote) {
            _ if text.is_empty() => Self::Empty,
            _ if is_id && text.bytes().all(|byte| byte == b'0') => Self::Zeros,
            _ if is_id => Self::Id,
            _ if text.contains(['~', '^', '@']) => Self::Relative,
            _ if text.starts_with('-') || text.contains([' ', ':', '*', '?', '[', '\\']) => Self::Odd,
            Some((length, name)) => Self::Branch { remote: &text[..length], name },
            None => Self::Name,
        }
    }
}

/// What to do about a name that git does not find.
///
/// # Errors
/// git cannot be run.
pub(super) fn advice(git: &Git, text: &str, merge_base: bool) -> Result<String, Error> {
    let remotes = git.read(&["remote"])?.unwrap_or_default();
    let remotes: Vec<&str> = remotes.lines().collect();
    let remote = remotes.iter().copied().find(|remote| *remote == "origin").or(remotes.first().copied());
    let form = Form::of(text, &remotes);
    if let (Form::Name, Some(remote)) = (form, remote)
        && git
            .read(&["rev-parse", "--verify", "--quiet", &format!("refs/remotes/{remote}/{text}")])?
            .is_some()
    {
        return Ok(format!("did you mean `{remote}/{text}`?"));
    }
    let is_shallow = git.is_shallow()?;
    let depth = match (is_shallow, merge_base) {
        (false, _) => "",
        (true, false) => " --depth=1",
        (true, true) => " --unshallow",
    };
    Ok(match (commands(form, text, remote, depth), is_shallow) {
        (None, _) => mistaken(form).to_owned(),
        (Some(_), true) if form == Form::Relative => format!(
            "this clone is shallow and ends before it: `git fetch --deepen=100`, or `git fetch --unshallow` for all of it; {CHECKOUT}"
        ),
        (Some(commands), true) => format!("this clone is shallow: {commands}; {CHECKOUT}"),
        (Some(commands), false) => format!("fetch it, or mend the name: {commands}"),
    })
}

/// What has the whole history in GitHub Actions.
pub(super) const CHECKOUT: &str = "with actions/checkout set `fetch-depth: 0`";

/// The commands that fetch it, where there is something to fetch from.
fn commands(form: Form<'_>, text: &str, remote: Option<&str>, depth: &str) -> Option<String> {
    let remote = remote?;
    let branch = |remote: &str, name: &str| {
        format!("`git fetch{depth} {remote} +refs/heads/{name}:refs/remotes/{remote}/{name}`")
    };
    match form {
        Form::Empty | Form::Zeros | Form::Odd => None,
        Form::Relative => Some("`git fetch`".to_owned()),
        Form::Id => Some(format!("`git fetch{depth} {remote} {text}`")),
        Form::Branch { remote, name } => Some(branch(remote, name)),
        Form::Name => Some(format!(
            "a tag by `git fetch{depth} {remote} tag {text}`, a branch by {} and as `{remote}/{text}`",
            branch(remote, text)
        )),
    }
}

/// Why nothing is fetched.
fn mistaken(form: Form<'_>) -> &'static str {
    match form {
        Form::Empty => "--since names nothing: is the variable set that its value is taken from?",
        Form::Zeros => {
            "this id means that there is no commit, as before the first push of a branch: leave --since out then"
        }
        _ => "mend the name: a branch, a tag, an id, or `HEAD~1`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, depth: &str) -> String {
        let form = Form::of(text, &["fork", "origin"]);
        commands(form, text, Some("origin"), depth).unwrap_or_else(|| mistaken(form).to_owned())
    }

    #[test]
    fn commands_fetch_what_the_name_is_by_its_form() {
        assert_eq!(
            told("fork/topic/x", " --depth=1"),
            "`git fetch --depth=1 fork +refs/heads/topic/x:refs/remotes/fork/topic/x`"
        );
        assert_eq!(
            told("v1", ""),
            "a tag by `git fetch origin tag v1`, a branch by `git fetch origin +refs/heads/v1:refs/remotes/origin/v1` and as `origin/v1`"
        );
        let id = "a".repeat(40);
        assert_eq!(told(&id, " --depth=1"), format!("`git fetch --depth=1 origin {id}`"));
    }

    #[test]
    fn what_no_remote_can_have_is_not_fetched() {
        assert_eq!(told(&"0".repeat(40), ""), mistaken(Form::Zeros));
        assert_eq!(told("", ""), mistaken(Form::Empty));
        for odd in ["--upload-pack=x", "a b", ":/x"] {
            assert_eq!(told(odd, ""), mistaken(Form::Odd), "{odd}");
        }
    }
}

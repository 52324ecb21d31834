//! The policy as it is read: globs are parsed, names are known.

use images_dockerfile::Pattern;
use images_schema::{Diagnostic, PathGlob, Policy, SourceText, Spanned, did_you_mean};

use crate::Error;
use crate::workspace::is_registry;

/// The policy of a workspace.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    pub(super) allowed_registries: Option<Vec<String>>,
    pub(super) allowed_repositories: Option<Vec<(String, PathGlob)>>,
    pub(super) require_digest: bool,
    pub(super) forbidden_tags: Vec<Pattern>,
    pub(super) forbid_root: bool,
    pub(super) root_allowed: Vec<String>,
    pub(super) required_labels: Vec<String>,
    pub(super) max_depth: Option<usize>,
}

impl Rules {
    /// Reads the settings. `names` are the images that there are.
    ///
    /// # Errors
    /// A host that is none, a bad glob, an image that does not exist, an empty label.
    pub(crate) fn read(policy: &Policy, source: &SourceText, names: &[&str]) -> Result<Self, Error> {
        let registries = policy.allowed_registries.as_ref();
        let repositories = policy.allowed_repositories.as_ref();
        Ok(Self {
            allowed_registries: registries
                .map(|list| each(list, |host| registry(source, host)))
                .transpose()?,
            allowed_repositories: repositories
                .map(|list| each(list, |glob| repository(source, glob)))
                .transpose()?,
            require_digest: policy.require_digest,
            forbidden_tags: each(&policy.forbidden_tags, |glob| tag(source, glob))?,
            forbid_root: policy.forbid_root,
            root_allowed: each(&policy.root_allowed, |name| image(source, name, names))?,
            required_labels: each(&policy.required_labels, |key| label(source, key))?,
            max_depth: policy.max_depth.map(std::num::NonZero::get),
        })
    }
}

impl Rules {
    /// Whether containers have to run as another user than root.
    pub(crate) fn forbids_root(&self) -> bool {
        self.forbid_root
    }

    /// Whether this image may run as root nevertheless.
    pub(crate) fn allows_root(&self, name: &str) -> bool {
        self.root_allowed.iter().any(|allowed| allowed == name)
    }
}

fn each<T>(
    list: &[Spanned<String>],
    read: impl Fn(&Spanned<String>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    list.iter().map(read).collect()
}

/// Docker Hub has more than one name.
/// <https://github.com/distribution/reference/blob/main/normalize.go>
pub(super) fn canonical(host: &str) -> &str {
    if host == "index.docker.io" { "docker.io" } else { host }
}

fn registry(source: &SourceText, host: &Spanned<String>) -> Result<String, Error> {
    let text = host.get_ref();
    if is_registry(text) {
        return Ok(canonical(text).to_owned());
    }
    let diagnostic = source.error(host.span(), format!("`{text}` is no registry"), "not a host");
    Err(diagnostic.help("a registry is a host: `docker.io`, `ghcr.io`, `localhost:5000`").into())
}

fn repository(source: &SourceText, glob: &Spanned<String>) -> Result<(String, PathGlob), Error> {
    let text = glob.get_ref();
    let (host, path) = text.split_once('/').unwrap_or((text, ""));
    let may_be_host = host.contains(['*', '?', '[']) || is_registry(host);
    if !may_be_host || path.is_empty() {
        let message = format!("`{text}` does not name repositories");
        let diagnostic = source.error(glob.span(), message, "not a host and a path");
        let help = "start with the host, also for Docker Hub: `docker.io/library/*`, `ghcr.io/acme/**`";
        return Err(diagnostic.help(help).into());
    }
    Ok((text.clone(), PathGlob::parse(source, glob)?))
}

fn tag(source: &SourceText, glob: &Spanned<String>) -> Result<Pattern, Error> {
    Pattern::parse(glob.get_ref()).map_err(|problem| {
        let message = format!("bad glob `{}`", glob.get_ref());
        source.error(glob.span(), message, problem.message).help("globs know `*`, `?` and `[a-z]`").into()
    })
}

fn image(source: &SourceText, name: &Spanned<String>, names: &[&str]) -> Result<String, Error> {
    let text = name.get_ref();
    if names.contains(&text.as_str()) {
        return Ok(text.clone());
    }
    let message = format!("no image of this workspace is named `{text}`");
    let diagnostic: Diagnostic = source.error(name.span(), message, "no such member");
    Err(diagnostic
        .help(match did_you_mean(text, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "take it out".to_owned(),
        })
        .into())
}

fn label(source: &SourceText, key: &Spanned<String>) -> Result<String, Error> {
    match key.get_ref().as_str() {
        "" => Err(source.error(key.span(), "a label has a key", "empty").help("take it out").into()),
        key => Ok(key.to_owned()),
    }
}

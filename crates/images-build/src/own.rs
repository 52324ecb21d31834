//! The image that a crate is about: the one in its folder, or the one that its build script names.

use images_schema::{Diagnostic, Spanned, did_you_mean};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::member::{Member, Members};

/// The crate's image, and the place of its variant. `None` where its folder has none and none is named.
///
/// # Errors
/// There is no image of that name or no such version, or the image in the folder has another version than the crate.
pub(crate) fn find<'a>(
    members: &'a Members,
    named: Option<&str>,
    environment: &Environment,
) -> Result<Option<(&'a Member, usize)>, Failure> {
    if let Some(spec) = named {
        return by_spec(members, spec).map(Some);
    }
    let is_here = |member: &&Member| {
        member.folder == environment.folder
            || member
                .folder
                .canonicalize()
                .is_ok_and(|real| environment.folder.canonicalize().is_ok_and(|folder| folder == real))
    };
    let Some(member) = members.all.iter().find(is_here) else { return Ok(None) };
    let at = member.default();
    same_version(member, at, environment)?;
    Ok(Some((member, at)))
}

fn by_spec<'a>(members: &'a Members, spec: &str) -> Result<(&'a Member, usize), Failure> {
    let (name, tag) = spec.split_once(':').map_or((spec, None), |(name, tag)| (name, Some(tag)));
    let Some(member) = members.named(name) else {
        let names = members.all.iter().map(|member| member.name.as_str());
        let help = match did_you_mean(name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
        };
        return Err(Diagnostic::error(format!("build.rs names the image `{name}`, which there is not"))
            .help(help)
            .into());
    };
    match member.select(tag) {
        Some(at) => Ok((member, at)),
        None => {
            let message = format!("build.rs names `{spec}`, but `{name}` has no such version");
            let tags: Vec<_> = member.variants.iter().map(|variant| variant.tag.as_str()).collect();
            Err(Diagnostic::error(message).help(format!("there are {}", tags.join(", "))).into())
        }
    }
}

/// An image in a crate's folder is that crate, so the two have one version.
fn same_version(member: &Member, at: usize, environment: &Environment) -> Result<(), Failure> {
    let version = member.variants[at].version.as_str();
    if version == environment.version {
        return Ok(());
    }
    let message = format!(
        "image `{}` has version {version}, but the crate `{}` in its folder has {}",
        member.name, environment.name, environment.version
    );
    let span = member.manifest.image.version.as_ref().map_or(0..0, Spanned::span);
    let help = format!(
        "leave `version` out, so that the crate gives it; if they differ on purpose, name the image in build.rs: \
         images_build::Emit::new().image({:?}).emit()",
        member.name
    );
    Err(member.source.error(span, message, "not the crate's").help(help).into())
}

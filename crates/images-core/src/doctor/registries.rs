//! The registries that the workspace names, and the log-ins that there are for them. No secret is read aloud, no helper is
//! called, and no registry is asked, unless that is wanted.

use std::collections::BTreeMap;

use images_dockerfile::Reference;
use images_engine::process::{Cancel, find_program};
use images_oci::registry::{Client, Login, Repository, login_of};

use super::{Check, DoctorOptions, Status};
use crate::graph::Graph;

/// What a registry is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Images from it are built on.
    Pull,
    /// Images go there.
    Push,
}

pub(super) fn checks(graph: &Graph<'_>, options: &DoctorOptions, cancel: &Cancel) -> Vec<Check> {
    let client = options.online.then(|| Client::new(options.registry.clone(), cancel.clone()));
    let check = |(host, (repository, purpose)): (String, (Repository, Purpose))| {
        let check = login(&host, &repository, purpose, options);
        match &client {
            Some(client) if !cancel.is_interrupted() => asked(check, client, &repository),
            _ => check,
        }
    };
    registries(graph).into_iter().map(check).collect()
}

/// Each registry by its host, with one of its repositories.
fn registries(graph: &Graph<'_>) -> BTreeMap<String, (Repository, Purpose)> {
    let workspace = graph.workspace;
    let external = graph.ids().flat_map(|id| graph.node(id).externals());
    let pulled = external.filter_map(|text| Some(Repository::of(&Reference::parse(text).ok()?)));
    let mut registries: BTreeMap<_, _> =
        pulled.map(|repository| (repository.host().to_owned(), (repository, Purpose::Pull))).collect();
    let image = workspace.images.first().map_or("image", |image| image.name.as_str());
    let own = workspace.registry.iter();
    let own =
        own.filter_map(|host| Repository::parse(&format!("{host}/{}/{image}", workspace.namespace)).ok());
    registries.extend(own.map(|repository| (repository.host().to_owned(), (repository, Purpose::Push))));
    registries
}

/// Whether there is a log-in, and who has it.
fn login(host: &str, repository: &Repository, purpose: Purpose, options: &DoctorOptions) -> Check {
    let check = |status, message: String| Check::new("registry", host, status, message);
    match login_of(&options.registry.credential_files, repository) {
        Err(error) => {
            let check = check(Status::Warning, error.message);
            error.help.into_iter().fold(check, |check, help| check.fix(help))
        }
        Ok(Some(Login { file, helper: Some(helper) })) if find_program(&helper).is_none() => {
            check(Status::Warning, format!("{file} leaves the log-in to {helper}, which is not installed"))
                .fix(format!("install {helper}, or remove it from {file}"))
        }
        Ok(Some(Login { file, helper: Some(helper) })) => {
            check(Status::Ok, format!("{helper} keeps the log-in ({file}); it was not asked"))
        }
        Ok(Some(Login { file, helper: None })) => check(Status::Ok, format!("a log-in is in {file}")),
        Ok(None) if purpose == Purpose::Push => {
            check(Status::Warning, "no log-in; most registries want one for `push` and `release`".to_owned())
                .fix(format!("docker login {host}"))
        }
        Ok(None) => check(Status::Ok, "no log-in; public images need none".to_owned()),
    }
}

/// The same after the registry was asked.
fn asked(check: Check, client: &Client, repository: &Repository) -> Check {
    match client.ping(repository) {
        Ok(()) => Check { message: format!("{}; it answers", check.message), ..check },
        Err(error) => {
            let message = format!("{}; {}", check.message, error.message);
            let check = Check { message, status: Status::Error, ..check };
            error.help.into_iter().fold(check, |check, help| check.fix(help))
        }
    }
}

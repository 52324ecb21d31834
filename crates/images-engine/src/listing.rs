//! A store's images, from what each engine prints of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::StoredImage;

/// An image as docker's API lists it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerImage {
    id: String,
    repo_tags: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
}

/// A name as docker's client lists it, with the image that it points at.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerRow {
    #[serde(rename = "ID")]
    id: String,
    repository: String,
    tag: String,
}

/// An image as podman lists it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PodmanImage {
    id: String,
    names: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
}

/// An image as buildah lists it: without its labels.
#[derive(Deserialize)]
struct BuildahImage {
    id: String,
    names: Option<Vec<String>>,
}

/// Reads the answer to `GET /images/json`.
///
/// <https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageList>
///
/// # Errors
/// It is not that.
pub(crate) fn docker_api(json: &[u8]) -> serde_json::Result<Vec<StoredImage>> {
    let images: Vec<DockerImage> = serde_json::from_slice(json)?;
    let stored = |image: DockerImage| StoredImage {
        id: image.id,
        tags: names(image.repo_tags),
        labels: Some(image.labels.unwrap_or_default()),
    };
    Ok(images.into_iter().map(stored).collect())
}

/// Reads what `docker image ls --no-trunc --format '{{json .}}'` prints: a line for each name, and no labels.
///
/// # Errors
/// It is not that.
pub(crate) fn docker_client(lines: &str) -> serde_json::Result<Vec<StoredImage>> {
    let mut names_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines.lines() {
        let DockerRow { id, repository, tag } = serde_json::from_str(line)?;
        names_of.entry(id).or_default().push(format!("{repository}:{tag}"));
    }
    let stored = |(id, tags)| StoredImage { id, tags: names(Some(tags)), labels: None };
    Ok(names_of.into_iter().map(stored).collect())
}

/// Reads what `podman images --format json --no-trunc` prints: an image once for each of its names, each time with all
/// of them.
///
/// # Errors
/// It is not that.
pub(crate) fn podman(json: &str) -> serde_json::Result<Vec<StoredImage>> {
    let images: Vec<PodmanImage> = serde_json::from_str(json)?;
    let mut seen = BTreeSet::new();
    let new = images.into_iter().filter(|image| seen.insert(image.id.clone()));
    let stored = |image: PodmanImage| StoredImage {
        id: full_id(&image.id),
        tags: names(image.names),
        labels: Some(image.labels.unwrap_or_default()),
    };
    Ok(new.map(stored).collect())
}

/// Reads what `buildah images --json --no-trunc` prints.
///
/// # Errors
/// It is not that.
pub(crate) fn buildah(json: &str) -> serde_json::Result<Vec<StoredImage>> {
    let images: Vec<BuildahImage> = serde_json::from_str(json)?;
    let stored =
        |image: BuildahImage| StoredImage { id: full_id(&image.id), tags: names(image.names), labels: None };
    Ok(images.into_iter().map(stored).collect())
}

/// podman lists ids without the algorithm that it writes into id files.
fn full_id(id: &str) -> String {
    if id.contains(':') { id.to_owned() } else { format!("sha256:{id}") }
}

/// Names with tags, in full: without docker's `<none>`, and without names by digest.
pub(crate) fn names(listed: Option<Vec<String>>) -> Vec<String> {
    let named = |name: &String| !name.contains("<none>") && !name.contains('@');
    listed.unwrap_or_default().into_iter().filter(named).map(in_full).collect()
}

/// docker lists what is from Docker Hub without the registry, podman with it.
///
/// The rule: <https://github.com/distribution/reference/blob/v0.6.0/normalize.go>
fn in_full(name: String) -> String {
    match name.split_once('/') {
        None => format!("docker.io/library/{name}"),
        Some((host, _)) if is_host(host) => name,
        Some(_) => format!("docker.io/{name}"),
    }
}

fn is_host(part: &str) -> bool {
    part == "localhost" || part.contains(['.', ':']) || part.chars().any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, tags: &[&str], labels: Option<&[(&str, &str)]>) -> StoredImage {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        StoredImage {
            id: id.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            labels: labels.map(|labels| labels.iter().map(owned).collect()),
        }
    }

    #[test]
    fn dockers_api_tells_names_and_labels() {
        let json = br#"[
            {"Containers":-1,"Created":1,"Id":"sha256:a","Labels":{"k":"v"},"RepoDigests":null,
             "RepoTags":["localhost/acme/x:1","localhost/acme/x:key-1"],"Size":1},
            {"Id":"sha256:b","Labels":null,"RepoDigests":["<none>@<none>"],"RepoTags":["<none>:<none>"]},
            {"Id":"sha256:c","Labels":null,"RepoTags":null}]"#;
        let expected = [
            image("sha256:a", &["localhost/acme/x:1", "localhost/acme/x:key-1"], Some(&[("k", "v")])),
            image("sha256:b", &[], Some(&[])),
            image("sha256:c", &[], Some(&[])),
        ];
        assert_eq!(docker_api(json).unwrap(), expected);
        assert!(docker_api(b"{}").is_err());
    }

    #[test]
    fn dockers_client_tells_names_one_a_line() {
        let row = |id: &str, repository: &str, tag: &str| {
            format!(r#"{{"Containers":"N/A","ID":"{id}","Repository":"{repository}","Tag":"{tag}"}}"#) + "\n"
        };
        let lines = row("sha256:b", "localhost/acme/x", "1")
            + &row("sha256:a", "\\u003cnone\\u003e", "\\u003cnone\\u003e")
            + &row("sha256:b", "localhost/acme/x", "2")
            + &row("sha256:c", "localhost/acme/y", "\\u003cnone\\u003e");
        let expected = [
            image("sha256:a", &[], None),
            image("sha256:b", &["localhost/acme/x:1", "localhost/acme/x:2"], None),
            image("sha256:c", &[], None),
        ];
        assert_eq!(docker_client(&lines).unwrap(), expected);
        assert_eq!(docker_client("").unwrap(), []);
        assert!(docker_client("no json\n").is_err());
    }

    #[test]
    fn podman_tells_names_and_labels() {
        let json = r#"[{"Id":"a1","RepoTags":null,"Labels":{"k":"v"},"Names":["localhost/acme/x:1","docker.io/b@sha256:1"]},
                       {"Id":"b2","Labels":null,"Names":null},{"Id":"c3"},{"Id":"a1","Names":["localhost/acme/x:1"]}]"#;
        let expected = [
            image("sha256:a1", &["localhost/acme/x:1"], Some(&[("k", "v")])),
            image("sha256:b2", &[], Some(&[])),
            image("sha256:c3", &[], Some(&[])),
        ];
        assert_eq!(podman(json).unwrap(), expected);
        assert!(podman("").is_err());
    }

    #[test]
    fn buildah_tells_names_without_labels() {
        let json =
            r#"[{"id":"sha256:a1","names":["localhost/acme/x:1"],"history":null},{"id":"b2","names":null}]"#;
        let expected = [image("sha256:a1", &["localhost/acme/x:1"], None), image("sha256:b2", &[], None)];
        assert_eq!(buildah(json).unwrap(), expected);
        assert_eq!(buildah("[]").unwrap(), []);
    }

    #[test]
    fn short_names_are_completed_as_docker_reads_them() {
        let full = |name: &str| in_full(name.to_owned());
        assert_eq!(full("debian:12"), "docker.io/library/debian:12");
        assert_eq!(full("acme/x:1"), "docker.io/acme/x:1");
        for name in
            ["localhost/x:1", "ghcr.io/acme/x:1", "host:5000/x:1", "Host/x:1", "docker.io/library/x:1"]
        {
            assert_eq!(full(name), name);
        }
    }
}

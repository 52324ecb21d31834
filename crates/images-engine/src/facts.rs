//! What engines tell of single images.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use crate::client::Client;
use crate::{EngineError, ImageFacts, listing, timestamp};

/// How many images are asked for in one call: their names have to fit into one command line.
const AT_ONCE: usize = 200;

/// What `image inspect` of docker and podman tells.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    repo_tags: Option<Vec<String>>,
    created: Option<String>,
    size: Option<u64>,
    config: Option<Config>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    labels: Option<BTreeMap<String, String>>,
}

/// docker's own notes about an image:
/// <https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageInspect>.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    last_tag_time: Option<String>,
}

/// What `inspect --type=image` of buildah tells.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    docker: Description,
}

#[derive(Deserialize)]
struct Description {
    created: Option<String>,
    config: Option<Config>,
}

/// Asks docker or podman.
///
/// # Errors
/// The client is not there, or does not answer.
pub(crate) fn inspected(
    client: Client,
    names: &[String],
) -> Result<BTreeMap<String, ImageFacts>, EngineError> {
    let mut facts = BTreeMap::new();
    for names in names.chunks(AT_ONCE) {
        let args = ["image", "inspect", "--"].into_iter().chain(names.iter().map(String::as_str));
        let ended = client.run(&args.collect::<Vec<_>>())?;
        // Images that went away make it fail, and those that are there are told all the same.
        match serde_json::from_slice(&ended.stdout) {
            Ok(images) => facts.extend(by_name(images, names)),
            Err(_) if ended.code != Some(0) => {
                return Err(client.said(&String::from_utf8_lossy(&ended.stderr)));
            }
            Err(error) => {
                return Err(client.error(format!("cannot read what it tells of images: {error}"), None));
            }
        }
    }
    Ok(facts)
}

fn by_name(images: Vec<Inspected>, names: &[String]) -> BTreeMap<String, ImageFacts> {
    let wanted: HashSet<&String> = names.iter().collect();
    let mut facts = BTreeMap::new();
    for mut image in images {
        let tags = listing::names(image.repo_tags.take());
        let known = image.facts();
        facts.extend(tags.into_iter().filter(|tag| wanted.contains(tag)).map(|tag| (tag, known.clone())));
    }
    facts
}

impl Inspected {
    fn facts(self) -> ImageFacts {
        let tagged = self.metadata.and_then(|metadata| metadata.last_tag_time);
        let times = [tagged, self.created];
        ImageFacts {
            labels: self.config.and_then(|config| config.labels).unwrap_or_default(),
            size: self.size,
            dated: times.iter().flatten().filter_map(|time| timestamp::read(time)).max(),
        }
    }
}

/// Asks buildah, which tells of one image at a time, and no sizes.
///
/// # Errors
/// The client is not there, or its answer cannot be read.
pub(crate) fn inspected_one_by_one(
    client: Client,
    names: &[String],
) -> Result<BTreeMap<String, ImageFacts>, EngineError> {
    let mut facts = BTreeMap::new();
    for name in names {
        let ended = client.run(&["inspect", "--type=image", "--", name])?;
        if ended.code != Some(0) {
            continue;
        }
        let described: Described = serde_json::from_slice(&ended.stdout)
            .map_err(|error| client.error(format!("cannot read what it tells of {name}: {error}"), None))?;
        facts.insert(name.clone(), described.docker.facts());
    }
    Ok(facts)
}

impl Description {
    fn facts(self) -> ImageFacts {
        ImageFacts {
            labels: self.config.and_then(|config| config.labels).unwrap_or_default(),
            size: None,
            dated: self.created.and_then(|time| timestamp::read(&time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::testing::client;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn facts(label: Option<&str>, size: Option<u64>, seconds: Option<u64>) -> ImageFacts {
        ImageFacts {
            labels: label.map(|value| ("k".to_owned(), value.to_owned())).into_iter().collect(),
            size,
            dated: seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
        }
    }

    #[test]
    fn docker_and_podman_tell_of_several_images_by_the_names_that_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"[ "$*" = "image inspect -- localhost/a:1 localhost/b:1 localhost/gone:1" ] || exit 9
cat <<'END'
[{"Id":"sha256:1","RepoTags":["localhost/a:1","localhost/a:2"],"Created":"1980-01-01T00:00:00Z","Size":7,
  "Config":{"Labels":{"k":"v"}},"Metadata":{"LastTagTime":"2000-03-01T00:00:00.5Z"}},
 {"Id":"2","RepoTags":["localhost/b:1"],"Created":"2000-03-01T00:00:00Z","Config":{"Labels":null},
  "Metadata":{"LastTagTime":"0001-01-01T00:00:00Z"}}]
END
echo 'Error: no such image' >&2; exit 1"#;
        let asked = names(&["localhost/a:1", "localhost/b:1", "localhost/gone:1"]);
        let told = inspected(client(&folder, script), &asked).unwrap();
        let expected = [
            ("localhost/a:1".to_owned(), facts(Some("v"), Some(7), Some(951_868_800))),
            ("localhost/b:1".to_owned(), facts(None, None, Some(951_868_800))),
        ];
        assert_eq!(told, BTreeMap::from(expected));
    }

    #[test]
    fn an_engine_that_does_not_answer_is_an_error_and_nothing_is_asked_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mute = client(&folder, "echo 'Error: no daemon' >&2; exit 1");
        assert_eq!(inspected(mute, &names(&["localhost/a:1"])).unwrap_err().message, "no daemon");
        assert_eq!(inspected(mute, &[]).unwrap(), BTreeMap::new());
    }

    #[test]
    fn buildah_tells_of_one_image_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"case "$*" in
"inspect --type=image -- localhost/a:1")
  echo '{"FromImageID":"1","Docker":{"created":"2000-03-01T00:00:00Z","config":{"Labels":{"k":"v"}}}}';;
*) echo 'image not known' >&2; exit 125;; esac"#;
        let told = inspected_one_by_one(client(&folder, script), &names(&["localhost/a:1", "localhost/b:1"]));
        let expected = ("localhost/a:1".to_owned(), facts(Some("v"), None, Some(951_868_800)));
        assert_eq!(told.unwrap(), BTreeMap::from([expected]));
    }
}

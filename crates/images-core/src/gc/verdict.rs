//! What becomes of an image of ours.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::time::{Duration, SystemTime};

use images_engine::{Engine, ImageFacts};
use images_schema::References;

use super::GcImage;
use super::found::{Found, split};
use crate::Error;
use crate::graph::Graph;
use crate::history::History;
use crate::plan::Records;
use crate::session::Keyed;
use crate::store::{KEY_LABEL, key_name};

/// What becomes of an image of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It stays.
    Keep(Kept),
    /// The name that has its key goes, and with it the image, unless it has others.
    Remove {
        /// Its names that are not ours. They stay, and so does the image.
        others: Vec<String>,
    },
}

/// Why an image stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It has a key of the work tree as it is.
    Current {
        /// The variant.
        spec: String,
    },
    /// A version of the image points at it, be it one of another checkout.
    Version {
        /// The name.
        name: String,
    },
    /// Build scripts have been told of it.
    Referenced,
    /// It is young; `None` where its age is not known.
    Young(Option<Duration>),
    /// One that stays was made from it.
    Parent {
        /// The one that stays.
        of: String,
    },
    /// A container or another image uses it.
    InUse {
        /// The engine's words.
        words: String,
    },
    /// The engine refused to remove it.
    Refused,
}

/// What verdicts depend on.
pub(super) struct Grounds {
    /// The names of the work tree's images, with their variants.
    current: HashMap<String, String>,
    namespace: String,
    /// The names that build scripts were told.
    referenced: HashSet<String>,
    /// What was built here: the full key by its digits in names, and when that was.
    built: HashMap<String, (String, Option<SystemTime>)>,
    records: Records,
    keep_for: Duration,
    now: SystemTime,
}

impl Grounds {
    /// Gathers what the workspace knows.
    ///
    /// # Errors
    /// The file for build scripts cannot be read.
    pub(super) fn gather(
        graph: &Graph<'_>,
        keyed: &Keyed,
        keep_for: Duration,
        now: SystemTime,
    ) -> Result<Self, Error> {
        let workspace = graph.workspace;
        let current = keyed.nodes.iter();
        let current =
            current.map(|&id| (key_name(graph, id, keyed.key(id)), graph.spec(id).to_string())).collect();
        let path = workspace.root.join(References::PATH);
        let references = match fs::read_to_string(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("cannot read", &path)(error));
            }
            text => text.map(|text| References::parse(&text)).unwrap_or_default(),
        };
        let records = Records::of(&workspace.cache());
        Ok(Self {
            current,
            namespace: workspace.namespace.clone(),
            referenced: references.images.into_values().collect(),
            built: built(&records, &History::of(&workspace.cache())),
            records,
            keep_for,
            now,
        })
    }

    /// The digits of the keys that stay whatever the store has.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let names = self.current.keys().chain(&self.referenced);
        names.filter_map(|name| Some(split(&self.namespace, name)?.1))
    }

    /// Why an image stays, as far as its names tell.
    fn by_name(&self, found: &Found) -> Option<Kept> {
        if let Some(spec) = self.current.get(&found.name) {
            return Some(Kept::Current { spec: spec.clone() });
        }
        let version = found.others.iter().find(|name| self.is_version(found, name));
        if let Some(name) = version {
            return Some(Kept::Version { name: name.clone() });
        }
        self.referenced.contains(&found.name).then_some(Kept::Referenced)
    }

    /// Whether a name is a version's, in whatever registry.
    fn is_version(&self, found: &Found, name: &str) -> bool {
        let repository = name.rsplit_once(':').map_or(name, |(repository, _)| repository);
        let ours = format!("/{}/{}", self.namespace, found.member);
        repository.ends_with(&ours) && split(&self.namespace, name).is_none()
    }

    fn age(&self, found: &Found, facts: &ImageFacts) -> Option<Duration> {
        let built = self.built.get(&found.key).and_then(|(_, at)| *at);
        let last = facts.dated.into_iter().chain(built).max()?;
        // What is of the future is new.
        Some(self.now.duration_since(last).unwrap_or_default())
    }

    fn by_age(&self, found: &Found, age: Option<Duration>) -> Verdict {
        let is_old = age.is_some_and(|age| age >= self.keep_for) || self.keep_for.is_zero();
        match is_old {
            true => Verdict::Remove { others: found.others.clone() },
            false => Verdict::Keep(Kept::Young(age)),
        }
    }

    /// The digits of the keys that an image was made from, where that is recorded.
    fn parents(&self, key: &str) -> Vec<String> {
        let record = self.built.get(key).and_then(|(full, _)| self.records.read(full));
        let parents = record.map(|record| record.parts.parents).unwrap_or_default();
        parents.into_iter().filter_map(|(_, key)| Some(key.get(..32)?.to_owned())).collect()
    }
}

/// The keys that were built here, by the digits in names, and when.
fn built(records: &Records, history: &History) -> HashMap<String, (String, Option<SystemTime>)> {
    let recorded = records.all().into_iter().map(|(key, at)| (key, Some(at)));
    let built = history.entries().into_iter().filter(|entry| entry.ok);
    let built = built.map(|entry| (entry.key.clone(), entry.ended_at()));
    let mut all: HashMap<String, (String, Option<SystemTime>)> = HashMap::new();
    for (key, at) in recorded.chain(built) {
        let Some(digits) = key.get(..32).map(str::to_owned) else { continue };
        let known = all.entry(digits).or_insert((key, at));
        known.1 = known.1.max(at);
    }
    all
}

/// Judges what was found. What no name keeps, and does not have its key in its label either, is not ours and left out.
///
/// # Errors
/// The engine does not answer.
pub(super) fn judge(
    found: Vec<Found>,
    engine: &dyn Engine,
    grounds: &Grounds,
) -> Result<Vec<GcImage>, Error> {
    let (kept, open): (Vec<_>, Vec<_>) =
        found.into_iter().map(|found| (grounds.by_name(&found), found)).partition(|(kept, _)| kept.is_some());
    let names: Vec<String> = open.iter().map(|(_, found)| found.name.clone()).collect();
    let facts = if names.is_empty() { BTreeMap::new() } else { engine.facts(&names)? };
    let mut images: Vec<GcImage> = kept
        .into_iter()
        .filter_map(|(kept, found)| Some(image(found, None, None, Verdict::Keep(kept?))))
        .collect();
    for (_, found) in open {
        let Some(facts) = facts.get(&found.name).filter(|facts| is_ours(&found, facts)) else { continue };
        let age = grounds.age(&found, facts);
        let verdict = grounds.by_age(&found, age);
        images.push(image(found, facts.size, age, verdict));
    }
    keep_parents(&mut images, grounds);
    Ok(images)
}

fn image(found: Found, size: Option<u64>, age: Option<Duration>, verdict: Verdict) -> GcImage {
    GcImage { name: found.name, id: found.id, key: found.key, size, age, verdict }
}

/// Whether the label has the key that the name has. Both the listing and a closer look have to say so, where they tell.
fn is_ours(found: &Found, facts: &ImageFacts) -> bool {
    let agrees = |labels: &BTreeMap<String, String>| {
        labels.get(KEY_LABEL).is_some_and(|label| label.len() == 64 && label.starts_with(&found.key))
    };
    agrees(&facts.labels) && found.labels.as_ref().is_none_or(agrees)
}

/// Keeps what the images that stay were made from, and what that was made from.
fn keep_parents(images: &mut [GcImage], grounds: &Grounds) {
    let mut waiting: Vec<(String, String)> = images
        .iter()
        .filter(|image| !image.goes())
        .map(|image| (image.name.clone(), image.key.clone()))
        .collect();
    while let Some((of, key)) = waiting.pop() {
        let parents = grounds.parents(&key);
        for image in images.iter_mut().filter(|image| image.goes() && parents.contains(&image.key)) {
            image.verdict = Verdict::Keep(Kept::Parent { of: of.clone() });
            waiting.push((image.name.clone(), image.key.clone()));
        }
    }
}

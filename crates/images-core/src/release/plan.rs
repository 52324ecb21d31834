//! What a release would do, as data: for each version what the registry has of it, and which aliases would move.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use images_engine::process::Cancel;
use images_engine::threads;
use images_oci::model::{Descriptor, Digest};
use images_oci::registry::{Client, Name, RegistryError, Repository};
use images_schema::{Diagnostic, Rule, Version};

use super::aliases::{self, Offer};
use super::published::Found;
use super::unit::{self, Unit};
use crate::Error;
use crate::graph::{Graph, NodeId};
use crate::plan::Records;
use crate::reason::Reason;
use crate::session::Keyed;
use crate::store::repository_name;
use crate::version_place::{mend, place};

/// How many questions are asked at once.
const QUESTIONS: usize = 8;

/// What a release does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasePlan {
    /// Parents first; an index after the images in it.
    pub items: Vec<ReleaseItem>,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseItem {
    /// What it is.
    pub unit: Unit,
    /// The repository: `ghcr.io/acme/hello`.
    pub repository: String,
    /// The keys of its images.
    pub keys: Vec<String>,
    /// What the registry has by its tag.
    pub state: State,
    /// Its aliases.
    pub aliases: Vec<AliasItem>,
}

/// What the registry has by a version's tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing, by the registry's own word.
    Absent,
    /// The same image: one with the same key.
    Published(Descriptor),
    /// Another image.
    Other {
        /// Its digest.
        digest: Digest,
        /// The first difference, where it is known.
        reason: Option<Reason>,
        /// Whether it was made by this tool at all.
        is_ours: bool,
        /// The commit that it says it was made at.
        revision: Option<String>,
    },
}

/// One alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasItem {
    /// The tag.
    pub tag: String,
    /// What becomes of it.
    pub action: AliasAction,
}

/// What becomes of an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AliasAction {
    /// It is put on this version.
    Move,
    /// It is on it.
    Right,
    /// It is on this version, and a newer one was released meanwhile: it is put on that one.
    Forward {
        /// The newer one's tag.
        to: String,
    },
    /// It stays where it is.
    Stays {
        /// Why, in words.
        because: String,
    },
}

impl ReleaseItem {
    /// `REPOSITORY:TAG`.
    pub fn reference(&self) -> String {
        format!("{}:{}", self.repository, self.unit.tag)
    }

    /// The refusal to publish it, where the registry has something else by its tag. `ours` is the digest here, if it is
    /// built.
    pub fn refusal(&self, graph: &Graph<'_>, ours: Option<Digest>) -> Option<Diagnostic> {
        let State::Other { digest, reason, is_ours, revision } = &self.state else { return None };
        let (spec, reference) = (&self.unit.spec, self.reference());
        let here = match ours {
            Some(ours) => format!("{ours} here"),
            None => format!("another here, with key {}", self.keys.join(" and ")),
        };
        let message =
            format!("`{spec}` is published with other content: {reference} is {digest}, and it is {here}");
        let name = &graph.image(self.unit.ids[0]).name;
        let what = match (reason, revision) {
            (Some(reason), _) => format!("since then {reason}"),
            (None, Some(revision)) if *is_ours => {
                format!("`cargo xtask images affected {name} --since {revision}` tells what changed since")
            }
            (None, None) if *is_ours => "what that was made of is not recorded here".to_owned(),
            (None, _) => "that was not made by this tool, or somebody put another image there".to_owned(),
        };
        let bump = format!("publish this as a new version: `{}`", mend(graph, self.unit.ids[0]));
        let (source, span) = place(graph, self.unit.ids[0]);
        let diagnostic = source.error(span, message, "this version is published");
        Some(diagnostic.help(format!("{what}; {bump}")).rule(Rule::Version))
    }

    /// The tags that are on it, its version's first; none before it is published.
    pub fn tags(&self) -> Vec<String> {
        if !matches!(self.state, State::Published(_)) {
            return Vec::new();
        }
        let on_it = self.aliases.iter().filter(|alias| alias.action == AliasAction::Right);
        std::iter::once(self.unit.tag.clone()).chain(on_it.map(|alias| alias.tag.clone())).collect()
    }

    /// Whether nothing is to be done about it.
    pub fn is_done(&self) -> bool {
        let is_still =
            |alias: &AliasItem| matches!(alias.action, AliasAction::Right | AliasAction::Stays { .. });
        matches!(self.state, State::Published(_)) && self.aliases.iter().all(is_still)
    }
}

/// Everything that questions to the registry need.
pub(super) struct Scene<'a> {
    pub(super) graph: &'a Graph<'a>,
    pub(super) keyed: &'a Keyed,
    pub(super) client: &'a Client,
    pub(super) cancel: &'a Cancel,
    /// The layers of images in the registry that were looked at, as they are uncompressed.
    layers: Mutex<HashMap<Digest, Vec<Digest>>>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        graph: &'a Graph<'a>,
        keyed: &'a Keyed,
        client: &'a Client,
        cancel: &'a Cancel,
    ) -> Self {
        Self { graph, keyed, client, cancel, layers: Mutex::default() }
    }

    /// The layers of a variant that the registry has by this digest, as they are uncompressed.
    ///
    /// # Errors
    /// The registry does not tell.
    pub(super) fn layers(&self, id: NodeId, digest: Digest) -> Result<Vec<Digest>, Error> {
        if let Some(known) = self.known_layers().get(&digest) {
            return Ok(known.clone());
        }
        let repository = Repository::parse(&repository_name(self.graph, id))?;
        let found = self.found(&repository, &Name::Digest(digest))?;
        Ok(found.map(|found| found.layers().to_vec()).unwrap_or_default())
    }

    fn known_layers(&self) -> MutexGuard<'_, HashMap<Digest, Vec<Digest>>> {
        self.layers.lock().expect("nothing panics while it holds this lock")
    }

    /// What the registry has by a name; its layers are kept.
    ///
    /// # Errors
    /// As [`Found::get`].
    pub(super) fn found(&self, repository: &Repository, name: &Name) -> Result<Option<Found>, Error> {
        let found = Found::get(self.client, repository, name)?;
        if let Some(found) = &found {
            self.known_layers().insert(found.raw.descriptor.digest, found.layers().to_vec());
        }
        Ok(found)
    }
    /// Asks the registry about each of these variants.
    ///
    /// # Errors
    /// The registry does not tell.
    pub(super) fn plan(&self, ids: &[NodeId]) -> Result<ReleasePlan, Error> {
        let ReleasePlan { mut items } = self.states(ids)?;
        let mut images: Vec<NodeId> = ids.to_vec();
        images.sort_by_key(|id| self.graph.node(*id).image);
        images.dedup_by_key(|id| self.graph.node(*id).image);
        let aliases = threads::map(QUESTIONS, &images, |id| self.aliases(*id, &items));
        for found in aliases {
            for (spec, alias) in found? {
                items.iter_mut().filter(|item| item.unit.spec == spec).for_each(|item| {
                    item.aliases.push(alias.clone());
                });
            }
        }
        Ok(ReleasePlan { items })
    }

    /// A registry's failure, at the version that it was asked for.
    fn at(&self, unit: &Unit, error: Error) -> Error {
        let Error::Transfer { message, help } = error else { return error };
        let (source, span) = place(self.graph, unit.ids[0]);
        let diagnostic = source.error(span, message, format!("is `{}` published?", unit.spec));
        Error::Registry(vec![Diagnostic { help, ..diagnostic.rule(Rule::Version) }])
    }

    /// The same without aliases.
    ///
    /// # Errors
    /// The registry does not tell.
    pub(super) fn states(&self, ids: &[NodeId]) -> Result<ReleasePlan, Error> {
        let units = unit::units(self.graph, ids);
        let asked =
            threads::map(QUESTIONS, &units, |unit| self.item(unit).map_err(|error| self.at(unit, error)));
        Ok(ReleasePlan { items: asked.into_iter().collect::<Result<_, Error>>()? })
    }

    fn item(&self, unit: &Unit) -> Result<ReleaseItem, Error> {
        if self.cancel.is_interrupted() {
            return Err(Error::Interrupted);
        }
        let repository = repository_name(self.graph, unit.ids[0]);
        let keys: Vec<String> = unit.ids.iter().map(|id| self.keyed.key(*id).to_string()).collect();
        let state = self.state(unit)?;
        Ok(ReleaseItem { unit: unit.clone(), repository, keys, state, aliases: Vec::new() })
    }

    /// What the registry has by a version's tag.
    ///
    /// # Errors
    /// It does not tell.
    pub(super) fn state(&self, unit: &Unit) -> Result<State, Error> {
        let repository = self.repository(unit)?;
        let keys: Vec<String> = unit.ids.iter().map(|id| self.keyed.key(*id).to_string()).collect();
        Ok(match self.found(&repository, &Name::Tag(unit.tag.clone()))? {
            None => State::Absent,
            Some(found) if found.has_keys(&keys) => State::Published(found.raw.descriptor),
            Some(found) => State::Other {
                digest: found.raw.descriptor.digest,
                reason: self.difference(unit, &found),
                is_ours: found.keys().iter().any(Option::is_some),
                revision: found.revision().map(str::to_owned),
            },
        })
    }

    pub(super) fn repository(&self, unit: &Unit) -> Result<Repository, Error> {
        Ok(Repository::parse(&repository_name(self.graph, unit.ids[0]))?)
    }

    /// The first difference between what is published and what is here, where that was built in this workspace.
    fn difference(&self, unit: &Unit, found: &Found) -> Option<Reason> {
        let records = Records::of(&self.graph.workspace.cache());
        let published = found.keys();
        if published.len() != unit.ids.len() {
            return None;
        }
        let pairs = unit.ids.iter().zip(published);
        let changed = pairs.filter(|(id, key)| Some(self.keyed.key(**id).to_string().as_str()) != *key);
        changed
            .into_iter()
            .find_map(|(id, key)| Some(Reason::first(&records.read(key?)?, &self.keyed.record(*id))))
    }

    /// The aliases of an image's versions, each with the spec of its version.
    ///
    /// # Errors
    /// The registry does not tell.
    pub(super) fn aliases(
        &self,
        image: NodeId,
        items: &[ReleaseItem],
    ) -> Result<Vec<(String, AliasItem)>, Error> {
        let units = unit::of_image(self.graph, image);
        let item_of = |unit: &Unit| items.iter().find(|item| item.unit == *unit);
        let offers: Vec<Offer<'_>> = units
            .iter()
            .map(|unit| Offer {
                version: &unit.version,
                suffix: &unit.suffix,
                is_default: unit.is_default,
                is_selected: item_of(unit).is_some_and(|item| !matches!(item.state, State::Other { .. })),
            })
            .collect();
        if offers.iter().all(|offer| !offer.is_selected || offer.version.is_prerelease()) {
            return Ok(Vec::new());
        }
        let repository = self.repository(&units[0])?;
        let released = tags(self.client, &repository)?;
        let custom = &self.graph.image(image).manifest.image.aliases;
        let custom: Vec<&str> = custom.iter().map(|alias| alias.get_ref().as_str()).collect();
        let mut found = Vec::new();
        for claim in aliases::claims(&offers, &custom, &released) {
            let unit = &units[claim.offer];
            let digest = item_of(unit).and_then(|item| match &item.state {
                State::Published(descriptor) => Some(descriptor.digest),
                _ => None,
            });
            let action = match claim.rival {
                Some(rival) => self.behind(&repository, &claim.tag, digest, rival, &released)?,
                None => self.action(&repository, &claim.tag, digest, &unit.version, &released)?,
            };
            found.push((unit.spec.clone(), AliasItem { tag: claim.tag, action }));
        }
        Ok(found)
    }

    /// What becomes of an alias that a newer version has a right to.
    fn behind(
        &self,
        repository: &Repository,
        tag: &str,
        digest: Option<Digest>,
        rival: String,
        released: &[String],
    ) -> Result<AliasAction, Error> {
        let is_there = digest.is_some() && released.iter().any(|known| known == tag);
        if is_there && self.client.manifest_digest(repository, &Name::Tag(tag.to_owned()))? == digest {
            return Ok(AliasAction::Forward { to: rival });
        }
        Ok(AliasAction::Stays { because: format!("{rival} is newer") })
    }

    /// What becomes of an alias that no other tag forbids to move: that is decided by what it is on now.
    fn action(
        &self,
        repository: &Repository,
        tag: &str,
        digest: Option<Digest>,
        version: &Version,
        released: &[String],
    ) -> Result<AliasAction, Error> {
        if !released.iter().any(|known| known == tag) {
            return Ok(AliasAction::Move);
        }
        let Some(now) = Found::get(self.client, repository, &Name::Tag(tag.to_owned()))? else {
            return Ok(AliasAction::Move);
        };
        if Some(now.raw.descriptor.digest) == digest {
            return Ok(AliasAction::Right);
        }
        if now.is_own_tag(tag) {
            return Ok(AliasAction::Stays { because: "it is the tag of a version itself".to_owned() });
        }
        let held = now.version().and_then(|held| Version::parse(held).ok());
        Ok(match held.filter(|held| held.is_surely_newer(version)) {
            Some(held) => AliasAction::Stays { because: format!("it is on {held}, which is newer") },
            None => AliasAction::Move,
        })
    }
}

/// The tags of a repository; one that is not there yet has none.
///
/// # Errors
/// The registry does not tell.
fn tags(client: &Client, repository: &Repository) -> Result<Vec<String>, RegistryError> {
    match client.tags(repository) {
        Err(error) if error.is_absent() => Ok(Vec::new()),
        other => other,
    }
}

/// The variants that are to be published. An index takes those of its images that are published already from the registry.
pub(super) fn to_build(plan: &ReleasePlan) -> Vec<NodeId> {
    let absent = plan.items.iter().filter(|item| item.state == State::Absent && !item.unit.is_index);
    absent.map(|item| item.unit.ids[0]).collect()
}

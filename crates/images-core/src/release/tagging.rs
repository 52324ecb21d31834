//! Version tags are set once, and aliases after them.
//!
//! Registries have no operation that sets a tag only if it is absent. So it is looked at right before it is set, each try
//! anew, and read back right after; at the end of a release all tags are read once more. Of two releases at once, that leaves
//! one gap: a registry may take one's tag after the other has read its own for the last time. Only a registry whose tags are
//! immutable closes it.

use std::time::Duration;

use images_oci::model::{Descriptor, Digest};
use images_oci::registry::{Client, Name, RawManifest, RegistryError, RegistryErrorKind, Retries};
use images_schema::Diagnostic;

use super::execute::Run;
use super::plan::{AliasAction, ReleaseItem, State};
use super::{ReleaseEvent, unit};
use crate::Error;

/// How often a version's tag is tried to be set.
const TRIES: u32 = 5;
/// How often aliases are looked at: the last time to see that they are right.
const PASSES: usize = 4;

impl Run<'_> {
    /// Sets a version's tag, and returns what it is on: the image, or one of the same key that another release put there.
    ///
    /// # Errors
    /// Another image is there, or the registry does not take it.
    pub(super) fn tag(&self, item: &ReleaseItem, root: &Descriptor) -> Result<Descriptor, Error> {
        let bytes = self.layout.document(root)?;
        let raw = RawManifest::new(&root.media_type, bytes);
        let repository = self.scene.repository(&item.unit)?;
        let name = Name::Tag(item.unit.tag.clone());
        // No try follows another without a look at the tag in between, so the client itself makes one only.
        let retries = Retries { count: 0, ..self.options.registry.retries.clone() };
        let once = Client::new(
            images_oci::registry::Options { retries, ..self.options.registry.clone() },
            self.scene.cancel.clone(),
        );
        let mut tried = Ok(());
        for tries in 1.. {
            if let Some(found) = self.standing(item, root.digest)? {
                return Ok(found);
            }
            match tried {
                // The try before this one was no success, and what is there now does not tell why.
                Err(error) if tries > TRIES || !is_passing(&error) => return Err(error.into()),
                Ok(()) if tries > TRIES => break,
                _ => {}
            }
            tried = once.push_manifest(&repository, &name, &raw).map(drop);
            if tried.as_ref().is_err_and(is_passing) {
                self.wait(tries);
            }
        }
        Err(forgotten(item))
    }

    /// What stands by a version's tag, if anything does.
    ///
    /// # Errors
    /// It is something else, or the registry does not tell.
    fn standing(&self, item: &ReleaseItem, ours: Digest) -> Result<Option<Descriptor>, Error> {
        match self.scene.state(&item.unit)? {
            State::Absent => Ok(None),
            State::Published(found) => Ok(Some(found)),
            other => {
                let item = ReleaseItem { state: other, ..item.clone() };
                Err(lost(&item, self.scene.graph, ours))
            }
        }
    }

    fn wait(&self, tries: u32) {
        let registry = &self.options.registry;
        let time = registry.retries.first.saturating_mul(1 << tries.min(16));
        registry.clock.sleep(time.min(registry.retries.longest.max(Duration::ZERO)), self.scene.cancel);
    }

    /// Moves the aliases of these items, which are published, until all are right; the items then say so.
    ///
    /// # Errors
    /// The registry does not take them, or somebody else keeps moving them.
    pub(super) fn move_aliases(&self, items: &mut [ReleaseItem]) -> Result<(), Error> {
        let mut images: Vec<_> = items.iter().map(|item| item.unit.ids[0]).collect();
        images.sort_by_key(|id| self.scene.graph.node(*id).image);
        images.dedup_by_key(|id| self.scene.graph.node(*id).image);
        for image in images {
            let mut passes = 0;
            loop {
                let found = self.scene.aliases(image, items)?;
                for item in items.iter_mut() {
                    let own = found.iter().filter(|(spec, _)| *spec == item.unit.spec);
                    if unit::is_of(self.scene.graph, &item.unit, image) {
                        item.aliases = own.map(|(_, alias)| alias.clone()).collect();
                    }
                }
                passes += 1;
                let moved = self.move_once(items, image)?;
                match moved {
                    0 => break,
                    _ if passes == PASSES => return Err(restless(&items[0].repository)),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn move_once(&self, items: &[ReleaseItem], image: crate::graph::NodeId) -> Result<usize, Error> {
        let mut moved = 0;
        for item in items.iter().filter(|item| unit::is_of(self.scene.graph, &item.unit, image)) {
            let State::Published(descriptor) = &item.state else { continue };
            let repository = self.scene.repository(&item.unit)?;
            for alias in &item.aliases {
                let source = match &alias.action {
                    AliasAction::Move => Name::Digest(descriptor.digest),
                    AliasAction::Forward { to } => Name::Tag(to.clone()),
                    AliasAction::Right | AliasAction::Stays { .. } => continue,
                };
                self.check_interrupt()?;
                let raw = self.scene.client.manifest(&repository, &source)?;
                self.scene.client.push_manifest(&repository, &Name::Tag(alias.tag.clone()), &raw)?;
                moved += 1;
                let to = if let Name::Tag(tag) = source { tag } else { item.unit.tag.clone() };
                let reference = format!("{repository}:{}", alias.tag);
                (self.report)(&ReleaseEvent::Moved { reference, to });
            }
        }
        Ok(moved)
    }

    /// Reads the tags that were set once more.
    ///
    /// # Errors
    /// One is on something else now.
    pub(super) fn check_tags(&self, items: &[ReleaseItem]) -> Result<(), Error> {
        for item in items {
            let State::Published(descriptor) = &item.state else { continue };
            let repository = self.scene.repository(&item.unit)?;
            let name = Name::Tag(item.unit.tag.clone());
            if self.scene.client.manifest_digest(&repository, &name)? != Some(descriptor.digest)
                && self.standing(item, descriptor.digest)?.is_none()
            {
                return Err(forgotten(item));
            }
        }
        Ok(())
    }
}

fn is_passing(error: &RegistryError) -> bool {
    matches!(error.kind, RegistryErrorKind::Unavailable | RegistryErrorKind::Unreachable)
}

/// Somebody else was faster.
fn lost(item: &ReleaseItem, graph: &crate::graph::Graph<'_>, ours: Digest) -> Error {
    let mut refusal = item.refusal(graph, Some(ours)).expect("there is something else by its tag");
    refusal.message = format!("somebody else released it at the same time: {}", refusal.message);
    Error::Refused(vec![refusal])
}

fn forgotten(item: &ReleaseItem) -> Error {
    let diagnostic = Diagnostic::error(format!("{} is not there after it was sent", item.reference()));
    Error::Refused(vec![diagnostic.help("somebody deleted it, or the registry forgets what it is sent")])
}

fn restless(repository: &str) -> Error {
    let message = format!("the aliases of {repository} are moved by somebody else at the same time");
    Error::Transfer { message, help: Some("the same command looks at them again".to_owned()) }
}

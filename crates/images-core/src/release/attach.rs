//! What goes with an image: a bill of materials, a statement of how it was made, a signature. All of it comes before the
//! version's tag, so whoever finds the tag finds it, too.

use images_oci::model::{Descriptor, Digest};
use images_oci::registry::Repository;
use serde_json::Value;

use super::cosign::Cosign;
use super::journal::Step;
use super::plan::ReleaseItem;
use super::record::Base;
use super::{ReleaseEvent, ReleaseOptions, execute, provenance};
use crate::Error;
use crate::graph::Graph;
use crate::transfer::{about, sbom};
use images_engine::process::Cancel;

/// What went with an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Attached {
    pub(super) sbom: Option<Digest>,
    pub(super) provenance: Option<Digest>,
    pub(super) is_signed: bool,
}

/// cosign, where something is to be signed.
pub(super) fn cosign<'a>(
    graph: &Graph<'_>,
    options: &'a ReleaseOptions,
    cancel: &'a Cancel,
) -> Option<Cosign<'a>> {
    let host = graph.workspace.registry.as_deref().unwrap_or_default();
    let is_plain = options.registry.plain_http.iter().any(|plain| plain == host);
    options.sign.as_ref().map(|signing| Cosign { signing, is_plain, cancel })
}

impl execute::Run<'_> {
    /// Attaches what is asked for to what was pushed.
    ///
    /// # Errors
    /// cargo, cosign or the registry fails.
    pub(super) fn attach(
        &mut self,
        item: &ReleaseItem,
        image: &Descriptor,
        bases: &[Base],
    ) -> Result<Attached, Error> {
        let (scene, options) = (self.scene, self.options);
        let mut attached = Attached { sbom: self.attach_sbom(item, image)?, ..Attached::default() };
        let predicate = options
            .provenance
            .then(|| provenance::predicate(scene.graph, scene.keyed, &item.unit, self.commit, bases));
        if let Some(cosign) = cosign(scene.graph, options, scene.cancel) {
            self.sign(&cosign, item, image, predicate.as_ref())?;
            attached.is_signed = true;
        } else if let Some(predicate) = predicate {
            let statement = provenance::statement(predicate, &item.repository, image.digest);
            let root = about::attach(self.layout, image, provenance::STATEMENT, &statement)?;
            attached.provenance = Some(self.push_about(item, &root)?);
        }
        Ok(attached)
    }

    fn attach_sbom(&self, item: &ReleaseItem, image: &Descriptor) -> Result<Option<Digest>, Error> {
        let (scene, unit) = (self.scene, &item.unit);
        if !self.options.sbom || unit.is_index {
            return Ok(None);
        }
        let host = &self.options.build.host;
        let Some(document) = sbom::of(scene.graph, unit.ids[0], host, scene.cancel)? else { return Ok(None) };
        let root = about::attach(self.layout, image, sbom::CYCLONEDX, &document)?;
        self.push_about(item, &root).map(Some)
    }

    fn push_about(&self, item: &ReleaseItem, root: &Descriptor) -> Result<Digest, Error> {
        about::push(self.scene.client, self.layout, &Repository::parse(&item.repository)?, root)
    }

    /// Signs a digest, once: another signature would be another entry in a public log.
    fn sign(
        &mut self,
        cosign: &Cosign<'_>,
        item: &ReleaseItem,
        image: &Descriptor,
        predicate: Option<&Value>,
    ) -> Result<(), Error> {
        let (reference, digest) = (item.reference(), image.digest.to_string());
        if self.journal.is_attested(&reference, &digest) {
            return Ok(());
        }
        self.journal.note(&reference, Step::Attesting, &digest)?;
        let by_digest = format!("{}@{digest}", item.repository);
        cosign.sign(&by_digest)?;
        if let Some(predicate) = predicate {
            let folder = self.scene.graph.workspace.cache().join("release");
            let path = folder.join(format!("{}.predicate.json", image.digest.hex()));
            super::journal::replace(&path, &serde_json::to_vec(predicate).expect("it is JSON"))?;
            cosign.attest(&by_digest, &path)?;
        }
        (self.report)(&ReleaseEvent::Signed { spec: item.unit.spec.clone() });
        Ok(())
    }
}

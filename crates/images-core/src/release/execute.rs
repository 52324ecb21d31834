//! A release from the first question to the record.

use std::collections::BTreeMap;

use camino::Utf8Path;
use images_engine::process::Cancel;
use images_oci::layout::Layout;
use images_oci::model::{Descriptor, Index, Manifest, media_type};
use images_oci::registry::{self, Client, Name, Push, is_distributed};

use super::attach::{self, Attached};
use super::gate::{self, Gate};
use super::journal::{Earlier, Entry, Journal, Lock, Step};
use super::plan::{self, ReleaseItem, ReleasePlan, Scene, State};
use super::published::parsed;
use super::record::{self, Record};
use super::{ReleaseEvent, ReleaseOptions, checkout, preview};
use crate::Error;
use crate::build::{self, Detect, Planned};
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::transfer::{Local, index, push};

/// What a release calls, and what calls it off.
pub struct Calls<'a> {
    /// Finds the engine.
    pub detect: Detect<'a>,
    /// Tells what passed its tests.
    pub gate: &'a dyn Gate,
    /// Hears of builds.
    pub reporter: &'a dyn Reporter,
    /// Hears of everything else.
    pub report: &'a dyn Fn(&ReleaseEvent),
    /// Says when to stop.
    pub cancel: &'a Cancel,
}

/// What the steps of a release share.
pub(super) struct Run<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) layout: &'a Layout,
    pub(super) options: &'a ReleaseOptions,
    pub(super) commit: &'a str,
    pub(super) journal: Journal,
    pub(super) report: &'a dyn Fn(&ReleaseEvent),
}

/// Releases variants, which are parents first. Images that are published already stay as they are.
///
/// # Errors
/// A precondition does not hold, a version is published with other content, a build or a test failed, or the registry
/// refuses something. What was done by then stays; the same command goes on from there.
pub fn release(
    graph: &Graph<'_>,
    ids: &[NodeId],
    options: &ReleaseOptions,
    calls: &Calls<'_>,
) -> Result<Vec<Record>, Error> {
    let &Calls { detect, reporter, report, cancel, .. } = calls;
    let commit = checkout::commit(graph, cancel)?;
    if let Some(cosign) = attach::cosign(graph, options, cancel) {
        cosign.check()?;
    }
    let folder = graph.workspace.cache().join("release");
    let _lock = Lock::take(&folder, cancel, &|| report(&ReleaseEvent::Waiting))?;
    let planned = build::plan(graph, ids, &options.build, detect, cancel, reporter)?;
    if let Some(refusal) =
        checkout::unclean(graph, ids, &planned.keyed, cancel)?.filter(|_| !options.allow_dirty)
    {
        return Err(Error::Refused(vec![refusal]));
    }
    let client = Client::new(options.registry.clone(), cancel.clone());
    let scene = Scene::new(graph, &planned.keyed, &client, cancel);
    let plan = scene.plan(ids)?;
    let refusals = preview::refusals(&scene, &planned, &plan)?;
    if !refusals.is_empty() {
        return Err(Error::Refused(refusals));
    }
    let local = build_absent(&scene, &plan, options, calls)?;
    let journal = begin(&folder, &commit, &plan, report)?;
    let mut run = Run { scene: &scene, layout: &local.layout, options, commit: &commit, journal, report };
    let records = run.publish(plan.items, &local)?;
    run.journal.finish()?;
    Ok(records)
}

/// Builds what is not published, and has it pass its tests.
fn build_absent(
    scene: &Scene<'_>,
    plan: &ReleasePlan,
    options: &ReleaseOptions,
    calls: &Calls<'_>,
) -> Result<Local, Error> {
    let &Calls { detect, gate, reporter, .. } = calls;
    let ids = plan::to_build(plan);
    if ids.is_empty() {
        return Local::nothing(scene.graph);
    }
    let outcome = build::build(scene.graph, &ids, &options.build, detect, scene.cancel, reporter)?;
    if !outcome.is_success() {
        let message = "a build failed, so nothing was released".to_owned();
        return Err(Error::Transfer { message, help: None });
    }
    let built = build::plan(scene.graph, &ids, &options.build, detect, scene.cancel, reporter)?;
    check_unchanged(scene, &ids, &built)?;
    gate::check(gate, scene.graph, &built, &ids)?;
    Local::gather(scene.graph, &built, &options.build.host, scene.cancel)
}

/// What was built must be what the registry was asked about.
fn check_unchanged(scene: &Scene<'_>, ids: &[NodeId], built: &Planned) -> Result<(), Error> {
    match ids.iter().find(|id| built.keyed.key(**id) != scene.keyed.key(**id)) {
        None => Ok(()),
        Some(id) => {
            let message = format!("`{}` changed while it was being released", scene.graph.spec(*id));
            Err(Error::Transfer { message, help: Some("nothing was published; release it again".to_owned()) })
        }
    }
}

fn begin(
    folder: &Utf8Path,
    commit: &str,
    plan: &ReleasePlan,
    report: &dyn Fn(&ReleaseEvent),
) -> Result<Journal, Error> {
    let entry = |item: &ReleaseItem| Entry {
        reference: item.reference(),
        keys: item.keys.clone(),
        digest: None,
        step: Step::Planned,
    };
    let (journal, earlier) = Journal::begin(folder, commit, plan.items.iter().map(entry).collect())?;
    match earlier {
        Earlier::Nothing => {}
        Earlier::Same => report(&ReleaseEvent::Resumed),
        Earlier::Other(commit) => report(&ReleaseEvent::NotResumed { commit }),
    }
    Ok(journal)
}

/// What was sent of an item.
struct Sent {
    root: Descriptor,
    attached: Attached,
}

impl Run<'_> {
    /// Everything by digest, then version tags, then aliases.
    fn publish(&mut self, mut items: Vec<ReleaseItem>, local: &Local) -> Result<Vec<Record>, Error> {
        let sent = self.push_all(&items, local)?;
        for (at, item) in items.iter_mut().enumerate() {
            match sent.get(&at) {
                Some(sent) => self.tag_item(item, &sent.root)?,
                None => (self.report)(&ReleaseEvent::Published { spec: item.unit.spec.clone() }),
            }
        }
        self.move_aliases(&mut items)?;
        self.check_tags(&items)?;
        let done = items.iter().enumerate();
        done.map(|(at, item)| self.record(item, &items, sent.get(&at).map(|sent| sent.attached))).collect()
    }

    /// Sets the tag of what was sent, which is published then.
    fn tag_item(&mut self, item: &mut ReleaseItem, root: &Descriptor) -> Result<(), Error> {
        self.check_interrupt()?;
        let (reference, digest) = (item.reference(), root.digest.to_string());
        self.journal.note(&reference, Step::Tagging, &digest)?;
        let found = self.tag(item, root)?;
        self.journal.note(&reference, Step::Tagged, &digest)?;
        (self.report)(&ReleaseEvent::Tagged { reference, digest: found.digest });
        item.state = State::Published(found);
        Ok(())
    }

    fn record(
        &mut self,
        item: &ReleaseItem,
        items: &[ReleaseItem],
        attached: Option<Attached>,
    ) -> Result<Record, Error> {
        let State::Published(descriptor) = &item.state else { unreachable!("all of it is published by now") };
        self.journal.note(&item.reference(), Step::Done, &descriptor.digest.to_string())?;
        let bases = record::bases(self.scene, item, descriptor, items)?;
        Ok(record::of(self.scene, item, descriptor.digest, bases, attached, self.commit))
    }

    /// Sends what is absent, by digest alone.
    fn push_all(&mut self, items: &[ReleaseItem], local: &Local) -> Result<BTreeMap<usize, Sent>, Error> {
        let mut sent: BTreeMap<usize, Sent> = BTreeMap::new();
        // What was pushed is known to those that stand on it before it has its tag.
        let mut known = items.to_vec();
        for (at, item) in items.iter().enumerate().filter(|(_, item)| item.state == State::Absent) {
            self.check_interrupt()?;
            let root = if item.unit.is_index { self.index(item, &known)? } else { own(local, item)? };
            let attached = self.push(item, &root, &known)?;
            known[at].state = State::Published(root.clone());
            sent.insert(at, Sent { root, attached });
        }
        Ok(sent)
    }

    fn push(
        &mut self,
        item: &ReleaseItem,
        root: &Descriptor,
        known: &[ReleaseItem],
    ) -> Result<Attached, Error> {
        let (reference, digest) = (item.reference(), root.digest.to_string());
        let is_signed = self.journal.is_attested(&reference, &digest);
        if !is_signed {
            self.journal.note(&reference, Step::Pushing, &digest)?;
        }
        let repository = self.scene.repository(&item.unit)?;
        let elsewhere = push::elsewhere(self.scene.graph, item.unit.ids[0])?;
        let push =
            Push { source: self.layout, root, repository: &repository, tags: &[], elsewhere: &elsewhere };
        let pushed = registry::push_image(self.scene.client, &push)?;
        self.verify(&repository, root)?;
        (self.report)(&ReleaseEvent::Pushed {
            spec: item.unit.spec.clone(),
            uploaded: pushed.uploaded,
            bytes: pushed.bytes,
            present: pushed.present + pushed.mounted,
        });
        if !is_signed {
            self.journal.note(&reference, Step::Pushed, &digest)?;
        }
        let bases = record::bases(self.scene, item, root, known)?;
        for base in bases.iter().filter(|base| base.is_rebuilt) {
            let (spec, base) = (item.unit.spec.clone(), base.reference.clone());
            (self.report)(&ReleaseEvent::OtherBase { spec, base });
        }
        let attached = self.attach(item, root, &bases)?;
        self.journal.note(&reference, Step::Attested, &digest)?;
        Ok(attached)
    }

    /// Reads back what was sent: the manifest's bytes, and that each blob is there.
    fn verify(&self, repository: &registry::Repository, root: &Descriptor) -> Result<(), Error> {
        let client = self.scene.client;
        let raw = client.manifest(repository, &Name::Digest(root.digest))?;
        if media_type::is_index(&root.media_type) {
            let index: Index = parsed(repository, root, &raw.bytes)?;
            for child in &index.manifests {
                client.manifest(repository, &Name::Digest(child.digest))?;
            }
            return Ok(());
        }
        let manifest: Manifest = parsed(repository, root, &raw.bytes)?;
        for blob in
            std::iter::once(&manifest.config).chain(&manifest.layers).filter(|blob| is_distributed(blob))
        {
            if !client.has_blob(repository, blob.digest)? {
                let message = format!("{repository} does not have {} after it was sent", blob.digest);
                return Err(Error::Transfer {
                    message,
                    help: Some("the same command sends it again".to_owned()),
                });
            }
        }
        Ok(())
    }

    /// The index of images that are in the registry.
    fn index(&self, item: &ReleaseItem, known: &[ReleaseItem]) -> Result<Descriptor, Error> {
        let mut members = Vec::new();
        for id in &item.unit.ids {
            let own = known.iter().find(|item| !item.unit.is_index && item.unit.ids == [*id]);
            match own.map(|item| &item.state) {
                Some(State::Published(descriptor)) => members.push(self.here(item, descriptor)?),
                _ => unreachable!("an index comes after the images in it"),
            }
        }
        let bytes = index::index(self.layout, &members)?.ok_or_else(|| {
            let message = format!("two images of `{}` are for one platform", item.unit.spec);
            Error::Transfer { message, help: None }
        })?;
        Ok(self.layout.put(media_type::INDEX, &bytes)?)
    }

    /// Gets the documents of a published image that was made elsewhere.
    fn here(&self, item: &ReleaseItem, descriptor: &Descriptor) -> Result<Descriptor, Error> {
        let repository = self.scene.repository(&item.unit)?;
        let raw = self.scene.client.manifest(&repository, &Name::Digest(descriptor.digest))?;
        let manifest: Manifest = parsed(&repository, descriptor, &raw.bytes)?;
        let mut config = Vec::new();
        self.scene.client.blob(&repository, &manifest.config, &mut config)?;
        self.layout.put(&manifest.config.media_type, &config)?;
        Ok(self.layout.put(&descriptor.media_type, &raw.bytes)?)
    }

    pub(super) fn check_interrupt(&self) -> Result<(), Error> {
        if self.scene.cancel.is_interrupted() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

fn own(local: &Local, item: &ReleaseItem) -> Result<Descriptor, Error> {
    let own = local.images.iter().find(|image| item.unit.ids == [image.id]);
    own.map(|image| image.manifest.clone()).ok_or_else(|| {
        let message = format!("the image {} went away meanwhile", item.unit.spec);
        Error::Transfer { message, help: Some("release it again".to_owned()) }
    })
}

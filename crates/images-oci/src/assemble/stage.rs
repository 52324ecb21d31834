//! A stage with its files.

use std::sync::Arc;

use images_dockerfile::{Reference, Word};

use super::base::{self, StoredBase};
use super::{AssembleError, Course, files};
use crate::copy::Change;
use crate::instruction::{Operation, Refusal, StageState, Transfer};
use crate::layer::Entry;
use crate::layout::Layer;
use crate::model::Platform;
use crate::tree::Tree;

/// A stage, as far as it is built.
#[derive(Debug, Clone)]
pub(super) struct BuiltStage {
    pub(super) state: StageState,
    pub(super) tree: Tree,
    /// The lowest first.
    pub(super) layers: Vec<StageLayer>,
}

/// A layer of a stage.
#[derive(Debug, Clone)]
pub(super) enum StageLayer {
    /// In the layout already.
    Stored(Box<Layer>),
    /// Not written yet; stages on this one share it.
    Planned(Arc<Vec<Entry>>),
}

impl StageLayer {
    pub(super) fn stored(layer: Layer) -> Self {
        Self::Stored(Box::new(layer))
    }
}

/// Where a stage's instructions copy from.
pub(super) struct Sources<'a> {
    pub(super) course: &'a Course<'a>,
    pub(super) built: &'a [Option<BuiltStage>],
}

impl BuiltStage {
    pub(super) fn scratch(platform: &Platform) -> Self {
        Self { state: StageState::scratch(platform), tree: Tree::empty(), layers: Vec::new() }
    }

    pub(super) fn child(&self) -> Self {
        Self { state: self.state.child(), ..self.clone() }
    }

    /// Changes the files as an instruction asks.
    pub(super) fn carry_out(
        &mut self,
        operation: &Operation,
        sources: &Sources<'_>,
        log: &mut String,
    ) -> Result<(), AssembleError> {
        let epoch = sources.course.request.epoch;
        let Change { entries, unknown_owner } = match operation {
            Operation::Folder { path, user, span } => files::folder(&self.tree, path, user, epoch, span)?,
            Operation::Transfer(transfer) => {
                let origin = sources.tree(transfer)?;
                files::transfer(&self.tree, transfer, origin.as_ref(), sources.course)?
            }
        };
        log.push_str(&format!("  {} entries in its layer\n", entries.len()));
        if let Some(name) = unknown_owner {
            log.push_str(&format!("  warning: the image has no user or group {name}, so that is root\n"));
        }
        self.tree = self.tree.with_layer(&entries)?;
        if entries.is_empty() {
            // An instruction that changes nothing makes no layer.
            if let Some(step) = self.state.config.history.last_mut() {
                step.empty_layer = true;
            }
        } else {
            self.layers.push(StageLayer::Planned(Arc::new(entries)));
        }
        Ok(())
    }
}

impl Sources<'_> {
    /// The files of the stage or image that a transfer copies from; `None` for the context.
    fn tree(&self, transfer: &Transfer) -> Result<Option<Tree>, AssembleError> {
        let Some(from) = &transfer.from else { return Ok(None) };
        if let Some(stage) = self.course.resolution.stage_named(&from.text) {
            return self.stage(stage, from).map(Some);
        }
        if from.text == "scratch" {
            return Ok(Some(Tree::empty()));
        }
        let reference = Reference::parse(&from.text);
        let reference = reference.map_err(|error| Refusal::wrong(from.span.clone(), error.message))?;
        let StoredBase { layers, .. } =
            base::stored(self.course, &reference, self.course.platform, &from.span)?;
        base::tree(self.course, &layers).map(Some)
    }

    fn stage(&self, stage: usize, from: &Word) -> Result<Tree, AssembleError> {
        let built = self.built.get(stage).and_then(Option::as_ref).map(|stage| stage.tree.clone());
        built.ok_or_else(|| {
            Refusal::wrong(from.span.clone(), "a stage can copy from the stages before it only").into()
        })
    }
}

//! Makes an image of a Dockerfile without a daemon:
//!
//! 1. the Dockerfile is resolved: only stages that the target needs are gone through, in their order;
//! 2. each instruction changes its stage's configuration and, in memory, its file system (`stage`);
//! 3. the target's layers are written, several at once, or taken from the layout where equal ones are;
//! 4. configuration and manifest are written, and the names given.
//!
//! The same request makes the same bytes, wherever and by however many threads.

mod base;
mod error;
mod export;
mod externals;
mod files;
mod stage;
#[cfg(test)]
mod tests;

use camino::Utf8Path;
use images_dockerfile::{Dockerfile, Inputs, Resolution};
use images_engine::ContextEntry;
use images_engine::process::Cancel;
use std::cell::OnceCell;
use std::collections::BTreeMap;

pub(crate) use base::platform;
pub use error::AssembleError;
pub use externals::{Externals, NoExternals, Unavailable};

use crate::copy::{CopyError, context_tree, planned_tree};
use crate::instruction::{Refusal, Surroundings, timestamp};
use crate::layer::Compression;
use crate::layout::Layout;
use crate::model::{Descriptor, Platform};
use crate::tree::{Tree, Trees};
use stage::{BuiltStage, Sources};

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub struct AssembleRequest<'a> {
    /// The context's folder: everything in it is seen.
    pub context: &'a Utf8Path,
    /// The context at its original places, instead of the folder.
    pub entries: Option<&'a [ContextEntry]>,
    /// The Dockerfile's text.
    pub dockerfile: &'a str,
    /// Build arguments.
    pub args: &'a BTreeMap<String, String>,
    /// Labels that are set at the end.
    pub labels: &'a BTreeMap<String, String>,
    /// The stage; the last one otherwise.
    pub target: Option<&'a str>,
    /// What is built for; the machine's own otherwise.
    pub platform: Option<&'a Platform>,
    /// The names that the image gets.
    pub names: &'a [String],
    /// The time of everything that is made, in seconds since 1970.
    pub epoch: i64,
    /// How many threads may work.
    pub jobs: usize,
    /// How layers are compressed.
    pub compression: Compression,
}

/// Where images are made.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    /// Where images are taken from and put.
    pub layout: &'a Layout,
    /// The file systems of the images in it.
    pub trees: &'a Trees,
    /// Where images come from that are not in it.
    pub externals: &'a dyn Externals,
    /// Says when to stop.
    pub cancel: &'a Cancel,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assembled {
    /// Points at the manifest.
    pub manifest: Descriptor,
}

/// Makes the image. What is done is written to `log`, a line each; that is complete also if it fails.
///
/// # Errors
/// See [`AssembleError`]. The layout may have more blobs then, but no name points anywhere else.
pub fn assemble(
    request: &AssembleRequest<'_>,
    workshop: &Workshop<'_>,
    log: &mut String,
) -> Result<Assembled, AssembleError> {
    let dockerfile = Dockerfile::parse(request.dockerfile).map_err(Refusal::from)?;
    let machine = base::machine_platform();
    let platform = request.platform.unwrap_or(&machine);
    let (wanted, build) = (base::named(platform), base::named(&machine));
    let inputs =
        Inputs { args: request.args, target: request.target, platform: &wanted, build_platform: &build };
    let resolution = dockerfile.resolve(&inputs).map_err(Refusal::from)?;
    base::check_frontend(&resolution)?;
    let created = timestamp(request.epoch);
    let around = Surroundings {
        dockerfile: &dockerfile,
        args: request.args,
        global_args: &resolution.global_args,
        created: &created,
    };
    refuse_early(&around, &resolution)?;
    let course =
        Course { request, workshop, platform, around, resolution: &resolution, context: OnceCell::new() };
    let mut built = course.stages(log)?;
    let target = built.pop().flatten().ok_or_else(|| Refusal::wrong(0..0, "there is no stage to build"))?;
    export::image(request, workshop, target, &created, log)
}

/// What no engine of this kind can do is told before anything is done.
fn refuse_early(around: &Surroundings<'_>, resolution: &Resolution) -> Result<(), Refusal> {
    for (index, _) in resolution.stages.iter().enumerate().filter(|(_, stage)| stage.needed) {
        for instruction in around.dockerfile.stage_instructions(index).skip(1) {
            crate::instruction::Command::read(around.dockerfile, instruction)?;
        }
    }
    Ok(())
}

/// One run through the stages.
struct Course<'a> {
    request: &'a AssembleRequest<'a>,
    workshop: &'a Workshop<'a>,
    platform: &'a Platform,
    around: Surroundings<'a>,
    resolution: &'a Resolution,
    /// The context's files, once something copies from them.
    context: OnceCell<Tree>,
}

impl Course<'_> {
    fn context(&self) -> Result<&Tree, CopyError> {
        if let Some(tree) = self.context.get() {
            return Ok(tree);
        }
        let tree = match self.request.entries {
            Some(entries) => planned_tree(entries, self.request.epoch),
            None => context_tree(self.request.context, &|_| None)?,
        };
        Ok(self.context.get_or_init(|| tree))
    }

    /// The stages up to the target; `None` for those that are not needed.
    fn stages(&self, log: &mut String) -> Result<Vec<Option<BuiltStage>>, AssembleError> {
        let resolution = self.resolution;
        let mut built: Vec<Option<BuiltStage>> = Vec::new();
        for (index, stage) in resolution.stages[..=resolution.target].iter().enumerate() {
            built.push(match stage.needed {
                true => Some(self.stage(index, &built, log)?),
                false => None,
            });
        }
        Ok(built)
    }

    fn stage(
        &self,
        index: usize,
        built: &[Option<BuiltStage>],
        log: &mut String,
    ) -> Result<BuiltStage, AssembleError> {
        let mut instructions = self.around.dockerfile.stage_instructions(index);
        if let Some(from) = instructions.next() {
            log.push_str(&format!("[stage {index}] {}\n", from.text));
        }
        let mut stage = base::stage(self, index, built)?;
        let sources = Sources { course: self, built };
        for trigger in std::mem::take(&mut stage.state.config.config.on_build) {
            log.push_str(&format!("[stage {index}] ONBUILD {trigger}\n"));
            let carried_out = self.trigger(&mut stage, &trigger, &sources, log);
            carried_out.map_err(|error| error.at(&self.resolution.stages[index].span))?;
        }
        for instruction in instructions {
            if self.workshop.cancel.is_interrupted() {
                return Err(AssembleError::Interrupted);
            }
            log.push_str(&format!("[stage {index}] {}\n", instruction.text));
            if let Some(operation) = stage.state.apply(&self.around, instruction)? {
                stage.carry_out(&operation, &sources, log)?;
            }
        }
        Ok(stage)
    }

    /// Carries out what the stage below left for this one. As in BuildKit it is a text of its own, with no directives:
    /// <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go>
    /// (`dispatchOnBuildTriggers`).
    fn trigger(
        &self,
        stage: &mut BuiltStage,
        trigger: &str,
        sources: &Sources<'_>,
        log: &mut String,
    ) -> Result<(), AssembleError> {
        let dockerfile = Dockerfile::parse(&format!("FROM scratch\n{trigger}\n")).map_err(Refusal::from)?;
        let around = Surroundings { dockerfile: &dockerfile, ..self.around };
        for instruction in dockerfile.stage_instructions(0).skip(1) {
            if let Some(operation) = stage.state.apply(&around, instruction)? {
                stage.carry_out(&operation, sources, log)?;
            }
        }
        Ok(())
    }
}

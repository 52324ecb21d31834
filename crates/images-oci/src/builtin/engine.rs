//! The built-in engine.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

use camino::Utf8PathBuf;
use images_engine::process::Cancel;
use images_engine::{
    BuildFailure, BuildRequest, Built, Engine, EngineError, EngineKind, ImageFacts, Removal, Storage,
    StoredImage, Swept,
};

use super::RegistryExternals;
use crate::assemble::{AssembleError, AssembleRequest, Externals, NoExternals, Workshop, assemble, platform};
use crate::layer::{Compression, Limits};
use crate::layout::{Layout, LayoutError};
use crate::model::{Descriptor, Platform};
use crate::registry;
use crate::tree::Trees;

/// What names the engine in messages.
const NAME: &str = "builtin";
/// What its store is called: a workspace has one layout.
const STORE: &str = "oci-layout";

/// How the built-in engine works.
#[derive(Debug, Clone)]
pub struct BuiltinOptions {
    /// The layout's folder; it is made when something is built.
    pub layout: Utf8PathBuf,
    /// The time of everything that is made, in seconds since 1970.
    pub epoch: i64,
    /// How many threads may work on one image.
    pub jobs: usize,
    /// How to speak to registries, from which images come that are not in the layout; `None` keeps away from them.
    pub registry: Option<registry::Options>,
    /// How layers are compressed that are made; those of bases stay as they are.
    pub compression: Compression,
}

/// The built-in engine: images assembled in an OCI layout.
pub struct Builtin {
    options: BuiltinOptions,
    /// Engines that were tried before, and what they said.
    tried: Vec<EngineError>,
    externals: Box<dyn Externals>,
    opened: OnceLock<Result<(Layout, Trees), LayoutError>>,
}

impl Builtin {
    /// `tried` are the engines that were asked before and did not answer.
    pub fn new(options: BuiltinOptions, tried: Vec<EngineError>) -> Self {
        let externals: Box<dyn Externals> = match &options.registry {
            Some(registry) => {
                let (layout, registry) = (options.layout.clone(), registry.clone());
                Box::new(RegistryExternals { layout, registry })
            }
            None => Box::new(NoExternals),
        };
        Self { options, tried, externals, opened: OnceLock::new() }
    }

    fn open(&self) -> Result<&(Layout, Trees), EngineError> {
        let opened = self.opened.get_or_init(|| {
            let layout = Layout::open_or_create(&self.options.layout)?;
            Ok((layout.clone(), Trees::new(layout, Limits::default())))
        });
        opened.as_ref().map_err(told)
    }

    fn assemble(
        &self,
        request: &BuildRequest<'_>,
        cancel: &Cancel,
        log: &mut String,
    ) -> Result<Descriptor, BuildFailure> {
        let (layout, trees) = self.open()?;
        let dockerfile = fs::read_to_string(request.dockerfile)
            .map_err(|error| unreadable(format!("cannot read {}: {error}", request.dockerfile)))?;
        let workshop = Workshop { layout, trees, externals: &*self.externals, cancel };
        let platform = request.platform.map(asked_platform).transpose()?;
        let wanted = AssembleRequest {
            context: request.context,
            entries: request.entries,
            dockerfile: &dockerfile,
            args: request.args,
            labels: request.labels,
            target: request.target,
            platform: platform.as_ref(),
            names: request.tags,
            epoch: self.options.epoch,
            jobs: self.options.jobs,
            compression: self.options.compression,
        };
        let assembled =
            assemble(&wanted, &workshop, log).map_err(|error| self.failure(error, &dockerfile))?;
        Ok(assembled.manifest)
    }

    fn failure(&self, error: AssembleError, dockerfile: &str) -> BuildFailure {
        let line = error.span().map(|span| line_of(dockerfile, span.start));
        match error {
            AssembleError::Interrupted => BuildFailure::Interrupted,
            AssembleError::Refused(refusal) if refusal.unsupported => BuildFailure::Refused {
                message: refusal.message,
                line: line.unwrap_or(1),
                help: self.with_tried(refusal.help.unwrap_or_default()),
            },
            AssembleError::Refused(refusal) => BuildFailure::Failed {
                message: match &refusal.help {
                    Some(help) => format!("{}; {help}", refusal.message),
                    None => refusal.message,
                },
                line,
            },
            AssembleError::Layout(error) => told(&error).into(),
            error => BuildFailure::Failed { message: error.to_string(), line },
        }
    }

    /// What to do, with why the engines did not answer that could do it.
    fn with_tried(&self, help: String) -> String {
        let lines = self.tried.iter().map(|error| match &error.help {
            Some(help) => format!("\n{error}; {help}"),
            None => format!("\n{error}"),
        });
        let lines: String = lines.collect();
        if lines.is_empty() { help } else { format!("{help}; these were tried:{lines}") }
    }
}

impl Engine for Builtin {
    fn kind(&self) -> EngineKind {
        EngineKind::Builtin
    }

    fn store(&self) -> &str {
        STORE
    }

    fn describe(&self) -> Result<String, EngineError> {
        Ok(format!("{NAME} {} (OCI layout {})", env!("CARGO_PKG_VERSION"), self.options.layout))
    }

    fn storage(&self) -> Result<Storage, EngineError> {
        let driver = "OCI layout".to_owned();
        Ok(Storage { driver, folder: self.options.layout.clone(), is_rootless: true })
    }

    fn passed_over(&self) -> &[EngineError] {
        &self.tried
    }

    fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
        if !self.options.layout.exists() {
            return Ok(Vec::new());
        }
        let (layout, _) = self.open()?;
        let images = layout.images().map_err(|error| told(&error))?;
        let images = images.into_iter().map(|image| StoredImage {
            id: image.manifest.digest.to_string(),
            tags: image.names,
            labels: Some(image.labels),
        });
        Ok(images.collect())
    }

    /// A build waits for the disk, once for each blob, half of its time.
    fn lanes(&self, cpus: usize) -> usize {
        2 * cpus
    }

    fn has(&self, name: &str) -> Result<bool, EngineError> {
        let (layout, _) = self.open()?;
        Ok(layout.resolve(name).map_err(|error| told(&error))?.is_some())
    }

    fn takes_entries(&self) -> bool {
        true
    }

    fn build(&self, request: &BuildRequest<'_>, cancel: &Cancel) -> Result<Built, BuildFailure> {
        let mut log = String::new();
        let result = self.assemble(request, cancel, &mut log);
        if let Err(failure) = &result {
            log.push_str(&format!("error: {failure}\n"));
        }
        let written = write_log(request, &log);
        let manifest = result?;
        written?;
        Ok(Built { id: Some(manifest.digest.to_string()) })
    }

    fn tag(&self, image: &str, name: &str) -> Result<(), EngineError> {
        self.tag_all(image, &[name.to_owned()])
    }

    fn tag_all(&self, image: &str, names: &[String]) -> Result<(), EngineError> {
        let (layout, _) = self.open()?;
        let found = layout.resolve(image).map_err(|error| told(&error))?;
        let found = found.ok_or_else(|| unreadable(format!("there is no image {image}")))?;
        let names: Vec<_> = names.iter().map(|name| (name.clone(), found.clone())).collect();
        layout.set_names(&names).map_err(|error| told(&error))
    }

    fn facts(&self, names: &[String]) -> Result<BTreeMap<String, ImageFacts>, EngineError> {
        let (layout, _) = self.open()?;
        let images = layout.images().map_err(|error| told(&error))?;
        let mut facts = BTreeMap::new();
        for image in images {
            // What is in an image has a chosen time; its file has the one when it came.
            let dated =
                fs::metadata(layout.blob_path(&image.manifest.digest)).and_then(|file| file.modified());
            let size = layout.image_size(&image.manifest);
            let known = ImageFacts { labels: image.labels, size, dated: dated.ok() };
            let asked = image.names.into_iter().filter(|name| names.contains(name));
            facts.extend(asked.map(|name| (name, known.clone())));
        }
        Ok(facts)
    }

    fn remove(&self, name: &str) -> Result<Removal, EngineError> {
        let (layout, _) = self.open()?;
        layout.remove_names(&[name.to_owned()]).map_err(|error| told(&error))?;
        Ok(Removal::Done)
    }

    fn sweep(&self, age: Duration) -> Result<Swept, EngineError> {
        if !self.options.layout.exists() {
            return Ok(Swept::default());
        }
        let (layout, _) = self.open()?;
        layout.sweep(age).map_err(|error| told(&error))
    }
}

fn write_log(request: &BuildRequest<'_>, log: &str) -> Result<(), EngineError> {
    let folder = request.log.parent().map_or(Ok(()), fs::create_dir_all);
    let written = folder.and_then(|()| fs::write(request.log, log));
    written.map_err(|error| unreadable(format!("cannot write {}: {error}", request.log)))
}

fn asked_platform(text: &str) -> Result<Platform, EngineError> {
    platform(text).ok_or_else(|| unreadable(format!("`{text}` is no platform: expected os/architecture")))
}

fn told(error: &LayoutError) -> EngineError {
    unreadable(error.to_string())
}

fn unreadable(message: String) -> EngineError {
    EngineError { engine: NAME.to_owned(), message, help: None }
}

/// Counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

//! An engine that scenarios run on, be it a program or the built-in one.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::archive::Image;
use crate::builtin::Builtin;
use crate::engine::Engine;
use crate::flavour::Found;
use crate::machine::{self, Environment};

/// An engine that scenarios run on.
#[derive(Debug, Clone)]
pub enum Subject {
    /// One that is a program.
    Program(Engine),
    /// The one that the tool brings with it.
    Builtin(Builtin),
}

impl Subject {
    /// Gets it ready; as [`machine::start`], from the main thread.
    ///
    /// # Errors
    /// A file cannot be written, or its daemon does not start.
    pub fn start(found: &Found, flavour: &'static str) -> Result<Self, String> {
        match found {
            Found::Builtin => machine::builtin().map(Self::Builtin),
            program => machine::start(program, flavour).map(Self::Program),
        }
    }

    /// The same with an empty store of this name; see [`Engine::with_store`].
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn with_store(self, name: &str) -> io::Result<Self> {
        match self {
            Self::Program(engine) => engine.with_store(name).map(Self::Program),
            Self::Builtin(builtin) => builtin.with_store(name).map(Self::Builtin),
        }
    }

    /// One of [`crate::flavour::NAMES`].
    pub fn flavour(&self) -> &'static str {
        self.program().map_or("builtin", |engine| engine.flavour)
    }

    /// The program, if it is one.
    pub fn program(&self) -> Option<&Engine> {
        match self {
            Self::Program(engine) => Some(engine),
            Self::Builtin(_) => None,
        }
    }

    /// All of the environment that the tool is to have.
    pub fn environment(&self) -> &Environment {
        match self {
            Self::Program(engine) => &engine.environment,
            Self::Builtin(builtin) => &builtin.environment,
        }
    }

    /// Where workspaces are made.
    pub fn folder(&self) -> &Path {
        match self {
            Self::Program(engine) => &engine.folder,
            Self::Builtin(builtin) => &builtin.folder,
        }
    }

    /// The names with tags of all images whose name begins so, sorted.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        match self {
            Self::Program(engine) => engine.names(prefix),
            Self::Builtin(builtin) => builtin.names(prefix),
        }
    }

    /// What is in these images, by name.
    ///
    /// # Panics
    /// One of them is not there.
    #[track_caller]
    pub fn images(&self, names: &[String]) -> BTreeMap<String, Image> {
        match self {
            Self::Program(engine) => engine.images(names),
            Self::Builtin(builtin) => builtin.images(names),
        }
    }

    /// One image.
    ///
    /// # Panics
    /// It is not there.
    #[track_caller]
    pub fn image(&self, name: &str) -> Image {
        self.images(&[name.to_owned()]).remove(name).expect("images() returns each name it was given")
    }

    /// Removes images by name.
    ///
    /// # Panics
    /// That fails.
    #[track_caller]
    pub fn remove(&self, names: &[String]) {
        match self {
            Self::Program(engine) => drop(engine.remove(names).ok()),
            Self::Builtin(builtin) => builtin.remove(names),
        }
    }

    /// Takes one name of several from an image.
    ///
    /// # Panics
    /// That fails.
    #[track_caller]
    pub fn untag(&self, name: &str) {
        match self {
            Self::Program(engine) => drop(engine.untag(name).ok()),
            Self::Builtin(builtin) => builtin.remove(&[name.to_owned()]),
        }
    }

    /// Removes all images with this in their names, as far as that goes.
    pub fn remove_images(&self, part: &str) {
        match self {
            Self::Program(engine) => engine.remove_images(part),
            Self::Builtin(builtin) => {
                let mut names = builtin.names("");
                names.retain(|name| name.contains(part));
                builtin.remove(&names);
            }
        }
    }

    /// Loads the image of this name from an archive.
    #[track_caller]
    pub fn load(&self, archive: &Path, name: &str) {
        match self {
            Self::Program(engine) => engine.load(archive, name),
            Self::Builtin(builtin) => builtin.load(archive),
        }
    }
}

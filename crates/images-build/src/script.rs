//! What a build script does, from its environment to lines for cargo and a generated file.

use std::fs;
use std::io::Write;

use images_schema::{Diagnostic, References};

use crate::environment::Environment;
use crate::exact::Exact;
use crate::failure::{self, Failure, io};
use crate::generated;
use crate::member::{Member, Members};
use crate::own;
use crate::root::{self, Found, Root};

/// The generated file, in `OUT_DIR`.
const FILE: &str = "images.rs";

/// What a build script asks for.
#[derive(Debug, Clone, Default)]
#[must_use = "`emit` does the work"]
pub struct Emit {
    image: Option<String>,
    watch_folders: bool,
    pub(crate) exact: bool,
}

/// What was emitted; [`Emitted::exact`] adds to it.
#[derive(Debug)]
pub struct Emitted {
    emit: Emit,
    environment: Environment,
    /// `None` where the build has failed.
    told: Option<Vec<String>>,
}

/// What is told to cargo, and what is generated.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// Lines for cargo, without their `cargo::`.
    pub(crate) lines: Vec<String>,
    /// The generated file.
    pub(crate) code: String,
}

impl Emit {
    /// The references of all images, and the values of the image in the crate's own folder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the `IMAGE_` values from this image, `NAME` or `NAME:VERSION`, instead of the one in the crate's folder. Its
    /// version need not be the crate's.
    pub fn image(mut self, spec: impl Into<String>) -> Self {
        self.image = Some(spec.into());
        self
    }

    /// Runs again when anything changes in a folder in which images are looked for. Cargo looks at all that lies below, so
    /// any file of any image counts then; without this, an image that is new is noticed only once an Image.toml that was
    /// there before or the root Cargo.toml changes.
    pub fn watch_folders(mut self) -> Self {
        self.watch_folders = true;
        self
    }

    /// Tells cargo the values and when to run again, and writes `images.rs` to `OUT_DIR`. Whatever is wrong with the
    /// workspace's images fails the build with a line each.
    ///
    /// # Panics
    /// If it is called by anything but a build script.
    pub fn emit(self) -> Emitted {
        let environment = match Environment::read() {
            Ok(environment) => environment,
            Err(name) => panic!("images-build is for build scripts: cargo did not set {name}"),
        };
        let told = self.tell(&environment, &[]);
        Emitted { emit: self, environment, told }
    }

    /// Writes the generated file, and tells cargo what it was not told before. `None` where the build fails.
    fn tell(&self, environment: &Environment, before: &[String]) -> Option<Vec<String>> {
        let path = environment.out.join(FILE);
        let done = self.run(environment).and_then(|script| {
            fs::write(&path, &script.code).map_err(io("write", &path))?;
            Ok(script.lines)
        });
        let (lines, told) = match done {
            Ok(lines) => (lines.clone(), Some(lines)),
            Err(failure) => (failed(&failure), None),
        };
        let mut out = std::io::stdout().lock();
        for line in lines.iter().filter(|line| !before.contains(line)) {
            // A line that cannot be written has no reader.
            let _ = writeln!(out, "cargo::{line}");
        }
        told
    }

    /// Everything but telling.
    pub(crate) fn run(&self, environment: &Environment) -> Result<Script, Failure> {
        let mut lines = vec!["rerun-if-env-changed=IMAGES_REGISTRY".to_owned()];
        let root = match root::find(environment)? {
            Found::Root(root) => root,
            absent => {
                if let Found::Lost(why) = absent {
                    lines.push(format!("warning={why}, so all references of images are empty"));
                }
                lines.extend(values(None));
                lines.extend(self.exact.then(|| exact_value(None)));
                return Ok(Script { lines, code: generated::absent(self.exact) });
            }
        };
        let members = Members::read(&root)?;
        let own = own::find(&members, self.image.as_deref(), environment)?;
        let repositories = Repositories::of(&root, environment)?;
        lines.extend(members.files.iter().map(|file| format!("rerun-if-changed={file}")));
        if self.watch_folders {
            lines.extend(members.listed.iter().map(|folder| format!("rerun-if-changed={folder}")));
        }
        lines.extend(values(own.map(|(member, at)| (member, at, repositories.of_member(member)))));
        let exact = self.exact.then(|| Exact::read(&root, &members, environment)).transpose()?;
        if let Some(exact) = &exact {
            lines.push(format!("rerun-if-changed={}", root.folder.join(References::PATH)));
            lines.push(exact_value(own.and_then(|(member, at)| exact.of(member, &member.variants[at]))));
        }
        let (code, nameless) = generated::of(&members, &repositories, exact.as_ref());
        lines.extend(nameless.into_iter().map(|name| {
            format!("warning=another image's constant has the name that `{name}` would have: use images::reference!")
        }));
        Ok(Script { lines, code })
    }
}

impl Emitted {
    /// Adds the reference of each image by its key, as `images build` built it last: `Variant::exact()`, and `IMAGE_EXACT`
    /// for the crate's own. It is for crates that are in no image, such as integration tests; of an image that holds a binary of
    /// the crate there is none, since the binary would change the key that it holds. The script runs again whenever
    /// `images build` has built something else.
    pub fn exact(mut self) {
        self.emit.exact = true;
        if let Some(told) = &self.told {
            self.emit.tell(&self.environment, told);
        }
    }
}

/// The lines of a failure. Cargo does not fail less for a script that ends well, and shows no more than these.
fn failed(failure: &Failure) -> Vec<String> {
    failure.0.iter().map(|diagnostic| format!("error={}", failure::line(diagnostic))).collect()
}

fn exact_value(reference: Option<&str>) -> String {
    format!("rustc-env=IMAGE_EXACT={}", reference.unwrap_or_default())
}

/// The `env!` values, empty where there is no image.
fn values(own: Option<(&Member, usize, String)>) -> Vec<String> {
    let [name, version, tag, repository, reference] = match &own {
        None => Default::default(),
        Some((member, at, repository)) => {
            let variant = &member.variants[*at];
            let reference = format!("{repository}:{}", variant.tag);
            let version = variant.version.as_str().to_owned();
            [member.name.clone(), version, variant.tag.clone(), repository.clone(), reference]
        }
    };
    let values = [
        ("NAME", name),
        ("VERSION", version),
        ("TAG", tag),
        ("REPOSITORY", repository),
        ("REFERENCE", reference),
    ];
    values.into_iter().map(|(key, value)| format!("rustc-env=IMAGE_{key}={value}")).collect()
}

/// How repositories begin.
#[derive(Debug)]
pub(crate) struct Repositories {
    registry: String,
    namespace: String,
}

impl Repositories {
    fn of(root: &Root, environment: &Environment) -> Result<Self, Failure> {
        if let Some(registry) = environment.registry.as_ref().filter(|registry| registry.contains(['/', ' ']))
        {
            let diagnostic = Diagnostic::error(format!("IMAGES_REGISTRY: `{registry}` is no registry"));
            return Err(diagnostic.help("a registry is a host: `ghcr.io`, `localhost:5000`").into());
        }
        let written = root.settings.registry.as_ref().map(|registry| registry.get_ref().clone());
        let registry = environment.registry.clone().or(written).unwrap_or_else(|| "localhost".to_owned());
        Ok(Self { registry, namespace: root.settings.namespace.get_ref().clone() })
    }

    /// The repository of an image, for people: with the registry, `localhost` where there is none.
    pub(crate) fn of_member(&self, member: &Member) -> String {
        format!("{}/{}/{}", self.registry, self.namespace, member.name)
    }
}

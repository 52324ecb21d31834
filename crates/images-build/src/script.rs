//! What a build script does, from its environment to lines for cargo and a generated file.

use std::fs;
use std::io::Write;

use images_schema::Diagnostic;

use crate::environment::Environment;
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
}

/// What is told to cargo and what is generated.
#[derive(Debug, Default)]
pub(crate) struct Emitted {
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
    pub fn emit(self) {
        let environment = match Environment::read() {
            Ok(environment) => environment,
            Err(name) => panic!("images-build is for build scripts: cargo did not set {name}"),
        };
        let done = self.run(&environment).and_then(|emitted| {
            let path = environment.out.join(FILE);
            fs::write(&path, &emitted.code).map_err(io("write", &path))?;
            Ok(emitted.lines)
        });
        // A line that cannot be written has no reader.
        let mut told = std::io::stdout().lock();
        for line in done.unwrap_or_else(|failure| failed(&failure)) {
            let _ = writeln!(told, "cargo::{line}");
        }
    }

    /// Everything but telling.
    pub(crate) fn run(&self, environment: &Environment) -> Result<Emitted, Failure> {
        let mut lines = vec!["rerun-if-env-changed=IMAGES_REGISTRY".to_owned()];
        let root = match root::find(environment)? {
            Found::Root(root) => root,
            absent => {
                if let Found::Lost(why) = absent {
                    lines.push(format!("warning={why}, so all references of images are empty"));
                }
                lines.extend(values(None));
                return Ok(Emitted { lines, code: generated::absent() });
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
        let (code, nameless) = generated::of(&members, &repositories);
        lines.extend(nameless.into_iter().map(|name| {
            format!("warning=another image's constant has the name that `{name}` would have: use images::reference!")
        }));
        Ok(Emitted { lines, code })
    }
}

/// The lines of a failure. Cargo does not fail less for a script that ends well, and shows no more than these.
fn failed(failure: &Failure) -> Vec<String> {
    failure.0.iter().map(|diagnostic| format!("error={}", failure::line(diagnostic))).collect()
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

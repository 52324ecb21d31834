//! The images that were built last, by their keys, for crates that are in none of them.
//!
//! A crate whose binary is in an image must not have that image's key compiled in: it would change the binary, and that
//! the key. So its own image has no key here.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use images_schema::{References, SourceText};

use crate::cargo_manifest::CargoManifest;
use crate::environment::Environment;
use crate::failure::{Failure, io};
use crate::folders::read;
use crate::member::{Member, Members, Variant};
use crate::root::Root;

/// 1980-01-01, as files in contexts have it, in seconds since 1970.
const LONG_AGO: Duration = Duration::from_secs(315_532_800);

/// What `images build` wrote last.
#[derive(Debug, Default)]
pub(crate) struct Exact {
    references: References,
    /// Names of images that hold a binary of the crate.
    around: BTreeSet<String>,
}

impl Exact {
    /// Reads it, and makes an empty file where nothing was built: cargo runs a script again and again that watches a file
    /// which is not there.
    ///
    /// # Errors
    /// The file cannot be read or made.
    pub(crate) fn read(root: &Root, members: &Members, environment: &Environment) -> Result<Self, Failure> {
        let path = root.folder.join(References::PATH);
        let text = match read(&path)? {
            Some(text) => text,
            None => create(&path)?,
        };
        let named = named_bins(&environment.folder)?;
        let holds = |member: &&Member| {
            let artifacts = member.manifest.artifacts.as_ref();
            artifacts.is_some_and(|artifacts| {
                artifacts.get_ref().bins.iter().any(|bin| is_of(environment, &named, bin.get_ref()))
            })
        };
        let around = members.all.iter().filter(holds).map(|member| member.name.clone()).collect();
        Ok(Self { references: References::parse(&text), around })
    }

    /// The reference of a variant by its key.
    pub(crate) fn of(&self, member: &Member, variant: &Variant) -> Option<&str> {
        if self.around.contains(&member.name) {
            return None;
        }
        self.references.images.get(&format!("{}:{}", member.name, variant.tag)).map(String::as_str)
    }
}

/// Makes the file without a variant in it, older than any build script, so that it does not count as changed.
fn create(path: &Utf8Path) -> Result<String, Failure> {
    let text = References::default().to_text();
    let folder = path.parent().unwrap_or(path);
    let made = fs::create_dir_all(folder).and_then(|()| File::create_new(path)).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_modified(SystemTime::UNIX_EPOCH + LONG_AGO)
    });
    match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(read(path)?.unwrap_or_default()),
        made => made.map(|()| text).map_err(io("make", path)),
    }
}

/// The names of `[[bin]]` in a crate's Cargo.toml.
fn named_bins(folder: &Utf8Path) -> Result<Vec<String>, Failure> {
    let path = folder.join("Cargo.toml");
    let Some(text) = read(&path)? else { return Ok(Vec::new()) };
    let manifest: CargoManifest = SourceText::new(&path, text).parse_toml()?;
    Ok(manifest.bin.into_iter().filter_map(|target| target.name).collect())
}

/// Whether a binary is the crate's, by the places where cargo looks for them:
/// <https://doc.rust-lang.org/cargo/reference/cargo-targets.html#target-auto-discovery>.
fn is_of(environment: &Environment, named: &[String], bin: &str) -> bool {
    let folder = &environment.folder;
    let found = || {
        let bins = folder.join("src/bin");
        bins.join(format!("{bin}.rs")).exists() || bins.join(bin).join("main.rs").exists()
    };
    bin == environment.name || named.iter().any(|name| name == bin) || found()
}

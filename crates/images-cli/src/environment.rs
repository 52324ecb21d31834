//! The only place that reads the environment.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::{Arc, OnceLock};

use camino::Utf8PathBuf;
use images_core::lock::{LockMode, LockOptions, RegistryResolver, Resolver};
use images_core::workspace::LoadOptions;
use images_core::{Error, HostOptions, context};
use images_engine::{EngineChoice, EngineKind, EngineOptions};
use images_oci::layer::Compression;
use images_oci::registry;
use images_schema::{Diagnostic, SourceText, did_you_mean};

use crate::arguments::{CompressionArgs, EngineArgs, Global};

/// The engines' names, as a person writes them, the default first.
const ENGINES: [(&str, EngineChoice); 5] = [
    ("auto", EngineChoice::Auto),
    ("docker", EngineChoice::Only(EngineKind::Docker)),
    ("podman", EngineChoice::Only(EngineKind::Podman)),
    ("buildah", EngineChoice::Only(EngineKind::Buildah)),
    ("builtin", EngineChoice::Only(EngineKind::Builtin)),
];

/// The compressions' names, the default first.
const COMPRESSIONS: [(&str, Compression); 3] =
    [("gzip", Compression::Gzip), ("zstd", Compression::Zstd), ("none", Compression::None)];

/// What `--engine` can be.
pub(crate) fn engine_names() -> impl Iterator<Item = &'static str> {
    ENGINES.iter().map(|(name, _)| *name)
}

/// What `--compression` can be.
pub(crate) fn compression_names() -> impl Iterator<Item = &'static str> {
    COMPRESSIONS.iter().map(|(name, _)| *name)
}

/// A setting, with its place in the root Cargo.toml.
type Setting = (String, std::ops::Range<usize>);

/// What docker's clients read by themselves and tell the daemon with each build:
/// <https://docs.docker.com/build/building/variables/#build-tool-configuration-variables>.
const CLIENTS_OWN: [&str; 7] = [
    "BUILDKIT_SANDBOX_HOSTNAME",
    "BUILDKIT_SYNTAX",
    "BUILDX_CONFIG",
    "BUILDX_EXPERIMENTAL",
    "DOCKER_DEFAULT_PLATFORM",
    "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY",
    "SOURCE_DATE_EPOCH",
];

/// Where docker and podman look for certificates of registries.
const CERTIFICATES: [&str; 2] = ["/etc/docker/certs.d", "/etc/containers/certs.d"];

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the environment")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What a workspace is loaded with.
///
/// # Errors
/// The current folder is gone, or has a name that is not UTF-8.
pub(crate) fn load_options(global: &Global, build_args: &[(String, String)]) -> Result<LoadOptions, Error> {
    let start = current_folder()?;
    let manifest_path = global.manifest_path.as_ref().map(|path| start.join(path));
    Ok(LoadOptions {
        start,
        manifest_path,
        registry: global.registry.clone().filter(|registry| !registry.is_empty()),
        build_args: build_args.iter().cloned().collect::<BTreeMap<_, _>>(),
        cargo: cargo(),
        jobs: jobs(global)?,
    })
}

/// Where the command was called.
///
/// # Errors
/// It is gone, or has a name that is not UTF-8.
pub(crate) fn current_folder() -> Result<Utf8PathBuf, Error> {
    let folder = std::env::current_dir().map_err(Error::io("cannot find", ".".into()))?;
    Utf8PathBuf::try_from(folder)
        .map_err(|error| Error::io("cannot use", ".".into())(std::io::Error::other(error)))
}

fn cargo() -> String {
    variable("CARGO").unwrap_or_else(|| "cargo".to_owned())
}

/// `--jobs`, else `IMAGES_JOBS`, else the number of CPUs.
///
/// # Errors
/// `IMAGES_JOBS` is no positive number.
fn jobs(global: &Global) -> Result<usize, Error> {
    // Finding it out takes reading the limits of control groups, so once is enough.
    static CORES: OnceLock<usize> = OnceLock::new();
    let cores = || *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, NonZero::get));
    match (global.jobs, variable("IMAGES_JOBS")) {
        (Some(jobs), _) => Ok(jobs.get()),
        (None, None) => Ok(cores()),
        (None, Some(text)) => text.parse().map(NonZero::<usize>::get).map_err(|_| {
            Diagnostic::error(format!("IMAGES_JOBS is `{text}`"))
                .help("it is a number of jobs, at least 1")
                .into()
        }),
    }
}

/// What the host offers.
///
/// # Errors
/// `SOURCE_DATE_EPOCH` is no number of seconds.
pub(crate) fn host_options(global: &Global) -> Result<HostOptions, Error> {
    let epoch = match variable("SOURCE_DATE_EPOCH") {
        None => context::EPOCH,
        Some(text) => text.parse().map_err(|_| {
            Diagnostic::error(format!("SOURCE_DATE_EPOCH is `{text}`"))
                .help("it is a number of seconds since 1970: https://reproducible-builds.org/specs/source-date-epoch/")
        })?,
    };
    Ok(HostOptions {
        cargo: cargo(),
        rustflags: variable("RUSTFLAGS"),
        epoch,
        jobs: jobs(global)?,
        jobs_named: global.jobs.is_some() || variable("IMAGES_JOBS").is_some(),
        stat_cache: !global.no_stat_cache,
        variables: std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .collect::<BTreeSet<_>>(),
    })
}

/// What engines read, apart from what their own programs read by themselves.
pub(crate) fn engine_options(args: &EngineArgs) -> EngineOptions {
    let home_config = || variable("HOME").map(|home| Utf8PathBuf::from(home).join(".docker"));
    EngineOptions {
        docker_host: variable("DOCKER_HOST"),
        docker_context: variable("DOCKER_CONTEXT"),
        docker_config: variable("DOCKER_CONFIG").map(Utf8PathBuf::from).or_else(home_config),
        docker_buildkit: variable("DOCKER_BUILDKIT").map(|value| !matches!(value.as_str(), "0" | "false")),
        builder: args.builder.clone().filter(|name| !name.is_empty()),
        clients_only: CLIENTS_OWN.iter().any(|name| variable(name).is_some()),
        isolation: variable("BUILDAH_ISOLATION"),
    }
}

/// The engine that was asked for: by the command line or `IMAGES_ENGINE`, else by the workspace.
///
/// # Errors
/// No engine has this name.
pub(crate) fn engine_choice(
    args: &EngineArgs,
    setting: Option<&Setting>,
    source: &SourceText,
) -> Result<EngineChoice, Error> {
    choose("engine", &ENGINES, args.engine.as_deref(), setting, source)
}

/// The compression that was asked for: by the command line or `IMAGES_COMPRESSION`, else by the workspace.
///
/// # Errors
/// There is none of this name.
pub(crate) fn compression(
    args: Option<&CompressionArgs>,
    setting: Option<&Setting>,
    source: &SourceText,
) -> Result<Compression, Error> {
    let asked = args.and_then(|args| args.compression.as_deref());
    choose("compression", &COMPRESSIONS, asked, setting, source)
}

/// What the command line or its variable names, else the setting; the first, if nothing does.
fn choose<T: Copy, const N: usize>(
    what: &str,
    choices: &[(&'static str, T); N],
    asked: Option<&str>,
    setting: Option<&Setting>,
    source: &SourceText,
) -> Result<T, Error> {
    let asked = asked.filter(|name| !name.is_empty());
    let Some(name) = asked.or(setting.map(|(name, _)| name.as_str())) else { return Ok(choices[0].1) };
    if let Some((_, choice)) = choices.iter().find(|(known, _)| *known == name) {
        return Ok(*choice);
    }
    let message = format!("there is no {what} `{name}`");
    let diagnostic = match setting {
        Some((_, span)) if asked.is_none() => source.error(span.clone(), message, "unknown"),
        _ => Diagnostic::error(message),
    };
    let known = choices.iter().map(|(known, _)| *known);
    let listed = known.clone().collect::<Vec<_>>().join(", ");
    Err(diagnostic
        .help(match did_you_mean(name, known) {
            Some(near) => format!("did you mean `{near}`? there are: {listed}"),
            None => format!("there are: {listed}"),
        })
        .into())
}

/// How to speak to registries: with the credentials of docker and podman, through the proxies of the environment.
pub(crate) fn registry_options(plain_http: &[String], jobs: usize) -> registry::Options {
    let named = variable("IMAGES_PLAIN_HTTP").unwrap_or_default();
    let named = named.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned);
    registry::Options {
        credential_files: registry::credential_files(variable),
        plain_http: plain_http.iter().cloned().chain(named).collect(),
        trust: registry::Trust { roots: Vec::new(), folders: CERTIFICATES.map(Utf8PathBuf::from).to_vec() },
        proxies: registry::Proxies::of_environment(variable),
        jobs: jobs.max(registry::Options::default().jobs),
        ..registry::Options::default()
    }
}

/// How many times more a registry is asked in passing, for a build that may do without an answer.
const RETRIES_IN_PASSING: u32 = 2;

/// How images from elsewhere are pinned; `adds` is whether the command may write Images.lock.
///
/// # Errors
/// See [`jobs`].
pub(crate) fn lock_options(global: &Global, adds: bool) -> Result<LockOptions, Error> {
    let mode = match (global.lock.is_locked(), adds) {
        (true, _) => LockMode::Locked,
        (false, true) => LockMode::Add,
        (false, false) => LockMode::Look,
    };
    let mut options = registry_options(&[], jobs(global)?);
    options.retries.count = RETRIES_IN_PASSING;
    let resolver = || -> Arc<dyn Resolver> { Arc::new(RegistryResolver(options)) };
    Ok(LockOptions { mode, resolver: (!global.lock.is_offline()).then(resolver) })
}

/// Who is asked by a command that is there to ask.
///
/// # Errors
/// See [`asking`].
pub(crate) fn resolver(global: &Global) -> Result<RegistryResolver, Error> {
    Ok(RegistryResolver(asking(global, &[])?))
}

/// As [`registry_options`], for a command that cannot do without an answer.
///
/// # Errors
/// The network is forbidden, or see [`jobs`].
pub(crate) fn asking(global: &Global, plain_http: &[String]) -> Result<registry::Options, Error> {
    if global.lock.is_offline() {
        let diagnostic = Diagnostic::error("this asks registries, and --offline forbids the network");
        return Err(diagnostic.help("run it without --offline").into());
    }
    Ok(registry_options(plain_http, jobs(global)?))
}

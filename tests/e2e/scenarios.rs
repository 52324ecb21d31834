//! The scenarios, each of which runs on each engine.

mod plain;

use images_tests::engine::Engine;

/// What a scenario has to work with.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    /// The engine.
    pub(crate) engine: Engine,
    /// The registry's address, where there is a registry.
    pub(crate) registry: Option<String>,
}

/// One scenario.
pub(crate) struct Scenario {
    /// What it shows.
    pub(crate) name: &'static str,
    /// Whether it needs the registry.
    pub(crate) registry: bool,
    /// Panics where the behaviour is another.
    pub(crate) run: fn(&Bench),
}

macro_rules! needs {
    () => {
        false
    };
    (registry) => {
        true
    };
}

/// A list of the functions with these names.
macro_rules! scenarios {
    ($($module:ident::$name:ident $(with $registry:ident)?),* $(,)?) => {
        &[$(Scenario {
            name: stringify!($name),
            registry: needs!($($registry)?),
            run: $module::$name,
        }),*]
    };
}

/// All of them.
pub(crate) const ALL: &[Scenario] =
    scenarios![plain::a_plain_build_is_read_back, plain::the_registry_takes_an_image with registry];

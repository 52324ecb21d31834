//! The scenarios, each of which runs on each engine.

mod confusion;
mod copy_all;
mod failure;
mod freshness;
mod namespace;
mod plain;
mod secrets;

use std::path::PathBuf;

use images_tests::engine::Engine;
use images_tests::workspace::Workspace;

/// What a scenario has to work with.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    /// The engine.
    pub(crate) engine: Engine,
    /// The registry's address, where there is a registry.
    pub(crate) registry: Option<String>,
    /// The program for the insides of images.
    pub(crate) inmate: PathBuf,
}

impl Bench {
    /// An empty workspace for this engine.
    fn workspace(&self) -> Workspace {
        Workspace::on(&self.engine, env!("CARGO_BIN_EXE_images"))
    }
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
pub(crate) const ALL: &[Scenario] = scenarios![
    plain::a_plain_build_is_read_back,
    plain::the_registry_takes_an_image with registry,
    freshness::levels_build_parents_first_and_then_nothing_is_left_to_build,
    freshness::an_edited_file_rebuilds_exactly_its_descendants,
    freshness::a_new_time_and_a_readme_rebuild_nothing,
    freshness::a_removed_image_is_rebuilt_alone,
    freshness::a_lost_tag_is_set_again_without_a_build,
    confusion::siblings_alike_in_size_time_and_mode_get_their_own_content,
    confusion::new_content_of_equal_size_and_time_arrives,
    copy_all::copying_everything_brings_what_a_plain_build_brings,
    failure::a_failing_run_shows_its_line_and_skips_exactly_its_descendants,
    failure::keep_going_builds_what_does_not_depend_on_the_failure,
    secrets::secrets_arrive_and_are_found_nowhere,
    namespace::a_name_of_ours_is_never_pulled with registry,
    namespace::a_name_of_ours_that_is_no_member_is_refused,
];

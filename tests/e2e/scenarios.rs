//! The scenarios, each of which runs on each engine.

mod confusion;
mod copy_all;
mod direct;
mod examples;
mod failure;
mod freshness;
mod namespace;
mod plain;
mod random;
mod secrets;
mod transfer;

use std::collections::BTreeMap;
use std::path::PathBuf;

use images_tests::archive::{Image, Node};
use images_tests::engine::Engine;
use images_tests::workspace::Workspace;

/// A file system, by path.
type Files = BTreeMap<String, Node>;

/// What a scenario has to work with.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    /// The engine.
    pub(crate) engine: Engine,
    /// The registry's address, where there is a registry.
    pub(crate) registry: Option<String>,
    /// docker with buildx, where it is there.
    pub(crate) buildx: Option<Engine>,
    /// The program for the insides of images.
    pub(crate) inmate: PathBuf,
}

impl Bench {
    /// An empty workspace for this engine.
    fn workspace(&self) -> Workspace {
        Workspace::on(&self.engine, env!("CARGO_BIN_EXE_images"))
    }

    /// What an image that the tool built has, as a plain build with the same engine would have it. The daemon of
    /// docker's legacy builder learns only from the context's own `.dockerignore` that the Dockerfile is not part of the
    /// context, so there the tool, as docker's client with `--file -`, adds one line to that file.
    #[track_caller]
    fn files(&self, image: &Image) -> Files {
        let mut files = image.files.clone();
        if self.engine.flavour == "docker-legacy"
            && let Some(Node::File { content, .. }) = files.get_mut(".dockerignore")
        {
            let text = content.strip_suffix(b"\n.xtask-images.Dockerfile\n");
            *content = text.expect("the line is there, and the last").to_vec();
        }
        files
    }
}

/// One scenario.
pub(crate) struct Scenario {
    /// What it shows.
    pub(crate) name: &'static str,
    /// What it needs beside the engine.
    pub(crate) needs: Need,
    /// Panics where the behaviour is another.
    pub(crate) run: fn(&Bench),
}

/// What a scenario needs beside its engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing.
    Nothing,
    /// A registry.
    Registry,
    /// A docker with buildx to compare with: earlier versions of BuildKit read ignore files in another way.
    Buildx,
    /// mmdebstrap, which makes the root file systems of the Python family.
    Mmdebstrap,
}

/// A list of the functions with these names.
macro_rules! scenarios {
    ($($module:ident::$name:ident needs $need:ident),* $(,)?) => {
        &[$(Scenario { name: stringify!($name), needs: Need::$need, run: $module::$name }),*]
    };
}

/// All of them.
pub(crate) const ALL: &[Scenario] = scenarios![
    plain::a_plain_build_is_read_back needs Nothing,
    plain::the_registry_takes_an_image needs Registry,
    examples::the_rust_family_greets needs Nothing,
    examples::the_python_family_serves_from_every_python needs Mmdebstrap,
    freshness::levels_build_parents_first_and_then_nothing_is_left_to_build needs Nothing,
    freshness::an_edited_file_rebuilds_exactly_its_descendants needs Nothing,
    freshness::a_new_time_and_a_readme_rebuild_nothing needs Nothing,
    freshness::a_removed_image_is_rebuilt_alone needs Nothing,
    freshness::a_lost_tag_is_set_again_without_a_build needs Nothing,
    confusion::siblings_alike_in_size_time_and_mode_get_their_own_content needs Nothing,
    confusion::new_content_of_equal_size_and_time_arrives needs Nothing,
    copy_all::copying_everything_brings_what_a_plain_build_brings needs Nothing,
    direct::an_image_that_only_copies_is_what_a_client_makes_of_it needs Nothing,
    direct::what_only_a_client_can_say_of_a_failure_is_said needs Nothing,
    failure::a_failing_run_shows_its_line_and_skips_exactly_its_descendants needs Nothing,
    failure::keep_going_builds_what_does_not_depend_on_the_failure needs Nothing,
    secrets::secrets_arrive_and_are_found_nowhere needs Nothing,
    namespace::a_name_of_ours_is_never_pulled needs Registry,
    namespace::a_name_of_ours_that_is_no_member_is_refused needs Nothing,
    transfer::what_is_pushed_is_pulled_by_its_digest needs Registry,
    transfer::what_is_stale_or_private_is_not_pushed needs Registry,
    transfer::the_built_in_engine_builds_on_what_it_pulls needs Registry,
    transfer::variants_for_several_platforms_have_one_name needs Registry,
    transfer::a_container_of_an_image_runs_and_its_code_is_ours needs Nothing,
    transfer::an_exported_archive_is_loaded_again needs Nothing,
    random::contexts_and_images_equal_those_of_plain_builds needs Buildx,
];

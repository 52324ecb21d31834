//! The scenarios, each of which runs on each engine that can do what it takes.

mod confusion;
mod copy_all;
mod direct;
mod examples;
mod failure;
mod freshness;
mod gc;
mod locking;
mod mounted;
mod namespace;
mod new;
mod plain;
mod random;
mod release;
mod secrets;
mod testing;
mod transfer;
mod watching;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use images_tests::archive::{Image, Node};
use images_tests::engine::Engine;
use images_tests::fake_registry::{Access, FakeRegistry};
use images_tests::flavour::{Flavour, Found};
use images_tests::subject::Subject;
use images_tests::workspace::Workspace;

/// A file system, by path.
type Files = BTreeMap<String, Node>;

/// What a scenario has to work with.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    /// The engine.
    pub(crate) engine: Subject,
    /// The registry's address, where there is a registry.
    pub(crate) registry: Option<String>,
    /// The registry itself, where it is one of the tests' own.
    pub(crate) stand_in: Option<Arc<FakeRegistry>>,
    /// docker with BuildKit to compare with, where a scenario needs it.
    pub(crate) docker: Option<Engine>,
    /// The program for the insides of images, where the engine runs programs.
    pub(crate) inmate: Option<PathBuf>,
}

impl Bench {
    /// An empty workspace for this engine.
    fn workspace(&self) -> Workspace {
        Workspace::on(&self.engine, env!("CARGO_BIN_EXE_images"))
    }

    /// Takes a registry of the tests' own, which lives as long as the bench.
    pub(crate) fn use_stand_in(&mut self) {
        let registry = FakeRegistry::start(Access::Free);
        self.registry = Some(registry.address.clone());
        self.stand_in = Some(Arc::new(registry));
    }

    /// The engine as the program that it is.
    #[track_caller]
    fn program(&self) -> &Engine {
        self.engine.program().expect("the scenario runs on programs")
    }

    /// What builds Dockerfiles without the tool: the engine itself, or docker for the one that is no program.
    #[track_caller]
    fn plain_builder(&self) -> &Engine {
        self.engine.program().or(self.docker.as_ref()).expect("the scenario needs it")
    }

    /// Adds an image; its lines about the inmate are left out where the engine runs no programs.
    #[track_caller]
    fn image(&self, workspace: &Workspace, name: &str, dockerfile: &str) {
        let Some(inmate) = &self.inmate else {
            let able = dockerfile.split_inclusive('\n').filter(|line| !line.contains("inmate"));
            return workspace.image(name, &able.collect::<String>());
        };
        workspace.image(name, dockerfile);
        if dockerfile.contains("COPY inmate ") {
            workspace.copy(inmate, &format!("images/{name}/inmate"));
        }
    }

    /// What an image that the tool built has, as a plain build with the same engine would have it. The daemon of
    /// docker's legacy builder learns only from the context's own `.dockerignore` that the Dockerfile is not part of the
    /// context, so there the tool, as docker's client with `--file -`, adds one line to that file.
    #[track_caller]
    fn files(&self, image: &Image) -> Files {
        let mut files = image.files.clone();
        if self.engine.flavour() == "docker-legacy"
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
    /// A registry: docker's, but for the built-in engine one of the tests' own where that is not there.
    Registry,
    /// A docker with buildx to compare with: earlier versions of BuildKit read ignore files in another way.
    Buildx,
    /// What makes plain builds to compare with: the engine itself, else a docker with BuildKit.
    PlainBuilds,
    /// mmdebstrap, which makes the root file systems of the Python family.
    Mmdebstrap,
}

/// A list of the functions with these names.
macro_rules! scenarios {
    ($($module:ident::$name:ident needs $need:ident),* $(,)?) => {
        &[$(Scenario { name: stringify!($name), needs: Need::$need, run: $module::$name }),*]
    };
}

/// Those that every engine can do.
const ON_ALL: &[Scenario] = scenarios![
    freshness::levels_build_parents_first_and_then_nothing_is_left_to_build needs Nothing,
    freshness::an_edited_file_rebuilds_exactly_its_descendants needs Nothing,
    freshness::a_new_time_and_a_readme_rebuild_nothing needs Nothing,
    freshness::a_removed_image_is_rebuilt_alone needs Nothing,
    freshness::a_lost_tag_is_set_again_without_a_build needs Nothing,
    confusion::siblings_alike_in_size_time_and_mode_get_their_own_content needs Nothing,
    confusion::new_content_of_equal_size_and_time_arrives needs Nothing,
    copy_all::copying_everything_brings_what_is_not_ignored needs Nothing,
    copy_all::copying_everything_brings_what_a_plain_build_brings needs PlainBuilds,
    direct::an_image_that_only_copies_is_what_a_client_makes_of_it needs Nothing,
    direct::what_only_a_client_can_say_of_a_failure_is_said needs Nothing,
    failure::keep_going_builds_what_does_not_depend_on_the_failure needs Nothing,
    gc::superseded_images_go_and_nothing_else needs Nothing,
    gc::young_images_stay needs Nothing,
    locking::a_locked_image_stays_the_same_though_its_tag_moved needs Registry,
    locking::without_the_network_only_what_is_there_is_used needs Registry,
    namespace::a_name_of_ours_is_never_pulled needs Registry,
    namespace::a_name_of_ours_that_is_no_member_is_refused needs Nothing,
    new::new_images_build_without_an_edit needs Nothing,
    release::a_version_is_released_once_and_pulled_by_its_alias needs Registry,
    transfer::what_is_stale_or_private_is_not_pushed needs Registry,
    testing::files_and_configurations_are_looked_at_without_a_container needs Nothing,
    transfer::an_exported_archive_is_loaded_again needs Nothing,
    random::contexts_and_images_equal_those_of_plain_builds needs Buildx,
];

/// Those for which commands run in images, or the engine is called without the tool.
const ON_PROGRAMS: &[Scenario] = scenarios![
    plain::a_plain_build_is_read_back needs Nothing,
    plain::the_registry_takes_an_image needs Registry,
    examples::the_rust_family_greets needs Nothing,
    examples::the_python_family_serves_from_every_python needs Mmdebstrap,
    failure::a_failing_run_shows_its_line_and_skips_exactly_its_descendants needs Nothing,
    gc::an_image_that_a_container_uses_stays_until_that_is_gone needs Nothing,
    secrets::secrets_arrive_and_are_found_nowhere needs Nothing,
    testing::commands_and_servers_are_asked_in_containers_that_do_not_stay needs Nothing,
    testing::each_way_to_fail_in_a_container_is_told_and_no_container_stays needs Nothing,
    testing::an_interrupt_leaves_no_container needs Nothing,
    testing::images_of_the_built_in_engine_are_tested_where_containers_start needs Nothing,
    testing::what_a_killed_run_left_is_removed_by_the_next needs Nothing,
    transfer::what_is_pushed_is_pulled_by_its_digest needs Registry,
    transfer::the_built_in_engine_builds_on_what_it_pulls needs Registry,
    transfer::variants_for_several_platforms_have_one_name needs Registry,
    transfer::a_pushed_image_runs_after_a_pull_by_its_digest needs Registry,
    transfer::layers_of_any_compression_are_loaded needs Nothing,
    transfer::a_container_of_an_image_runs_and_its_code_is_ours needs Nothing,
];

/// What takes the place of these for the engine that is none.
const ON_BUILTIN: &[Scenario] = scenarios![
    examples::the_rust_family_is_exported needs Nothing,
    examples::the_rust_family_is_pushed_with_its_bills_of_materials needs Registry,
    mounted::another_workspace_builds_its_image_by_its_own_xtask needs Nothing,
    mounted::its_tests_start_the_image_by_its_reference needs Buildx,
    testing::what_needs_a_container_is_skipped_and_counted_apart needs Nothing,
    watching::what_is_saved_is_built_and_tested_until_an_interrupt needs Nothing,
];

/// The scenarios of an engine. The older client is left out of the longest one: its builder is that of `docker-buildx`.
pub(crate) fn of(engine: &Flavour) -> impl Iterator<Item = &'static Scenario> {
    let own = if engine.found == Ok(Found::Builtin) { ON_BUILTIN } else { ON_PROGRAMS };
    let is_older_client = engine.name == "docker-buildkit";
    own.iter().chain(ON_ALL).filter(move |scenario| !is_older_client || scenario.needs != Need::Mmdebstrap)
}

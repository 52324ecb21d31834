//! Tests of binaries that make their list of tests themselves.

use libtest_mimic::{Failed, Trial};

/// A test that fails by panicking.
pub fn trial(name: String, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}

/// A test that cannot run here: it counts as ignored, or fails with the reason where it is required.
pub fn missing(name: String, why: String, is_required: bool) -> Trial {
    Trial::test(name, move || Err(Failed::from(why))).with_ignored_flag(!is_required)
}

/// Those that the filters select; all of them where there are none.
pub fn selected(mut trials: Vec<Trial>, filters: &[String]) -> Vec<Trial> {
    let is_meant = |trial: &Trial| filters.iter().any(|filter| trial.name().contains(filter.as_str()));
    trials.retain(|trial| filters.is_empty() || is_meant(trial));
    trials
}

/// Whether docker's registry must be there, by `IMAGES_TEST_REQUIRE`.
pub fn requires_registry() -> bool {
    let required = std::env::var("IMAGES_TEST_REQUIRE").unwrap_or_default();
    required.split(',').any(|name| matches!(name, "registry" | "all"))
}

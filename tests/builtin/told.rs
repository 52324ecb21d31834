//! What the test binary is told.

use std::env;

use images_tests::filters::split_filters;
use images_tests::flavour::NAMES;
use libtest_mimic::Arguments;

/// The command line, and which engines must be there.
#[derive(Debug)]
pub(crate) struct Told {
    /// Everything but filters.
    pub(crate) arguments: Arguments,
    filters: Vec<String>,
    required: String,
}

impl Told {
    /// Reads the command line and `IMAGES_TEST_REQUIRE`.
    ///
    /// # Errors
    /// An engine is required that nobody knows.
    pub(crate) fn read() -> Result<Self, String> {
        let (options, filters) = split_filters(env::args());
        let required = env::var("IMAGES_TEST_REQUIRE").unwrap_or_default();
        match required.split(',').find(|name| !name.is_empty() && *name != "all" && !NAMES.contains(name)) {
            Some(name) => Err(format!("no engine is called `{name}`; there are {}", NAMES.join(", "))),
            None => Ok(Self { arguments: Arguments::from_iter(options), filters, required }),
        }
    }

    /// Whether a test of this name is to run.
    pub(crate) fn selects(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter.as_str()))
    }

    /// Whether the absence of an engine is a failure.
    pub(crate) fn requires(&self, engine: &str) -> bool {
        self.required == "all" || self.required.split(',').any(|name| name == engine)
    }
}

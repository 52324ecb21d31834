//! What became of tests, by the image's key and the hash of the test's definition: `target/images/tests/KEY.json`. A cache:
//! without it tests run again.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::definition::Test;
use crate::cache_file;
use crate::key::Key;

/// What is known of the tests of one image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// By the hash of the definition.
    tests: BTreeMap<String, Known>,
}

/// What is known of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// For people who look into the file.
    name: String,
    passed: bool,
}

impl Results {
    /// Those of an image by its key. What cannot be read is not known.
    pub fn load(cache: &Utf8Path, key: Key) -> Self {
        let text = fs::read(place(cache, key)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Whether a test passed when it ran last; `None` if it never ran.
    pub fn passed(&self, test: &Test) -> Option<bool> {
        self.tests.get(&test.hash()).map(|known| known.passed)
    }

    /// Adds what became of a test.
    pub(super) fn set(&mut self, test: &Test, passed: bool) {
        self.tests.insert(test.hash(), Known { name: test.name.clone(), passed });
    }

    /// Writes them beside what another run wrote meanwhile. Results that cannot be written are no reason to fail.
    pub(super) fn save(self, cache: &Utf8Path, key: Key) {
        let mut all = Self::load(cache, key);
        all.tests.extend(self.tests);
        if let Ok(text) = serde_json::to_vec_pretty(&all) {
            let _ = cache_file::put(&place(cache, key), &text);
        }
    }
}

fn place(cache: &Utf8Path, key: Key) -> Utf8PathBuf {
    cache.join("tests").join(format!("{key}.json"))
}

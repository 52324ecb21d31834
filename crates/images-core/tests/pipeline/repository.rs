//! A workspace in a git repository, and what differs from its commits.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use images_core::Error;
use images_core::graph::Graph;
use images_core::since::{self, ArtifactsBy, Comparison, Revision, SinceOptions};
use images_engine::process::{Child, Output};

use crate::project::{Project, told};

/// Runs git in a folder, with nobody's configuration.
pub(crate) fn git(folder: &Utf8Path, args: &[&str]) -> String {
    let fixed = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"];
    let child = Child {
        program: "git".to_owned(),
        args: fixed.iter().chain(args).map(|&word| word.to_owned()).collect(),
        env: BTreeMap::from(
            [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        ),
        cwd: Some(folder.to_owned()),
        output: Output::Capture,
    };
    let ended = child.run(&images_engine::process::Cancel::default()).unwrap();
    assert_eq!(ended.code, Some(0), "git {args:?}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap().trim_end().to_owned()
}

impl Project {
    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(&self.root(), args)
    }

    /// Makes the workspace a repository, and commits all of it.
    pub(crate) fn commit(&self) {
        if !self.path(".git").exists() {
            self.git(&["init", "--quiet", "--initial-branch=main"]);
            self.write(".git/info/exclude", "/target\n");
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=x"]);
    }

    pub(crate) fn since_options(&self, revision: &str) -> SinceOptions {
        SinceOptions {
            revision: Revision { text: revision.to_owned(), merge_base: false },
            load: self.options.clone(),
            artifacts: ArtifactsBy::Build,
            host: self.build.host.clone(),
        }
    }

    pub(crate) fn try_since(&self, options: &SinceOptions) -> Result<Comparison, Error> {
        let workspace = self.load();
        let graph = Graph::of(&workspace, 2).unwrap();
        since::compare(&graph, &graph.order, options, &self.cancel, &self.events)
    }

    /// What differs from a commit, worded: `changed a:1.0.0 (the Dockerfile changed)`.
    pub(crate) fn since(&self, revision: &str) -> Vec<String> {
        let comparison = self.try_since(&self.since_options(revision)).unwrap();
        let workspace = self.load();
        let graph = Graph::of(&workspace, 2).unwrap();
        let findings = comparison.findings.iter().map(|finding| {
            let from = finding.moved_from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
            let rebuilt = if finding.affected { "" } else { " not affected" };
            let change = &finding.change;
            format!("{} {}{from} ({change}){rebuilt}", change.word(), graph.spec(finding.id))
        });
        let removed = comparison
            .removed
            .iter()
            .map(|removed| format!("removed {} from {}", removed.spec, removed.folder));
        findings.chain(removed).collect()
    }

    /// Why a comparison is refused.
    pub(crate) fn since_refused(&self, revision: &str) -> Vec<String> {
        told(&self.try_since(&self.since_options(revision)).unwrap_err())
    }

    /// The files of the one checkout of a commit that there is.
    pub(crate) fn checked_out(&self) -> Utf8PathBuf {
        let trees = self.path("target/images/trees").read_dir_utf8().unwrap();
        let trees: Vec<_> = trees.map(|entry| entry.unwrap().path().join("files")).collect();
        assert_eq!(trees.len(), 1, "{trees:?}");
        trees[0].clone()
    }
}

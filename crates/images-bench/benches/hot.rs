//! The hot parts of a no-op by themselves: reading Dockerfiles, matching `.dockerignore`, reading a context, making keys.

#![allow(missing_docs, reason = "criterion's macros make items without documentation")]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use images_core::context::{self, Boundary, ContextRequest, EPOCH, Modes, StatCache};
use images_dockerfile::{Dockerfile, Ignore, Inputs, ParentMatch, Platform, Reference, Sources};

const DOCKERFILE: &str = "\
# syntax=docker/dockerfile:1
ARG REGISTRY=localhost/acme
ARG PYTHON=${REGISTRY}/python:3.11
FROM ${PYTHON} AS build
ARG VERSION
ENV PATH=/opt/venv/bin:$PATH VERSION=${VERSION:-1.0.0}
WORKDIR /src
COPY --chown=app:app requirements.txt pyproject.toml ./
RUN --mount=type=cache,target=/root/.cache \\
    python3 -m venv /opt/venv && \\
    # one layer
    pip install -r requirements.txt
COPY src/ ./src/
RUN pip install .
FROM ${PYTHON} AS runtime
COPY --from=build /opt/venv /opt/venv
COPY --from=localhost/acme/probe:1 /probe /usr/local/bin/probe
USER app
EXPOSE 5000
HEALTHCHECK --interval=30s CMD [\"/usr/local/bin/probe\", \"http://localhost:5000/\"]
ENTRYPOINT [\"python3\", \"-m\", \"app\"]
";

fn dockerfile(criterion: &mut Criterion) {
    criterion.bench_function("dockerfile: parse", |bencher| {
        bencher.iter(|| Dockerfile::parse(black_box(DOCKERFILE)).is_ok());
    });
    let parsed = Dockerfile::parse(DOCKERFILE).expect("it is a Dockerfile");
    let platform = Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None };
    let args = BTreeMap::from([("VERSION".to_owned(), "2.0.0".to_owned())]);
    let inputs = Inputs { args: &args, target: None, platform: &platform, build_platform: &platform };
    criterion.bench_function("dockerfile: resolve", |bencher| {
        bencher.iter(|| black_box(&parsed).resolve(&inputs).is_ok());
    });
    criterion.bench_function("reference: parse", |bencher| {
        bencher.iter(|| Reference::parse(black_box("localhost:5000/acme/python:3.11.2-slim")).is_ok());
    });
}

fn ignore(criterion: &mut Criterion) {
    let text = "**/.git\n**/node_modules\ntarget\n*.log\n!important.log\ndocs/**/*.md\n";
    let ignore = Ignore::parse(text).expect("the patterns are good");
    let paths: Vec<String> = (0..1000).map(|at| format!("src/part{}/module{at}.rs", at % 37)).collect();
    let mut group = criterion.benchmark_group("ignore");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("1,000 paths", |bencher| {
        bencher.iter(|| {
            let excluded = |path: &&String| ignore.excludes(path, &ParentMatch::default()).0;
            black_box(&paths).iter().filter(excluded).count()
        });
    });
    group.finish();
}

/// 1,000 files of 1 KiB in ten folders, in a folder that stays for the run.
fn tree(root: &Utf8Path) {
    for at in 0..1000 {
        let folder = root.join(format!("d{}", at / 100));
        fs::create_dir_all(&folder).expect("the folder is ours");
        fs::write(folder.join(format!("{at}.txt")), format!("{at:04}").repeat(256))
            .expect("the folder is ours");
    }
}

fn contexts(criterion: &mut Criterion) {
    let kept = tempfile::tempdir().expect("a temporary folder");
    let root = Utf8PathBuf::try_from(kept.path().join("context")).expect("a UTF-8 path");
    tree(&root);
    std::thread::sleep(Duration::from_millis(2200));
    let ignore = Ignore::default();
    let repository = Boundary::new(root.clone());
    let request = ContextRequest {
        repository: &repository,
        folder: &root,
        private: &[],
        ignore: &ignore,
        sources: &Sources::All,
        joined: &[],
        modes: Modes::Normalise,
        epoch: EPOCH,
    };
    let mut group = criterion.benchmark_group("context");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("1,000 files, all hashed", |bencher| {
        let cache = StatCache::disabled();
        bencher.iter(|| context::read(&request, &cache).is_ok());
    });
    let file = Utf8PathBuf::try_from(kept.path().join("stat-cache")).expect("a UTF-8 path");
    let learning = StatCache::load(&file);
    context::read(&request, &learning).expect("the context is good");
    learning.save().expect("the folder is ours");
    group.bench_function("1,000 files, all known", |bencher| {
        let cache = StatCache::load(&file);
        bencher.iter(|| context::read(&request, &cache).is_ok());
    });
    group.bench_function("the stat cache of 1,000 files", |bencher| {
        bencher.iter(|| StatCache::load(black_box(&file)));
    });
    group.finish();
}

criterion_group!(benches, dockerfile, ignore, contexts);
criterion_main!(benches);

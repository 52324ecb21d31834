//! An engine in this process: a store as data, builds that record what they were sent and do what a test says.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use images_core::build::Detected;
use images_core::store::{IMAGE_LABEL, KEY_LABEL};
use images_engine::process::Cancel;
use images_engine::{
    BuildFailure, BuildRequest, Built, Engine, EngineError, EngineKind, ImageFacts, NoEngine, Removal,
    Secret, StoredImage,
};

/// What a test wants to happen in a build, before the image is put into the store.
pub(crate) type Behaviour = dyn Fn(&BuildRequest<'_>, &Cancel) -> Result<(), BuildFailure> + Send + Sync;

/// An engine whose clones share one store.
#[derive(Clone, Default)]
pub(crate) struct FakeEngine {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    images: Vec<StoredImage>,
    names: HashMap<String, String>,
    builds: Vec<Sent>,
    tagged: Vec<(String, String)>,
    listings: usize,
    behaviours: HashMap<String, Arc<Behaviour>>,
    every: Option<Arc<Behaviour>>,
    missing: Vec<String>,
    answers: Option<EngineError>,
    refuses_tags: bool,
    lists_no_labels: bool,
    looked_at: Vec<String>,
    removed: Vec<String>,
    refusals: HashMap<String, Result<Removal, EngineError>>,
    dated: HashMap<String, SystemTime>,
    takes_entries: bool,
    running: usize,
    most_running: usize,
}

/// One build as the engine saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) spec: String,
    pub(crate) context: Utf8PathBuf,
    pub(crate) dockerfile_path: Utf8PathBuf,
    pub(crate) dockerfile: String,
    pub(crate) tags: Vec<String>,
    pub(crate) args: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) target: Option<String>,
    pub(crate) platform: Option<String>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) never_pull: bool,
    pub(crate) log: Utf8PathBuf,
}

impl FakeEngine {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// As `images_engine::detect`.
    pub(crate) fn detect(&self) -> Detected {
        let images = self.images().map_err(|error| NoEngine { tried: vec![error] })?;
        Ok((Box::new(self.clone()), images))
    }

    /// All builds so far, in the order in which they started.
    pub(crate) fn builds(&self) -> Vec<Sent> {
        self.state().builds.clone()
    }

    /// The last build of a spec.
    pub(crate) fn last(&self, spec: &str) -> Sent {
        self.builds().into_iter().rfind(|sent| sent.spec == spec).unwrap()
    }

    /// The specs that were built since `since` builds.
    pub(crate) fn specs_since(&self, since: usize) -> Vec<String> {
        self.state().builds[since..].iter().map(|sent| sent.spec.clone()).collect()
    }

    /// All tags that were set apart from builds.
    pub(crate) fn tagged(&self) -> Vec<(String, String)> {
        self.state().tagged.clone()
    }

    /// How often the store was listed.
    pub(crate) fn listings(&self) -> usize {
        self.state().listings
    }

    /// The most builds that ran at once.
    pub(crate) fn most_running(&self) -> usize {
        self.state().most_running
    }

    /// What builds named as their base and the store did not have.
    pub(crate) fn missing_parents(&self) -> Vec<String> {
        self.state().missing.clone()
    }

    /// What happens when `spec` is built.
    pub(crate) fn on<F>(&self, spec: &str, behaviour: F)
    where
        F: Fn(&BuildRequest<'_>, &Cancel) -> Result<(), BuildFailure> + Send + Sync + 'static,
    {
        self.state().behaviours.insert(spec.to_owned(), Arc::new(behaviour));
    }

    /// What happens when anything is built.
    pub(crate) fn on_every<F>(&self, behaviour: F)
    where
        F: Fn(&BuildRequest<'_>, &Cancel) -> Result<(), BuildFailure> + Send + Sync + 'static,
    {
        self.state().every = Some(Arc::new(behaviour));
    }

    /// Lets `spec` fail.
    pub(crate) fn fail(&self, spec: &str) {
        self.on(spec, |_, _| Err(BuildFailure::Failed { message: "RUN false".to_owned(), line: None }));
    }

    /// Lets every build go well again.
    pub(crate) fn mend(&self) {
        self.state().behaviours.clear();
        self.state().every = None;
    }

    /// Every call is answered with this error.
    pub(crate) fn answer(&self, message: &str) {
        let error = EngineError { engine: "fake".to_owned(), message: message.to_owned(), help: None };
        self.state().answers = Some(error);
    }

    /// It reads the files of contexts at their places from now on.
    pub(crate) fn take_entries(&self) {
        self.state().takes_entries = true;
    }

    /// Tags are refused from now on.
    pub(crate) fn refuse_tags(&self) {
        self.state().refuses_tags = true;
    }

    /// The store's names, sorted, each with its image's id.
    pub(crate) fn names(&self) -> BTreeMap<String, String> {
        self.state().names.clone().into_iter().collect()
    }

    /// Takes a name away, as `docker rmi`. The image goes with its last name.
    pub(crate) fn remove(&self, name: &str) {
        let mut state = self.state();
        let id = state.names.remove(name).unwrap();
        if !state.names.values().any(|other| *other == id) {
            state.images.retain(|image| image.id != id);
        }
    }

    /// Removes a variant with all its names.
    pub(crate) fn remove_variant(&self, name: &str, version_name: &str) {
        let prefix = format!("localhost/acme/{name}:key-");
        let id = self.names()[version_name].clone();
        let names: Vec<_> = self.names().into_iter().filter(|(_, other)| *other == id).collect();
        assert!(names.iter().any(|(name, _)| name.starts_with(&prefix)));
        names.iter().for_each(|(name, _)| self.remove(name));
    }

    /// Points a name at an image with these labels, whoever made it.
    pub(crate) fn put(&self, name: &str, labels: Option<BTreeMap<String, String>>) {
        let mut state = self.state();
        let id = format!("sha256:{:064x}", 0xf0_0000 + state.images.len());
        state.images.push(StoredImage { id: id.clone(), tags: Vec::new(), labels });
        state.names.insert(name.to_owned(), id);
    }

    /// Empties the labels of the listing, as an engine whose listing has none.
    pub(crate) fn forget_labels(&self) {
        self.state().lists_no_labels = true;
    }

    /// Gives the image of a name another one.
    pub(crate) fn point(&self, name: &str, at: &str) {
        let mut state = self.state();
        let id = state.names[at].clone();
        state.names.insert(name.to_owned(), id);
    }

    /// Says when the image of a name was made.
    pub(crate) fn date(&self, name: &str, time: SystemTime) {
        let mut state = self.state();
        let id = state.names[name].clone();
        state.dated.insert(id, time);
    }

    /// The removal of a name is answered with this.
    pub(crate) fn refuse(&self, name: &str, answer: Result<Removal, &str>) {
        let error = |message: &str| EngineError {
            engine: "fake".to_owned(),
            message: message.to_owned(),
            help: None,
        };
        self.state().refusals.insert(name.to_owned(), answer.map_err(error));
    }

    /// All removals that were asked for, in their order.
    pub(crate) fn removed(&self) -> Vec<String> {
        self.state().removed.clone()
    }

    /// All names that were looked at closer, in their order.
    pub(crate) fn looked_at(&self) -> Vec<String> {
        self.state().looked_at.clone()
    }

    fn start(&self, request: &BuildRequest<'_>) -> (String, Option<Arc<Behaviour>>, Option<Arc<Behaviour>>) {
        let name = &request.labels[IMAGE_LABEL];
        let spec = name.rsplit('/').next().unwrap().to_owned();
        let dockerfile = fs::read_to_string(request.dockerfile).unwrap();
        let mut state = self.state();
        for word in dockerfile.split_whitespace().map(|word| word.trim_start_matches("--from=")) {
            if word.starts_with("localhost/") && !state.names.contains_key(word) {
                state.missing.push(word.to_owned());
            }
        }
        state.builds.push(Sent {
            spec: spec.clone(),
            context: request.context.to_owned(),
            dockerfile_path: request.dockerfile.to_owned(),
            dockerfile,
            tags: request.tags.to_vec(),
            args: request.args.clone(),
            labels: request.labels.clone(),
            target: request.target.map(str::to_owned),
            platform: request.platform.map(str::to_owned),
            secrets: request.secrets.to_vec(),
            never_pull: request.never_pull,
            log: request.log.to_owned(),
        });
        state.running += 1;
        state.most_running = state.most_running.max(state.running);
        let own = state.behaviours.get(&spec).cloned();
        (spec, own, state.every.clone())
    }

    fn answered(&self) -> Result<(), EngineError> {
        self.state().answers.clone().map_or(Ok(()), Err)
    }
}

impl Engine for FakeEngine {
    fn kind(&self) -> EngineKind {
        EngineKind::Docker
    }

    fn store(&self) -> &str {
        "fake unix:///run/fake.sock"
    }

    fn describe(&self) -> Result<String, EngineError> {
        self.answered()?;
        Ok("fake 1.0".to_owned())
    }

    fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
        self.answered()?;
        let mut state = self.state();
        state.listings += 1;
        let mut tags: HashMap<&str, Vec<String>> = HashMap::new();
        for (name, id) in &state.names {
            tags.entry(id).or_default().push(name.clone());
        }
        let with_tags = |image: &StoredImage| StoredImage {
            tags: tags.get(image.id.as_str()).cloned().unwrap_or_default(),
            labels: image.labels.clone().filter(|_| !state.lists_no_labels),
            ..image.clone()
        };
        Ok(state.images.iter().map(with_tags).collect())
    }

    fn takes_entries(&self) -> bool {
        self.state().takes_entries
    }

    fn build(&self, request: &BuildRequest<'_>, cancel: &Cancel) -> Result<Built, BuildFailure> {
        let (spec, own, every) = self.start(request);
        fs::create_dir_all(request.log.parent().unwrap()).unwrap();
        fs::write(request.log, format!("output of {spec}\n")).unwrap();
        let done = every.map_or(Ok(()), |behaviour| behaviour(request, cancel));
        let done = done.and_then(|()| own.map_or(Ok(()), |behaviour| behaviour(request, cancel)));
        let mut state = self.state();
        state.running -= 1;
        done?;
        let id = format!("sha256:{}-{}", &request.labels[KEY_LABEL][..8], state.builds.len());
        state.images.push(StoredImage {
            id: id.clone(),
            tags: Vec::new(),
            labels: Some(request.labels.clone()),
        });
        for tag in request.tags {
            state.names.insert(tag.clone(), id.clone());
        }
        Ok(Built { id: Some(id) })
    }

    fn tag(&self, image: &str, name: &str) -> Result<(), EngineError> {
        self.answered()?;
        let mut state = self.state();
        let refused = |message: &str| EngineError {
            engine: "fake".to_owned(),
            message: message.to_owned(),
            help: None,
        };
        if state.refuses_tags {
            return Err(refused("no more tags"));
        }
        let id = state.names.get(image).cloned().ok_or_else(|| refused("no such image"))?;
        state.names.insert(name.to_owned(), id);
        state.tagged.push((image.to_owned(), name.to_owned()));
        Ok(())
    }

    fn facts(&self, names: &[String]) -> Result<BTreeMap<String, ImageFacts>, EngineError> {
        self.answered()?;
        let mut state = self.state();
        state.looked_at.extend_from_slice(names);
        let facts = names.iter().filter_map(|name| {
            let id = state.names.get(name)?;
            let image = state.images.iter().find(|image| image.id == *id)?;
            let labels = image.labels.clone().unwrap_or_default();
            Some((name.clone(), ImageFacts { labels, size: Some(1000), dated: state.dated.get(id).copied() }))
        });
        Ok(facts.collect())
    }

    fn remove(&self, name: &str) -> Result<Removal, EngineError> {
        self.answered()?;
        self.state().removed.push(name.to_owned());
        if let Some(answer) = self.state().refusals.get(name) {
            return answer.clone();
        }
        FakeEngine::remove(self, name);
        Ok(Removal::Done)
    }
}

/// The files of a folder, relative, sorted, with their contents.
pub(crate) fn files(folder: &Utf8Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in next.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

//! Finds an engine that answers.

use crate::buildah::Buildah;
use crate::docker::Docker;
use crate::podman::Podman;
use crate::{Engine, EngineChoice, EngineKind, EngineOptions, NoEngine, StoredImage};

/// In which order engines are tried.
const ORDER: [EngineKind; 3] = [EngineKind::Docker, EngineKind::Podman, EngineKind::Buildah];

/// Finds the engine among docker, podman and buildah. For `Auto` this tries each in turn; listing its store is the proof
/// that one answers. The listing is returned, so that it is made once.
///
/// # Errors
/// None answers.
pub fn detect(
    choice: EngineChoice,
    options: &EngineOptions,
) -> Result<(Box<dyn Engine>, Vec<StoredImage>), NoEngine> {
    let engines = match &choice {
        EngineChoice::Auto => &ORDER[..],
        EngineChoice::Only(kind) => std::slice::from_ref(kind),
    };
    first_that_answers(engines.iter().filter_map(|kind| engine(*kind, options)))
}

fn engine(kind: EngineKind, options: &EngineOptions) -> Option<Box<dyn Engine>> {
    match kind {
        EngineKind::Docker => Some(Box::new(Docker::new(options))),
        EngineKind::Podman => Some(Box::new(Podman::default())),
        EngineKind::Buildah => Some(Box::new(Buildah::new(options))),
        EngineKind::Builtin => None,
    }
}

fn first_that_answers(
    engines: impl Iterator<Item = Box<dyn Engine>>,
) -> Result<(Box<dyn Engine>, Vec<StoredImage>), NoEngine> {
    let mut tried = Vec::new();
    for mut engine in engines {
        match engine.images() {
            Ok(images) => {
                engine.pass_over(tried);
                return Ok((engine, images));
            }
            Err(error) => tried.push(error),
        }
    }
    Err(NoEngine { tried })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Cancel;
    use crate::{BuildFailure, BuildRequest, Built, EngineError};

    /// An engine that has one image of its name, or does not answer, and those that were passed over for it.
    struct Fake(EngineKind, bool, Vec<EngineError>);

    impl Engine for Fake {
        fn kind(&self) -> EngineKind {
            self.0
        }

        fn store(&self) -> &str {
            "fake"
        }

        fn describe(&self) -> Result<String, EngineError> {
            Ok("fake".to_owned())
        }

        fn passed_over(&self) -> &[EngineError] {
            &self.2
        }

        fn pass_over(&mut self, tried: Vec<EngineError>) {
            self.2 = tried;
        }

        fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
            let id = format!("{:?}", self.0);
            if self.1 {
                Ok(vec![StoredImage { id, tags: vec![], labels: None }])
            } else {
                Err(EngineError { engine: id, message: "no".to_owned(), help: None })
            }
        }

        fn build(&self, _: &BuildRequest<'_>, _: &Cancel) -> Result<Built, BuildFailure> {
            Ok(Built { id: None })
        }

        fn tag(&self, image: &str, name: &str) -> Result<(), EngineError> {
            if name == "bad" {
                let engine = format!("{image} {name}");
                return Err(EngineError { engine, message: "no".to_owned(), help: None });
            }
            Ok(())
        }
    }

    /// The kind of the engine that was found, its listing, and what was passed over for it.
    fn first(answers: [bool; 3]) -> Result<(EngineKind, String, Vec<String>), Vec<String>> {
        let fakes = ORDER.into_iter().zip(answers);
        let fakes = fakes.map(|(kind, answers)| Box::new(Fake(kind, answers, Vec::new())) as Box<dyn Engine>);
        match first_that_answers(fakes) {
            Ok((engine, images)) => {
                let over = engine.passed_over().iter().map(ToString::to_string).collect();
                Ok((engine.kind(), images[0].id.clone(), over))
            }
            Err(NoEngine { tried }) => Err(tried.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn the_first_that_answers_is_taken_with_its_listing_and_knows_who_did_not() {
        let found = |kind: EngineKind, over: &[&str]| {
            Ok((kind, format!("{kind:?}"), over.iter().map(|&text| text.to_owned()).collect()))
        };
        assert_eq!(first([true, true, true]), found(EngineKind::Docker, &[]));
        assert_eq!(first([false, true, true]), found(EngineKind::Podman, &["Docker: no"]));
        assert_eq!(first([false, false, true]), found(EngineKind::Buildah, &["Docker: no", "Podman: no"]));
    }

    #[test]
    fn when_none_answers_each_says_why() {
        let told = ["Docker: no", "Podman: no", "Buildah: no"].map(str::to_owned).to_vec();
        assert_eq!(first([false, false, false]), Err(told));
    }

    #[test]
    fn only_one_is_tried_when_it_is_named() {
        let options = EngineOptions {
            docker_host: Some("unix:///no/such/socket".to_owned()),
            ..EngineOptions::default()
        };
        let Err(NoEngine { tried }) = detect(EngineChoice::Only(EngineKind::Docker), &options) else {
            panic!("there is no daemon at /no/such/socket");
        };
        assert_eq!(tried.iter().map(|error| error.engine.as_str()).collect::<Vec<_>>(), ["docker"]);
        for kind in ORDER {
            assert_eq!(engine(kind, &options).unwrap().kind(), kind);
        }
        assert!(engine(EngineKind::Builtin, &options).is_none());
    }

    #[test]
    fn several_names_are_given_one_by_one_unless_an_engine_can_do_better() {
        let names = ["a", "bad", "b"].map(str::to_owned);
        let fake = Fake(EngineKind::Docker, true, Vec::new());
        assert_eq!(fake.tag_all("i", &names).unwrap_err().engine, "i bad");
        assert!(fake.tag_all("i", &names[..1]).is_ok());
    }
}

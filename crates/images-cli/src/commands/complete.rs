use images_core::{Error, exit_code, workspace};

use super::Session;
use crate::arguments::{Complete, Images};
use crate::completion::{self, Completion, Image};
use crate::environment;

/// One word a line, with what it is behind a tab; `:path` where a path comes next.
pub(super) fn run(session: &Session, args: &Complete) -> Result<u8, Error> {
    let mut words = args.words.clone();
    words.extend(args.new_word.then(String::new));
    match completion::complete(Images::as_command(), &words, &|| images(session)) {
        Completion::Path => session.terminal.data(":path"),
        Completion::Words(found) => {
            for candidate in found {
                session.terminal.data(&format!("{}\t{}", candidate.word, candidate.about));
            }
        }
    }
    Ok(exit_code::DONE)
}

/// The images of the workspace; none where it cannot be read, which is for another command to say.
fn images(session: &Session) -> Vec<Image> {
    let options = environment::load_options(&session.global, &[]);
    let workspace = options.and_then(|options| workspace::load(&options, &session.cancel));
    let images = workspace.map(|workspace| workspace.images).unwrap_or_default();
    let tags = |image: &workspace::Image| image.variants.iter().map(|variant| variant.tag.clone()).collect();
    images.iter().map(|image| Image { name: image.name.clone(), tags: tags(image) }).collect()
}

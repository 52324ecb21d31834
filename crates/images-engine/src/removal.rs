//! Taking names from images, never by force.

use crate::client::Client;
use crate::{EngineError, Removal};

/// What engines say where there is no such image.
const ABSENT: [&str; 3] = ["No such image", "image not known", "not found: does not exist"];
/// What they say where a container or another image needs it: docker begins with the first.
const IN_USE: [&str; 4] = ["conflict: ", "in use by", "image used by", "dependent child"];

/// Removes a name by a client's command for that.
///
/// # Errors
/// The client is not there, or refuses for a reason that is neither of the above.
pub(crate) fn remove(client: Client, command: &[&str], name: &str) -> Result<Removal, EngineError> {
    let args: Vec<&str> = command.iter().copied().chain(["--", name]).collect();
    let Err(error) = client.ask(&args) else { return Ok(Removal::Done) };
    let says = |words: &[&str]| words.iter().any(|words| error.message.contains(words));
    if says(&IN_USE) {
        Ok(Removal::InUse(error.message))
    } else if says(&ABSENT) {
        Ok(Removal::Done)
    } else {
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::client;

    fn removed(words: &str) -> Result<Removal, String> {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("[ \"$*\" = 'image rm -- localhost/a:1' ] || exit 9\n{words}");
        remove(client(&folder, &script), &["image", "rm"], "localhost/a:1").map_err(|error| error.message)
    }

    #[test]
    fn what_is_removed_or_was_not_there_is_gone() {
        assert_eq!(removed("echo Untagged: localhost/a:1"), Ok(Removal::Done));
        for words in ["Error: No such image: localhost/a:1", "Error: localhost/a:1: image not known"] {
            assert_eq!(removed(&format!("echo '{words}' >&2; exit 1")), Ok(Removal::Done));
        }
    }

    #[test]
    fn what_is_in_use_stays_and_says_so_by_each_engines_words() {
        for words in [
            "conflict: unable to remove repository reference \"localhost/a:1\" (must force) - container 1f is using its referenced image 2e",
            "image used by 1f: image is in use by a container: consider listing external containers",
            "could not remove image \"1\": image is in use by a container",
        ] {
            let told = removed(&format!("echo 'Error: {words}' >&2; exit 2"));
            assert_eq!(told, Ok(Removal::InUse(words.to_owned())));
        }
    }

    #[test]
    fn any_other_refusal_is_an_error() {
        assert_eq!(removed("echo 'Error: no daemon' >&2; exit 1"), Err("no daemon".to_owned()));
    }
}

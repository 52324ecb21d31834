//! Whether a registry answers, and takes our credentials:
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#determining-support>.

use super::client::Ask;
use super::transport::Url;
use super::{Client, RegistryError, Repository};

impl Client {
    /// Asks the registry of a repository whether it is one. It may ask back who we are.
    ///
    /// # Errors
    /// It does not answer, does not take our credentials, or is no registry.
    pub fn ping(&self, repository: &Repository) -> Result<(), RegistryError> {
        self.again_and_again(|| {
            let url = Url { origin: self.home(repository)?, target: "/v2/".to_owned() };
            let ask = Ask {
                method: "GET",
                repository,
                url,
                scope: String::new(),
                fields: Vec::new(),
                payload: None,
            };
            let answer = self.try_to_ask(&ask)?;
            if answer.status() != 200 {
                return Err(self.refusal(answer, repository).error.into());
            }
            answer.drain();
            Ok(())
        })
    }
}

//! A name and a password, or what stands for them.

use std::fmt;

/// How to show who we are. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A name and a password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
    /// What a token server gives a new token for: docker's `identitytoken`.
    Identity(String),
    /// A token that the registry itself takes: docker's `registrytoken`.
    Token(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Credential::Basic",
            Self::Identity(_) => "Credential::Identity",
            Self::Token(_) => "Credential::Token",
        })
    }
}

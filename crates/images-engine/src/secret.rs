//! Secrets as flags: the flag says where the value is, and the client reads it there.

use crate::client::Client;
use crate::{EngineError, Secret, SecretSource};

/// For docker, which reads the flag's value as a line of CSV.
///
/// <https://docs.docker.com/reference/cli/docker/buildx/build/#secret>
pub(crate) fn csv_flag(secret: &Secret) -> String {
    let fields = fields(secret).map(|field| {
        if field.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field
        }
    });
    format!("--secret={}", fields.join(","))
}

/// For podman and buildah, which split the flag's value at each comma and know no quotes.
///
/// # Errors
/// There is a comma in it.
pub(crate) fn plain_flag(client: Client, secret: &Secret) -> Result<String, EngineError> {
    let fields = fields(secret);
    if let Some(field) = fields.iter().find(|field| field.contains(',')) {
        let Client(name) = client;
        let message = format!("{name} cannot take a secret with a comma in `{field}`");
        return Err(client.error(message, Some("rename it".to_owned())));
    }
    Ok(format!("--secret={}", fields.join(",")))
}

fn fields(secret: &Secret) -> [String; 2] {
    let source = match &secret.source {
        SecretSource::Env(name) => format!("env={name}"),
        SecretSource::File(path) => format!("src={path}"),
    };
    [format!("id={}", secret.id), source]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(id: &str, source: SecretSource) -> Secret {
        Secret { id: id.to_owned(), source }
    }

    #[test]
    fn docker_gets_csv() {
        assert_eq!(csv_flag(&secret("a", SecretSource::Env("TOKEN".to_owned()))), "--secret=id=a,env=TOKEN");
        let file = |path: &str| csv_flag(&secret("a", SecretSource::File(path.into())));
        assert_eq!(file("/x y"), "--secret=id=a,src=/x y");
        assert_eq!(file("/x,\"y\""), "--secret=id=a,\"src=/x,\"\"y\"\"\"");
    }

    #[test]
    fn podman_and_buildah_get_plain_fields() {
        let env = secret("a", SecretSource::Env("TOKEN".to_owned()));
        assert_eq!(plain_flag(Client("podman"), &env).unwrap(), "--secret=id=a,env=TOKEN");
        let file = secret("a", SecretSource::File("/x".into()));
        assert_eq!(plain_flag(Client("podman"), &file).unwrap(), "--secret=id=a,src=/x");
        let comma = secret("a", SecretSource::File("/x,y".into()));
        let error = plain_flag(Client("podman"), &comma).unwrap_err();
        assert_eq!(error.to_string(), "podman: podman cannot take a secret with a comma in `src=/x,y`");
    }
}

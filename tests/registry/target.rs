//! The registries that the checks are made of.

use std::fs;
use std::path::Path;
use std::process::Command;

use camino::Utf8PathBuf;
use images_engine::process::Cancel;
use images_oci::registry::{Client, Options, Repository};
use images_tests::fake_registry::{Access, FakeRegistry, IDENTITY};
use images_tests::program::{find, run};
use images_tests::registry::Registry;
use tempfile::TempDir;

use crate::memory::PatientClock;

/// One kind of registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Fake(Access),
    /// The fake one with an identity token.
    FakeIdentity,
    Real,
    RealBasic,
    RealTls,
}

pub(crate) const KINDS: [Kind; 8] = [
    Kind::Fake(Access::Free),
    Kind::Fake(Access::Basic),
    Kind::Fake(Access::Token),
    Kind::Fake(Access::PrivateToken),
    Kind::FakeIdentity,
    Kind::Real,
    Kind::RealBasic,
    Kind::RealTls,
];

/// `tester` and `pa:ss` in bcrypt, the only hash that docker's registry takes.
const HTPASSWD: &str = "tester:$2b$05$NfFoQypdgvXyWz/EWjJijeGoYdRC6AVDs98TVXi6YeDHqJnOaMr3u\n";

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fake(Access::Free) => "fake",
            Self::Fake(Access::Basic) => "fake-basic",
            Self::Fake(Access::Token) => "fake-token",
            Self::Fake(Access::PrivateToken) => "fake-private-token",
            Self::FakeIdentity => "fake-identity",
            Self::Real => "docker-registry",
            Self::RealBasic => "docker-registry-basic",
            Self::RealTls => "docker-registry-tls",
        }
    }

    /// What it needs.
    pub(crate) fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Fake(_) | Self::FakeIdentity => &[],
            Self::Real | Self::RealBasic => &["docker-registry"],
            Self::RealTls => &["docker-registry", "openssl"],
        }
    }
}

/// A running registry, and a client that may use it.
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) address: String,
    pub(crate) client: Client,
    fake: Option<FakeRegistry>,
    real: Option<Registry>,
    folder: TempDir,
}

impl Target {
    pub(crate) fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let access = match kind {
            Kind::Fake(access) => Some(access),
            Kind::FakeIdentity => Some(Access::PrivateToken),
            _ => None,
        };
        let fake = access.map(FakeRegistry::start);
        let real = access.is_none().then(|| start_real(kind, folder.path()));
        let address = match (&fake, &real) {
            (Some(fake), _) => fake.address.clone(),
            (_, Some(real)) => real.address.clone(),
            _ => unreachable!("it is one of the two"),
        };
        let mut target = Self { kind, address, client: client(Options::default()), fake, real, folder };
        target.client = client(target.options());
        target
    }

    /// What its client is told.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::default();
        let entry = match self.kind {
            Kind::FakeIdentity => format!(r#"{{"identitytoken":"{IDENTITY}"}}"#),
            _ => r#"{"auth":"dGVzdGVyOnBhOnNz"}"#.to_owned(),
        };
        let file = self.file("auth.json");
        fs::write(&file, format!(r#"{{"auths":{{"{}":{entry}}}}}"#, self.address)).expect("a file");
        options.credential_files = vec![file];
        if self.kind == Kind::RealTls {
            options.trust.roots = vec![self.file("ca.crt")];
        }
        options
    }

    pub(crate) fn file(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.folder.path().join(name)).expect("a folder of UTF-8")
    }

    pub(crate) fn fake(&self) -> &FakeRegistry {
        self.fake.as_ref().expect("it is the fake one")
    }

    pub(crate) fn repository(&self, path: &str) -> Repository {
        Repository::parse(&format!("{}/{path}", self.address)).expect("a repository")
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.real.iter_mut().for_each(Registry::stop);
    }
}

/// A client that waits for nothing.
pub(crate) fn client(options: Options) -> Client {
    Client::new(Options { clock: PatientClock::shared(), ..options }, Cancel::default())
}

fn start_real(kind: Kind, folder: &Path) -> Registry {
    let program = find("docker-registry").expect("it was looked for");
    let file = |name: &str| folder.join(name).display().to_string();
    let (http, others) = match kind {
        Kind::RealBasic => {
            fs::write(file("htpasswd"), HTPASSWD).expect("a file");
            let path = file("htpasswd");
            (String::new(), format!("auth: {{htpasswd: {{realm: real, path: {path:?}}}}}\n"))
        }
        Kind::RealTls => {
            make_certificates(folder);
            let tls =
                format!(", tls: {{certificate: {:?}, key: {:?}}}", file("server.crt"), file("server.key"));
            (tls, String::new())
        }
        _ => (String::new(), String::new()),
    };
    Registry::start_with(&program, folder, &http, &others).expect("docker's registry starts")
}

/// A root, and a certificate of it for `127.0.0.1`.
fn make_certificates(folder: &Path) {
    let openssl = |words: &str| {
        run(Command::new("openssl").args(words.split(' ')).current_dir(folder)).ok();
    };
    fs::write(folder.join("san"), "subjectAltName=IP:127.0.0.1,DNS:registry.invalid\n").expect("a file");
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.crt -subj /CN=root -days 2"));
    openssl(&format!("req -new {key} -keyout server.key -out server.csr -subj /CN=server"));
    openssl(
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile san",
    );
}

//! What must hold with a registry over TLS.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use images_oci::registry::{Name, Options, Proxies, RegistryErrorKind, Repository};

use crate::checks::Check;
use crate::target::{Target, client};

pub(crate) const ALL: &[(&str, Check)] = &[
    ("a_certificate_of_nobody_is_not_trusted", a_certificate_of_nobody_is_not_trusted),
    ("a_proxy_makes_a_tunnel", a_proxy_makes_a_tunnel),
];

fn one() -> Name {
    Name::Tag("1".to_owned())
}

fn a_certificate_of_nobody_is_not_trusted(target: &Target) {
    let repository = target.repository("acme/app");
    let other = client(Options { trust: Default::default(), ..target.options() });
    let error = other.manifest(&repository, &one()).unwrap_err();
    assert!(error.message.starts_with(&format!("cannot trust https://{}", target.address)), "{error}");
    let folder = target.file("certs.d");
    fs::create_dir_all(folder.join(&target.address)).unwrap();
    fs::copy(target.file("ca.crt"), folder.join(&target.address).join("ca.crt")).unwrap();
    let mut options = Options::default();
    options.trust.folders = vec![folder];
    assert_eq!(client(options).manifest(&repository, &one()).unwrap_err().kind, RegistryErrorKind::Absent);
}

/// The certificate is for `registry.invalid` as well, which only the proxy finds.
fn a_proxy_makes_a_tunnel(target: &Target) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let https = Some(format!("http://u:p@{}", listener.local_addr().unwrap()));
    let address = target.address.clone();
    let proxy = std::thread::spawn(move || tunnel(&listener, &address).unwrap());
    let proxies = Proxies { https, ..Proxies::default() };
    let client = client(Options { proxies, ..target.options() });
    let repository = Repository::parse("registry.invalid/acme/app").unwrap();
    assert_eq!(client.manifest(&repository, &one()).unwrap_err().kind, RegistryErrorKind::Absent);
    drop(client);
    let expected = [
        "CONNECT registry.invalid:443 HTTP/1.1",
        "Host: registry.invalid:443",
        "Proxy-Authorization: Basic dTpw",
    ];
    assert_eq!(proxy.join().unwrap(), expected);
}

/// Connects one client with the registry, and returns the head of what the proxy was asked.
fn tunnel(listener: &TcpListener, address: &str) -> io::Result<Vec<String>> {
    let (client, _) = listener.accept()?;
    let head: Vec<String> = BufReader::with_capacity(1, &client)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let server = TcpStream::connect(address)?;
    (&client).write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _ = io::copy(&mut &client, &mut &server);
            let _ = server.shutdown(Shutdown::Both);
        });
        let _ = io::copy(&mut &server, &mut &client);
    });
    Ok(head)
}

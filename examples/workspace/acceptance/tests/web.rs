//! The very image that `cargo xtask images build` made, asked over HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;

use testcontainers::GenericImage;
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::SyncRunner;

include!(concat!(env!("OUT_DIR"), "/images.rs"));

#[test]
fn web_says_which_image_it_is() {
    let exact = images::WEB.exact().expect("`cargo xtask images build` comes first");
    let (name, tag) = exact.rsplit_once(':').expect("a reference by key has a tag");
    let web = GenericImage::new(name, tag)
        .with_exposed_port(8080.tcp())
        .with_wait_for(WaitFor::message_on_stderr("listening on port 8080"))
        .start()
        .expect("the engine starts it");
    let port = web.get_host_port_ipv4(8080).expect("the port is mapped");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.ends_with(images::WEB.reference()), "{answer}");
}

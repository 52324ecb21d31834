//! A registry on the loopback interface.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use crate::server::Server;

/// A running registry.
#[derive(Debug)]
pub struct Registry {
    server: Server,
    /// Where it listens: `127.0.0.1:PORT`, which engines take for insecure without being told.
    pub address: String,
}

impl Registry {
    /// Starts docker's own registry program on a port that is free.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(program: &Path, folder: &Path) -> Result<Self, String> {
        Self::start_with(program, folder, "", "")
    }

    /// The same with more settings: further ones of `http`, and others.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_with(program: &Path, folder: &Path, http: &str, others: &str) -> Result<Self, String> {
        let address = free_address().map_err(|error| format!("no free port: {error}"))?;
        let configuration = folder.join("registry.yml");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {:?}}}}}\nhttp: {{addr: \"{address}\"{http}}}\n{others}",
            folder.join("blobs")
        );
        fs::write(&configuration, text).map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg("serve").arg(&configuration);
        let is_ready = || TcpStream::connect(&address).is_ok();
        let server = Server::start(&command, &folder.join("registry.log"), is_ready)?;
        Ok(Self { server, address })
    }

    /// Stops it.
    pub fn stop(&mut self) {
        self.server.stop();
    }
}

fn free_address() -> std::io::Result<String> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.to_string())
}

/// The body of the answer to a GET request.
///
/// # Panics
/// The registry does not answer.
#[track_caller]
pub fn get(address: &str, path: &str) -> String {
    get_accepting(address, path, "*/*")
}

/// The same, for an answer of this media type.
///
/// # Panics
/// The registry does not answer.
#[track_caller]
pub fn get_accepting(address: &str, path: &str, media_type: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the registry listens");
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nAccept: {media_type}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the registry reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the registry answers in text");
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

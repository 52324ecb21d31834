//! Answers every request on port 8080 with the name of its image.

use std::io::{Read, Write};
use std::net::TcpListener;

const REFERENCE: &str = env!("IMAGE_REFERENCE");

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:8080")?;
    eprintln!("listening on port 8080");
    for stream in listener.incoming() {
        let mut stream = stream?;
        let mut request = [0; 1024];
        // A client that goes away is its own business.
        let _ = stream.read(&mut request);
        let length = REFERENCE.len();
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{REFERENCE}"
        );
    }
    Ok(())
}

//! Serves a greeting on port 8080, or on the port that `PORT` names.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

/// How long one client may keep the server.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest request line and headers that are read, in bytes.
const LONGEST: u64 = 8192;

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a server reads its own settings")]
    let port = std::env::var("PORT").ok().and_then(|port| port.parse::<u16>().ok()).unwrap_or(8080);
    let listener = match TcpListener::bind(("0.0.0.0", port)) {
        Ok(listener) => listener,
        Err(error) => {
            let _ = writeln!(io::stderr(), "cannot listen on port {port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let _ = writeln!(io::stderr(), "listening on port {port}");
    for stream in listener.incoming().flatten() {
        // A client that goes away is its own business.
        let _ = serve(stream);
    }
    ExitCode::SUCCESS
}

fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.try_clone()?.take(LONGEST)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    stream.write_all(answer(&request).as_bytes())
}

/// The whole answer to a request line.
fn answer(request: &str) -> String {
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, body) = match (method, path.split('?').next().unwrap_or_default()) {
        ("GET", "/health") => ("200 OK", "ok\n".to_owned()),
        ("GET", "/") => ("200 OK", format!("Hello from greeter {}!\n", env!("CARGO_PKG_VERSION"))),
        ("GET", _) => ("404 Not Found", "not found\n".to_owned()),
        _ => ("405 Method Not Allowed", "only GET\n".to_owned()),
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn the_root_greets_with_the_version() {
        let greeting = answer("GET / HTTP/1.1");
        assert!(greeting.starts_with("HTTP/1.1 200 OK\r\n"), "{greeting}");
        assert!(greeting.ends_with(concat!("\r\n\r\nHello from greeter ", env!("CARGO_PKG_VERSION"), "!\n")));
    }

    #[test]
    fn other_paths_and_methods_are_told_apart() {
        assert!(answer("GET /health?x HTTP/1.1").ends_with("\r\n\r\nok\n"));
        assert!(answer("GET /x HTTP/1.1").starts_with("HTTP/1.1 404 "));
        assert!(answer("POST / HTTP/1.1").starts_with("HTTP/1.1 405 "));
    }
}

//! The only program in the tests' images.
//!
//! * `say WORD…` prints the words.
//! * `fail CODE LINES` prints `line 1` to `line LINES` and exits with the code.
//! * `write FILE WORD…` writes the words.
//! * `write-size FILE OTHER` writes how many bytes the other file has.
//! * `serve PORT STATUS WORD…` answers every HTTP request on the port with the status and the words.
//! * `hang` prints `hanging` and does nothing from then on; as the first process of a container it ignores signals.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;
use std::{env, fs, process, thread};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["say", words @ ..] => println!("{}", words.join(" ")),
        ["fail", code, lines] => {
            (1..=lines.parse().expect("a number")).for_each(|line: usize| println!("line {line}"));
            process::exit(code.parse().expect("a number"));
        }
        ["write", file, words @ ..] => fs::write(file, words.join(" ")).expect("a file that can be written"),
        ["write-size", file, other] => {
            let size = fs::read(other).expect("a file").len();
            fs::write(file, size.to_string()).expect("a file that can be written");
        }
        ["serve", port, status, words @ ..] => serve(port, status, &words.join(" ")),
        ["hang"] => {
            println!("hanging");
            loop {
                thread::sleep(Duration::from_secs(1));
            }
        }
        other => panic!("unknown: {other:?}"),
    }
}

fn serve(port: &str, status: &str, body: &str) {
    let port: u16 = port.parse().expect("a number");
    let listener = TcpListener::bind(("0.0.0.0", port)).expect("the port is free");
    println!("listening on {port}");
    for mut stream in listener.incoming().flatten() {
        // A client that goes away is its own business.
        let _ = stream.read(&mut [0; 4096]);
        let length = body.len();
        let _ = write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    }
}

//! The only program in the tests' images.
//!
//! * `say WORD…` prints the words.
//! * `fail CODE LINES` prints `line 1` to `line LINES` and exits with the code.
//! * `write FILE WORD…` writes the words.
//! * `write-size FILE OTHER` writes how many bytes the other file has.

use std::{env, fs, process};

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
        other => panic!("unknown: {other:?}"),
    }
}

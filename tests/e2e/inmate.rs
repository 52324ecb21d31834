//! The only program in the tests' images.
//!
//! * `say WORD…` prints the words.
//! * `fail CODE LINES` prints `line 1` to `line LINES` and exits with the code.
//! * `write FILE WORD…` writes the words.
//! * `size FILE` prints how many bytes the file has.
//! * `env NAME` prints how many bytes the variable has.

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
        ["size", file] => println!("{} bytes", fs::read(file).expect("a file").len()),
        ["env", name] => println!("{} bytes", env::var(name).unwrap_or_default().len()),
        other => panic!("unknown: {other:?}"),
    }
}

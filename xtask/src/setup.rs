//! `cargo xtask setup`: what the full set of tests and examples needs beside Rust.
//!
//! 1. See what is missing ([`packages`], [`docker`]).
//! 2. Print what would be done, command by command.
//! 3. Ask, unless told not to.
//! 4. Do exactly that.

mod docker;
mod packages;

use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use xshell::Shell;

/// Install what the full set of tests and examples needs, through the system's package manager
///
/// Says what it will do, then asks. What is there already is left as it is.
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
}

/// One thing that setup does.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Write a file; its folder is made first.
    Write { path: PathBuf, text: String },
    /// Run a program in a folder, or here.
    Run { argv: Vec<String>, folder: Option<PathBuf> },
}

impl Step {
    fn run_here(argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Run { argv: argv.into_iter().map(Into::into).collect(), folder: None }
    }

    fn run_in(folder: impl Into<PathBuf>, argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Run { argv: argv.into_iter().map(Into::into).collect(), folder: Some(folder.into()) }
    }

    fn execute(&self, sh: &Shell) -> xshell::Result<()> {
        match self {
            Self::Write { path, text } => sh.write_file(path, text),
            Self::Run { argv, folder } => {
                let _folder = folder.as_ref().map(|folder| sh.push_dir(folder));
                sh.cmd(&argv[0]).args(&argv[1..]).run()
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write { path, .. } => write!(f, "write {}", path.display()),
            Self::Run { argv, folder: None } => f.write_str(&shell_words(argv)),
            Self::Run { argv, folder: Some(folder) } => {
                write!(f, "(cd {} && {})", folder.display(), shell_words(argv))
            }
        }
    }
}

/// The command as one can paste it into a shell.
fn shell_words(argv: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+".contains(c);
    let quoted = argv.iter().map(|word| match word.chars().all(plain) && !word.is_empty() {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

impl Setup {
    pub(crate) fn run(self, sh: &Shell) -> Result<ExitCode, Box<dyn Error>> {
        if !packages::has_program(sh, "apt-get") {
            println!("{}", packages::by_hand());
            return Ok(ExitCode::from(2));
        }
        let missing = packages::missing(sh);
        let mut steps = packages::install(sh, &missing)?;
        steps.extend(docker::install(sh)?);
        if steps.is_empty() {
            println!("Everything is there already.");
            return Ok(ExitCode::SUCCESS);
        }
        announce(&missing, &steps);
        if self.dry_run {
            return Ok(ExitCode::SUCCESS);
        }
        if !self.yes && !confirmed()? {
            return Ok(ExitCode::from(2));
        }
        steps.iter().try_for_each(|step| step.execute(sh))?;
        println!("Done. `cargo xtask test` runs the tests on every engine that is there.");
        Ok(ExitCode::SUCCESS)
    }
}

fn announce(missing: &[&packages::Package], steps: &[Step]) {
    for package in missing {
        println!("{:<26} {}", package.name, package.purpose);
    }
    println!("This will be done:");
    for step in steps {
        println!("    {step}");
    }
    if steps.iter().any(|step| matches!(step, Step::Run { argv, .. } if argv[0] == "sudo")) {
        println!("Commands with `sudo` may ask for your password.");
    }
}

/// Asks on the terminal; without one, says how to go on.
fn confirmed() -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        println!("Nothing was done: there is no terminal to ask on. `cargo xtask setup --yes` goes ahead.");
        return Ok(false);
    }
    print!("Go ahead? [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_printed_as_it_can_be_pasted() {
        let step = Step::run_in("/x", ["sh", "-c", "it's $HOME", "", "a=b"]);
        assert_eq!(step.to_string(), r"(cd /x && sh -c 'it'\''s $HOME' '' a=b)");
        assert_eq!(Step::run_here(["apt-get", "update"]).to_string(), "apt-get update");
    }
}

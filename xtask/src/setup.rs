//! `cargo xtask setup`: what the full set of tests and examples needs beside Rust.
//!
//! 1. See what is missing ([`needs`], [`docker`]), and what the system's package manager has for it ([`manager`]).
//! 2. Print what would be done, command by command.
//! 3. Ask, unless told not to.
//! 4. Do exactly that.

mod docker;
mod manager;
mod needs;

use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use manager::Manager;
use needs::{BUILDX, CLIENT, Need, Package};
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
        let Some(manager) = Manager::find(sh) else {
            println!("{}", needs::by_hand());
            return Ok(ExitCode::from(2));
        };
        let brings_docker = manager == Manager::Apt && docker::is_release(sh);
        let is_brought = |need: &Need| brings_docker && [CLIENT, BUILDX].contains(&need.name);
        let is_there = |need: &Need| is_brought(need) || need.is_there(sh);
        let missing = needs::missing(manager, &is_there, &|name| manager.offers(sh, name));
        let mut steps = manager.install(sh, &missing.packages)?;
        if brings_docker {
            steps.extend(docker::install(sh)?);
        }
        tell_of_unavailable(manager, &missing.unavailable);
        if steps.is_empty() {
            let all = if missing.unavailable.is_empty() { "Everything" } else { "Everything else" };
            println!("{all} is there already.");
            return Ok(ExitCode::SUCCESS);
        }
        announce(&missing.packages, &steps);
        if self.dry_run {
            return Ok(ExitCode::SUCCESS);
        }
        if !self.yes && !confirmed()? {
            return Ok(ExitCode::from(2));
        }
        steps.iter().try_for_each(|step| step.execute(sh))?;
        print!("{}", manager.afterwards());
        println!("Done. `cargo xtask test` runs the tests on every engine that is there.");
        Ok(ExitCode::SUCCESS)
    }
}

/// Says what the package manager has nothing for: the tests that need it count as ignored.
fn tell_of_unavailable(manager: Manager, unavailable: &[&Need]) {
    for need in unavailable {
        println!("{} has no package for {} ({}).", manager.name(), need.name, need.purpose);
    }
}

fn announce(packages: &[Package], steps: &[Step]) {
    for package in packages {
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

//! What a shell reads at its start.

use crate::arguments::Shell;

/// The script of a shell.
pub(crate) fn of(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("scripts/bash.sh"),
        Shell::Zsh => include_str!("scripts/zsh.sh"),
        Shell::Fish => include_str!("scripts/fish.fish"),
        Shell::Elvish => include_str!("scripts/elvish.elv"),
        Shell::Powershell => include_str!("scripts/powershell.ps1"),
    }
}

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that is to complete
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

#[derive(Debug, Args)]
pub(crate) struct Complete {
    /// An empty word comes after those that are given
    #[arg(long)]
    pub(crate) new_word: bool,
    /// The words behind `images`, the one that is being typed last
    #[arg(value_name = "WORD", last = true)]
    pub(crate) words: Vec<String>,
}

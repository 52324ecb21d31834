use clap::Args;

use super::{EngineArgs, Format};

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// Ask each registry whether it answers and takes our log-in
    #[arg(long)]
    pub(crate) online: bool,
    /// Speak to this registry without TLS, as to those in IMAGES_PLAIN_HTTP; loopback addresses need no such word
    #[arg(long, value_name = "HOST[:PORT]", value_delimiter = ',', requires = "online")]
    pub(crate) plain_http: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FMT")]
    pub(crate) format: Format,
}

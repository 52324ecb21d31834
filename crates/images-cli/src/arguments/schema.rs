use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which file it is about
    #[arg(value_enum, value_name = "FILE", default_value_t = SchemaOf::Image)]
    pub(crate) of: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// Image.toml
    Image,
    /// The root Cargo.toml: [workspace.metadata.images]
    Workspace,
    /// Images.lock
    Lock,
}

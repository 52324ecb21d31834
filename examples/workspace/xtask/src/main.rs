use clap::Parser;

#[derive(Parser)]
enum Xtask {
    /// Build the workspace's container images
    Images(images_cli::Images),
}

fn main() -> std::process::ExitCode {
    match Xtask::parse() {
        Xtask::Images(images) => images.run(),
    }
}

//! Manual pages from the definitions that the command line is parsed by.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::Roff;

/// The section for programs.
const SECTION: &str = "1";

/// One page: the command, and a section for each command below it.
pub(crate) fn one(command: Command) -> String {
    let mut page = whole(&command);
    for (name, below) in commands(&command, "images") {
        page.push_str(&format!(".SH \"{}\"\n", name.to_uppercase()));
        page.push_str(&as_part(&below.bin_name(format!("cargo xtask {name}"))));
    }
    page
}

/// A page for the command and for each below it, by the names of their files.
pub(crate) fn each(command: Command) -> Vec<(String, String)> {
    let mut command = command;
    // Global options reach the commands below by this, and these get their whole names.
    command.build();
    let file =
        |command: &Command| format!("{}.{SECTION}", command.get_display_name().unwrap_or(command.get_name()));
    let below = built(&command);
    std::iter::once((file(&command), whole(&command)))
        .chain(below.iter().map(|command| (file(command), whole(command))))
        .collect()
}

/// The commands below, at each depth, hidden ones apart, as they are once they were built.
fn built(command: &Command) -> Vec<Command> {
    let shown = command.get_subcommands().filter(|below| !below.is_hide_set());
    shown.flat_map(|below| std::iter::once(below.clone()).chain(built(below))).collect()
}

/// The commands below, at each depth, hidden ones apart, with their names behind `cargo xtask`.
fn commands(command: &Command, name: &str) -> Vec<(String, Command)> {
    let shown = command.get_subcommands().filter(|below| !below.is_hide_set());
    shown
        .flat_map(|below| {
            let name = format!("{name} {}", below.get_name());
            let inner = commands(below, &name);
            std::iter::once((name, below.clone())).chain(inner)
        })
        .collect()
}

fn whole(command: &Command) -> String {
    rendered(|page| Man::new(command.clone()).section(SECTION).render(page))
}

/// What a page says of a command, with its sections one level down. Options of every command are told once, above.
fn as_part(command: &Command) -> String {
    let man = Man::new(command.clone());
    let has_options = command.get_arguments().any(|arg| !arg.is_hide_set());
    let page = rendered(|page| {
        Roff::default().to_writer(page)?;
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        if has_options { man.render_options_section(page) } else { Ok(()) }
    });
    page.lines().map(|line| line.replacen(".SH ", ".SS ", 1) + "\n").collect()
}

fn rendered(render: impl Fn(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut page = Vec::new();
    render(&mut page).expect("a vector takes all that is written to it");
    String::from_utf8_lossy(&page).into_owned()
}

//! The files that a new image starts with.

use camino::Utf8PathBuf;
use images_schema::ImageDefaults;

use super::Template;
use super::package::Package;

/// The user of an image that may not run as root: a number needs no `/etc/passwd`.
const USER: &str = "USER 65532:65532\n";

/// What the files say.
#[derive(Debug)]
pub(super) struct Content<'a> {
    /// The image's name.
    pub(super) name: &'a str,
    /// Whether its folder is called otherwise.
    pub(super) has_own_name: bool,
    /// What the `FROM` says.
    pub(super) from: &'a str,
    /// Whether the policy wants a `USER`.
    pub(super) needs_user: bool,
    /// The fields of `[image]` that come from the workspace.
    pub(super) inherited: Vec<&'static str>,
    /// What a crate takes from the workspace.
    pub(super) package: Option<&'a Package>,
}

/// The fields that the workspace offers to its images, apart from those that are about one image alone.
pub(super) fn inherited(defaults: &ImageDefaults) -> Vec<&'static str> {
    let fields = [
        ("authors", defaults.authors.is_some()),
        ("licenses", defaults.licenses.is_some()),
        ("source", defaults.source.is_some()),
        ("documentation", defaults.documentation.is_some()),
        ("url", defaults.url.is_some()),
        ("vendor", defaults.vendor.is_some()),
    ];
    fields.into_iter().filter(|(_, offered)| *offered).map(|(field, _)| field).collect()
}

/// The files by their paths in the image's folder.
pub(super) fn files(template: Template, content: &Content<'_>) -> Vec<(Utf8PathBuf, String)> {
    let mut files = match template {
        Template::Rust => vec![("Cargo.toml", cargo_toml(content)), ("src/main.rs", main_rs(content))],
        Template::Python => vec![("main.py", main_py(content))],
        Template::Plain => Vec::new(),
    };
    files.push(("Image.toml", image_toml(template, content)));
    files.push(("Dockerfile", dockerfile(template, content)));
    files.into_iter().map(|(path, text)| (path.into(), text)).collect()
}

fn image_toml(template: Template, content: &Content<'_>) -> String {
    let mut text = "[image]\n".to_owned();
    if content.has_own_name {
        text.push_str(&format!("name = \"{}\"\n", content.name));
    }
    if template != Template::Rust {
        text.push_str("version = \"0.1.0\"\n");
    }
    text.push_str(&format!("description = \"{}\"\n", content.name));
    content.inherited.iter().for_each(|field| text.push_str(&format!("{field}.workspace = true\n")));
    if template == Template::Rust {
        text.push_str(&format!("\n[artifacts]\nbins = [\"{}\"]\nstatic = true\n", content.name));
    }
    text
}

fn dockerfile(template: Template, content: &Content<'_>) -> String {
    let Content { name, from, .. } = content;
    let user = if content.needs_user { USER } else { "" };
    match template {
        Template::Rust => {
            format!("FROM {from}\nCOPY artifacts/bin/{name} /{name}\n{user}ENTRYPOINT [\"/{name}\"]\n")
        }
        Template::Python => format!(
            "FROM {from}\nCOPY main.py /srv/main.py\n{user}ENTRYPOINT [\"python3\", \"/srv/main.py\"]\n"
        ),
        Template::Plain => format!(
            "FROM {from}\n\n# COPY brings files of this folder into the image, RUN runs a command in it, CMD says what it starts.\n{user}"
        ),
    }
}

fn cargo_toml(content: &Content<'_>) -> String {
    let mut text = format!("[package]\nname = \"{}\"\nversion = \"0.1.0\"\n", content.name);
    let inherited = content.package.map_or(&[][..], |package| &package.inherited);
    if !inherited.contains(&"edition") {
        text.push_str("edition = \"2024\"\n");
    }
    inherited.iter().for_each(|key| text.push_str(&format!("{key}.workspace = true\n")));
    if content.package.is_some_and(|package| package.has_lints) {
        text.push_str("\n[lints]\nworkspace = true\n");
    }
    text
}

fn main_rs(content: &Content<'_>) -> String {
    let name = content.name;
    format!(
        "//! The program of the image `{name}`.\n\nfn main() {{\n    println!(\"Hello from {name}!\");\n}}\n"
    )
}

fn main_py(content: &Content<'_>) -> String {
    format!("print(\"Hello from {}!\")\n", content.name)
}

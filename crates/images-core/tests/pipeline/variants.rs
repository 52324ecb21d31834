//! What an Image.toml expands into: versions, suffixes, arguments, labels.

use crate::project::Project;
use crate::workspace::{first, tags};

fn tags_of(manifest: &str) -> Vec<String> {
    let project = Project::new();
    project.image_with("app", manifest, "FROM scratch\n");
    tags(&project.load())
}

#[test]
fn the_default_variant_is_named_or_the_newest() {
    assert_eq!(
        tags_of(
            "[[variant]]\nversion = \"3.9.1\"\n[[variant]]\nversion = \"3.11.0\"\n[[variant]]\nversion = \"4.0.0-rc.1\"\n"
        ),
        ["3.9.1", "3.11.0*", "4.0.0-rc.1"]
    );
    assert_eq!(
        tags_of("[[variant]]\nversion = \"1\"\ndefault = true\n[[variant]]\nversion = \"2\"\n"),
        ["1*", "2"]
    );
    assert_eq!(
        tags_of(
            "[image]\nversion = \"1\"\n[[variant]]\nsuffix = \"-a\"\n[[variant]]\n[[variant]]\nsuffix = \"-b\"\n"
        ),
        ["1-a", "1*", "1-b"],
        "among equals the one without a suffix"
    );
    assert_eq!(
        tags_of("[image]\nversion = \"1\"\n[[variant]]\nsuffix = \"-a\"\n[[variant]]\nsuffix = \"-b\"\n"),
        ["1-a*", "1-b"],
        "then the first"
    );
    assert_eq!(
        first("[[variant]]\nversion = \"1\"\ndefault = true\n[[variant]]\nversion = \"2\"\ndefault = true\n"),
        "images/app/Image.toml:5 [\"2\"] two variants of `app` are the default | the second one | a reference without a tag means one variant"
    );
}

#[test]
fn a_matrix_is_the_product_of_its_lists() {
    let project = Project::new();
    project.image_with(
        "app",
        "[image]\nversion = \"1\"\n[args]\nB = \"z\"\nC = \"{variant}\"\n[matrix]\nargs = { A = [\"1\", \"2\"], B = [\"x\", \"y\"] }\nsuffix = \"-{A}{B}\"\n",
        "FROM scratch\n",
    );
    let workspace = project.load();
    assert_eq!(tags(&workspace), ["1-1x*", "1-1y", "1-2x", "1-2y"]);
    let args: Vec<_> = workspace.images[0].variants[3].args.clone().into_iter().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(args, [pair("A", "2"), pair("B", "y"), pair("C", "1-2y")]);
    assert_eq!(
        first("[image]\nversion = \"1\"\n[matrix]\nargs = { A = [] }\n"),
        "images/app/Image.toml:4 [[]] `A` has no values | an empty list | a matrix over nothing makes no variant"
    );
    assert!(
        first("[image]\nversion = \"1\"\n[[variant]]\n[matrix]\nargs = { A = [\"1\"] }\n").contains(
            "[matrix] and [[variant]] exclude each other | one of the two | write every variant out"
        )
    );
}

#[test]
fn placeholders_are_filled_in_and_unknown_ones_refused() {
    let project = Project::new();
    project.image_with(
        "app",
        "[image]\nversion = \"1.2.3+g\"\n[args]\nV = \"{name} {version} {variant} {{x}}\"\n[labels]\nl = \"{V}\"\n[[variant]]\nsuffix = \"-{K}\"\nargs = { K = \"k\" }\n",
        "FROM scratch\n",
    );
    let workspace = project.load();
    let variant = &workspace.images[0].variants[0];
    assert_eq!(variant.tag, "1.2.3_g-k");
    assert_eq!(variant.args["V"], "app 1.2.3+g 1.2.3_g-k {x}");
    assert_eq!(variant.labels["l"], "app 1.2.3+g 1.2.3_g-k {x}");
    assert_eq!(variant.labels["org.opencontainers.image.version"], "1.2.3+g");
    assert_eq!(variant.labels["org.opencontainers.image.title"], "app");
    assert_eq!(variant.labels.len(), 3);
    assert_eq!(
        first("[image]\nversion = \"1\"\n[args]\nA = \"{verison}\"\n"),
        "images/app/Image.toml:4 [\"{verison}\"] `{verison}` means nothing here | an unknown placeholder | {name}, {version}, {variant}, {out} in a command, and names of arguments are filled in; `{{` is a brace"
    );
    assert!(
        first("[image]\nversion = \"1\"\n[args]\nA = \"{x\"\n")
            .contains("a `{` without its `}` | never closed")
    );
    assert!(
        first("[image]\nversion = \"1\"\n[args]\nA = \"{out}\"\n").contains("`{out}` means nothing here")
    );
}

#[test]
fn arguments_of_the_command_line_win_over_variants_and_those_over_the_images() {
    let mut project = Project::new();
    let manifest = "[image]\nversion = \"1\"\n[args]\nA = \"image\"\nB = \"image\"\nC = \"image\"\n[[variant]]\nargs = { B = \"variant\", C = \"variant\" }\n";
    project.image_with("app", manifest, "FROM scratch\n");
    project.options.build_args.insert("C".to_owned(), "given".to_owned());
    let workspace = project.load();
    let args = &workspace.images[0].variants[0].args;
    assert_eq!((args["A"].as_str(), args["B"].as_str(), args["C"].as_str()), ("image", "variant", "given"));
}

#[test]
fn descriptions_are_labels_and_may_be_inherited() {
    let project = Project::with_settings(
        "[workspace]\n[workspace.package]\nlicense = \"MIT\"\nrepository = \"https://r\"\nauthors = [\"A\", \"B\"]\nhomepage = \"https://h\"\nversion = \"9\"\n[workspace.metadata.images]\nnamespace = \"acme\"\n[workspace.metadata.images.image]\nlicenses = \"Apache-2.0\"\nvendor = \"Acme\"\n[workspace.metadata.images.labels]\ncommon = \"{name}:{version}\"\n",
    );
    project.image_with(
        "app",
        "[image]\nversion.workspace = true\nlicenses.workspace = true\nsource.workspace = true\nauthors.workspace = true\nurl.workspace = true\nvendor.workspace = true\ndescription = \"An app\"\n",
        "FROM scratch\n",
    );
    let workspace = project.load();
    let labels: Vec<_> =
        workspace.images[0].variants[0].labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        labels,
        [
            "common=app:9",
            "org.opencontainers.image.authors=A, B",
            "org.opencontainers.image.description=An app",
            "org.opencontainers.image.licenses=Apache-2.0",
            "org.opencontainers.image.source=https://r",
            "org.opencontainers.image.title=app",
            "org.opencontainers.image.url=https://h",
            "org.opencontainers.image.vendor=Acme",
            "org.opencontainers.image.version=9",
        ]
    );
    assert_eq!(
        first("[image]\nversion = \"1\"\nvendor.workspace = true\n"),
        "images/app/Image.toml:3 [vendor] the workspace has no `vendor` to inherit | nothing to inherit | set `vendor` in [workspace.metadata.images.image], or write it here"
    );
}

#[test]
fn labels_of_ours_are_reserved() {
    assert_eq!(
        first("[image]\nversion = \"1\"\n[labels]\n\"dev.xtask-images.key\" = \"x\"\n"),
        "images/app/Image.toml:4 [\"x\"] `dev.xtask-images.key` cannot be a label here | reserved | choose a key of your own, without `=`"
    );
    assert!(
        first("[image]\nversion = \"1\"\n[labels]\n\"a=b\" = \"x\"\n")
            .contains("`a=b` cannot be a label here")
    );
}

#[test]
fn versions_come_from_the_workspace_a_crate_or_the_crate_in_the_folder() {
    let project = Project::with_settings(
        "[workspace]\nmembers = [\"images/app\", \"api\"]\n[workspace.metadata.images]\nnamespace = \"acme\"\n[workspace.metadata.images.image]\nversion = \"5.0.0\"\n",
    );
    for (folder, name, version) in [("images/app", "app-crate", "1.2.3"), ("api", "api", "4.5.6")] {
        project.write(
            &format!("{folder}/Cargo.toml"),
            format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n"),
        );
        project.write(&format!("{folder}/src/main.rs"), "fn main() {}\n");
    }
    project.image_with("app", "", "FROM scratch\n");
    project.image_with("by-crate", "[image]\nversion.crate = \"api\"\n", "FROM scratch\n");
    project.image_with("by-workspace", "[image]\nversion.workspace = true\n", "FROM scratch\n");
    assert_eq!(tags(&project.load()), ["1.2.3*", "4.5.6*", "5.0.0*"]);
    project.image_with("by-crate", "[image]\nversion.crate = \"apo\"\n", "FROM scratch\n");
    assert_eq!(
        project.problems()[0].rsplit("] ").next().unwrap(),
        "there is no crate `apo` | not in this workspace | did you mean `api`?"
    );
    assert_eq!(
        first("[image]\nversion.workspace = true\n"),
        "images/app/Image.toml:2 [version] the workspace has no version to inherit | nothing to inherit | set `version` in [workspace.metadata.images.image] or [workspace.package]"
    );
}

#[test]
fn cargo_is_not_asked_where_no_version_is_a_crates() {
    let mut project = Project::new();
    project.options.cargo = "/nonexistent/cargo".to_owned();
    project.image("app", "FROM scratch\n");
    assert_eq!(tags(&project.load()), ["1.0.0*"]);
    project.image_with("app", "[image]\nversion.crate = \"api\"\n", "FROM scratch\n");
    assert!(project.problems()[0].starts_with("exit 1: cannot run cargo in "), "{:?}", project.problems());
}

#[test]
fn an_interrupt_while_cargo_is_asked_is_an_interrupt() {
    let project = Project::new();
    project.image_with("app", "[image]\nversion.crate = \"api\"\n", "FROM scratch\n");
    project.cancel.interrupt();
    assert_eq!(project.problems(), ["exit 130: interrupted"]);
}

//! What the binaries of an image are made of: a CycloneDX document, <https://cyclonedx.org/docs/1.5/json/>, which an
//! artifact manifest attaches to the image:
//! <https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage>.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, Node, Package, PackageId};
use images_engine::process::{Cancel, Child, Output};
use serde_json::{Value, json};

use crate::graph::{Graph, NodeId};
use crate::{Error, HostOptions, host_error};

/// The media type of the document, and the type of the artifact.
pub(crate) const CYCLONEDX: &str = "application/vnd.cyclonedx+json";

/// The document of an image; `None` where it has no `[artifacts]`. Equal inputs make equal documents: there is neither a
/// time nor a random number in it.
///
/// # Errors
/// cargo does not resolve the workspace.
pub(crate) fn of(
    graph: &Graph<'_>,
    id: NodeId,
    host: &HostOptions,
    cancel: &Cancel,
) -> Result<Option<Value>, Error> {
    let Some(artifacts) = &graph.image(id).manifest.artifacts else { return Ok(None) };
    let crates = graph.workspace.crates.as_ref();
    let owners: BTreeSet<&str> = artifacts
        .get_ref()
        .bins
        .iter()
        .filter_map(|bin| crates.and_then(|crates| crates.with_bin(bin.get_ref())))
        .collect();
    let metadata = metadata(graph, artifacts.get_ref().target.as_deref(), host, cancel)?;
    let spec = graph.spec(id);
    Ok(Some(document(&metadata, &owners, spec.name, spec.tag)))
}

/// Asks cargo for the whole graph of dependencies, as it is locked.
fn metadata(
    graph: &Graph<'_>,
    target: Option<&str>,
    host: &HostOptions,
    cancel: &Cancel,
) -> Result<Metadata, Error> {
    let root = &graph.workspace.root;
    let mut args = ["metadata", "--format-version=1", "--locked"].map(str::to_owned).to_vec();
    args.extend(target.map(|target| format!("--filter-platform={target}")));
    let child = Child {
        program: host.cargo.clone(),
        args,
        env: BTreeMap::new(),
        cwd: Some(root.clone()),
        output: Output::Capture,
    };
    let ended = child.run(cancel).map_err(|error| host_error(error, "cannot run cargo in", root))?;
    let failed = |output: String| Error::Command {
        message: "cargo metadata failed".to_owned(),
        output,
        help: Some("a bill of materials lists what Cargo.lock says, so cargo must accept it".to_owned()),
    };
    match ended.code {
        _ if cancel.is_interrupted() => Err(Error::Interrupted),
        Some(0) => serde_json::from_slice(&ended.stdout).map_err(|error| failed(error.to_string())),
        _ => Err(failed(String::from_utf8_lossy(&ended.stderr).into_owned())),
    }
}

fn document(metadata: &Metadata, owners: &BTreeSet<&str>, name: &str, version: &str) -> Value {
    let packages: BTreeMap<&PackageId, &Package> =
        metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let nodes: BTreeMap<&PackageId, &Node> =
        metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (&node.id, node)).collect();
    let roots = metadata.workspace_packages().into_iter();
    let roots: Vec<&PackageId> =
        roots.filter(|package| owners.contains(package.name.as_str())).map(|package| &package.id).collect();
    let reached = reached(&nodes, &roots);
    let mut components: Vec<_> =
        reached.iter().filter_map(|id| packages.get(id)).map(|package| component(package)).collect();
    components.sort_by_key(|component| component["bom-ref"].to_string());
    let mut dependencies: Vec<_> =
        reached.iter().filter_map(|id| dependency(&packages, nodes.get(id)?)).collect();
    dependencies.sort_by_key(|dependency| dependency["ref"].to_string());
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": name, "version": version}},
        "components": components,
        "dependencies": dependencies,
    })
}

/// What ends up in a binary: dependencies that are neither for tests nor for build scripts only.
fn linked(node: &Node) -> impl Iterator<Item = &PackageId> {
    let is_linked = |kind: &DependencyKind| *kind == DependencyKind::Normal;
    let linked = node.deps.iter().filter(move |dep| dep.dep_kinds.iter().any(|kind| is_linked(&kind.kind)));
    linked.map(|dep| &dep.pkg)
}

fn reached<'a>(
    nodes: &BTreeMap<&'a PackageId, &'a Node>,
    roots: &[&'a PackageId],
) -> BTreeSet<&'a PackageId> {
    let mut reached = BTreeSet::new();
    let mut open = roots.to_vec();
    while let Some(id) = open.pop() {
        if reached.insert(id)
            && let Some(node) = nodes.get(id)
        {
            open.extend(linked(node));
        }
    }
    reached
}

/// <https://github.com/package-url/purl-spec/blob/main/types-doc/cargo-definition.md>.
fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version.to_string().replace('+', "%2B"))
}

fn component(package: &Package) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": purl(package),
        "name": package.name.as_str(),
        "version": package.version.to_string(),
        "purl": purl(package),
    });
    if let Some(license) = &package.license {
        // Before 2019 a slash meant what OR means: https://doc.rust-lang.org/cargo/reference/manifest.html.
        component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
    }
    component
}

fn dependency(packages: &BTreeMap<&PackageId, &Package>, node: &Node) -> Option<Value> {
    let mut on: Vec<String> =
        linked(node).filter_map(|id| packages.get(id)).map(|package| purl(package)).collect();
    on.sort();
    Some(json!({"ref": purl(packages.get(&node.id)?), "dependsOn": on}))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cargo tells of `app`, which is linked with `used` and `deep`, built by `maker` and tested by `tester`.
    fn metadata() -> Metadata {
        let id = |name: &str| format!("path+file:///w/{name}#{name}@1.0.0");
        let package = |name: &str, version: &str, license: Option<&str>| {
            json!({
                "name": name, "version": version, "id": id(name), "license": license, "license_file": null,
                "description": null, "source": null, "dependencies": [], "targets": [], "features": {},
                "manifest_path": format!("/w/{name}/Cargo.toml"), "metadata": null, "publish": null, "authors": [],
                "categories": [], "keywords": [], "readme": null, "repository": null, "homepage": null,
                "documentation": null, "edition": "2024", "links": null, "default_run": null, "rust_version": null,
            })
        };
        let dep = |name: &str, kind: Option<&str>| json!({"name": name, "pkg": id(name), "dep_kinds": [{"kind": kind, "target": null}]});
        let node = |name: &str, deps: Vec<Value>| {
            let plain: Vec<_> = deps.iter().map(|dep| dep["pkg"].clone()).collect();
            json!({"id": id(name), "deps": deps, "dependencies": plain, "features": []})
        };
        let app = vec![dep("used", None), dep("maker", Some("build")), dep("tester", Some("dev"))];
        serde_json::from_value(json!({
            "packages": [
                package("app", "1.0.0", Some("MIT/Apache-2.0")), package("used", "1.2.3+meta", None),
                package("deep", "1.0.0", Some("MIT")), package("maker", "1.0.0", None),
                package("tester", "1.0.0", None), package("other", "1.0.0", None),
            ],
            "workspace_members": [id("app"), id("other")],
            "resolve": {"root": null, "nodes": [
                node("app", app), node("used", vec![dep("deep", None)]), node("deep", vec![]),
                node("maker", vec![]), node("tester", vec![]), node("other", vec![]),
            ]},
            "target_directory": "/w/target", "version": 1, "workspace_root": "/w",
        }))
        .unwrap()
    }

    #[test]
    fn a_document_lists_what_is_linked_and_nothing_else() {
        let document = document(&metadata(), &BTreeSet::from(["app"]), "image", "2.0.0");
        let component = &document["metadata"]["component"];
        assert_eq!((&component["name"], &component["version"]), (&json!("image"), &json!("2.0.0")));
        let purls: Vec<_> =
            document["components"].as_array().unwrap().iter().map(|one| &one["purl"]).collect();
        assert_eq!(purls, ["pkg:cargo/app@1.0.0", "pkg:cargo/deep@1.0.0", "pkg:cargo/used@1.2.3%2Bmeta"]);
        assert_eq!(document["components"][0]["licenses"], json!([{"expression": "MIT OR Apache-2.0"}]));
        assert_eq!(document["components"][2].get("licenses"), None);
        let expected = json!([
            {"ref": "pkg:cargo/app@1.0.0", "dependsOn": ["pkg:cargo/used@1.2.3%2Bmeta"]},
            {"ref": "pkg:cargo/deep@1.0.0", "dependsOn": []},
            {"ref": "pkg:cargo/used@1.2.3%2Bmeta", "dependsOn": ["pkg:cargo/deep@1.0.0"]},
        ]);
        assert_eq!(document["dependencies"], expected);
        let again = super::document(&metadata(), &BTreeSet::from(["app"]), "image", "2.0.0");
        assert_eq!(document.to_string(), again.to_string(), "neither a time nor a random number");
    }
}

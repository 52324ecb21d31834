//! The schemas are what the reader's types make, say what the reader says, and fit the files of this repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;
use snapbox::{assert_data_eq, file};

use super::reader::{self, Step};
use super::validator::problems;
use super::{IMAGE, LOCK, WORKSPACE, made};
use crate::lock::Document;
use crate::{Manifest, RootManifest};

/// `SNAPSHOTS=overwrite cargo test -p images-schema json_schema` makes the files anew.
#[test]
fn the_files_are_what_the_types_make() {
    let (image, workspace, lock) = (
        made::of::<Manifest>("Image.toml"),
        made::of::<RootManifest>("Cargo.toml"),
        made::of::<Document>("Images.lock"),
    );
    assert_data_eq!(image, file!["../../schemas/image.json"].raw());
    assert_data_eq!(workspace, file!["../../schemas/workspace.json"].raw());
    assert_data_eq!(lock, file!["../../schemas/lock.json"].raw());
}

fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The forms that a value can have.
fn forms(schema: &Value) -> Vec<&Value> {
    match schema["anyOf"].as_array() {
        Some(forms) => forms.iter().collect(),
        None => vec![schema],
    }
}

/// Goes through a schema with each place in it.
fn walk<'a>(schema: &'a Value, steps: &mut Vec<Step>, visit: &mut dyn FnMut(&[Step], &'a Value)) {
    visit(steps, schema);
    for form in forms(schema) {
        let properties = form["properties"].as_object().into_iter().flatten();
        let any = form.get("additionalProperties").filter(|others| others.is_object());
        let named = properties.map(|(key, value)| (Step::Key(key.clone()), value));
        let any = any.map(|value| (Step::Key("X".to_owned()), value));
        let items = form.get("items").map(|value| (Step::Item, value));
        for (step, value) in named.chain(any).chain(items) {
            steps.push(step);
            walk(value, steps, visit);
            steps.pop();
        }
    }
}

/// The keys that a schema allows; nothing where it allows no table, or one with any keys.
fn keys(schema: &Value) -> Option<BTreeSet<String>> {
    let closed = forms(schema).into_iter().filter(|form| form["additionalProperties"] == false);
    let keys: BTreeSet<_> =
        closed.flat_map(|form| form["properties"].as_object().unwrap().keys().cloned()).collect();
    (!keys.is_empty()).then_some(keys)
}

/// Each place, and whether both allow the same keys there.
fn compare<T: DeserializeOwned>(text: &str) -> usize {
    let mut tables = 0;
    walk(&schema(text), &mut Vec::new(), &mut |steps, schema| {
        let (told, read) = (keys(schema), reader::keys::<T>(steps));
        assert_eq!(told, read, "{steps:?}");
        tables += usize::from(told.is_some());
    });
    tables
}

#[test]
fn each_table_has_the_keys_that_the_reader_allows_and_no_others() {
    let tables = [compare::<Manifest>(IMAGE), compare::<RootManifest>(WORKSPACE), compare::<Document>(LOCK)];
    assert!(tables.iter().all(|count| *count > 0), "{tables:?}");
}

#[test]
fn each_key_has_a_description() {
    for text in [IMAGE, WORKSPACE, LOCK] {
        walk(&schema(text), &mut Vec::new(), &mut |steps, schema| {
            if let Some(Step::Key(key)) = steps.last().filter(|_| !is_any_key(steps)) {
                assert!(schema["description"].is_string(), "`{key}` of {steps:?}");
            }
        });
    }
}

/// Whether the last step stands for a name of the user's: `[args]`, `[labels]` and their like.
fn is_any_key(steps: &[Step]) -> bool {
    matches!(steps.last(), Some(Step::Key(key)) if key == "X")
}

/// A value that a schema allows, as short as can be.
fn shortest(schema: &Value) -> String {
    let form = forms(schema)[0];
    if let Some(values) = form["enum"].as_array() {
        return values[0].to_string();
    }
    match form["type"].as_str() {
        Some("string") => "\"1\"".to_owned(),
        Some("integer") => form.get("minimum").map_or("0".to_owned(), ToString::to_string),
        Some("boolean") => "true".to_owned(),
        Some("array") => "[]".to_owned(),
        Some("object") => table(form, None),
        other => panic!("no value of type {other:?}: {form}"),
    }
}

/// A table with what its schema requires, apart from `without`.
fn table(schema: &Value, without: Option<&str>) -> String {
    let fields = required(schema).filter(|key| Some(*key) != without);
    let fields: Vec<_> =
        fields.map(|key| format!("{key} = {}", shortest(&schema["properties"][key]))).collect();
    format!("{{ {} }}", fields.join(", "))
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"].as_array().into_iter().flatten().map(|key| key.as_str().unwrap())
}

/// What the reader says of a value at a place whose tables around it have what they need.
fn read_at<T: DeserializeOwned>(root: &Value, steps: &[Step], value: &str) -> Result<(), String> {
    let Some((first, rest)) = steps.split_first() else { panic!("a document is a table") };
    let Step::Key(first) = first else { panic!("a document is a table") };
    let around = fill(&root["properties"][first.as_str()], rest, value);
    let others = required(root).filter(|key| key != first);
    let others = others.map(|key| format!("{key} = {}\n", shortest(&root["properties"][key])));
    let text = format!("{first} = {around}\n{}", others.collect::<String>());
    reader::read::<T>(&text).map_err(|refusal| format!("{}\n{text}", refusal.message))
}

/// `value` at the end of the steps, in tables that have what they need.
fn fill(schema: &Value, steps: &[Step], value: &str) -> String {
    match steps.split_first() {
        None => value.to_owned(),
        Some((Step::Item, rest)) => {
            let list = forms(schema).into_iter().find(|form| form.get("items").is_some()).unwrap();
            format!("[{}]", fill(&list["items"], rest, value))
        }
        Some((Step::Key(key), rest)) => {
            let has = |form: &&Value| {
                form["properties"].get(key).is_some() || form["additionalProperties"].is_object()
            };
            let form = forms(schema).into_iter().find(has).unwrap();
            let inner = form["properties"].get(key).unwrap_or(&form["additionalProperties"]);
            let others = required(form).filter(|other| other != key);
            let others = others.map(|other| format!(", {other} = {}", shortest(&form["properties"][other])));
            format!("{{ {key} = {}{} }}", fill(inner, rest, value), others.collect::<String>())
        }
    }
}

/// Values of each type, in TOML.
const VALUES: [&str; 6] = ["\"1\"", "1", "-1", "true", "[]", "{}"];

fn agree<T: DeserializeOwned>(text: &str) {
    let root = schema(text);
    walk(&root, &mut Vec::new(), &mut |steps, schema| {
        if steps.is_empty() {
            return;
        }
        for form in forms(schema) {
            read_at::<T>(&root, steps, &shortest(form)).unwrap_or_else(|refusal| panic!("{refusal}"));
            for key in required(form) {
                let refusal = read_at::<T>(&root, steps, &table(form, Some(key))).unwrap_err();
                assert!(refusal.contains(key) || refusal.contains("expected either"), "{refusal}");
            }
        }
        // Which texts are names of engines and the like is decided after reading.
        let is_choice = schema["enum"].is_array();
        // A derived reader takes a list for the fields of a table in their order, which nobody writes.
        let is_table = forms(schema).iter().any(|form| form["properties"].is_object());
        let compared = |value: &&&str| !(is_choice && value.starts_with('"') || is_table && **value == "[]");
        for value in VALUES.iter().filter(compared) {
            let parsed = toml::from_str::<toml::Table>(&format!("value = {value}\n")).unwrap();
            let told = problems(schema, &serde_json::to_value(&parsed["value"]).unwrap());
            let read = read_at::<T>(&root, steps, value);
            assert_eq!(told.is_empty(), read.is_ok(), "{told:?}, {read:?}");
        }
    });
}

#[test]
fn a_value_is_allowed_where_the_reader_takes_it() {
    agree::<Manifest>(IMAGE);
    agree::<RootManifest>(WORKSPACE);
    agree::<Document>(LOCK);
}

/// The problems of a TOML text.
fn told(schema_text: &str, toml: &str) -> Vec<String> {
    let value: toml::Table = toml::from_str(toml).unwrap();
    problems(&schema(schema_text), &serde_json::to_value(value).unwrap())
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    assert_eq!(told(IMAGE, "[image]\nversion.workspace = true\nplatforms = [\"linux/amd64\"]\n"), [""; 0]);
    assert_eq!(told(IMAGE, "[image]\nlicence = \"MIT\"\n"), ["/image/licence is not allowed"]);
    assert_eq!(
        told(IMAGE, "[image]\nmodes = \"keep\"\n"),
        ["/image/modes does not meet enum [\"normalise\",\"preserve\"]"]
    );
    assert_eq!(told(IMAGE, "[artifacts]\nstatic = true\n"), ["/artifacts does not meet required [\"bins\"]"]);
    let settings = "[workspace.metadata.images]\nnamespace = \"a\"\n";
    assert_eq!(told(WORKSPACE, settings), [""; 0]);
    assert_eq!(
        told(WORKSPACE, &format!("{settings}engine = \"rkt\"\n")),
        [
            "/workspace/metadata/images/engine does not meet enum [\"auto\",\"docker\",\"podman\",\"buildah\",\"builtin\"]"
        ]
    );
}

/// The files of this name below `images` and `apps` of this repository.
fn members(name: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = ["images", "apps"].map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path().join(name));
    files.filter(|file| file.exists()).collect()
}

#[test]
fn the_files_of_this_repository_fit() {
    let manifests = members("Image.toml");
    assert!(manifests.len() >= 8, "{manifests:?}");
    for file in manifests {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(told(IMAGE, &text), [""; 0], "{}", file.display());
        assert_eq!(text.lines().next(), Some("#:schema ../../crates/images-schema/schemas/image.json"));
    }
    let root = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")).unwrap();
    assert_eq!(told(WORKSPACE, &root), [""; 0]);
}

#[test]
fn a_lock_that_is_written_fits() {
    let entry = "[[image]]\nreference = \"docker.io/library/a:1\"\ndigest = \"sha256:0\"\nresolved = \"\"\n";
    assert_eq!(told(LOCK, &format!("version = 1\n\n{entry}")), [""; 0]);
    assert_eq!(told(LOCK, entry), [" does not meet required [\"version\"]"]);
}

#[test]
fn the_dialect_is_draft_7_without_references() {
    for text in [IMAGE, WORKSPACE, LOCK] {
        assert_eq!(schema(text)["$schema"], "http://json-schema.org/draft-07/schema#");
        assert!(!text.contains("$ref"));
    }
}

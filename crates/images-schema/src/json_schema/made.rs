//! Schemas from the types that read, in the form in which Taplo shows most of them.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::{Described, Field, Id, Spanned, TextTable, VersionSource};

/// The schema of what `T` reads, as the text of its file.
pub(super) fn of<T: JsonSchema>(title: &str) -> String {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .with_transform(RecursiveTransform(without_null))
        .with_transform(RecursiveTransform(with_enum))
        .with_transform(RecursiveTransform(without_format))
        .into_generator()
        .into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    text
}

/// TOML has no null: what is optional is not there.
fn without_null(schema: &mut Schema) {
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [kind] = types.as_slice() {
            let kind = kind.clone();
            schema.insert("type".to_owned(), kind);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(forms)) = schema.get_mut("anyOf") {
        forms.retain(|form| form["type"] != "null");
        if let [Value::Object(form)] = forms.as_mut_slice() {
            let form = std::mem::take(form);
            schema.remove("anyOf");
            form.into_iter().for_each(|(key, value)| {
                schema.entry(key).or_insert(value);
            });
        }
    }
}

/// Values that are described each are an `enum`, with their descriptions where Taplo looks for them.
fn with_enum(schema: &mut Schema) {
    let Some(schema) = schema.as_object_mut() else { return };
    let Some(forms) = schema.get("oneOf").and_then(Value::as_array) else { return };
    let values: Option<Vec<_>> = forms.iter().map(|form| form.get("const").cloned()).collect();
    let docs: Vec<_> = forms.iter().map(|form| form["description"].clone()).collect();
    if let Some(values) = values {
        schema.remove("oneOf");
        schema.insert("type".to_owned(), "string".into());
        schema.insert("enum".to_owned(), values.into());
        schema.insert("x-taplo".to_owned(), json!({"docs": {"enumValues": docs}}));
    }
}

/// The widths of Rust's integers say nothing that `minimum` and `maximum` do not.
fn without_format(schema: &mut Schema) {
    schema.remove("format");
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A table with one key.
fn only(key: &str, description: &str, value: Value) -> Value {
    let mut value = value;
    value["description"] = description.into();
    let properties = Map::from_iter([(key.to_owned(), value)]);
    json!({"type": "object", "properties": properties, "required": [key], "additionalProperties": false})
}

impl<T: JsonSchema + Described> JsonSchema for Field<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Field of {}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inherited = "Take it from the workspace: from [workspace.metadata.images.image], else from [workspace.package].";
        json_schema!({"anyOf": [T::json_schema(generator), only("workspace", inherited, json!({"enum": [true]}))]})
    }
}

impl JsonSchema for VersionSource {
    fn schema_name() -> Cow<'static, str> {
        "VersionSource".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let workspace = "Take the version of [workspace.metadata.images.image], else of [workspace.package].";
        json_schema!({"anyOf": [
            {"type": "string"},
            only("workspace", workspace, json!({"enum": [true]})),
            only("crate", "Take the version of this crate of the workspace.", json!({"type": "string"})),
        ]})
    }
}

impl JsonSchema for Id {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "integer"}, {"type": "string"}]})
    }
}

impl JsonSchema for TextTable {
    fn schema_name() -> Cow<'static, str> {
        "TextTable".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string"}, {
            "type": "object",
            "properties": {
                "contains": {"type": "string", "description": "It is somewhere in the text, with placeholders."},
                "equals": {
                    "type": "string",
                    "description": "It is the whole text, apart from line ends at its end, with placeholders.",
                },
                "matches": {
                    "type": "string",
                    "description": "A regular expression that matches somewhere in the text. Nothing is filled in.",
                },
            },
            "additionalProperties": false,
        }]})
    }
}

//! What a JSON schema says of a value, for the keywords that ours have. Any other keyword is an error: it would be passed over.
//!
//! The keywords: <https://json-schema.org/draft-07/draft-handrews-json-schema-validation-01>

use serde_json::Value;

/// The keywords that say nothing of a value.
const ANNOTATIONS: [&str; 5] = ["$schema", "title", "description", "default", "x-taplo"];

/// What is wrong with a value, each with its place; nothing where the schema allows it.
pub(super) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, value, "", &mut found);
    found
}

fn check(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    if let Value::Bool(allowed) = schema {
        if !allowed {
            found.push(format!("{place} is not allowed"));
        }
        return;
    }
    for (keyword, said) in schema.as_object().expect("a schema is an object or a boolean") {
        let meets = match keyword.as_str() {
            "type" => is_of_type(said, value),
            "enum" => said.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|number| number >= said.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= said.as_f64().unwrap()),
            "required" => {
                let names = || said.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                value.as_object().is_none_or(|table| names().all(|name| table.contains_key(name)))
            }
            "anyOf" => said.as_array().unwrap().iter().any(|form| problems(form, value).is_empty()),
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items.for_each(|(at, item)| check(said, item, &format!("{place}/{at}"), found));
                true
            }
            "properties" | "additionalProperties" => true,
            annotation => {
                assert!(ANNOTATIONS.contains(&annotation), "`{annotation}` is not known here");
                true
            }
        };
        if !meets {
            found.push(format!("{place} does not meet {keyword} {said}"));
        }
    }
    check_keys(schema, value, place, found);
}

/// `properties`, and `additionalProperties` of the other keys.
fn check_keys(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let allowed = Value::Bool(true);
    for (key, value) in value.as_object().into_iter().flatten() {
        let others = schema.get("additionalProperties").unwrap_or(&allowed);
        let said = schema.get("properties").and_then(|properties| properties.get(key)).unwrap_or(others);
        check(said, value, &format!("{place}/{key}"), found);
    }
}

fn is_of_type(said: &Value, value: &Value) -> bool {
    match said.as_str().expect("there is one type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the type `{other}` is not known here"),
    }
}

//! `schema` on the command line.

use crate::workspace;

#[test]
fn each_schema_is_printed_as_the_repository_has_it() {
    let workspace = workspace();
    for (args, file) in [
        (&["schema"][..], "image"),
        (&["schema", "image"], "image"),
        (&["schema", "workspace"], "workspace"),
        (&["schema", "lock"], "lock"),
    ] {
        let path = format!("{}/../crates/images-schema/schemas/{file}.json", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(workspace.run(args).ok(), std::fs::read_to_string(path).unwrap(), "{args:?}");
    }
}

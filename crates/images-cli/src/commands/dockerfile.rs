use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use images_core::workspace::{at_problem, host_platform, platform_of};
use images_core::{Error, exit_code};
use images_dockerfile::{Dockerfile as Parsed, Inputs, ReferenceKind, Resolution, SourceKind, Sources};
use images_schema::message::{FORMAT_VERSION, Place};
use images_schema::{Diagnostic, SourceText};
use serde_json::{Value, json};

use super::{Session, pretty};
use crate::arguments::Dockerfile;

pub(super) fn run(session: &Session, args: &Dockerfile) -> Result<u8, Error> {
    let source = read(args)?;
    let told = |problem| Error::from(at_problem(&source, &problem, false));
    let parsed = Parsed::parse(&source.text).map_err(told)?;
    parsed
        .warnings()
        .iter()
        .for_each(|warning| session.terminal.diagnostic(&at_problem(&source, warning, true)));
    let host = host_platform();
    let platform = args.platform.as_deref().map_or_else(|| host.clone(), platform_of);
    let build_args: BTreeMap<_, _> = args.build_args.iter().cloned().collect();
    let inputs = Inputs {
        args: &build_args,
        target: args.target.as_deref(),
        platform: &platform,
        build_platform: &host,
    };
    let resolution = parsed.resolve(&inputs).map_err(told)?;
    session.terminal.data(&pretty(&describe(&source.text, &parsed, &resolution)));
    Ok(exit_code::DONE)
}

fn read(args: &Dockerfile) -> Result<SourceText, Error> {
    if args.file != "-" {
        let text = fs::read_to_string(&args.file).map_err(|error| {
            Diagnostic::error(format!("cannot read {}: {error}", args.file))
                .help("name a Dockerfile, or `-` for stdin")
        })?;
        return Ok(SourceText::new(&args.file, text));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(Error::io("cannot read", "stdin".into()))?;
    Ok(SourceText::new("-", text))
}

fn describe(text: &str, parsed: &Parsed, resolution: &Resolution) -> Value {
    let place = |span| json!(Place::of(text, span));
    let stages: Vec<_> = resolution
        .stages
        .iter()
        .map(|stage| {
            json!({
                "name": stage.name, "base": stage.base, "base_stage": stage.base_stage,
                "platform": stage.platform, "needed": stage.needed, "span": place(&stage.span),
            })
        })
        .collect();
    let references: Vec<_> = resolution
        .references
        .iter()
        .map(|found| {
            json!({
                "kind": reference_kind(found.kind), "reference": found.reference.to_string(),
                "domain": found.reference.domain, "path": found.reference.path,
                "tag": found.reference.tag, "digest": found.reference.digest,
                "stage": found.stage, "onbuild": found.onbuild, "span": place(&found.span),
            })
        })
        .collect();
    let arguments: Vec<_> = parsed
        .args()
        .iter()
        .map(|arg| {
            json!({"name": arg.name, "default": arg.default, "stage": arg.stage, "span": place(&arg.span)})
        })
        .collect();
    let secrets: Vec<_> = resolution
        .secrets
        .iter()
        .map(|secret| json!({"id": secret.id, "required": secret.required, "span": place(&secret.span)}))
        .collect();
    json!({
        "version": FORMAT_VERSION, "target": resolution.target, "stages": stages, "references": references,
        "arguments": arguments, "sources": sources(text, &resolution.sources), "secrets": secrets,
    })
}

/// `null` where the whole context may be read.
fn sources(text: &str, sources: &Sources) -> Value {
    let Sources::These(list) = sources else { return Value::Null };
    let source = |source: &images_dockerfile::Source| {
        let kind = match source.kind {
            SourceKind::Copy => "copy",
            SourceKind::Add => "add",
            SourceKind::Bind => "bind",
        };
        json!({
            "kind": kind, "path": source.path, "wildcard": source.wildcard,
            "span": Place::of(text, &source.span),
        })
    };
    list.iter().map(source).collect()
}

fn reference_kind(kind: ReferenceKind) -> &'static str {
    match kind {
        ReferenceKind::From => "from",
        ReferenceKind::CopyFrom => "copy-from",
        ReferenceKind::MountFrom => "mount-from",
        ReferenceKind::Syntax => "syntax",
    }
}

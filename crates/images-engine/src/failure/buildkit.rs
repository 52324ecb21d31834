//! BuildKit's plain progress. Newer ones show the failed lines of the Dockerfile, marked by `>>>`; 0.8 names the step.

use super::Place;
use super::instruction::{Instructions, Step};

/// What stands before the reason and does not help.
const NOISE: [&str; 5] = [
    "ERROR: ",
    "failed to solve with frontend dockerfile.v0: ",
    "failed to create LLB definition: ",
    "failed to solve: ",
    "failed to compute cache key: ",
];

pub(super) fn find_place(line: &str, instructions: &Instructions, place: &mut Place) {
    if place.marked.is_none() {
        place.marked = marked(line);
    }
    if let Some(vertex) = line.strip_prefix(" > ").and_then(|line| line.strip_suffix(':')) {
        place.step = place.step.or_else(|| line_of_vertex(vertex, instructions));
    }
}

/// `  12 | >>> RUN …`
fn marked(line: &str) -> Option<usize> {
    let (number, rest) = line.trim_start().split_once(" | ")?;
    if rest.starts_with(">>>") { number.parse().ok() } else { None }
}

/// `[build 2/3] RUN …`, `[linux/arm64 build 2/3] RUN …`, `[2/3] RUN …` or `[internal] load metadata for IMAGE`
fn line_of_vertex(vertex: &str, instructions: &Instructions) -> Option<usize> {
    if let Some(image) = vertex.strip_prefix("[internal] load metadata for ") {
        return instructions.line_of_image(image);
    }
    let (place, text) = vertex.strip_prefix('[')?.split_once("] ")?;
    let mut words = place.rsplit(' ');
    let (number, of) = words.next()?.split_once('/')?;
    let step = Step { number: number.trim().parse().ok()?, of: of.parse().ok()?, text };
    let stage = words.find(|word| !word.is_empty() && !word.contains('/'));
    instructions.line_of_layer(stage, step)
}

pub(super) fn shorten(reason: &str) -> &str {
    let mut told = reason;
    for noise in NOISE {
        told = told.strip_prefix(noise).unwrap_or(told);
    }
    match told.strip_prefix("failed to calculate checksum of ref ").and_then(|told| told.split_once(": ")) {
        Some((_, told)) => told,
        None => told,
    }
}

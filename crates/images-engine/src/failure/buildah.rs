//! buildah, alone or within podman: `STEP 3/5: RUN …`, or `[1/2] STEP 3/5: RUN …` where there are several stages.

use super::Place;
use super::instruction::{Instructions, Step};

pub(super) fn find_place(line: &str, instructions: &Instructions, place: &mut Place) {
    if let Some((stage, step)) = step(line)
        && let Some(line) = instructions.line_in_stage(stage, step)
    {
        place.step = Some(line);
    }
}

/// The stage's number, counted from 0, and the step.
fn step(line: &str) -> Option<(usize, Step<'_>)> {
    let (stage, line) = match line.strip_prefix('[').and_then(|line| line.split_once("] ")) {
        Some((stage, line)) => (stage.split('/').next()?.parse::<usize>().ok()?.checked_sub(1)?, line),
        None => (0, line),
    };
    let (count, text) = line.strip_prefix("STEP ")?.split_once(": ")?;
    let (number, of) = count.split_once('/')?;
    Some((stage, Step { number: number.parse().ok()?, of: of.parse().ok()?, text }))
}

/// Drops the step's text, which may be long, and the dump of a step.
pub(super) fn shorten(reason: &str) -> &str {
    let told = reason.strip_prefix("Error: ").unwrap_or(reason);
    let at_step = told.split_once("building at STEP \"").and_then(|(_, rest)| rest.split_once("\": "));
    let told = at_step.map_or(told, |(_, told)| told);
    told.split(" &imagebuilder.Step{").next().unwrap_or(told)
}

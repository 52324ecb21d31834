//! The docker daemon's own builder: `Step 3/5 : RUN …`, counted through the whole Dockerfile.

use super::Place;
use super::instruction::{Instructions, Step};

pub(super) fn find_place(line: &str, instructions: &Instructions, place: &mut Place) {
    if let Some(step) = step(line)
        && let Some(line) = instructions.line_of(step)
    {
        place.step = Some(line);
    }
}

fn step(line: &str) -> Option<Step<'_>> {
    let (count, text) = line.strip_prefix("Step ")?.split_once(" : ")?;
    let (number, of) = count.split_once('/')?;
    Some(Step { number: number.parse().ok()?, of: of.parse().ok()?, text })
}

//! The instructions of a Dockerfile, as a builder counts and shows them.

use images_dockerfile::Dockerfile;

/// One instruction.
#[derive(Debug)]
struct Instruction {
    /// In capitals.
    keyword: String,
    /// Its words with one space between them, keyword included.
    text: String,
    /// Where it starts, counted from 1.
    line: usize,
}

/// All instructions of a Dockerfile.
#[derive(Debug)]
pub(super) struct Instructions(Vec<Instruction>);

/// A step as a builder shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    /// How many there are.
    pub(super) of: usize,
    /// The instruction as it is shown.
    pub(super) text: &'a str,
}

impl Instructions {
    /// Reads a Dockerfile; of one that cannot be read there are none.
    pub(super) fn read(dockerfile: &str) -> Self {
        let read = Dockerfile::parse(dockerfile);
        let instructions = read.iter().flat_map(|dockerfile| dockerfile.instructions());
        let shown = |instruction: &images_dockerfile::Instruction| Instruction {
            keyword: instruction.keyword.clone(),
            text: single_spaced(&instruction.text),
            line: instruction.line,
        };
        Self(instructions.map(shown).collect())
    }

    /// Finds the line of the `number`-th of all instructions.
    pub(super) fn line_of(&self, step: Step<'_>) -> Option<usize> {
        choose(&self.0.iter().collect::<Vec<_>>(), step.number.checked_sub(1), step.text)
    }

    /// Finds the line of a step of the stage with this number, counted from 0, where `FROM` is the first step.
    pub(super) fn line_in_stage(&self, stage: usize, step: Step<'_>) -> Option<usize> {
        choose(self.stages().get(stage)?, step.number.checked_sub(1), step.text)
    }

    /// Finds the line of a step of BuildKit in the stage that BuildKit calls so: by its name, or by `stage-` and its
    /// number; without either it is the only one. Only what makes a layer is counted, and `FROM` if it is an image.
    ///
    /// The rule: <https://github.com/moby/buildkit/blob/v0.13.0/frontend/dockerfile/dockerfile2llb/convert.go>
    pub(super) fn line_of_layer(&self, stage: Option<&str>, step: Step<'_>) -> Option<usize> {
        let stages = self.stages();
        let stage = match stage {
            None => stages.first()?,
            Some(name) => {
                stages.iter().enumerate().find(|(number, stage)| is_called(*number, stage, name))?.1
            }
        };
        let layers: Vec<_> = stage.iter().copied().filter(|instruction| instruction.makes_layer()).collect();
        let from_end = step.of.checked_sub(step.number);
        let position = from_end.and_then(|from_end| layers.len().checked_sub(from_end));
        let first = stage.first().copied();
        choose(&first.into_iter().chain(layers).collect::<Vec<_>>(), position, step.text)
    }

    /// Finds the first line that names this image.
    pub(super) fn line_of_image(&self, image: &str) -> Option<usize> {
        let names = |instruction: &&Instruction| {
            instruction.text.split(' ').any(|word| word.strip_prefix("--from=").unwrap_or(word) == image)
        };
        self.0.iter().find(names).map(|instruction| instruction.line)
    }

    fn stages(&self) -> Vec<Vec<&Instruction>> {
        let mut stages: Vec<Vec<&Instruction>> = Vec::new();
        for instruction in &self.0 {
            if instruction.keyword == "FROM" {
                stages.push(vec![instruction]);
            } else if let Some(stage) = stages.last_mut() {
                stage.push(instruction);
            }
        }
        stages
    }
}

impl Instruction {
    fn makes_layer(&self) -> bool {
        ["RUN", "COPY", "ADD", "WORKDIR"].contains(&self.keyword.as_str())
    }
}

fn is_called(number: usize, stage: &[&Instruction], name: &str) -> bool {
    let words: Vec<&str> = stage.first().map_or(Vec::new(), |from| from.text.split(' ').collect());
    match words.as_slice() {
        [.., keyword, own] if keyword.eq_ignore_ascii_case("as") => own.eq_ignore_ascii_case(name),
        _ => name == format!("stage-{number}"),
    }
}

/// Of the instructions that read as shown, the nearest to where it is counted. Builders may show an instruction with
/// its variables filled in, or a list as words; then it is the one at that place, if it is of the same kind.
fn choose(instructions: &[&Instruction], position: Option<usize>, shown: &str) -> Option<usize> {
    let shown = single_spaced(shown);
    let alike = instructions.iter().enumerate().filter(|(_, instruction)| instruction.text == shown);
    let nearest = alike.min_by_key(|(index, _)| index.abs_diff(position.unwrap_or(0)));
    let counted = || {
        let instruction = instructions.get(position?)?;
        let keyword = shown.split(' ').next()?;
        instruction.keyword.eq_ignore_ascii_case(keyword).then_some(*instruction)
    };
    nearest.map(|(_, instruction)| *instruction).or_else(counted).map(|instruction| instruction.line)
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

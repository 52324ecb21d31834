//! An instruction as it is written, for those who carry it out.

use crate::dockerfile::Instruction;
use crate::flag::Flag;
use crate::heredoc::Heredoc;
use crate::instruction::Statement;
use crate::json_array::{self, JsonArray};
use crate::word::{Part, Word};
use crate::{Dockerfile, Span};

/// An instruction's parts. Which of the readings of its arguments counts depends on the instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its flags, in their order.
    pub flags: Vec<WrittenFlag>,
    /// Everything behind the flags.
    pub arguments: Word,
    /// The arguments as a JSON array of strings, if they are one.
    pub json: Option<Vec<Word>>,
    /// The arguments split at blanks; quotes do not count.
    pub words: Vec<Word>,
    /// The arguments split at blanks that are neither quoted nor escaped, with quotes and escapes kept.
    pub quoted: Vec<Word>,
}

/// `--name[=value]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFlag {
    /// Without the dashes.
    pub name: String,
    /// What is behind the `=`, without quotes and escapes.
    pub value: Option<Word>,
    /// The bytes of the whole flag.
    pub span: Span,
}

impl Dockerfile {
    /// The parts of one of this file's instructions.
    pub fn written(&self, instruction: &Instruction) -> Written {
        Written::of(Part::new(&instruction.logical), self.escape)
    }

    /// What stands behind a word that starts an instruction's arguments, as if that were the instruction:
    /// `HEALTHCHECK --interval=1s CMD …`. `None` if they start otherwise.
    pub fn written_behind(&self, instruction: &Instruction, keyword: &str) -> Option<Written> {
        let arguments = Statement::split(Part::new(&instruction.logical)).arguments;
        let starts = arguments.split_first().0.text().eq_ignore_ascii_case(keyword);
        starts.then(|| {
            Written::unflagged(arguments.split_first().1.unwrap_or(arguments.slice(0, 0)), self.escape)
        })
    }
}

impl Written {
    fn of(line: Part<'_>, escape: char) -> Self {
        let Statement { flags, arguments, .. } = Statement::split(line);
        let written = |flag: Flag| WrittenFlag { name: flag.name, value: flag.value, span: flag.span };
        let flags = flags.into_iter().map(written).collect();
        Self { flags, ..Self::unflagged(arguments, escape) }
    }

    fn unflagged(arguments: Part<'_>, escape: char) -> Self {
        Self {
            flags: Vec::new(),
            json: json(arguments),
            words: arguments.split_blanks(),
            quoted: arguments.split_quoted(escape).into_iter().map(Part::word).collect(),
            arguments: arguments.word(),
        }
    }
}

fn json(part: Part<'_>) -> Option<Vec<Word>> {
    let JsonArray::Strings(strings) = json_array::read(part.text()) else { return None };
    let words = strings.into_iter();
    Some(words.map(|(text, range)| Word { text, span: part.slice(range.start, range.end).span() }).collect())
}

impl Word {
    /// The name of the heredoc that this word starts, if it does.
    pub fn heredoc(&self) -> Option<String> {
        Heredoc::parse(&self.text).ok().flatten().map(|heredoc| heredoc.name)
    }
}

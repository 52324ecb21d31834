//! Which stages and images a Dockerfile's stages are made from.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go>
//! (`toDispatchState`, `toCommand`).

use std::collections::BTreeMap;

use crate::instruction::{Body, From};
use crate::mount::variable_in_from;
use crate::scope::{Scope, expand};
use crate::shell_word::{Lexer, NoVariables};
use crate::suggestion::nearest;
use crate::word::Word;
use crate::{
    Dockerfile, ImageReference, Inputs, Problem, Reference, ReferenceError, ReferenceKind, Span, Stage,
};

/// The stages of a file and how they depend on each other.
pub(crate) struct StageGraph {
    pub(crate) globals: Scope,
    pub(crate) stages: Vec<Stage>,
    pub(crate) target: usize,
    /// For each stage the references to images that it needs.
    pub(crate) references: Vec<Vec<ImageReference>>,
    /// For each stage the others that it copies or mounts from.
    edges: Vec<Vec<Edge>>,
    /// For each stage what is wrong with it if it is needed.
    faults: Vec<Option<Problem>>,
}

struct Edge {
    to: usize,
    span: Span,
}

/// What a `from` names.
enum Origin {
    Scratch,
    Stage(usize),
    Image(Reference),
}

impl StageGraph {
    /// Expands every `FROM` and finds what the target needs.
    ///
    /// # Errors
    /// No such target, a `FROM` that has no meaning, a stage that needs itself or a later one.
    pub(crate) fn new(dockerfile: &Dockerfile, inputs: &Inputs<'_>) -> Result<Self, Problem> {
        let lexer = Lexer::new(dockerfile.escape);
        let (globals, incomplete) = globals(dockerfile, inputs, lexer)?;
        let mut graph = Self {
            globals,
            stages: Vec::new(),
            target: 0,
            references: Vec::new(),
            edges: Vec::new(),
            faults: Vec::new(),
        };
        for (from, instructions) in dockerfile.stages() {
            graph.add_stage(from, instructions[0].span.clone(), dockerfile, &incomplete)?;
        }
        graph.target = graph.find_target(dockerfile, inputs.target)?;
        for index in 0..graph.stages.len() {
            graph.add_edges(index, dockerfile)?;
        }
        graph.mark_needed();
        graph.check_order()?;
        Ok(graph)
    }

    fn add_stage(
        &mut self,
        from: &From,
        span: Span,
        dockerfile: &Dockerfile,
        incomplete: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        let lexer = Lexer::new(dockerfile.escape);
        let expansion = expand(lexer, &from.base, &self.globals)?;
        let base = expansion.text;
        let missing = expansion.unset.first().or_else(|| {
            incomplete.iter().find(|(name, _)| from.base.text.contains(*name)).map(|(_, missing)| missing)
        });
        let unset = missing.map(|name| unset_problem(dockerfile, &self.globals, &from.base, name, &base));
        if base.is_empty() {
            return Err(unset.unwrap_or_else(|| empty_problem(&from.base, "the image of this FROM is empty")));
        }
        let base_stage = self.find_stage(&base);
        let mut references = Vec::new();
        if base_stage.is_none() && base != "scratch" {
            let reference = Reference::parse(&base).map_err(|error| {
                unset.clone().unwrap_or_else(|| reference_problem(&from.base, &base, error))
            })?;
            references.push(self.reference(ReferenceKind::From, from.base.span.clone(), reference, false));
        }
        let platform = self.platform(from, lexer)?;
        self.faults.push(unset.filter(|_| !expansion.unset.is_empty()));
        self.references.push(references);
        self.edges.push(Vec::new());
        self.stages.push(Stage { name: from.name.clone(), span, base, base_stage, platform, needed: false });
        Ok(())
    }

    fn platform(&self, from: &From, lexer: Lexer) -> Result<Option<String>, Problem> {
        let Some(word) = from.platform.as_ref().filter(|word| !word.text.is_empty()) else { return Ok(None) };
        let platform = expand(lexer, word, &self.globals)?.text;
        if platform.is_empty() {
            return Err(empty_problem(word, "the platform of this FROM is empty"));
        }
        Ok(Some(platform))
    }

    /// The reference of the stage that is about to be added.
    fn reference(
        &self,
        kind: ReferenceKind,
        span: Span,
        reference: Reference,
        onbuild: bool,
    ) -> ImageReference {
        ImageReference { kind, span, reference, stage: Some(self.stages.len()), onbuild }
    }

    /// The last stage of that name so far, in any letter case.
    fn find_stage(&self, name: &str) -> Option<usize> {
        self.stages
            .iter()
            .rposition(|stage| stage.name.as_ref().is_some_and(|n| n.eq_ignore_ascii_case(name)))
    }

    fn find_target(&self, dockerfile: &Dockerfile, target: Option<&str>) -> Result<usize, Problem> {
        let Some(target) = target.filter(|target| !target.is_empty()) else {
            return Ok(self.stages.len() - 1);
        };
        let number = || target.parse().ok().filter(|index| *index < self.stages.len());
        self.find_stage(target).or_else(number).ok_or_else(|| {
            let names = || self.stages.iter().filter_map(|stage| stage.name.as_deref());
            let help = match nearest(target, names()) {
                Some(name) => format!("did you mean `{name}`?"),
                None if names().next().is_none() => "no stage has a name; add `AS name` to a FROM".to_owned(),
                None => format!("the stages are {}", names().collect::<Vec<_>>().join(", ")),
            };
            let last = &dockerfile.instructions()[dockerfile.stage_starts[self.stages.len() - 1]];
            Problem {
                message: format!("there is no stage `{target}` to build"),
                span: last.span.clone(),
                label: "the last stage is this one".to_owned(),
                help: Some(help),
            }
        })
    }

    /// Finds what a stage copies and mounts from; the triggers of a base stage run in it.
    fn add_edges(&mut self, index: usize, dockerfile: &Dockerfile) -> Result<(), Problem> {
        for (stage, body, onbuild) in dockerfile.stage_bodies(index, self.stages[index].base_stage) {
            for (kind, word) in froms(body) {
                match self.origin(kind, word)? {
                    Origin::Scratch => {}
                    Origin::Stage(to) => self.edges[index].push(Edge { to, span: word.span.clone() }),
                    Origin::Image(reference) => self.references[index].push(ImageReference {
                        kind,
                        span: word.span.clone(),
                        reference,
                        stage: Some(stage),
                        onbuild,
                    }),
                }
            }
        }
        self.references[index].extend(dockerfile.onbuild_references(index));
        Ok(())
    }

    fn origin(&self, kind: ReferenceKind, word: &Word) -> Result<Origin, Problem> {
        if kind == ReferenceKind::CopyFrom {
            check_literal(word)?;
            if let Ok(number) = word.text.parse::<i64>() {
                return match usize::try_from(number).ok().filter(|index| *index < self.stages.len()) {
                    Some(index) => Ok(Origin::Stage(index)),
                    None => Err(no_such_number(word, self.stages.len())),
                };
            }
        }
        if let Some(index) = self.find_stage(&word.text) {
            return Ok(Origin::Stage(index));
        }
        if word.text == "scratch" {
            return Ok(Origin::Scratch);
        }
        Reference::parse(&word.text)
            .map(Origin::Image)
            .map_err(|error| reference_problem(word, &word.text, error))
    }

    fn mark_needed(&mut self) {
        let mut open = vec![self.target];
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut self.stages[index].needed, true) {
                continue;
            }
            open.extend(self.stages[index].base_stage);
            open.extend(self.edges[index].iter().map(|edge| edge.to));
        }
    }

    /// A stage may use the ones before it only.
    fn check_order(&self) -> Result<(), Problem> {
        for (index, stage) in self.stages.iter().enumerate() {
            let late =
                self.edges[index].iter().find(|edge| edge.to == index || (stage.needed && edge.to > index));
            if let Some(edge) = late {
                return Err(order_problem(edge, index));
            }
            if let Some(fault) = self.faults[index].as_ref().filter(|_| stage.needed) {
                return Err(fault.clone());
            }
        }
        Ok(())
    }
}

impl Dockerfile {
    /// What runs in a stage: the triggers of the stage that it is based on, then its own instructions. Each with
    /// the stage that it stands in, and whether it is a trigger.
    pub(crate) fn stage_bodies(&self, stage: usize, base: Option<usize>) -> Vec<(usize, &Body, bool)> {
        let mut bodies = Vec::new();
        if let Some(base) = base {
            bodies.extend(self.triggers(base).map(|body| (base, body, true)));
        }
        bodies.extend(self.stage_instructions(stage).map(|instruction| (stage, &instruction.body, false)));
        bodies
    }

    /// The triggers that a stage leaves in its image.
    pub(crate) fn triggers(&self, stage: usize) -> impl Iterator<Item = &Body> {
        self.stage_instructions(stage).filter_map(|instruction| match &instruction.body {
            Body::Onbuild(Some(trigger)) => Some(&**trigger),
            _ => None,
        })
    }

    /// References behind `ONBUILD`. A name alone may be a stage of the child, so it does not count as one.
    fn onbuild_references(&self, stage: usize) -> Vec<ImageReference> {
        let froms = self.triggers(stage).flat_map(froms);
        let references = froms.filter_map(|(kind, word)| {
            let reference = Reference::parse(&word.text).ok()?;
            let may_be_stage = reference.domain.is_none()
                && reference.tag.is_none()
                && reference.digest.is_none()
                && !reference.path.contains('/');
            let span = word.span.clone();
            (!may_be_stage).then_some(ImageReference {
                kind,
                span,
                reference,
                stage: Some(stage),
                onbuild: true,
            })
        });
        references.collect()
    }
}

/// The `from` values of an instruction.
fn froms(body: &Body) -> Vec<(ReferenceKind, &Word)> {
    match body {
        Body::Transfer(transfer) => {
            transfer.from.iter().map(|from| (ReferenceKind::CopyFrom, from)).collect()
        }
        Body::Run(run) => {
            let fields = run.mounts.iter().filter_map(|mount| mount.value("from"));
            fields.filter(|from| !from.text.is_empty()).map(|from| (ReferenceKind::MountFrom, from)).collect()
        }
        _ => Vec::new(),
    }
}

/// The arguments before the first `FROM`, and which of them were made with a variable that has no value.
fn globals(
    dockerfile: &Dockerfile,
    inputs: &Inputs<'_>,
    lexer: Lexer,
) -> Result<(Scope, BTreeMap<String, String>), Problem> {
    let last = dockerfile.stages().last().and_then(|(from, _)| from.name.as_deref());
    let mut scope = Scope::global(inputs, inputs.target.or(last).unwrap_or("default"));
    let mut incomplete = BTreeMap::new();
    for instruction in &dockerfile.instructions()[..dockerfile.stage_starts[0]] {
        let Body::Arg(pairs) = &instruction.body else { continue };
        for pair in pairs {
            if let Some(default) = pair.default.as_ref().filter(|_| !inputs.args.contains_key(&pair.name)) {
                let unset = expand(lexer, default, &scope)?.unset;
                incomplete.extend(unset.into_iter().next().map(|missing| (pair.name.clone(), missing)));
            }
            scope.declare_global(pair, inputs, lexer)?;
        }
    }
    Ok((scope, incomplete))
}

/// Docker refuses whatever expansion would change.
fn check_literal(word: &Word) -> Result<(), Problem> {
    match Lexer::new('\\').expand(&word.text, &NoVariables) {
        Ok(expansion) if expansion.text == word.text => Ok(()),
        _ => Err(variable_in_from(word)),
    }
}

fn unset_problem(
    dockerfile: &Dockerfile,
    globals: &Scope,
    word: &Word,
    name: &str,
    expanded: &str,
) -> Problem {
    let declared = dockerfile.args().iter().any(|arg| arg.name == name && arg.stage.is_none());
    let names = || dockerfile.args().iter().filter(|arg| arg.stage.is_none()).map(|arg| arg.name.as_str());
    let near = nearest(name, names().filter(|other| *other != name && globals.get(other).is_some()));
    let place = if declared {
        format!("a default in `ARG {name}=…`")
    } else {
        format!("`ARG {name}=…` before the first FROM")
    };
    let mut help = format!("add {place}, a value in [args], or --build-arg {name}=…");
    if let Some(near) = near.filter(|_| !declared) {
        help = format!("did you mean `${near}`? Otherwise {help}");
    }
    Problem {
        message: format!("the variable `{name}` has no value in this FROM"),
        span: word.span.clone(),
        label: if expanded.is_empty() {
            "expands to nothing".to_owned()
        } else {
            format!("expands to `{expanded}`")
        },
        help: Some(help),
    }
}

fn empty_problem(word: &Word, message: &str) -> Problem {
    Problem {
        message: message.to_owned(),
        span: word.span.clone(),
        label: "expands to nothing".to_owned(),
        help: Some("give its variables a value in `ARG`, in [args], or by --build-arg".to_owned()),
    }
}

fn reference_problem(word: &Word, expanded: &str, error: ReferenceError) -> Problem {
    let label = if word.text == expanded { String::new() } else { format!("expands to `{expanded}`") };
    Problem { message: error.message, span: word.span.clone(), label, help: error.help }
}

fn no_such_number(word: &Word, stages: usize) -> Problem {
    Problem {
        message: format!("there is no stage {}", word.text),
        span: word.span.clone(),
        label: format!("the last stage is number {}", stages - 1),
        help: Some("stages are counted from 0; a name is safer: FROM image AS name".to_owned()),
    }
}

fn order_problem(edge: &Edge, index: usize) -> Problem {
    let message = if edge.to == index {
        "a stage cannot copy from itself"
    } else {
        "this stage is defined further down"
    };
    Problem {
        message: message.to_owned(),
        span: edge.span.clone(),
        label: String::new(),
        help: Some("a stage can use the stages before it; move it up".to_owned()),
    }
}

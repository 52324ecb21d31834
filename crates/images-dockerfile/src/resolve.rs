//! Finds what one target needs:
//!
//! 1. every `FROM` is expanded with the arguments before the first, and the target's stages are found (`stage_graph`);
//! 2. those stages are gone through in order, so that each knows its variables (`scope`);
//! 3. what their instructions read, mount and use is collected (`context_source`).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::context_source::{add_transfer, bind};
use crate::instruction::{Body, Run};
use crate::mount::Mount;
use crate::scope::{Scope, expand};
use crate::shell_word::{Expansion, Lexer};
use crate::stage_graph::StageGraph;
use crate::{
    Configuration, Dockerfile, Feature, FeatureUse, ImageReference, Inputs, Instruction, Problem, Reference,
    ReferenceKind, Resolution, SecretUse, Sources, Span,
};

impl Dockerfile {
    /// Finds what the target needs, with arguments filled in.
    ///
    /// # Errors
    /// No such target, a variable without a value in a `FROM`, a reference that cannot be read, and the like.
    pub fn resolve(&self, inputs: &Inputs<'_>) -> Result<Resolution, Problem> {
        let graph = StageGraph::new(self, inputs)?;
        let mut walk = Walk {
            dockerfile: self,
            inputs,
            globals: &graph.globals,
            lexer: Lexer::new(self.escape),
            sources: Sources::none(),
            secrets: Vec::new(),
            features: Vec::new(),
            configuration: Configuration::default(),
        };
        let mut scopes: Vec<Scope> = Vec::new();
        let mut configurations: Vec<Configuration> = Vec::new();
        for (index, stage) in graph.stages.iter().enumerate() {
            let mut scope = match stage.base_stage {
                Some(base) => scopes[base].clone(),
                None if stage.base == "scratch" => Scope::scratch(),
                None => Scope::image(),
            };
            walk.configuration =
                stage.base_stage.map(|base| configurations[base].clone()).unwrap_or_default();
            if stage.needed {
                walk.stage(index, stage.base_stage, &mut scope)?;
            }
            scopes.push(scope);
            configurations.push(std::mem::take(&mut walk.configuration));
        }
        let triggers = walk.triggers(graph.target, scopes[graph.target].of_child());
        let trigger_configuration = std::mem::take(&mut walk.configuration);
        let Walk { sources, secrets, features, .. } = walk;
        Ok(Resolution {
            target: graph.target,
            configuration: configurations.swap_remove(graph.target),
            trigger_configuration,
            root_stage: root_stage(&graph),
            references: self.references(&graph)?,
            global_args: graph.globals.known(),
            stages: graph.stages,
            sources: in_order(sources),
            triggers,
            trigger_args: self.trigger_args(graph.target),
            secrets: sorted(secrets, |secret| &secret.span),
            features: sorted(features, |feature| &feature.span),
        })
    }

    fn trigger_args(&self, stage: usize) -> BTreeSet<String> {
        let pairs = self.triggers(stage).filter_map(|body| match body {
            Body::Arg(pairs) => Some(pairs),
            _ => None,
        });
        pairs.flatten().map(|pair| pair.name.clone()).collect()
    }

    fn references(&self, graph: &StageGraph) -> Result<Vec<ImageReference>, Problem> {
        let needed = graph.stages.iter().zip(&graph.references).filter(|(stage, _)| stage.needed);
        let mut references: Vec<_> = needed.flat_map(|(_, references)| references.clone()).collect();
        if let Some(syntax) = &self.syntax {
            let reference = Reference::parse(&syntax.text).map_err(|error| Problem {
                message: error.message,
                span: syntax.span.clone(),
                label: "this names the frontend's image".to_owned(),
                help: error.help,
            })?;
            let (kind, span) = (ReferenceKind::Syntax, syntax.span.clone());
            references.push(ImageReference { kind, span, reference, stage: None, onbuild: false });
        }
        Ok(sorted(references, |reference| &reference.span))
    }

    /// A stage's `FROM` and what follows it.
    ///
    /// # Panics
    /// There is no such stage.
    pub fn stage_instructions(&self, stage: usize) -> impl Iterator<Item = &Instruction> {
        let end = self.stage_starts.get(stage + 1).copied().unwrap_or(self.instructions().len());
        self.instructions()[self.stage_starts[stage]..end].iter()
    }
}

/// What is collected on the way through the needed stages.
struct Walk<'a> {
    dockerfile: &'a Dockerfile,
    inputs: &'a Inputs<'a>,
    globals: &'a Scope,
    lexer: Lexer,
    sources: Sources,
    secrets: Vec<SecretUse>,
    features: Vec<FeatureUse>,
    /// Of the stage that is gone through.
    configuration: Configuration,
}

impl Walk<'_> {
    fn stage(&mut self, index: usize, base: Option<usize>, scope: &mut Scope) -> Result<(), Problem> {
        for (_, body, _) in self.dockerfile.stage_bodies(index, base) {
            self.body(body, scope)?;
        }
        let heredocs =
            self.dockerfile.stage_instructions(index).filter_map(|instruction| instruction.heredoc.clone());
        self.features.extend(heredocs.map(|span| FeatureUse { feature: Feature::Heredoc, span }));
        Ok(())
    }

    fn body(&mut self, body: &Body, scope: &mut Scope) -> Result<(), Problem> {
        self.configuration.apply(body, scope, self.lexer);
        match body {
            Body::Arg(pairs) => {
                pairs.iter().try_for_each(|pair| scope.declare(pair, self.inputs, self.globals, self.lexer))
            }
            Body::Env(pairs) => scope.set_environment(pairs, self.lexer),
            Body::Transfer(transfer) => {
                self.features.extend(transfer.features.iter().cloned());
                match transfer.from {
                    Some(_) => Ok(()),
                    None => add_transfer(&mut self.sources, transfer, scope, self.lexer),
                }
            }
            Body::Run(run) => self.run(run, scope),
            Body::From(_) | Body::User(_) | Body::Label(_) | Body::Onbuild(_) | Body::Other => Ok(()),
        }
    }

    fn run(&mut self, run: &Run, scope: &Scope) -> Result<(), Problem> {
        self.features.extend(run.features.iter().cloned());
        run.mounts.iter().try_for_each(|mount| self.mount(mount, scope))
    }

    fn mount(&mut self, mount: &Mount, scope: &Scope) -> Result<(), Problem> {
        let kind = mount.expand("type", scope, self.lexer)?;
        let is_unknown = kind.as_ref().is_some_and(|kind| kind.unknown);
        let kind = kind.map_or("bind".to_owned(), |kind| kind.text.to_lowercase());
        let feature = match kind.as_str() {
            "secret" if !is_unknown => Feature::Secret,
            "ssh" if !is_unknown => Feature::Ssh,
            _ => Feature::Mount,
        };
        self.features.push(FeatureUse { feature, span: mount.span.clone() });
        match kind.as_str() {
            _ if is_unknown => self.sources.add(None),
            "secret" => self.secrets.push(mount.secret(scope, self.lexer)?),
            "bind" => add_bind(&mut self.sources, mount, scope, self.lexer)?,
            _ => {}
        }
        Ok(())
    }

    /// What the triggers that a stage leaves would read from a child's context. The child may give arguments of
    /// its own, and whatever it cannot expand is its own error.
    fn triggers(&mut self, stage: usize, mut scope: Scope) -> Sources {
        let mut sources = Sources::none();
        for body in self.dockerfile.triggers(stage) {
            self.configuration.apply(body, &scope, self.lexer);
            let read = match body {
                Body::Arg(pairs) => {
                    pairs.iter().for_each(|pair| scope.declare_unknown(pair));
                    Ok(())
                }
                Body::Env(pairs) => scope.set_environment(pairs, self.lexer),
                Body::Transfer(transfer) if transfer.from.is_none() => {
                    add_transfer(&mut sources, transfer, &scope, self.lexer)
                }
                Body::Run(run) => {
                    run.mounts.iter().try_for_each(|mount| add_mount(&mut sources, mount, &scope, self.lexer))
                }
                _ => Ok(()),
            };
            if read.is_err() {
                sources.add(None);
            }
        }
        sources
    }
}

/// The stage below the target's that is based on no other.
fn root_stage(graph: &StageGraph) -> usize {
    let mut root = graph.target;
    while let Some(base) = graph.stages[root].base_stage {
        root = base;
    }
    root
}

/// Adds what a mount reads from the context, whatever its type.
fn add_mount(sources: &mut Sources, mount: &Mount, scope: &Scope, lexer: Lexer) -> Result<(), Problem> {
    match mount.expand("type", scope, lexer)? {
        Some(kind) if kind.unknown => sources.add(None),
        Some(kind) if !kind.text.eq_ignore_ascii_case("bind") => {}
        _ => add_bind(sources, mount, scope, lexer)?,
    }
    Ok(())
}

fn add_bind(sources: &mut Sources, mount: &Mount, scope: &Scope, lexer: Lexer) -> Result<(), Problem> {
    if mount.value("from").is_some_and(|from| !from.text.is_empty()) {
        return Ok(());
    }
    let span = mount.source().map_or(mount.span.clone(), |word| word.span.clone());
    let path = match mount.source() {
        Some(word) => expand(lexer, word, scope)?,
        None => Expansion::default(),
    };
    sources.add((!path.unknown).then(|| bind(&path.text, span)));
    Ok(())
}

impl Mount {
    fn expand(&self, key: &str, scope: &Scope, lexer: Lexer) -> Result<Option<Expansion>, Problem> {
        self.value(key).map(|word| expand(lexer, word, scope)).transpose()
    }

    /// The last `source` or `src`.
    fn source(&self) -> Option<&crate::word::Word> {
        self.last_value(&["source", "src"])
    }

    /// A secret's id: its own, its source's, else the last part of its target.
    ///
    /// <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert_secrets.go>
    fn secret(&self, scope: &Scope, lexer: Lexer) -> Result<SecretUse, Problem> {
        let named =
            self.last_value(&["source", "src"]).or_else(|| self.value("id")).filter(|w| !w.text.is_empty());
        let target = self.last_value(&["target", "dst", "destination"]).filter(|word| !word.text.is_empty());
        let id = match (named, target) {
            (Some(word), _) => known_text(word, scope, lexer)?,
            (None, Some(word)) => base_name(&known_text(word, scope, lexer)?),
            (None, None) => return Err(nameless_secret(&self.span)),
        };
        Ok(SecretUse { id, required: self.required(scope, lexer)?, span: self.span.clone() })
    }

    fn required(&self, scope: &Scope, lexer: Lexer) -> Result<bool, Problem> {
        let Some(field) = self.fields.iter().rfind(|field| field.key == "required") else { return Ok(false) };
        let Some(word) = &field.value else { return Ok(true) };
        let text = expand(lexer, word, scope)?.text;
        Ok(!matches!(text.as_str(), "0" | "f" | "F" | "false" | "FALSE" | "False"))
    }
}

/// A word's text, or what is written if that depends on what only a builder knows.
fn known_text(word: &crate::word::Word, scope: &Scope, lexer: Lexer) -> Result<String, Problem> {
    let expansion = expand(lexer, word, scope)?;
    Ok(if expansion.unknown { word.text.clone() } else { expansion.text })
}

/// The last part of a path, as Go's `path.Base`.
fn base_name(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some("") | None => "/".to_owned(),
        Some(name) => name.to_owned(),
    }
}

fn nameless_secret(span: &Span) -> Problem {
    Problem {
        message: "this secret has no id".to_owned(),
        span: span.clone(),
        label: String::new(),
        help: Some("write --mount=type=secret,id=NAME".to_owned()),
    }
}

fn in_order(sources: Sources) -> Sources {
    match sources {
        Sources::All => Sources::All,
        Sources::These(list) => Sources::These(sorted(list, |source| &source.span)),
    }
}

/// In the file's order, each once: a trigger may run in several stages.
fn sorted<T: PartialEq>(mut items: Vec<T>, span: fn(&T) -> &Span) -> Vec<T> {
    let order = |left: &T, right: &T| -> Ordering {
        (span(left).start, span(left).end).cmp(&(span(right).start, span(right).end))
    };
    items.sort_by(order);
    items.dedup();
    items
}

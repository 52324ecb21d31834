//! Which variables have which values, before the first `FROM` and within a stage.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go>
//! (`buildMetaArgs`, `dispatchArg`, `dispatchEnv`).

use std::collections::BTreeMap;

use crate::instruction::{ArgPair, EnvPair};
use crate::shell_word::{Expansion, Lexer, Value, Variables};
use crate::word::Word;
use crate::{Inputs, Problem};

/// Variables and their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// What expansion sees; never [`Value::Unset`].
    variables: BTreeMap<String, Value>,
    /// What the image's configuration holds: set by `ENV` alone.
    environment: BTreeMap<String, Value>,
    /// Whether a base image that we do not see may set more.
    open: bool,
}

impl Variables for Scope {
    fn value(&self, name: &str) -> Value {
        let missing = if self.open { Value::Unknown } else { Value::Unset };
        self.variables.get(name).cloned().unwrap_or(missing)
    }
}

impl Scope {
    /// Before the first `FROM`: the platforms' arguments, which build arguments override.
    pub(crate) fn global(inputs: &Inputs<'_>, target_name: &str) -> Self {
        let mut scope = Self::default();
        for (prefix, platform) in [("BUILD", inputs.build_platform), ("TARGET", inputs.platform)] {
            scope.set(&format!("{prefix}PLATFORM"), platform.to_string());
            scope.set(&format!("{prefix}OS"), platform.os.clone());
            scope.set(&format!("{prefix}OSVERSION"), String::new());
            scope.set(&format!("{prefix}ARCH"), platform.architecture.clone());
            scope.set(&format!("{prefix}VARIANT"), platform.variant.clone().unwrap_or_default());
        }
        scope.set("TARGETSTAGE", target_name.to_owned());
        for (name, value) in &mut scope.variables {
            if let Some(given) = inputs.args.get(name) {
                *value = Value::Set(given.clone());
            }
        }
        scope
    }

    /// In a stage from `scratch`. The search path is the builder's business.
    pub(crate) fn scratch() -> Self {
        let mut scope = Self::default();
        scope.variables.insert("PATH".to_owned(), Value::Unknown);
        scope
    }

    /// In a stage from an image that we do not see.
    pub(crate) fn image() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// In a child's stage from this stage's image: only what `ENV` set is left.
    pub(crate) fn of_child(&self) -> Self {
        let mut variables = self.environment.clone();
        variables.entry("PATH".to_owned()).or_insert(Value::Unknown);
        Self { variables, environment: self.environment.clone(), open: self.open }
    }

    fn set(&mut self, name: &str, value: String) {
        self.variables.insert(name.to_owned(), Value::Set(value));
    }

    /// The variables whose values are known.
    pub(crate) fn known(&self) -> BTreeMap<String, String> {
        let known = self.variables.iter().filter_map(|(name, value)| match value {
            Value::Set(value) => Some((name.clone(), value.clone())),
            Value::Unset | Value::Unknown => None,
        });
        known.collect()
    }

    /// A variable's value, if it is known to have one.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// One `ARG` before the first `FROM`.
    ///
    /// # Errors
    /// A default that cannot be expanded.
    pub(crate) fn declare_global(
        &mut self,
        pair: &ArgPair,
        inputs: &Inputs<'_>,
        lexer: Lexer,
    ) -> Result<(), Problem> {
        let value = match (inputs.args.get(&pair.name), &pair.default) {
            (Some(given), _) => given.clone(),
            (None, Some(default)) => expand(lexer, default, self)?.text,
            (None, None) => return Ok(()),
        };
        self.set(&pair.name, value);
        Ok(())
    }

    /// One `ARG` in a stage: a build argument, else its default, else the global value.
    ///
    /// # Errors
    /// A default that cannot be expanded.
    pub(crate) fn declare(
        &mut self,
        pair: &ArgPair,
        inputs: &Inputs<'_>,
        globals: &Self,
        lexer: Lexer,
    ) -> Result<(), Problem> {
        let value = match (inputs.args.get(&pair.name), &pair.default) {
            (Some(given), _) => Value::Set(given.clone()),
            (None, Some(default)) => into_value(expand(lexer, default, self)?),
            (None, None) => match globals.get(&pair.name) {
                Some(value) => value.clone(),
                None => return Ok(()),
            },
        };
        // Here builders disagree: with BuildKit the later one counts, with the others ENV does.
        let disputed = self.environment.get(&pair.name).is_some_and(|set| *set != value);
        self.variables.insert(pair.name.clone(), if disputed { Value::Unknown } else { value });
        Ok(())
    }

    /// Whatever a child may give or declare.
    pub(crate) fn declare_unknown(&mut self, pair: &ArgPair) {
        self.variables.insert(pair.name.clone(), Value::Unknown);
    }

    /// One `ENV`: all its values are expanded with what was set before it.
    ///
    /// # Errors
    /// A key or value that cannot be expanded.
    pub(crate) fn set_environment(&mut self, pairs: &[EnvPair], lexer: Lexer) -> Result<(), Problem> {
        let mut values = Vec::new();
        for pair in pairs {
            values
                .push((expand(lexer, &pair.key, self)?.text, into_value(expand(lexer, &pair.value, self)?)));
        }
        for (key, value) in values {
            self.variables.insert(key.clone(), value.clone());
            self.environment.insert(key, value);
        }
        Ok(())
    }
}

fn into_value(expansion: Expansion) -> Value {
    if expansion.unknown { Value::Unknown } else { Value::Set(expansion.text) }
}

/// Expands a word.
///
/// # Errors
/// What is wrong with it, at its span.
pub(crate) fn expand(lexer: Lexer, word: &Word, variables: &dyn Variables) -> Result<Expansion, Problem> {
    lexer.expand(&word.text, variables).map_err(|message| Problem {
        message,
        span: word.span.clone(),
        label: "cannot be expanded".to_owned(),
        help: None,
    })
}

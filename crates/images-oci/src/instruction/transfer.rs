//! `COPY` and `ADD`: what is copied, and how.

use images_dockerfile::{Expander, Instruction, Span, Word, Written, WrittenFlag, is_remote};

use super::{Refusal, Variables};

/// The engines that can fetch.
const FETCHING: &str = "docker, podman and buildah";

/// One `COPY` or `ADD`, before variables are expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferWords {
    /// Whether it is `ADD`.
    pub is_add: bool,
    /// `--from`: a stage or an image.
    pub from: Option<Word>,
    /// The sources without heredocs.
    pub sources: Vec<Word>,
    /// The heredocs among the sources.
    pub documents: Vec<images_dockerfile::Document>,
    /// Where to.
    pub destination: Word,
    /// `--chown`.
    pub chown: Option<Word>,
    /// `--chmod`.
    pub chmod: Option<Word>,
    /// `--exclude`, each.
    pub excludes: Vec<Word>,
    /// `--parents`.
    pub parents: bool,
    /// `--link`.
    pub link: bool,
    /// `--unpack`.
    pub unpack: Option<bool>,
    /// The bytes of the instruction.
    pub span: Span,
}

/// One `COPY` or `ADD` with its variables expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Whether it is `ADD`.
    pub is_add: bool,
    /// `--from`, as it is written; the context otherwise.
    pub from: Option<Word>,
    /// The sources, with the bytes that name each.
    pub sources: Vec<Word>,
    /// Files that the Dockerfile itself holds.
    pub documents: Vec<Document>,
    /// Where to: a `/` at its end says that it is a folder.
    pub destination: String,
    /// What the destination is relative to.
    pub working_dir: String,
    /// `--chown`.
    pub chown: Option<Word>,
    /// `--chmod`.
    pub chmod: Option<Word>,
    /// `--exclude`, each.
    pub excludes: Vec<Word>,
    /// `--parents`.
    pub parents: bool,
    /// `--link`.
    pub link: bool,
    /// `--unpack`: whether archives are unpacked; without it `ADD` does so with those from the context.
    pub unpack: Option<bool>,
    /// The bytes of the instruction.
    pub span: Span,
}

/// A file that comes from a heredoc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Its content.
    pub content: String,
}

impl TransferWords {
    /// Reads the instruction.
    ///
    /// # Errors
    /// A flag that is not known, or one for what has to be fetched.
    pub(super) fn read(instruction: &Instruction, written: Written) -> Result<Self, Refusal> {
        let is_json = written.json.is_some();
        let mut words = written.json.unwrap_or(written.words);
        let destination = words.pop().ok_or_else(|| {
            Refusal::wrong(instruction.span.clone(), format!("{} needs a destination", instruction.keyword))
        })?;
        let mut transfer = Self {
            is_add: instruction.keyword == "ADD",
            from: None,
            sources: Vec::new(),
            documents: Vec::new(),
            destination,
            chown: None,
            chmod: None,
            excludes: Vec::new(),
            parents: false,
            link: false,
            unpack: None,
            span: instruction.span.clone(),
        };
        for word in words {
            match word.heredoc().filter(|_| !is_json) {
                Some(name) => transfer.documents.push(document(instruction, &word, &name)?),
                None => transfer.sources.push(word),
            }
        }
        written.flags.into_iter().try_for_each(|flag| transfer.set(flag))?;
        Ok(transfer)
    }

    fn set(&mut self, flag: WrittenFlag) -> Result<(), Refusal> {
        let is_true = flag.value.as_ref().is_none_or(|value| value.text.eq_ignore_ascii_case("true"));
        let value = flag.value.filter(|value| !value.text.is_empty());
        match (flag.name.as_str(), self.is_add) {
            ("chown", _) => self.chown = value,
            ("chmod", _) => self.chmod = value,
            ("exclude", _) => self.excludes.extend(value),
            ("link", _) => self.link = is_true,
            ("parents", false) => self.parents = is_true,
            ("from", false) => self.from = value,
            ("unpack", true) => self.unpack = Some(is_true),
            ("checksum" | "keep-git-dir", true) => {
                let message =
                    format!("--{} is for what ADD fetches, which the built-in engine does not", flag.name);
                return Err(Refusal::unsupported(flag.span, message, "docker's BuildKit"));
            }
            (name, _) => {
                let message = format!("the built-in engine does not know the flag `--{name}` here");
                return Err(Refusal::unsupported(flag.span, message, "docker's BuildKit"));
            }
        }
        Ok(())
    }

    /// Expands its variables.
    ///
    /// # Errors
    /// A word that cannot be expanded, or a source that has to be fetched.
    pub(super) fn expand(
        self,
        expander: Expander,
        variables: &Variables,
        working_dir: &str,
    ) -> Result<Transfer, Refusal> {
        let word = |word: Word| -> Result<Word, Refusal> {
            Ok(Word { text: variables.expand(expander, &word)?, span: word.span })
        };
        let words = |words: Vec<Word>| words.into_iter().map(word).collect::<Result<Vec<_>, _>>();
        let documents = self.documents.into_iter().map(|document| {
            let body = Word { text: document.content, span: self.span.clone() };
            let content = match document.expands {
                true => variables.document(expander, &body)?,
                false => body.text,
            };
            Ok(Document { name: document.name, content })
        });
        let transfer = Transfer {
            is_add: self.is_add,
            from: self.from,
            sources: words(self.sources)?,
            documents: documents.collect::<Result<_, Refusal>>()?,
            destination: word(self.destination)?.text,
            working_dir: working_dir.to_owned(),
            chown: self.chown.map(word).transpose()?,
            chmod: self.chmod.map(word).transpose()?,
            excludes: words(self.excludes)?,
            parents: self.parents,
            link: self.link,
            unpack: self.unpack,
            span: self.span,
        };
        transfer.sources.iter().try_for_each(|source| transfer.check_local(source))?;
        Ok(transfer)
    }
}

impl Transfer {
    fn check_local(&self, source: &Word) -> Result<(), Refusal> {
        if !is_remote(&source.text) || self.from.is_some() {
            return Ok(());
        }
        let message = format!("the built-in engine fetches nothing: ADD {}", source.text);
        Err(Refusal::unsupported(source.span.clone(), message, FETCHING))
    }

    /// What the history says.
    pub(super) fn history(&self) -> String {
        let flag = |name: &str, value: &Option<Word>| {
            value.as_ref().map_or(String::new(), |value| format!(" --{name}={}", value.text))
        };
        let mut text = if self.is_add { "ADD" } else { "COPY" }.to_owned();
        text.push_str(if self.parents { " --parents" } else { "" });
        text.push_str(&flag("chown", &self.chown));
        text.push_str(&flag("chmod", &self.chmod));
        self.sources.iter().for_each(|source| text.extend([" ", &source.text]));
        self.documents.iter().for_each(|document| text.extend([" <<", &document.name]));
        text.extend([" ", &self.destination]);
        text
    }
}

fn document(
    instruction: &Instruction,
    word: &Word,
    name: &str,
) -> Result<images_dockerfile::Document, Refusal> {
    let found = instruction.documents.iter().rfind(|document| document.name == name);
    found
        .cloned()
        .ok_or_else(|| Refusal::wrong(word.span.clone(), format!("the heredoc `{name}` has no body")))
}

/// An absolute path without `.`, `..` and doubled slashes, as Go's `path.Clean`.
pub(super) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// An image of this workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    name: &'static str,
    repository: &'static str,
    default: usize,
    variants: &'static [Variant],
    tags: &'static [(&'static str, usize)],
}

/// One variant of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    version: &'static str,
    tag: &'static str,
    reference: &'static str,
    exact: Option<&'static str>,
}

impl Image {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its repository: `registry/namespace/name`.
    pub const fn repository(&self) -> &'static str {
        self.repository
    }

    /// All its variants, in the order of Image.toml.
    pub const fn variants(&self) -> &'static [Variant] {
        self.variants
    }

    /// The variant that a reference without a tag means.
    pub const fn default(&self) -> Variant {
        self.variants[self.default]
    }

    /// The reference of the default variant.
    pub const fn reference(&self) -> &'static str {
        self.default().reference
    }

    /// The variant that a version or a part of one means, as in a Dockerfile: `3.11` means the newest 3.11.x.
    pub const fn version(&self, tag: &str) -> Option<Variant> {
        let mut at = 0;
        while at < self.tags.len() {
            if same(tag.as_bytes(), 0, self.tags[at].0.as_bytes()) {
                return Some(self.variants[self.tags[at].1]);
            }
            at += 1;
        }
        None
    }
}

impl Variant {
    /// Its version.
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// Its tag: version and suffix.
    pub const fn tag(&self) -> &'static str {
        self.tag
    }

    /// Its reference: `registry/namespace/name:tag`.
    pub const fn reference(&self) -> &'static str {
        self.reference
    }
}

/// The variant that `NAME` or `NAME:VERSION` means.
pub const fn find(spec: &str) -> Option<Variant> {
    let bytes = spec.as_bytes();
    let mut at = 0;
    while at < ALL.len() {
        let (image, name) = (ALL[at], ALL[at].name.as_bytes());
        if same(bytes, 0, name) {
            return Some(image.default());
        }
        if bytes.len() > name.len() && bytes[name.len()] == b':' && has(bytes, 0, name) {
            let mut tag = 0;
            while tag < image.tags.len() {
                if same(bytes, name.len() + 1, image.tags[tag].0.as_bytes()) {
                    return Some(image.variants[image.tags[tag].1]);
                }
                tag += 1;
            }
            return None;
        }
        at += 1;
    }
    None
}

/// The reference that `NAME` or `NAME:VERSION` means; empty where the workspace is not there.
///
/// # Panics
/// No image is meant: in a `const`, it does not compile.
#[track_caller]
pub const fn reference(spec: &str) -> &'static str {
    match find(spec) {
        Some(variant) => variant.reference,
        None if !IS_KNOWN => "",
        None => panic!("{}", UNKNOWN),
    }
}

/// Whether `text` is `word` from `from` on.
const fn same(text: &[u8], from: usize, word: &[u8]) -> bool {
    text.len() - from == word.len() && has(text, from, word)
}

/// Whether `text`, which is long enough, has `word` at `from`.
const fn has(text: &[u8], from: usize, word: &[u8]) -> bool {
    let mut at = 0;
    while at < word.len() {
        if text[from + at] != word[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The reference that `NAME` or `NAME:VERSION` means. It does not compile where no image is meant.
macro_rules! __reference {
    ($spec:expr) => {{
        // An item, since `cargo check` evaluates no inline constants.
        const REFERENCE: &str = $crate::images::reference($spec);
        REFERENCE
    }};
}
pub(crate) use __reference as reference;

//! The kinds of problems, by names that programs can rely on.

/// A kind of problem. Its id never changes; new kinds may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Anything that no other rule is about.
    Workspace,
    /// Image.toml or the settings cannot be read.
    Manifest,
    /// A Dockerfile or `.dockerignore` is wrong, or unusual.
    Dockerfile,
    /// A reference leads nowhere, or images stand on each other in a cycle.
    Reference,
    /// A build argument goes nowhere.
    Argument,
    /// What an image is built from is not there, or cannot be sent.
    Context,
    /// Images.lock cannot be read, or does not fit the Dockerfiles.
    Lock,
    /// An image changed, and its version did not.
    Version,
    /// An external reference names a registry that the policy does not list.
    AllowedRegistries,
    /// An external reference names a repository that the policy does not list.
    AllowedRepositories,
    /// An external reference is not pinned.
    RequireDigest,
    /// An external reference has a tag that the policy forbids.
    ForbiddenTags,
    /// A container would run as root.
    ForbidRoot,
    /// A label is missing.
    RequiredLabels,
    /// Too many images stand on each other.
    MaxDepth,
}

impl Rule {
    /// All of them, in the order of their documentation.
    pub const ALL: [Self; 15] = [
        Self::Workspace,
        Self::Manifest,
        Self::Dockerfile,
        Self::Reference,
        Self::Argument,
        Self::Context,
        Self::Lock,
        Self::Version,
        Self::AllowedRegistries,
        Self::AllowedRepositories,
        Self::RequireDigest,
        Self::ForbiddenTags,
        Self::ForbidRoot,
        Self::RequiredLabels,
        Self::MaxDepth,
    ];

    /// Its name for programs: `reference`, `policy::forbid-root`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Manifest => "manifest",
            Self::Dockerfile => "dockerfile",
            Self::Reference => "reference",
            Self::Argument => "argument",
            Self::Context => "context",
            Self::Lock => "lock",
            Self::Version => "version",
            Self::AllowedRegistries => "policy::allowed-registries",
            Self::AllowedRepositories => "policy::allowed-repositories",
            Self::RequireDigest => "policy::require-digest",
            Self::ForbiddenTags => "policy::forbidden-tags",
            Self::ForbidRoot => "policy::forbid-root",
            Self::RequiredLabels => "policy::required-labels",
            Self::MaxDepth => "policy::max-depth",
        }
    }

    /// What it is about, in one sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Workspace => "The workspace is wrong",
            Self::Manifest => "Image.toml or the workspace's settings cannot be read",
            Self::Dockerfile => "A Dockerfile or .dockerignore is wrong",
            Self::Reference => "A reference to an image leads nowhere",
            Self::Argument => "A build argument goes nowhere",
            Self::Context => "What an image is built from is not there, or cannot be sent",
            Self::Lock => "Images.lock cannot be read, or does not fit the Dockerfiles",
            Self::Version => "An image changed, and its version did not",
            Self::AllowedRegistries => "An image comes from a registry that is not allowed",
            Self::AllowedRepositories => "An image comes from a repository that is not allowed",
            Self::RequireDigest => "An external image is not pinned by a digest",
            Self::ForbiddenTags => "An external image is named by a forbidden tag",
            Self::ForbidRoot => "A container would run as root",
            Self::RequiredLabels => "An image lacks a required label",
            Self::MaxDepth => "Too many images stand on each other",
        }
    }

    /// Whether the files are right, and what they say is refused: by the policy, or since a version is not a new one.
    pub fn is_refusal(self) -> bool {
        self == Self::Version || self.id().starts_with("policy::")
    }
}

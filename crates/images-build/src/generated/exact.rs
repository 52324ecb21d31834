impl Image {
    /// As [`Variant::exact`], of the default variant.
    pub const fn exact(&self) -> Option<&'static str> {
        self.default().exact
    }
}

impl Variant {
    /// The image that was built last, by its key: `localhost/namespace/name:key-…`. `None` where it was not built, or holds a
    /// binary of this crate.
    pub const fn exact(&self) -> Option<&'static str> {
        self.exact
    }
}

pub(crate) const ALL: &[(&str, fn())] = &[];

//! Numbers, lists, sizes and ages in words.

use std::time::Duration;

/// A size in its largest unit.
pub fn size(bytes: u64) -> String {
    let in_units = |exponent: i32| bytes as f64 / 1024_f64.powi(exponent);
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", in_units(1)),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", in_units(2)),
        _ => format!("{:.1} GiB", in_units(3)),
    }
}

/// An age in its largest unit.
pub fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A number of things; more than one get an `s`.
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// The first of some names; of those beyond the limit, how many there are.
pub fn listed<T: AsRef<str>>(names: &[T], limit: usize) -> String {
    let (named, more) = names.split_at(names.len().min(limit));
    let named = named.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if more.is_empty() { named } else { format!("{named} and {} more", more.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_names_are_listed_and_the_rest_is_counted() {
        assert_eq!(listed(&["a", "b"], 3), "a, b");
        assert_eq!(listed(&["a", "b", "c", "d", "e"], 3), "a, b, c and 2 more");
        assert_eq!(listed::<&str>(&[], 3), "");
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let told = |seconds| age(Duration::from_secs(seconds));
        assert_eq!([told(0), told(59), told(60), told(3599)], ["0 s", "59 s", "1 min", "59 min"]);
        assert_eq!([told(3600), told(86_399), told(86_400)], ["1 h", "23 h", "1 d"]);
    }

    #[test]
    fn a_size_is_told_in_its_largest_unit() {
        let told = [0, 1023, 1024, 1_572_864, 3 << 30].map(size);
        assert_eq!(told, ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "3.0 GiB"]);
        assert_eq!([0, 1, 2].map(|number| count(number, "image")), ["0 images", "1 image", "2 images"]);
    }
}

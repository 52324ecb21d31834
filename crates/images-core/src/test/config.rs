//! How a container of an image is started.

use std::collections::BTreeMap;

use images_oci::model::RuntimeConfig;

use super::definition::{ConfigCheck, Text};
use super::text::{problems, quoted};

/// All that is wrong with it.
pub(super) fn check(config: &RuntimeConfig, check: &ConfigCheck) -> Vec<String> {
    let mut wrong = Vec::new();
    wrong.extend(word("user", &config.user, check.user.as_ref()));
    wrong.extend(word("working directory", &config.working_dir, check.workdir.as_ref()));
    wrong.extend(words("entrypoint", config.entrypoint.as_deref(), check.entrypoint.as_ref()));
    wrong.extend(words("command", config.cmd.as_deref(), check.cmd.as_ref()));
    let exposed = |port: &String| config.exposed_ports.contains_key(port);
    let volume = |path: &String| config.volumes.contains_key(path);
    let not = |what: &'static str| move |name: &String| format!("{name} {what}");
    wrong.extend(check.exposed.iter().filter(|port| !exposed(port)).map(not("is not exposed")));
    wrong.extend(
        check.not_exposed.iter().filter(|port| exposed(port)).map(not("is exposed, and should not be")),
    );
    wrong.extend(check.volumes.iter().filter(|path| !volume(path)).map(not("is no volume")));
    wrong.extend(
        check.no_volumes.iter().filter(|path| volume(path)).map(not("is a volume, and should not be")),
    );
    let env = config.env.iter().filter_map(|pair| pair.split_once('='));
    let env = env.collect();
    wrong.extend(named("variable", &env, &check.env));
    let set = check.unset.iter().filter(|name| env.contains_key(name.as_str()));
    wrong.extend(set.map(|name| format!("the variable `{name}` is set, and should not be")));
    let labels = config.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    wrong.extend(named("label", &labels.collect(), &check.labels));
    wrong
}

fn word(what: &str, is: &str, expected: Option<&String>) -> Option<String> {
    let expected = expected.filter(|expected| *expected != is)?;
    Some(match is {
        "" => format!("the {what} is not set, and should be {}", quoted(expected)),
        _ => format!("the {what} is {}, not {}", quoted(is), quoted(expected)),
    })
}

fn words(what: &str, is: Option<&[String]>, expected: Option<&Vec<String>>) -> Option<String> {
    let is = is.unwrap_or_default();
    let expected = expected.filter(|expected| *expected != is)?;
    Some(format!("the {what} is {is:?}, not {expected:?}"))
}

fn named(what: &str, is: &BTreeMap<&str, &str>, expected: &BTreeMap<String, Vec<Text>>) -> Vec<String> {
    let one = |(name, expected): (&String, &Vec<Text>)| match is.get(name.as_str()) {
        None => vec![format!("the {what} `{name}` is not set")],
        Some(value) => problems(expected, &format!("the {what} `{name}`"), value).collect(),
    };
    expected.iter().flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use images_oci::model::Empty;

    use super::*;

    fn config() -> RuntimeConfig {
        RuntimeConfig {
            user: "app".to_owned(),
            exposed_ports: [("5000/tcp".to_owned(), Empty {})].into(),
            volumes: [("/data".to_owned(), Empty {})].into(),
            env: vec!["PATH=/bin".to_owned(), "EMPTY=".to_owned()],
            entrypoint: Some(vec!["/bin/app".to_owned()]),
            labels: [("a".to_owned(), "1.2".to_owned())].into(),
            ..RuntimeConfig::default()
        }
    }

    #[test]
    fn what_is_named_has_to_be_so_and_nothing_else_counts() {
        let text = |text: &str| vec![Text::Equals(text.to_owned())];
        let all = ConfigCheck {
            user: Some("app".to_owned()),
            workdir: Some(String::new()),
            entrypoint: Some(vec!["/bin/app".to_owned()]),
            cmd: Some(Vec::new()),
            exposed: vec!["5000/tcp".to_owned()],
            not_exposed: vec!["80/tcp".to_owned()],
            volumes: vec!["/data".to_owned()],
            no_volumes: vec!["/x".to_owned()],
            env: [("EMPTY".to_owned(), text(""))].into(),
            unset: vec!["HOME".to_owned()],
            labels: [("a".to_owned(), text("1.2"))].into(),
        };
        assert_eq!(check(&config(), &all), [""; 0]);
        assert_eq!(check(&config(), &ConfigCheck::default()), [""; 0]);
    }

    #[test]
    fn each_difference_is_told() {
        let text = |text: &str| vec![Text::Equals(text.to_owned())];
        let all = ConfigCheck {
            user: Some("root".to_owned()),
            workdir: Some("/srv".to_owned()),
            entrypoint: Some(Vec::new()),
            cmd: Some(vec!["x".to_owned()]),
            exposed: vec!["80/tcp".to_owned()],
            not_exposed: vec!["5000/tcp".to_owned()],
            volumes: vec!["/x".to_owned()],
            no_volumes: vec!["/data".to_owned()],
            env: [("PATH".to_owned(), text("/usr")), ("HOME".to_owned(), text("/"))].into(),
            unset: vec!["EMPTY".to_owned()],
            labels: [("a".to_owned(), text("1"))].into(),
        };
        let expected = [
            "the user is `app`, not `root`",
            "the working directory is not set, and should be `/srv`",
            "the entrypoint is [\"/bin/app\"], not []",
            "the command is [], not [\"x\"]",
            "80/tcp is not exposed",
            "5000/tcp is exposed, and should not be",
            "/x is no volume",
            "/data is a volume, and should not be",
            "the variable `HOME` is not set",
            "the variable `PATH` is `/bin`, not `/usr`",
            "the variable `EMPTY` is set, and should not be",
            "the label `a` is `1.2`, not `1`",
        ];
        assert_eq!(check(&config(), &all), expected);
    }
}

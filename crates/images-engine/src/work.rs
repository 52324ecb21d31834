//! How much a Dockerfile gives a builder to do.

use images_dockerfile::Dockerfile;

/// Whether it runs nothing.
pub(crate) fn runs_nothing(dockerfile: &Dockerfile) -> bool {
    dockerfile.instructions().iter().all(|instruction| instruction.keyword != "RUN")
}

/// Whether it is one stage that puts files into its base by one instruction at most, and runs nothing.
pub(crate) fn makes_one_layer(dockerfile: &Dockerfile) -> bool {
    let count = |keywords: &[&str]| {
        let all = dockerfile.instructions().iter();
        all.filter(|instruction| keywords.contains(&instruction.keyword.as_str())).count()
    };
    runs_nothing(dockerfile) && count(&["FROM"]) == 1 && count(&["COPY", "ADD", "WORKDIR"]) <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str) -> (bool, bool) {
        let dockerfile = Dockerfile::parse(text).unwrap();
        (runs_nothing(&dockerfile), makes_one_layer(&dockerfile))
    }

    #[test]
    fn a_run_is_work_wherever_it_is() {
        assert_eq!(ask("FROM a\nENV A=1\n"), (true, true));
        assert_eq!(ask("FROM a\nrun true\n"), (false, false));
        assert_eq!(ask("FROM a AS b\nRUN true\nFROM c\n"), (false, false));
    }

    #[test]
    fn files_come_in_by_three_instructions() {
        for one in ["COPY a /", "ADD a /", "WORKDIR /a"] {
            assert_eq!(ask(&format!("FROM a\n{one}\nENV A=1\n")), (true, true), "{one}");
            assert_eq!(ask(&format!("FROM a\n{one}\nCOPY b /b\n")), (true, false), "{one}");
        }
        assert_eq!(ask("FROM a AS b\nFROM b\nCOPY a /\n"), (true, false), "two stages");
    }
}

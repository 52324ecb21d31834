use std::collections::BTreeMap;

use images_dockerfile::Dockerfile;

use super::*;
use crate::model::{ImageConfig, Platform, RuntimeConfig};

struct Done {
    state: StageState,
    operations: Vec<Operation>,
}

/// Applies what follows the last `FROM` to a stage from `scratch`.
fn apply(text: &str, args: &[(&str, &str)]) -> Result<Done, (String, String)> {
    apply_to(StageState::scratch(&platform()), text, args)
}

fn platform() -> Platform {
    Platform { architecture: "amd64".to_owned(), os: "linux".to_owned(), os_version: None, variant: None }
}

fn apply_to(mut state: StageState, text: &str, args: &[(&str, &str)]) -> Result<Done, (String, String)> {
    let text = format!("FROM scratch\n{text}");
    let dockerfile = Dockerfile::parse(&text).map_err(|problem| (problem.message, String::new()))?;
    let args: BTreeMap<_, _> = args.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let global_args = [("GLOBAL".to_owned(), "g".to_owned())].into();
    let around = Surroundings {
        dockerfile: &dockerfile,
        args: &args,
        global_args: &global_args,
        created: "1980-01-01T00:00:00Z",
    };
    let mut operations = Vec::new();
    for instruction in &dockerfile.instructions()[1..] {
        let done = state.apply(&around, instruction);
        operations.extend(done.map_err(|refusal| (refusal.message, text[refusal.span].to_owned()))?);
    }
    Ok(Done { state, operations })
}

fn runtime(text: &str) -> RuntimeConfig {
    apply(text, &[]).unwrap_or_else(|(message, _)| panic!("{message}")).state.config.config
}

fn history(text: &str) -> Vec<String> {
    let done = apply(text, &[]).unwrap_or_else(|(message, _)| panic!("{message}"));
    let told = done.state.config.history.into_iter();
    told.map(|step| {
        assert_eq!(step.comment.as_deref(), Some("buildkit.dockerfile.v0"));
        assert_eq!(step.created.as_deref(), Some("1980-01-01T00:00:00Z"));
        format!("{}{}", step.created_by.unwrap(), if step.empty_layer { "" } else { " +" })
    })
    .collect()
}

fn refused(text: &str) -> (String, String) {
    match apply(text, &[]) {
        Err(refusal) => refusal,
        Ok(_) => panic!("{text} passes"),
    }
}

fn transfer(text: &str) -> Transfer {
    match apply(text, &[]).unwrap().operations.pop() {
        Some(Operation::Transfer(transfer)) => *transfer,
        other => panic!("{other:?}"),
    }
}

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

#[test]
fn scratch_has_a_search_path_and_a_working_directory() {
    let config = StageState::scratch(&platform()).config;
    assert_eq!((config.os.as_str(), config.architecture.as_str()), ("linux", "amd64"));
    assert_eq!(config.config.env, [PATH]);
    assert_eq!(config.config.working_dir, "/");
}

#[test]
fn env_is_expanded_with_what_stood_before_it_and_replaces_in_place() {
    let config = runtime("ENV A=1 B=$A\nENV A=2 C=${A}x\nENV D $A b  c \nENV $A=x \"E F\"='g h'");
    assert_eq!(config.env, [PATH, "A=2", "B=", "C=1x", "D=2 b  c", "2=x", "E F=g h"]);
}

#[test]
fn an_argument_has_the_given_value_else_its_default_else_the_global_one() {
    let text = "ARG A=d B GLOBAL\nARG N=\"x $A\"\nENV V=$A-$B-$GLOBAL-$N-$UNDECLARED";
    let with = |args| apply(text, args).unwrap().state.config.config.env[1].clone();
    assert_eq!(with(&[]), "V=d--g-x d-");
    assert_eq!(with(&[("A", "a"), ("B", "b"), ("UNDECLARED", "u")]), "V=a-b-g-x a-");
}

#[test]
fn whichever_of_arg_and_env_came_last_counts_and_arguments_are_no_environment() {
    let config = runtime("ENV A=env\nARG A=arg\nENV B=$A\nENV A=again\nENV C=$A\nARG D=d");
    assert_eq!(config.env, [PATH, "A=again", "B=arg", "C=again"]);
}

#[test]
fn a_stage_on_another_stage_knows_its_arguments_and_one_on_an_image_its_environment() {
    let base = apply("ARG A=1\nENV E=2\nCMD [\"x\"]", &[]).unwrap().state;
    let child = apply_to(base.child(), "LABEL l=$A$E\nENTRYPOINT [\"y\"]", &[]).unwrap().state.config.config;
    assert_eq!(child.labels["l"], "12");
    assert_eq!(child.cmd, None);
    let image = StageState::of_image(base.config);
    assert_eq!(apply_to(image, "LABEL l=$A$E", &[]).unwrap().state.config.config.labels["l"], "2");
}

#[test]
fn commands_have_their_forms_and_the_shell_that_was_set() {
    let list = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    let config = runtime("CMD echo  $A 'b'\nENTRYPOINT [\"/x\", \"$A\"]");
    assert_eq!(config.cmd, list(&["/bin/sh", "-c", "echo  $A 'b'"]));
    assert_eq!(config.entrypoint, list(&["/x", "$A"]));
    let config = runtime("SHELL [\"/bin/bash\", \"-ec\"]\nENTRYPOINT a");
    assert_eq!(config.entrypoint, list(&["/bin/bash", "-ec", "a"]));
    assert_eq!(config.shell, list(&["/bin/bash", "-ec"]));
    assert_eq!(runtime("CMD []").cmd, list(&[]));
    assert_eq!(runtime("ENTRYPOINT []").entrypoint, None);
}

#[test]
fn an_entrypoint_takes_away_the_command_of_the_base_only() {
    let mut base = ImageConfig::default();
    base.config.cmd = Some(vec!["base".to_owned()]);
    let cmd = |text| apply_to(StageState::of_image(base.clone()), text, &[]).unwrap().state.config.config.cmd;
    assert_eq!(cmd("ENTRYPOINT [\"x\"]"), None);
    assert_eq!(cmd("USER a"), Some(vec!["base".to_owned()]));
    assert_eq!(cmd("CMD [\"own\"]\nENTRYPOINT [\"x\"]"), Some(vec!["own".to_owned()]));
}

#[test]
fn working_directories_are_joined_cleaned_and_made() {
    let done =
        apply("WORKDIR a/../b\nUSER u:g\nWORKDIR ./c//d/\nENV E=\nWORKDIR $E\nWORKDIR /", &[]).unwrap();
    assert_eq!(done.state.config.config.working_dir, "/");
    let made = done.operations.iter().map(|operation| match operation {
        Operation::Folder { path, user, .. } => (path.as_str(), user.as_str()),
        Operation::Transfer(_) => panic!("nothing is copied"),
    });
    assert_eq!(made.collect::<Vec<_>>(), [("/b", ""), ("/b/c/d", "u:g"), ("/b/c/d", "u:g")]);
}

#[test]
fn the_rest_of_the_configuration_is_set() {
    let config = runtime(
        "ENV P=8080\nEXPOSE $P 53/udp 90-91\nVOLUME [\"/a b\", \"/$P\"]\nVOLUME /c /d\nSTOPSIGNAL SIG$S\"TERM\"\n\
         LABEL a.b=\"c d\" e=$P\nLABEL f g h\nUSER $P:x\nONBUILD   COPY a  b\nONBUILD ENV A=$B",
    );
    assert_eq!(config.exposed_ports.keys().collect::<Vec<_>>(), ["53/udp", "8080/tcp", "90/tcp", "91/tcp"]);
    assert_eq!(config.volumes.keys().collect::<Vec<_>>(), ["/8080", "/a b", "/c", "/d"]);
    assert_eq!(config.stop_signal.as_deref(), Some("SIGTERM"));
    assert_eq!(
        config.labels,
        [("a.b", "c d"), ("e", "8080"), ("f", "g h")].map(|(k, v)| (k.into(), v.into())).into()
    );
    assert_eq!(config.user, "8080:x");
    assert_eq!(config.on_build, ["COPY a  b", "ENV A=$B"]);
    assert_eq!(apply("MAINTAINER A B <a@b>", &[]).unwrap().state.config.author.as_deref(), Some("A B <a@b>"));
}

#[test]
fn health_checks_have_their_forms_and_times() {
    let check = |text| runtime(text).healthcheck.unwrap();
    let full = check(
        "HEALTHCHECK --interval=1m30s --timeout=100ms --start-period=2s --start-interval=3s --retries=4 CMD  a  $b",
    );
    assert_eq!(full.test.unwrap(), ["CMD-SHELL", "a  $b"]);
    assert_eq!((full.interval, full.timeout), (90_000_000_000, 100_000_000));
    assert_eq!((full.start_period, full.start_interval, full.retries), (2_000_000_000, 3_000_000_000, 4));
    assert_eq!(check("HEALTHCHECK cmd [\"a\", \"b\"]").test.unwrap(), ["CMD", "a", "b"]);
    assert_eq!(check("HEALTHCHECK none").test.unwrap(), ["NONE"]);
    let (message, place) = refused("HEALTHCHECK --interval=1 CMD a");
    assert_eq!((message.as_str(), place.as_str()), ("`1` is no time", "1"));
    assert_eq!(refused("HEALTHCHECK --timeout=1us CMD a").0, "`1us` is less than a millisecond");
    assert_eq!(refused("HEALTHCHECK --retries=-1 CMD a").0, "`-1` is no number of retries");
}

#[test]
fn histories_are_buildkits() {
    let text = "ARG A=1 B\nENV E=\"x y\" F=2\nLABEL l=1\nCMD a \"b\"\nENTRYPOINT [\"e\"]\nEXPOSE 2 1\nVOLUME /v /w\n\
        USER u\nWORKDIR w\nWORKDIR /\nSHELL [\"s\", \"-c\"]\nSTOPSIGNAL 9\nMAINTAINER m\n\
        HEALTHCHECK --interval=90s --retries=3 CMD h\nONBUILD USER x\nCOPY --chown=$A --chmod=644 a b* /c/\n\
        ADD a .\nCOPY <<d /x/\nhi\nd\n";
    assert_eq!(
        history(text),
        [
            "ARG A=1 B",
            "ENV E=x y F=2",
            "LABEL l=1",
            "CMD [\"/bin/sh\" \"-c\" \"a \\\"b\\\"\"]",
            "ENTRYPOINT [\"e\"]",
            "EXPOSE map[1/tcp:{} 2/tcp:{}]",
            "VOLUME [/v /w]",
            "USER u",
            "WORKDIR /w +",
            "WORKDIR /",
            "SHELL [s -c]",
            "STOPSIGNAL 9",
            "MAINTAINER m",
            "HEALTHCHECK &{[\"CMD-SHELL\" \"h\"] \"1m30s\" \"0s\" \"0s\" \"0s\" '\\x03'}",
            "COPY --chown=1 --chmod=644 a b* /c/ # buildkit +",
            "ADD a . # buildkit +",
            "COPY <<d /x/ # buildkit +",
        ]
    );
}

#[test]
fn a_transfer_is_expanded_and_knows_where_it_starts() {
    let text = "ENV V=v U=1:2\nWORKDIR /w\nCOPY --from=stage --link --chown=$U --chmod=${V}7 --exclude=*.$V a $V/* to/$V/";
    let copied = transfer(text);
    let texts =
        |words: &[images_dockerfile::Word]| words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&copied.sources), ["a", "v/*"]);
    assert_eq!((copied.destination.as_str(), copied.working_dir.as_str()), ("to/v/", "/w"));
    assert_eq!((copied.chown.unwrap().text, copied.chmod.unwrap().text), ("1:2".to_owned(), "v7".to_owned()));
    assert_eq!(texts(&copied.excludes), ["*.v"]);
    assert_eq!(copied.from.unwrap().text, "stage");
    assert!(copied.link && !copied.parents && !copied.is_add && copied.unpack.is_none());
    assert_eq!(transfer("ADD --unpack=false a /").unpack, Some(false));
    assert_eq!(transfer("COPY [\"a b\", \"/c d\"]").destination, "/c d");
}

#[test]
fn heredocs_are_expanded_unless_they_are_quoted() {
    let copied = transfer("ENV V=\"a b\"\nCOPY <<x <<\"y\" f /d/\n'$V' \\$V\nx\n$V\ny\n");
    let documents: Vec<_> = copied.documents.iter().map(|d| (d.name.as_str(), d.content.as_str())).collect();
    assert_eq!(documents, [("x", "'a b' $V\n"), ("y", "$V\n")]);
    assert_eq!(copied.sources.len(), 1);
}

#[test]
fn what_cannot_be_done_is_refused_at_its_place() {
    for (text, message, place) in [
        ("RUN a \\\n b", "the built-in engine runs no commands, so it cannot do RUN", "RUN a \\\n b"),
        ("ADD https://a/b /", "the built-in engine fetches nothing: ADD https://a/b", "https://a/b"),
        (
            "ADD git@github.com:a/b.git /",
            "the built-in engine fetches nothing: ADD git@github.com:a/b.git",
            "git@github.com:a/b.git",
        ),
        (
            "ADD --checksum=sha256:00 a /",
            "--checksum is for what ADD fetches, which the built-in engine does not",
            "--checksum=sha256:00",
        ),
        ("STOPSIGNAL SIGX", "`SIGX` is no signal", "SIGX"),
        ("EXPOSE 80 x", "`x` is no port: expected a number up to 65535, or two with a `-` between them", "x"),
        ("USER ${U:?who}", "U: who: cannot be expanded", "${U:?who}"),
        ("ENV $N=1", "this key of ENV is empty", "$N"),
        ("FRO x", "the built-in engine does not know the instruction FRO", "FRO x"),
    ] {
        assert_eq!(refused(text), (message.to_owned(), place.to_owned()), "{text}");
    }
}

#[test]
fn a_refusal_says_which_engines_can() {
    let dockerfile = Dockerfile::parse("FROM scratch\nRUN a").unwrap();
    let refusal = Command::read(&dockerfile, &dockerfile.instructions()[1]).unwrap_err();
    assert!(refusal.unsupported);
    assert_eq!(
        refusal.help.unwrap(),
        "docker, podman and buildah can: start or install one, or name it with --engine"
    );
}

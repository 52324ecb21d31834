//! The signals that `STOPSIGNAL` may name: those of Linux.
//!
//! <https://github.com/moby/sys/blob/main/signal/signal.go> (`ParseSignal`)

const NAMES: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
    "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU",
    "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
];

/// Whether docker takes this for a signal: a number but 0, or a name in any letter case, with or without `SIG`.
pub(super) fn is_signal(text: &str) -> bool {
    if let Ok(number) = text.parse::<i64>() {
        return number != 0;
    }
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    NAMES.contains(&name) || is_real_time(name)
}

/// `RTMIN+1` to `RTMIN+15`, `RTMAX-14` to `RTMAX-1`, without leading zeros.
fn is_real_time(name: &str) -> bool {
    let offset = |text: &str, most| (1..=most).any(|number: u32| number.to_string() == text);
    name.strip_prefix("RTMIN+").is_some_and(|text| offset(text, 15))
        || name.strip_prefix("RTMAX-").is_some_and(|text| offset(text, 14))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_in_any_case_are_signals() {
        for text in ["9", "-1", "SIGTERM", "term", "sigrtmin+15", "RTMAX-14", "RTMIN"] {
            assert!(is_signal(text), "{text}");
        }
        for text in ["0", "", "SIG", "SIGSIGTERM", "TERMINATE", "RTMIN+16", "RTMIN+01", "RTMAX-15", "9x"] {
            assert!(!is_signal(text), "{text}");
        }
    }
}

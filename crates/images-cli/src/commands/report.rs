use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use images_core::history::{Entry, History};
use images_core::timings::Timings;
use images_core::{Error, exit_code};
use images_schema::{Diagnostic, message};
use serde_json::json;

use super::{Session, pretty};
use crate::arguments::{BuildArgs, Format, Rebuilds, Report, ReportKind};
use crate::terminal::Style;
use crate::timings;
use images_core::quantity::age;

pub(super) fn run(session: &Session, args: &Report) -> Result<u8, Error> {
    let workspace = session.workspace(&BuildArgs { build_args: Vec::new() })?;
    let cache = workspace.cache();
    match &args.kind {
        ReportKind::Timings => {
            let page = write_timings(&cache)?.ok_or_else(|| {
                Diagnostic::error("nothing was built here yet")
                    .help("`cargo xtask images build` records what it builds")
            })?;
            session.terminal.data(page.as_str());
        }
        ReportKind::Rebuilds(args) => rebuilds(session, &History::of(&cache), args),
    }
    Ok(exit_code::DONE)
}

/// Writes the page about the last run, and gives its place; `None` where nothing is recorded.
///
/// # Errors
/// The page cannot be written.
pub(super) fn write_timings(cache: &Utf8Path) -> Result<Option<Utf8PathBuf>, Error> {
    let Some(timings) = Timings::of_last_run(&History::of(cache).entries()) else { return Ok(None) };
    let page = cache.join("timings.html");
    std::fs::write(&page, timings::page(&timings)).map_err(Error::io("cannot write", &page))?;
    Ok(Some(page))
}

/// Writes the page after a build that was asked for it, and says where it is.
///
/// # Errors
/// The page cannot be written.
pub(super) fn after_build(session: &Session, cache: &Utf8Path, has_built: bool) -> Result<(), Error> {
    let page = if has_built { write_timings(cache)? } else { None };
    let text = page.map_or_else(|| "none, as nothing was built".to_owned(), Utf8PathBuf::into_string);
    session.terminal.status(Style::Note, "Timings", &text);
    Ok(())
}

fn rebuilds(session: &Session, history: &History, args: &Rebuilds) {
    let mut entries = history.entries();
    entries.reverse();
    entries.truncate(args.limit);
    match args.format {
        Format::Json => session.terminal.data(&pretty(&json(&entries))),
        Format::Human => {
            let now = SystemTime::now();
            entries.iter().for_each(|entry| session.terminal.data(&line(entry, now)));
        }
    }
}

fn json(entries: &[Entry]) -> serde_json::Value {
    let since_1970 = |time: SystemTime| time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    let rebuild = |entry: &Entry| {
        json!({
            "spec": entry.spec,
            "key": entry.key,
            "message": entry.reason,
            "success": entry.ok,
            "seconds": entry.active().as_secs_f64(),
            "ended": entry.ended_at().and_then(since_1970),
        })
    };
    json!({"version": message::FORMAT_VERSION, "rebuilds": entries.iter().map(rebuild).collect::<Vec<_>>()})
}

/// When, what, how long, why.
fn line(entry: &Entry, now: SystemTime) -> String {
    let age = entry.ended_at().and_then(|then| now.duration_since(then).ok()).map(age);
    let failed = if entry.ok { "" } else { " (failed)" };
    format!(
        "{:>8} ago  {}  {:.2}s{failed}  {}",
        age.unwrap_or_default(),
        entry.spec,
        entry.active().as_secs_f64(),
        entry.reason
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn entry(ok: bool) -> Entry {
        Entry {
            run: "10000-7".to_owned(),
            spec: "flask:1.0.0".to_owned(),
            key: "k".to_owned(),
            reason: "`app.py` changed".to_owned(),
            parents: Vec::new(),
            unblocked_by: None,
            lane: 0,
            ready: Duration::ZERO,
            started: Duration::from_millis(500),
            ended: Duration::from_millis(2000),
            ok,
            jobs: 1,
        }
    }

    #[test]
    fn a_rebuild_is_one_line() {
        let now = UNIX_EPOCH + Duration::from_secs(12 + 180);
        assert_eq!(line(&entry(true), now), "   3 min ago  flask:1.0.0  1.50s  `app.py` changed");
        assert_eq!(line(&entry(false), now), "   3 min ago  flask:1.0.0  1.50s (failed)  `app.py` changed");
    }

    #[test]
    fn rebuilds_as_json_have_seconds() {
        let expected = json!({"version": 1, "rebuilds": [{
            "spec": "flask:1.0.0", "key": "k", "message": "`app.py` changed", "success": false, "seconds": 1.5, "ended": 12,
        }]});
        assert_eq!(json(&[entry(false)]), expected);
    }
}

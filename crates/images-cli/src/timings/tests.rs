use images_core::history::Entry;

use super::*;

fn entry(spec: &str, parents: &[&str], lane: usize, times: [u64; 3]) -> Entry {
    let [ready, started, ended] = times.map(Duration::from_millis);
    Entry {
        run: "1".to_owned(),
        spec: spec.to_owned(),
        key: String::new(),
        reason: "`a<b>&'\"` is new".to_owned(),
        parents: parents.iter().map(|parent| (*parent).to_owned()).collect(),
        unblocked_by: parents.first().map(|parent| (*parent).to_owned()),
        lane,
        ready,
        started,
        ended,
        ok: spec != "bad:1",
        jobs: 2,
    }
}

fn timings() -> Timings {
    let history = [
        entry("base:1", &[], 0, [0, 0, 1000]),
        entry("app:1", &["base:1"], 0, [1000, 1250, 2000]),
        entry("bad:1", &["base:1"], 1, [1000, 1000, 1500]),
    ];
    Timings::of_last_run(&history).expect("there are builds")
}

#[test]
fn the_page_needs_nothing_else_and_escapes_what_people_wrote() {
    let page = page(&timings());
    for outside in ["http", "src=", "<script", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(!page.contains("a<b>"));
    assert!(page.contains("`a&lt;b&gt;&amp;&#39;&quot;` is new"));
}

#[test]
fn the_summary_has_the_numbers_and_the_critical_path() {
    let expected = "<table class=\"summary\">\n<tr><th>Builds<td>3\n<tr><th>Failed<td>1\n<tr><th>Jobs<td>2\n\
                    <tr><th>Total time<td>2.00 s\n<tr><th>Time of all builds<td>2.25 s\n\
                    <tr><th>Builds at once, on average<td>1.12\n\
                    <tr><th>Critical path<td>1.75 s (base:1 → app:1)\n</table>\n";
    assert_eq!(summary(&timings()), expected);
}

#[test]
fn each_image_has_its_waiting_and_active_time_and_what_made_it_ready() {
    let images = chart::images(&timings());
    let app = "<path d=\"M450.0 32.0V72.0H450.0\"/>\n\
               <rect class=\"waiting\" x=\"450.0\" y=\"65.0\" width=\"112.5\" height=\"14\"/>\n\
               <rect class=\"critical\" x=\"562.5\" y=\"65.0\" width=\"337.5\" height=\"14\"><title>app:1: 0.75 s on lane 0, \
               after 0.25 s of waiting; ";
    assert!(images.contains(app), "{images}");
    assert!(images.contains("<text x=\"905.0\" y=\"76.0\">app:1 0.75 s</text>"), "{images}");
    assert!(images.contains("<rect class=\"failed\" x=\"450.0\" y=\"45.0\" width=\"225.0\""), "{images}");
}

#[test]
fn each_lane_has_its_builds() {
    let lanes = chart::lanes(&timings());
    for (row, x) in [(25, "0.0"), (25, "562.5"), (45, "450.0")] {
        assert!(lanes.contains(&format!("x=\"{x}\" y=\"{row}.0\"")), "{lanes}");
    }
    assert!(lanes.starts_with("<svg width=\"1160\" height=\"72\""), "{lanes}");
}

#[test]
fn the_axis_has_round_times() {
    let seconds = |total| {
        let ticks = chart::ticks(Duration::from_millis(total));
        ticks.iter().map(Duration::as_secs_f64).collect::<Vec<_>>()
    };
    assert_eq!(seconds(0), [0.0]);
    assert_eq!(seconds(2000), [0.0, 0.5, 1.0, 1.5, 2.0]);
    assert_eq!(seconds(45_000), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0]);
}

#[test]
fn the_longest_build_is_the_tables_first_row() {
    let table = table(&timings());
    let rows: Vec<&str> = table.lines().skip(2).collect();
    assert_eq!(
        rows[0],
        "<tr class=\"critical\"><td>base:1<td>0<td>0.00 s<td>1.00 s<td><td>bad:1, app:1\
         <td>`a&lt;b&gt;&amp;&#39;&quot;` is new"
    );
    assert!(rows[2].starts_with("<tr class=\"failed\"><td>bad:1<td>1<td>0.00 s<td>0.50 s<td>base:1<td><td>"));
}

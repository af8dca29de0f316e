//! Metrics in the format that is asked for, and as a table for people.
//!
//! The registry writes OpenMetrics, which Prometheus asks for. Whoever asks for nothing (curl, `promtool check
//! metrics`, older scrapers) understands Prometheus' older text format only: there a counter has its suffix in the
//! comments, too, and there are no units and no end mark.
//!
//! ```
//! let text = "# HELP lost Lost alerts.\n# TYPE lost counter\nlost_total 3\n# EOF\n".to_owned();
//! let (media_type, text) = saker_metrics_text::answer([], text);
//! assert!(media_type.starts_with("text/plain"));
//! assert_eq!(text, "# HELP lost_total Lost alerts.\n# TYPE lost_total counter\nlost_total 3\n");
//! ```
#![forbid(unsafe_code)]

mod description;

pub use description::{Described, described, table};

use std::collections::BTreeSet;

const OPENMETRICS: &str = "application/openmetrics-text";
const OPENMETRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const OLDER_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The media type and the text for a request with these values of `Accept`, from the text of OpenMetrics.
#[must_use]
pub fn answer<'a>(
    accepted: impl IntoIterator<Item = &'a str>,
    openmetrics: String,
) -> (&'static str, String) {
    let mut accepted = accepted.into_iter();
    if accepted.any(|value| value.contains(OPENMETRICS)) {
        return (OPENMETRICS_TYPE, openmetrics);
    }
    (OLDER_TYPE, older(&openmetrics))
}

fn older(openmetrics: &str) -> String {
    let counters: BTreeSet<&str> = openmetrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut text = String::with_capacity(openmetrics.len());
    for line in openmetrics.lines() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        match comment(line) {
            Some((keyword, name, rest)) if counters.contains(name) => {
                text.extend([keyword, name, "_total ", rest]);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// The parts of `# HELP name text` and `# TYPE name type`; the first with its blank.
fn comment(line: &str) -> Option<(&str, &str, &str)> {
    for keyword in ["# HELP ", "# TYPE "] {
        if let Some(rest) = line.strip_prefix(keyword) {
            let (name, rest) = rest.split_once(' ')?;
            return Some((keyword, name, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = "# HELP bytes Bytes of it.\n# TYPE bytes gauge\n# UNIT bytes bytes\nbytes 1\n\
        # HELP sent Sent.\n# TYPE sent counter\nsent_total{to=\"# EOF\"} 2\n# EOF\n";

    #[test]
    fn who_asks_for_open_metrics_gets_it_as_it_is() {
        let asked = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3";
        let (media_type, text) = answer(["*/*", asked], OPEN.to_owned());
        assert_eq!((media_type, &*text), (OPENMETRICS_TYPE, OPEN));
    }

    #[test]
    fn who_asks_for_nothing_gets_the_older_text() {
        let expected = "# HELP bytes Bytes of it.\n# TYPE bytes gauge\nbytes 1\n\
            # HELP sent_total Sent.\n# TYPE sent_total counter\nsent_total{to=\"# EOF\"} 2\n";
        for accepted in [vec![], vec!["*/*"], vec!["text/plain"]] {
            let (media_type, text) = answer(accepted, OPEN.to_owned());
            assert_eq!((media_type, &*text), (OLDER_TYPE, expected));
        }
    }
}

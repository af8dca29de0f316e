//! What a text of metrics describes, as a table for people.

use std::collections::BTreeSet;

/// A metric, as the text tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// Its name, with the suffix of a counter.
    pub name: String,
    /// Such as `counter`.
    pub kind: String,
    /// What it means.
    pub help: String,
    /// Names of its labels, but for the bounds of a histogram.
    pub labels: BTreeSet<String>,
}

/// The metrics of a text in the format of OpenMetrics: `# HELP name text`, `# TYPE name kind`, samples.
#[must_use]
pub fn described(openmetrics: &str) -> Vec<Described> {
    let mut metrics: Vec<Described> = Vec::new();
    for line in openmetrics.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap_or((rest, ""));
            metrics.push(Described {
                name: name.to_owned(),
                // The library ends each with a full stop.
                help: help.trim_end_matches('.').to_owned(),
                ..Described::default()
            });
            continue;
        }
        let Some(metric) = metrics.last_mut() else {
            continue;
        };
        if let Some((_, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
        {
            kind.clone_into(&mut metric.kind);
            if kind == "counter" {
                metric.name.push_str("_total");
            }
        } else if let Some((_, labels)) = line.split_once('{') {
            let labels = labels.split('}').next().unwrap_or_default().split(',');
            let names = labels.filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
            metric.labels.extend(names.filter(|name| name != "le"));
        }
    }
    metrics
}

/// A table of metrics in Markdown.
#[must_use]
pub fn table(metrics: &[Described]) -> String {
    let mut table = String::from("| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for metric in metrics {
        let labels: Vec<String> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        table.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            metric.name,
            metric.kind,
            labels.join(", "),
            metric.help
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_kinds_and_labels_are_told() {
        let text = "# HELP lost Lost alerts.\n# TYPE lost counter\nlost_total{to=\"a\",why=\"b\"} 3\n\
            # HELP took Time.\n# TYPE took histogram\ntook_bucket{le=\"1\"} 2\n# EOF\n";
        assert_eq!(
            table(&described(text)),
            "| metric | type | labels | meaning |\n|---|---|---|---|\n\
             | `lost_total` | counter | `to`, `why` | Lost alerts |\n\
             | `took` | histogram |  | Time |\n"
        );
    }
}

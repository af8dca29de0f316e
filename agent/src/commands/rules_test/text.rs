//! The results for people.

use super::result::{CaseResult, Results, Status};
use crate::commands::layout::{line, painted, visible};
use crate::rules::count;
use saker_rule_cases::Difference;
use similar::{ChangeTag, TextDiff};

const RED: &str = "31";
const GREEN: &str = "32";

/// What to print.
pub(super) fn report(results: &Results, verbose: bool, colour: bool) -> String {
    let mut text = String::new();
    for case in &results.cases {
        let (word, code) = match case.status {
            Status::Passed if !verbose => continue,
            Status::Passed => ("pass", GREEN),
            Status::Failed => ("FAIL", RED),
            Status::Invalid => ("ERROR", RED),
        };
        let word = painted(word, code, colour);
        line(
            &mut text,
            format_args!(
                "{word} {}:{}: {}: {}",
                case.file,
                case.line,
                visible(&case.rule),
                visible(&case.name)
            ),
        );
        text.push_str(&details(case, colour));
    }
    for error in &results.errors {
        line(
            &mut text,
            format_args!("{} {error}", painted("ERROR", RED, colour)),
        );
    }
    push_gaps(&mut text, results);
    push_summary(&mut text, results);
    text
}

fn push_gaps(text: &mut String, results: &Results) {
    for gap in &results.gaps {
        let lack = match (gap.firing, gap.resting) {
            (0, 0) => "no case",
            (0, _) => "no case in which it fires",
            _ => "no case in which it does not fire",
        };
        line(text, format_args!("rule '{}' has {lack}", gap.rule));
    }
}

fn push_summary(text: &mut String, results: &Results) {
    let (passed, failed) = (results.count(Status::Passed), results.count(Status::Failed));
    let files = count(results.files, "file");
    let invalid = match results.count(Status::Invalid) + results.errors.len() {
        0 => String::new(),
        number => format!(", {}", count(number, "error")),
    };
    line(
        text,
        format_args!("{passed} passed, {failed} failed{invalid} in {files}"),
    );
}

/// How a case differs from what it expects, or what is wrong with it.
pub(super) fn details(case: &CaseResult, colour: bool) -> String {
    let mut text = String::new();
    for difference in &case.differences {
        match difference {
            Difference::Rules { expected, fired } => rules(&mut text, expected, fired, colour),
            Difference::Count {
                rule,
                expected,
                raised,
            } => {
                let rule = visible(rule);
                let counts = [("-", RED, expected), ("+", GREEN, raised)];
                line(
                    &mut text,
                    format_args!("  alerts of {rule} (- expected, + raised)"),
                );
                for (sign, code, count) in counts {
                    let changed = painted(&format!("{sign} {count}"), code, colour);
                    line(&mut text, format_args!("    {changed}"));
                }
            }
            Difference::Lacks {
                text: lacks,
                message,
            } => {
                line(
                    &mut text,
                    format_args!("  output lacks '{}'", visible(lacks)),
                );
                line(&mut text, format_args!("    {}", visible(message)));
            }
            Difference::Message { expected, message } => {
                words(&mut text, expected, message, colour);
            }
        }
    }
    if let Some(error) = &case.error {
        line(&mut text, format_args!("  {}", visible(error)));
    }
    text
}

fn rules(text: &mut String, expected: &[String], fired: &[String], colour: bool) {
    line(text, format_args!("  rules (- expected, + fired)"));
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let fired: Vec<&str> = fired.iter().map(String::as_str).collect();
    for change in TextDiff::from_slices(&expected, &fired).iter_all_changes() {
        let (sign, code) = sign(change.tag());
        let changed = format!("{sign} {}", visible(change.value()));
        line(
            text,
            format_args!("    {}", painted(&changed, code, colour)),
        );
    }
}

/// Two messages, one above the other, with marks under the words that differ.
fn words(text: &mut String, expected: &str, message: &str, colour: bool) {
    line(text, format_args!("  message (- expected, + actual)"));
    let (expected, message) = (visible(expected), visible(message));
    let difference = TextDiff::from_words(&expected, &message);
    for (tag, whole) in [
        (ChangeTag::Delete, &expected),
        (ChangeTag::Insert, &message),
    ] {
        let (sign, code) = sign(tag);
        let mut marks = String::new();
        for change in difference.iter_all_changes() {
            let mark = if change.tag() == tag { '^' } else { ' ' };
            if change.tag() == tag || change.tag() == ChangeTag::Equal {
                marks.extend(change.value().chars().map(|_| mark));
            }
        }
        let whole = format!("{sign} {whole}");
        line(text, format_args!("    {}", painted(&whole, code, colour)));
        if marks.contains('^') {
            line(text, format_args!("      {}", marks.trim_end()));
        }
    }
}

fn sign(tag: ChangeTag) -> (char, &'static str) {
    match tag {
        ChangeTag::Equal => (' ', ""),
        ChangeTag::Delete => ('-', RED),
        ChangeTag::Insert => ('+', GREEN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_marked() {
        let mut text = String::new();
        words(
            &mut text,
            "read /etc/shadow by cat",
            "read /etc/passwd by cat",
            false,
        );
        assert_eq!(
            text,
            "  message (- expected, + actual)\n    - read /etc/shadow by cat\n           ^^^^^^^^^^^\n    \
             + read /etc/passwd by cat\n           ^^^^^^^^^^^\n"
        );
    }

    #[test]
    fn rules_are_compared_in_their_order() {
        let mut text = String::new();
        let owned = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        rules(&mut text, &owned(&["a", "b"]), &owned(&["b", "c"]), false);
        assert_eq!(
            text,
            "  rules (- expected, + fired)\n    - a\n      b\n    + c\n"
        );
    }
}

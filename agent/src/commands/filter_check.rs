//! `saker filter check`: conditions by themselves, for people and for programs.

use super::layout::visible;
use super::{InputError, bad_input, print};
use crate::cli::FilterCheckArgs;
use crate::output::stdout_color;
use saker_rule_fields::Fields;
use saker_rule_language::{
    Diagnostic, Limits, LimitsOrigin, SourceFile, check_condition_within, parse_condition_within,
    render,
};
use serde::Serialize;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::ExitCode;

/// Bytes of a line on standard input; a longer one is answered and skipped.
const LINE_BYTES_MAX: usize = 4 << 20;

/// Nesting of a filter that stands by itself, where parentheses count five. Falco's default; only
/// the conditions of rules may be deeper there.
const DEPTH_MAX: usize = 100;

/// One line of output.
#[derive(Serialize)]
struct Answer {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Answer {
    fn new(error: Option<String>) -> Self {
        Self {
            valid: error.is_none(),
            error,
        }
    }
}

/// What filters are checked against.
struct Checker {
    fields: Fields,
    source: String,
    parse_only: bool,
    limits: Limits,
}

impl Checker {
    /// What there is to say about a filter, and whether it is valid.
    fn check(&self, filter: &str) -> (bool, Vec<Diagnostic>) {
        if self.parse_only {
            return match parse_condition_within(filter, &self.limits) {
                Ok(_) => (true, Vec::new()),
                Err(error) => (false, vec![*error]),
            };
        }
        match check_condition_within(filter, &self.source, &self.fields, &self.limits) {
            Ok(checked) => (true, checked.warnings),
            Err(errors) => (false, errors),
        }
    }

    fn answer(&self, line: &[u8]) -> Answer {
        let filter: String = match serde_json::from_slice(line) {
            Ok(filter) => filter,
            Err(error) => return Answer::new(Some(format!("not a JSON string: {error}"))),
        };
        let (valid, diagnostics) = self.check(&filter);
        if valid {
            return Answer::new(None);
        }
        let texts: Vec<String> = diagnostics.iter().map(message).collect();
        Answer::new(Some(texts.join("; ")))
    }
}

/// A finding in one line, with its column in the filter.
fn message(diagnostic: &Diagnostic) -> String {
    let remedy = diagnostic.remedy.as_ref();
    format!(
        "{} at {}{}",
        diagnostic.message,
        diagnostic.position,
        remedy.map_or(String::new(), |remedy| format!(" ({remedy})"))
    )
}

/// Checks the filters that were given.
pub(crate) fn run(arguments: &FilterCheckArgs) -> anyhow::Result<ExitCode> {
    InputError::check_source(&arguments.source)?;
    let checker = Checker {
        fields: Fields::new(),
        source: arguments.source.clone(),
        parse_only: arguments.parse_only,
        limits: Limits {
            condition_depth: DEPTH_MAX,
            origin: LimitsOrigin::Program,
            ..Limits::default()
        },
    };
    if arguments.stdin {
        return match answer_lines(&checker, io::stdin().lock(), io::stdout().lock()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(ExitCode::SUCCESS),
        };
    }
    let mut all_valid = true;
    for expression in &arguments.expressions {
        all_valid &= show(&checker, expression)?;
    }
    Ok(if all_valid {
        ExitCode::SUCCESS
    } else {
        bad_input()
    })
}

/// Prints what there is to say about one filter.
fn show(checker: &Checker, expression: &str) -> anyhow::Result<bool> {
    let (valid, diagnostics) = checker.check(expression);
    let file = SourceFile::new("filter", expression);
    for diagnostic in &diagnostics {
        print(&format!(
            "{}\n\n",
            render(diagnostic, &file, stdout_color())
        ))?;
    }
    if valid {
        print(&format!("valid: {}\n", visible(expression)))?;
    }
    Ok(valid)
}

/// Answers each line as it comes.
fn answer_lines(checker: &Checker, input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    while let Some(complete) = next_line(&mut input, &mut line)? {
        let answer = if complete {
            checker.answer(&line)
        } else {
            Answer::new(Some(format!(
                "the line has more than {LINE_BYTES_MAX} bytes"
            )))
        };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

/// Reads a line without its end; `false` if it was too long and is not in `line`, `None` at the end.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let mut complete = true;
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            // A last line need not be ended.
            return Ok((!line.is_empty() || !complete).then_some(complete));
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = available
            .get(..end.unwrap_or(available.len()))
            .unwrap_or_default();
        if complete && line.len().saturating_add(part.len()) <= LINE_BYTES_MAX {
            line.extend_from_slice(part);
        } else {
            complete = false;
            line.clear();
        }
        let used = part.len().saturating_add(usize::from(end.is_some()));
        input.consume(used);
        if end.is_some() {
            return Ok(Some(complete));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_BYTES_MAX, next_line};
    use std::io::BufReader;

    #[test]
    fn lines_are_bounded_and_none_is_lost() {
        let long = "x".repeat(LINE_BYTES_MAX + 1);
        let text = format!("a\n\n{long}\nb");
        let mut input = BufReader::with_capacity(7, text.as_bytes());
        let mut line = Vec::new();
        let mut lines = Vec::new();
        while let Some(complete) = next_line(&mut input, &mut line).expect("memory") {
            lines.push((complete, String::from_utf8(line.clone()).expect("text")));
        }
        let wanted = [(true, "a"), (true, ""), (false, ""), (true, "b")];
        assert_eq!(
            lines,
            wanted.map(|(complete, text)| (complete, text.to_owned()))
        );
    }
}

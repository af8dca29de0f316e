//! `saker-collector dead-letters`: what sinks were not told.

use crate::cli::{DeadLettersArgs, DeadLettersCommand, ListFormat};
use crate::config::Config;
use crate::serve::open_store;
use anyhow::Context;
use jiff::Timestamp;
use saker_alert_store::{DeadLetter, DeadLetterSelection, Store};
use serde::Serialize;
use std::sync::Arc;

/// Longest reason of a table's row, in characters.
const REASON_CHARACTERS_SHOWN: usize = 100;

/// A dead letter as JSON.
#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    sink: &'a str,
    since: String,
    attempts: u32,
    reason: &'a str,
    rule: Option<&'a str>,
    alert_ids: Vec<String>,
}

/// Lists, retries or purges dead letters.
pub(crate) async fn run(command: DeadLettersCommand) -> anyhow::Result<()> {
    match command {
        DeadLettersCommand::List {
            which,
            limit,
            output,
        } => {
            let (store, selection) = open(&which).await?;
            let letters = store.dead_letters(&selection, limit).await?;
            crate::print(list(&letters, output)?.as_bytes())
        }
        DeadLettersCommand::Retry { which } => {
            let (store, selection) = open(&which).await?;
            let count = store.retry_dead_letters(&selection).await?;
            crate::print(format!("{count} to be told again\n").as_bytes())
        }
        DeadLettersCommand::Purge { which, all } => {
            let (store, selection) = open(&which).await?;
            if selection == DeadLetterSelection::default() && !all {
                anyhow::bail!("say which with --sink or --id, or say --all");
            }
            let count = store.purge_dead_letters(&selection).await?;
            crate::print(format!("{count} forgotten\n").as_bytes())
        }
    }
}

async fn open(which: &DeadLettersArgs) -> anyhow::Result<(Arc<dyn Store>, DeadLetterSelection)> {
    let config = Config::of_file(&which.config)?;
    let selection = DeadLetterSelection {
        sink: which.sink.clone(),
        ids: which.id.clone(),
    };
    Ok((open_store(&config).await?, selection))
}

fn list(letters: &[DeadLetter], format: ListFormat) -> anyhow::Result<String> {
    let mut text = String::new();
    if format == ListFormat::Table {
        text.push_str(&format!(
            "{:>8}  {:<20}  {:<20}  {:>5}  {:<30}  {}\n",
            "ID", "SINCE", "SINK", "TRIED", "RULE", "REASON"
        ));
    }
    for letter in letters {
        match format {
            ListFormat::Table => text.push_str(&row(letter)),
            ListFormat::Json => {
                let line = serde_json::to_string(&line(letter)).context("cannot write JSON")?;
                text.push_str(&line);
                text.push('\n');
            }
        }
    }
    Ok(text)
}

fn row(letter: &DeadLetter) -> String {
    let reason: String = letter
        .reason
        .chars()
        .take(REASON_CHARACTERS_SHOWN)
        .collect();
    let row = format!(
        "{:>8}  {:<20}  {:<20}  {:>5}  {:<30}  {reason}",
        letter.id,
        since(letter),
        letter.sink,
        letter.attempts,
        rule(letter).unwrap_or("(expired)"),
    );
    format!("{}\n", crate::one_line(&row))
}

fn line(letter: &DeadLetter) -> Line<'_> {
    let members = letter
        .notification
        .iter()
        .flat_map(|notification| &notification.repeats.members);
    Line {
        id: letter.id,
        sink: &letter.sink,
        since: since(letter),
        attempts: letter.attempts,
        reason: &letter.reason,
        rule: rule(letter),
        alert_ids: members.map(ToString::to_string).collect(),
    }
}

fn rule(letter: &DeadLetter) -> Option<&str> {
    let notification = letter.notification.as_ref()?;
    Some(&notification.alert.rule)
}

/// When it was given up, to the second.
fn since(letter: &DeadLetter) -> String {
    let seconds = i64::try_from(letter.since_ms / 1000).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "?".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_reasons_stay_in_their_row() {
        let letter = DeadLetter {
            id: 7,
            sink: "siem".to_owned(),
            reason: "400: \u{1b}[2J\nno".to_owned(),
            attempts: 3,
            since_ms: 1_700_000_000_500,
            notification: None,
        };
        let table = list(std::slice::from_ref(&letter), ListFormat::Table).unwrap();
        assert_eq!(table.lines().count(), 2);
        assert!(!table.contains('\u{1b}'));
        assert!(table.contains("2023-11-14T22:13:20Z"), "{table}");
        let json = list(&[letter], ListFormat::Json).unwrap();
        let line: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(line["reason"], "400: \u{1b}[2J\nno");
        assert_eq!(line["rule"], serde_json::Value::Null);
    }
}

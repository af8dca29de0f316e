//! Messages that were damaged, or made to do damage: rendered or refused, and harmless in every format.

mod samples;

use std::sync::Arc;

use proptest::prelude::*;
use prost::Message;
use saker_alert_formats::{Clock, Format, Notification, Renderer, TimeFormat};
use saker_proto::{AlertId, v1};
use serde_json::Value;

fn lines(alert: v1::Alert) -> Vec<(Format, String)> {
    let notification = Notification::single(AlertId::from_bytes([1; 16]), Arc::new(alert));
    Format::ALL
        .into_iter()
        .map(|format| {
            let renderer = Renderer::new(format, Clock::utc(TimeFormat::TimeOfDay));
            (format, renderer.line(&notification))
        })
        .collect()
}

proptest! {
    #[test]
    fn what_was_damaged_is_refused_or_rendered(
        sample in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
    ) {
        let samples = samples::all();
        let (_, notification) = &samples[sample.index(samples.len())];
        let mut bytes = notification.alert.encode_to_vec();
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        if let Ok(alert) = v1::Alert::decode(&*bytes) {
            for (format, line) in lines(alert) {
                prop_assert!(!line.contains(char::is_control), "{}: {:?}", format, line);
                if format.is_json() {
                    prop_assert!(serde_json::from_str::<Value>(&line).is_ok(), "{}: {}", format, line);
                }
            }
        }
    }

    #[test]
    fn no_text_leaves_its_place_in_cef(rule in any::<String>(), output in any::<String>()) {
        let alert = v1::Alert {
            rule: rule.clone(),
            output: output.clone(),
            source: "syscall".to_owned(),
            ..v1::Alert::default()
        };
        let shown = |text: &str, most| -> String {
            saker_alert_formats::escaped(text.as_bytes()).chars().take(most).collect()
        };
        let lines = lines(alert);
        let (_, line) = lines.iter().find(|(format, _)| *format == Format::Cef).unwrap();
        let header = split(line, '|');
        prop_assert_eq!(header.len(), 8, "{}", line);
        prop_assert_eq!(&header[4], &shown(&rule, 512));
        prop_assert_eq!(&header[5], &header[4]);
        let message = value(line, "msg", "cnt").unwrap_or_default();
        prop_assert_eq!(message, shown(&output, 1023));
    }
}

/// The parts between separators that are not escaped, without their escapes. After the header the
/// separator is an ordinary character.
fn split(line: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let last = parts.len() - 1;
        if character == '\\' {
            parts[last].extend(characters.next());
        } else if character == separator && parts.len() < 8 {
            parts.push(String::new());
        } else {
            parts[last].push(character);
        }
    }
    parts
}

/// The value of a key of the extension, up to the next key.
fn value(line: &str, key: &str, next: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!(" {key}="))?;
    let mut value = String::new();
    let mut rest = rest.chars();
    loop {
        match rest.next()? {
            '\\' => value.extend(rest.next()),
            // A key is what stands before a sign that is not escaped.
            '=' => break,
            other => value.push(other),
        }
    }
    value.strip_suffix(&format!(" {next}")).map(str::to_owned)
}

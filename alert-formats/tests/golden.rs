//! What each format prints for each sample stands in `golden/<sample>.<format>`; `UPDATE=1` writes it anew.

mod samples;

use std::fs;
use std::path::Path;

use saker_alert_formats::{Clock, Format, Renderer, TimeFormat};
use serde_json::Value;

fn renderer(format: Format) -> Renderer {
    Renderer::new(format, Clock::utc(TimeFormat::Iso8601))
}

/// JSON is shown in several lines, so that a change can be read.
fn shown(format: Format, line: &str) -> String {
    if !format.is_json() || format == Format::FalcoJson {
        return format!("{line}\n");
    }
    let object: Value = serde_json::from_str(line).expect("an object");
    format!("{}\n", serde_json::to_string_pretty(&object).expect("text"))
}

#[test]
fn lines_are_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let is_update = std::env::var_os("UPDATE").is_some();
    for (name, notification) in samples::all() {
        for format in Format::ALL {
            let printed = shown(format, &renderer(format).line(&notification));
            let path = folder.join(format!("{name}.{format}"));
            if is_update {
                fs::write(&path, &printed).expect("golden files can be written");
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(printed, expected, "{}", path.display());
        }
    }
}

#[test]
fn nothing_in_an_alert_ends_its_line_or_commands_a_terminal() {
    let is_harmful = |character: char| {
        character.is_control()
            || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    for (name, notification) in samples::all() {
        for format in Format::ALL {
            let line = renderer(format).line(&notification);
            assert!(!line.contains(is_harmful), "{name} {format}: {line:?}");
        }
    }
}

#[test]
fn every_format_tells_of_repeats_and_of_what_was_held_back() {
    let samples = samples::all();
    let (_, repeated) = samples
        .iter()
        .find(|(name, _)| *name == "repeated")
        .expect("the sample");
    for format in Format::ALL {
        let line = renderer(format).line(repeated);
        for member in &repeated.repeats.members {
            assert!(line.contains(&member.to_string()), "{format}: {line}");
        }
        let facts: [&str; 4] = match format {
            Format::Text => [
                "saker.count=3",
                "saker.suppressed=2",
                "first_seen=2026-05-04T03:02:01.123456789Z",
                "last_seen=2026-05-04T03:02:43.123456789Z",
            ],
            Format::FalcoJson => [
                r#""saker.count":3"#,
                r#""saker.suppressed":2"#,
                r#""saker.first_seen":1777863721123456789"#,
                r#""saker.last_seen":1777863763123456789"#,
            ],
            Format::Ocsf => [
                r#""count":3"#,
                r#""suppressed":2"#,
                r#""first_seen_time":1777863721123"#,
                r#""last_seen_time":1777863763123"#,
            ],
            Format::Ecs => [
                r#""count":3"#,
                r#""suppressed":2"#,
                r#""start":"2026-05-04T03:02:01.123456789Z""#,
                r#""end":"2026-05-04T03:02:43.123456789Z""#,
            ],
            Format::Cef => [
                " cnt=3",
                "cn1Label=suppressed cn1=2",
                "start=1777863721123",
                "end=1777863763123",
            ],
        };
        for fact in facts {
            assert!(line.contains(fact), "{format} lacks {fact}: {line}");
        }
    }
}

#[test]
fn a_format_has_one_name() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
        let json = serde_json::to_string(&format).expect("text");
        assert_eq!(
            serde_json::from_str::<Format>(&json).expect("a format"),
            format
        );
    }
    let error = "json".parse::<Format>().expect_err("no format");
    for format in Format::ALL {
        assert!(error.to_string().contains(format.name()), "{error}");
    }
}

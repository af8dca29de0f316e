//! A message with alerts.
//!
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/>,
//! <https://docs.slack.dev/reference/block-kit/blocks/>

use crate::facts;
use saker_alert_formats::Notification;
use serde_json::{Value, json};

/// Alerts of one message: three blocks each, and a message has 50.
pub(super) const ALERTS_MAX: usize = 10;

/// Longest text of a section, in characters.
const SECTION_CHARACTERS_MAX: usize = 3_000;

/// Longest text of an element of a context; Slack names no limit of its own for it.
const CONTEXT_CHARACTERS_MAX: usize = 1_000;

/// Longest text for where blocks are not shown, such as notifications of a phone.
const FALLBACK_CHARACTERS_MAX: usize = 500;

/// The message for these alerts, [`ALERTS_MAX`] at most.
pub(super) fn message(notifications: &[Notification]) -> Value {
    let mut blocks = Vec::new();
    for notification in notifications {
        if !blocks.is_empty() {
            blocks.push(json!({ "type": "divider" }));
        }
        blocks.extend(alert_blocks(notification));
    }
    json!({ "text": fallback(notifications), "blocks": blocks })
}

fn fallback(notifications: &[Notification]) -> String {
    let first = notifications.first().map_or_else(String::new, |first| {
        let alert = &first.alert;
        format!(
            "{}: {}",
            escaped(facts::priority(alert), 20),
            escaped(&alert.rule, FALLBACK_CHARACTERS_MAX),
        )
    });
    match notifications.len() {
        0 | 1 => first,
        alerts => format!("{first} and {} more", alerts.saturating_sub(1)),
    }
}

fn alert_blocks(notification: &Notification) -> [Value; 2] {
    let alert = &notification.alert;
    let priority = facts::priority(alert);
    let title = format!(
        "{} *{}*\n",
        sign(priority),
        escaped(&alert.rule.replace('*', "\u{2217}"), 200),
    );
    let room = SECTION_CHARACTERS_MAX.saturating_sub(title.chars().count() + "``````".len());
    // A block of code: what an attacker chose makes neither links nor formats of it.
    let output = escaped(&alert.output.replace('`', "'"), room);
    let details: Vec<String> = facts::flat(notification)
        .into_iter()
        .filter(|(name, _)| DETAILS.contains(name))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    [
        json!({
            "type": "section",
            "text": { "type": "mrkdwn", "text": format!("{title}```{output}```") },
        }),
        json!({
            "type": "context",
            "elements": [{
                "type": "plain_text",
                "text": cut(&details.join("  "), CONTEXT_CHARACTERS_MAX),
                "emoji": false,
            }],
        }),
    ]
}

/// Facts that stand below the alert.
const DETAILS: [&str; 9] = [
    "priority",
    "cluster",
    "node",
    "namespace",
    "pod",
    "container",
    "repeats",
    "suppressed",
    "alert_id",
];

fn sign(priority: &str) -> &'static str {
    match priority {
        "emergency" | "alert" | "critical" => ":rotating_light:",
        "error" | "warning" => ":warning:",
        _ => ":information_source:",
    }
}

/// With `&`, `<` and `>` as Slack has them, so that no text makes a link or a mention; `characters_max` at most.
/// <https://docs.slack.dev/messaging/formatting-message-text/#escaping>
fn escaped(text: &str, characters_max: usize) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut characters = 0_usize;
    for character in text.chars() {
        let mut own = [0; 4];
        let written = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => character.encode_utf8(&mut own),
        };
        characters = characters.saturating_add(written.chars().count());
        // One is left for the sign of a cut.
        if characters >= characters_max {
            escaped.push('…');
            break;
        }
        escaped.push_str(written);
    }
    escaped
}

fn cut(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept = text.chars().take(characters_max.saturating_sub(1));
    kept.chain(['…']).collect()
}

//! What events and fields there are, in one number.

use crate::fields::Fields;
use saker_event_schema::ROWS;
use saker_rule_language::Digest;
use std::fmt::Write;

/// SHA-256 over the table of events and the table of fields: it is the same where the same names stand
/// for the same things.
#[must_use]
pub fn schema_digest() -> Digest {
    let mut text = String::new();
    for row in ROWS {
        line(
            &mut text,
            format_args!("event {} {}", row.id.index(), row.name),
        );
        for argument in row.arguments {
            line(
                &mut text,
                format_args!("argument {} {:?}", argument.name, argument.kind),
            );
        }
    }
    for (_, row) in Fields::new().iter() {
        line(
            &mut text,
            format_args!(
                "field {} {:?} {:?} {:?} {:?}",
                row.name, row.value_type, row.plurality, row.argument, row.sources
            ),
        );
    }
    Digest::of(&text)
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    #[expect(
        clippy::let_underscore_must_use,
        reason = "writing to a String cannot fail"
    )]
    let _ = writeln!(text, "{arguments}");
}

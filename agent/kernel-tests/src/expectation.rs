//! Comparing a record with what it should say.

use saker_event_decode::EventView;
use saker_event_decode::render::{self, NoNames, Rendered};
use saker_event_schema::{EventHeader, Row};
use std::collections::BTreeMap;

/// Stands for a value that the test cannot know.
pub const ANY: &str = "*";

/// One record.
#[derive(Clone, Debug)]
pub struct Recorded {
    bytes: Vec<u8>,
}

impl Recorded {
    pub(crate) fn new(record: &[u8]) -> Self {
        Self {
            bytes: record.to_vec(),
        }
    }

    /// The record, decoded.
    ///
    /// # Panics
    ///
    /// Where it cannot be decoded.
    #[must_use]
    pub fn view(&self) -> EventView<'_> {
        EventView::parse(&self.bytes).expect("a record of our own kernel programs")
    }

    /// Its row.
    #[must_use]
    pub fn row(&self) -> &'static Row {
        self.view().row()
    }

    /// Its head.
    #[must_use]
    pub fn header(&self) -> EventHeader {
        *self.view().header()
    }

    /// The text of an argument as Falco prints it; `<NA>` where there is no value.
    ///
    /// # Panics
    ///
    /// Where the row has no such argument.
    #[must_use]
    pub fn text(&self, argument: &str) -> String {
        let view = self.view();
        let slot = view.row().slot(argument).unwrap_or_else(|| {
            panic!("{} has no argument {argument}", view.row().name);
        });
        let mut text = Vec::new();
        match render::argument_text(&view, slot, &NoNames, &mut text) {
            Rendered::Text => String::from_utf8_lossy(&text).into_owned(),
            Rendered::Missing => "<NA>".to_owned(),
        }
    }
}

/// Asserts every argument of a record: an argument that the list leaves out is an error of the test.
///
/// # Panics
///
/// Where an argument is left out, unknown, or has another value.
pub fn expect_arguments(record: &Recorded, expected: &[(&str, &str)]) {
    let row = record.row();
    let expected: BTreeMap<&str, &str> = expected.iter().copied().collect();
    let mut differences = Vec::new();
    for argument in row.arguments {
        let found = record.text(argument.name);
        match expected.get(argument.name) {
            None => differences.push(format!("{} is not expected, and is {found}", argument.name)),
            Some(&ANY) => {}
            Some(wanted) if *wanted == found => {}
            Some(wanted) => {
                differences.push(format!(
                    "{} should be {wanted}, and is {found}",
                    argument.name
                ));
            }
        }
    }
    for name in expected.keys() {
        assert!(
            row.slot(name).is_some(),
            "{} has no argument {name}",
            row.name
        );
    }
    assert!(
        differences.is_empty(),
        "{}:\n  {}",
        row.name,
        differences.join("\n  ")
    );
}

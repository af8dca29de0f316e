//! Events on standard output.

use super::table::EventTable;
use crate::cli::TraceFormat;
use crate::selection::Selection;
use anyhow::Context;
use saker_alert::OutputField;
use saker_rule_fields::EventContext;
use serde::Serializer as _;
use serde::ser::SerializeMap as _;
use std::io::{self, IsTerminal, Write};

/// When lines are handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// At once: somebody waits for what happens now.
    EachLine,
    /// By blocks: they come faster than anybody reads.
    Blocks,
}

/// Prints the fields of events, one event a line.
pub(super) struct Printer {
    /// `None` for JSON.
    table: Option<EventTable>,
    out: io::BufWriter<io::Stdout>,
    delivery: Delivery,
    is_closed: bool,
    /// The heading of the table, until it is printed.
    head: Option<String>,
}

impl Printer {
    /// A printer for these fields.
    pub(super) fn new(format: TraceFormat, fields: &[String], delivery: Delivery) -> Self {
        let stdout = io::stdout();
        let is_table = match format {
            TraceFormat::Auto => stdout.is_terminal(),
            TraceFormat::Text => true,
            TraceFormat::Json => false,
        };
        let mut table = is_table.then(|| EventTable::new(fields));
        Self {
            head: table.as_mut().map(|table| table.head(fields)),
            table,
            out: io::BufWriter::new(stdout),
            delivery,
            is_closed: false,
        }
    }

    /// Whether nobody reads any more.
    pub(super) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Prints an event and says whether it was selected.
    pub(super) fn event(
        &mut self,
        selection: &mut Selection,
        context: &EventContext<'_>,
    ) -> anyhow::Result<bool> {
        let line = match &mut self.table {
            Some(table) => selection.texts_of(context).map(|texts| table.event(&texts)),
            None => {
                let fields = selection.fields_of(context);
                fields.map(|fields| object(&fields)).transpose()?
            }
        };
        let Some(line) = line else {
            return Ok(false);
        };
        let head = self.head.take();
        let lines = head.iter().chain([&line]);
        for line in lines {
            self.write(line)?;
        }
        Ok(true)
    }

    fn write(&mut self, line: &str) -> anyhow::Result<()> {
        let written = writeln!(self.out, "{line}");
        self.accept(written)?;
        match self.delivery {
            Delivery::EachLine => self.finish(),
            Delivery::Blocks => Ok(()),
        }
    }

    /// Hands on what is written so far.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        let flushed = self.out.flush();
        self.accept(flushed)
    }

    /// A reader that has seen enough is no error.
    fn accept(&mut self, written: io::Result<()>) -> anyhow::Result<()> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            written => written.context("cannot write to standard output"),
        }
    }
}

/// Fields as a JSON object, in their order.
fn object(fields: &[OutputField]) -> anyhow::Result<String> {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut text);
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    for field in fields {
        map.serialize_entry(&*field.name, &field.value)?;
    }
    map.end()?;
    String::from_utf8(text).context("JSON is UTF-8")
}

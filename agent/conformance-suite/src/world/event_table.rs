//! Falco's events and their parameters, from `events.tsv`.

use std::collections::BTreeMap;

/// An event of Falco's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventKind {
    /// `evt.type`.
    pub(crate) name: String,
    /// The class of the event.
    pub(crate) category: String,
    /// Names of its parameters.
    pub(crate) parameters: Vec<String>,
}

/// Events by their code, such as `PPME_SYSCALL_OPEN_X`.
#[derive(Debug)]
pub(crate) struct EventTable {
    kinds: BTreeMap<String, EventKind>,
}

impl EventTable {
    /// Reads the table; lines that lack columns are left out.
    pub(crate) fn parse(text: &str) -> Self {
        let kinds = text
            .lines()
            .skip(1)
            .filter_map(|line| {
                let columns: Vec<&str> = line.split('\t').collect();
                let [name, _, category, _, code, parameters, ..] = columns[..] else {
                    return None;
                };
                let parameters = parameters.split(',').filter(|name| !name.is_empty());
                let kind = EventKind {
                    name: name.to_owned(),
                    category: category.to_ascii_lowercase().replace('_', " "),
                    parameters: parameters.map(str::to_owned).collect(),
                };
                Some((code.to_owned(), kind))
            })
            .collect();
        Self { kinds }
    }

    /// The event with a code.
    pub(crate) fn get(&self, code: &str) -> Option<&EventKind> {
        self.kinds.get(code)
    }
}

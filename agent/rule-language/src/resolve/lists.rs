//! Lists: put into conditions as text.
//!
//! A list's name stands for its items wherever it is delimited by blanks, parentheses, commas, `=` or
//! an end of the text, even within quotes. Lists are put in by order of definition, so the name of a
//! later list among the items of an earlier one stands for the later list's items, but not the other
//! way around; for that, an item that names a list defined before is replaced by that list's own items
//! first, once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::collection::{List, Named};
use crate::diagnostic::Code;
use crate::options::Limits;
use crate::origin::MappedText;
use crate::report::{Context, Report};

const BLANKS: &[char] = &[' ', '\t', '\n', '\r'];
const DELIMITERS: &[char] = &[' ', '\t', '\n', '\r', '(', ')', ',', '='];

/// All lists, ready to be put into conditions.
pub(crate) struct Lists {
    index: HashMap<Arc<str>, usize>,
    /// Lists whose names hold delimiters, which Falco warns of and puts in all the same.
    delimited: Vec<usize>,
    entries: Vec<Entry>,
    condition_bytes_max: usize,
}

struct Entry {
    name: Arc<str>,
    context: Context,
    /// The items as text: `a, "b c", d`.
    text: String,
    used: bool,
}

/// A condition grows over its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Lists {
    /// Puts lists into lists.
    pub(crate) fn new(lists: &Named<List>, limits: &Limits, report: &mut Report<'_>) -> Self {
        let mut used: BTreeSet<&str> = BTreeSet::new();
        let mut resolved = Self {
            index: HashMap::new(),
            delimited: Vec::new(),
            entries: Vec::new(),
            condition_bytes_max: limits.condition_bytes,
        };
        for list in lists.iter() {
            let mut items: Vec<&Arc<str>> = Vec::new();
            for item in &list.items {
                match lists.get(item).filter(|other| list.order.sees(other.order)) {
                    Some(other) => {
                        used.insert(&other.name);
                        items.extend(&other.items);
                    }
                    None => items.push(item),
                }
                if items.len() > limits.list_items {
                    break;
                }
            }
            if items.len() > limits.list_items {
                let message = format!(
                    "list '{}' has more than {} items",
                    list.name, limits.list_items
                );
                let finding = list.context.finding(Code::ErrValidate, message);
                report.add(finding.with_remedy(limits.remedy("list_items")));
                items.clear();
            }
            let place = resolved.entries.len();
            resolved.index.insert(list.name.clone(), place);
            if list.name.contains(DELIMITERS) {
                resolved.delimited.push(place);
            }
            resolved.entries.push(Entry {
                name: list.name.clone(),
                context: list.context.clone(),
                text: items_text(&items),
                used: false,
            });
        }
        for entry in &mut resolved.entries {
            entry.used = used.contains(&*entry.name);
        }
        resolved
    }

    /// Puts the lists into a condition.
    pub(crate) fn put_into(&mut self, condition: &MappedText) -> Result<MappedText, TooLarge> {
        let mut pending = self.named_in(condition.as_str());
        let mut text = condition.clone();
        while let Some(index) = pending.pop_first() {
            let Some(entry) = self.entries.get_mut(index) else {
                break;
            };
            entry.used = true;
            text = put_in(&text, entry, self.condition_bytes_max)?;
            let items = self.entries.get(index).map_or("", |entry| &entry.text);
            pending.extend(self.named_in(items).split_off(&index.saturating_add(1)));
        }
        Ok(text)
    }

    /// Reports the lists that nothing refers to.
    pub(crate) fn report_unused(&self, report: &mut Report<'_>) {
        for entry in self.entries.iter().filter(|entry| !entry.used) {
            let message = format!(
                "list '{}' not referred to by any other rule/macro",
                entry.name
            );
            report.add(entry.context.finding(Code::UnusedList, message));
        }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    fn named_in(&self, text: &str) -> BTreeSet<usize> {
        let tokens = text.split(DELIMITERS);
        let named = tokens.filter_map(|token| self.index.get(token).copied());
        let delimited = self.delimited.iter().copied().filter(|index| {
            let name = self.entries.get(*index).map(|entry| &*entry.name);
            name.is_some_and(|name| mentions(text, name).next().is_some())
        });
        named.chain(delimited).collect()
    }
}

fn items_text(items: &[&Arc<str>]) -> String {
    let quoted: Vec<String> = items
        .iter()
        .map(|item| {
            if item.contains(' ') && !item.starts_with(['"', '\'']) {
                format!("\"{item}\"")
            } else {
                item.to_string()
            }
        })
        .collect();
    quoted.join(", ")
}

/// Where a name stands between delimiters or ends of the text.
fn mentions<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let places = text.match_indices(name);
    places.map(|(start, _)| start).filter(move |start| {
        let end = start.saturating_add(name.len());
        let (before, after) = (text.get(..*start), text.get(end..));
        before.is_some_and(|text| text.is_empty() || text.ends_with(DELIMITERS))
            && after.is_some_and(|text| text.is_empty() || text.starts_with(DELIMITERS))
    })
}

/// Replaces every mention of one list. Blanks around it go, and with an empty list one comma.
fn put_in(text: &MappedText, list: &Entry, bytes_max: usize) -> Result<MappedText, TooLarge> {
    let raw = text.as_str();
    let mut result = MappedText::default();
    let mut copied = 0usize;
    for start in mentions(raw, &list.name) {
        let end = start.saturating_add(list.name.len());
        let before = raw
            .get(copied..start)
            .unwrap_or_default()
            .trim_end_matches(BLANKS);
        let after = raw.get(end..).unwrap_or_default();
        let blanks = after
            .len()
            .saturating_sub(after.trim_start_matches(BLANKS).len());
        let mut keep = copied.saturating_add(before.len());
        let mut next = end.saturating_add(blanks);
        if list.text.is_empty() {
            if before.ends_with(',') {
                keep = keep.saturating_sub(1);
            } else if raw.get(next..).is_some_and(|rest| rest.starts_with(',')) {
                next = next.saturating_add(1);
            }
        }
        let place = text.span(start..end);
        result.push_part(text, copied..keep);
        if keep > 0 {
            result.push_whole(" ", place);
        }
        result.push_whole(&list.text, place);
        result.push_whole(" ", place);
        if result.len() > bytes_max {
            return Err(TooLarge);
        }
        copied = next;
    }
    result.push_part(text, copied..raw.len());
    if result.len() > bytes_max {
        Err(TooLarge)
    } else {
        Ok(result)
    }
}

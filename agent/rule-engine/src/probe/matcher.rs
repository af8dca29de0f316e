//! The tables and automata behind probes.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::ops::Range;

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::packed::Searcher;
use aho_corasick::{Anchored, MatchKind, StartKind};
use foldhash::HashMap;
use saker_rule_fields::FieldValue;

use super::Local;
use super::keys::{Class, Key};
use crate::text::{Substring, each_path_prefix};

/// Buffers that are used from value to value.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// The end of a text, backwards.
    reversed: Vec<u8>,
    /// Which texts of an automaton were found.
    found: Vec<usize>,
}

/// Finds the keys of one class in a value.
#[derive(Debug)]
pub(super) enum Matcher {
    Text {
        lengths: Lengths,
        table: Table<Box<[u8]>>,
    },
    PathPrefix(Table<Box<[u8]>>),
    Number(Table<i128>),
    Address(Table<IpAddr>),
    /// A few texts, looked for one by one.
    FewPrefixes(Few<Box<[u8]>>),
    FewSuffixes(Few<Box<[u8]>>),
    FewParts(Few<Substring>),
    Prefix(Texts),
    Suffix {
        texts: Texts,
        longest: usize,
    },
    Part(Texts),
}

/// Up to this many prefixes are compared one by one; an automaton sees after a few bytes that none fits.
const PREFIXES_FEW_MAX: usize = 2;
/// Up to this many suffixes are compared one by one; for the automaton the text has to be turned round.
const SUFFIXES_FEW_MAX: usize = 6;
/// Up to this many parts are searched one by one.
const PARTS_FEW_MAX: usize = 1;

impl Matcher {
    /// Builds the matcher; nothing where its automaton cannot be built. An automaton is a dense table as
    /// long as its texts fit into what is left for that.
    pub(super) fn build<'k>(
        class: Class,
        keys: impl Iterator<Item = (&'k Key, Local)>,
        dense_bytes_left: &mut usize,
    ) -> Option<Self> {
        let mut texts: BTreeMap<Box<[u8]>, Vec<Local>> = BTreeMap::new();
        let mut numbers: BTreeMap<i128, Vec<Local>> = BTreeMap::new();
        let mut addresses: BTreeMap<IpAddr, Vec<Local>> = BTreeMap::new();
        for (key, local) in keys {
            match key {
                Key::Text(text) if class == Class::Suffix => {
                    texts
                        .entry(text.iter().rev().copied().collect())
                        .or_default()
                        .push(local);
                }
                Key::Text(text) if class == Class::PartIgnoringCase => {
                    texts
                        .entry(text.to_ascii_lowercase().into())
                        .or_default()
                        .push(local);
                }
                Key::Text(text) => texts.entry(Box::from(&**text)).or_default().push(local),
                Key::Number(number) => numbers.entry(*number).or_default().push(local),
                Key::Address(address) => addresses.entry(*address).or_default().push(local),
            }
        }
        let longest = texts.keys().map(|text| text.len()).max().unwrap_or(0);
        let count = texts.len();
        Some(match class {
            Class::Prefix if count <= PREFIXES_FEW_MAX => {
                Self::FewPrefixes(Few::new(texts, |text| text))
            }
            Class::Suffix if count <= SUFFIXES_FEW_MAX => {
                let forwards = |text: Box<[u8]>| text.iter().rev().copied().collect();
                Self::FewSuffixes(Few::new(texts, forwards))
            }
            Class::Part if count <= PARTS_FEW_MAX => {
                Self::FewParts(Few::new(texts, |text| Substring::new(&text)))
            }
            Class::Text => Self::Text {
                lengths: texts.keys().map(|text| text.len()).collect(),
                table: Table::new(texts),
            },
            Class::PathPrefix => Self::PathPrefix(Table::new(texts)),
            Class::Number => Self::Number(Table::new(numbers)),
            Class::Address => Self::Address(Table::new(addresses)),
            Class::Prefix => {
                Self::Prefix(Texts::new(texts, Anchored::Yes, class, dense_bytes_left)?)
            }
            Class::Suffix => Self::Suffix {
                texts: Texts::new(texts, Anchored::Yes, class, dense_bytes_left)?,
                longest,
            },
            Class::Part | Class::PartIgnoringCase => {
                Self::Part(Texts::new(texts, Anchored::No, class, dense_bytes_left)?)
            }
        })
    }

    /// Appends what the keys that are found lead to; gives how many keys that were.
    #[inline]
    pub(super) fn find(
        &self,
        value: &FieldValue<'_>,
        buffers: &mut Buffers,
        hits: &mut Vec<Local>,
    ) -> usize {
        match (self, value.as_bytes()) {
            // Most common, and most often settled by the length: here, so that it takes no call.
            (Self::Text { lengths, table }, Some(text)) if lengths.contains(text.len()) => {
                table.find(text, hits)
            }
            (Self::Text { .. }, _) => 0,
            (_, Some(text)) => self.find_in_text(text, buffers, hits),
            (_, None) => self.find_in_number(value, hits),
        }
    }

    fn find_in_number(&self, value: &FieldValue<'_>, hits: &mut Vec<Local>) -> usize {
        match self {
            Self::Number(table) => {
                let number = value.as_integer();
                number.map_or(0, |number| table.find(&number, hits))
            }
            Self::Address(table) => match value {
                FieldValue::Ip(address) => table.find(address, hits),
                _ => 0,
            },
            _ => 0,
        }
    }

    fn find_in_text(&self, text: &[u8], buffers: &mut Buffers, hits: &mut Vec<Local>) -> usize {
        match self {
            Self::PathPrefix(table) => table.find_path_prefixes(text, hits),
            Self::FewPrefixes(few) => few.find(|prefix| text.starts_with(prefix), hits),
            // The last byte tells most apart, without a call to compare memory.
            Self::FewSuffixes(few) => few.find(
                |suffix| suffix.last() == text.last() && text.ends_with(suffix),
                hits,
            ),
            Self::FewParts(few) => few.find(|part| part.is_in(text), hits),
            Self::Prefix(texts) | Self::Part(texts) => texts.find(text, &mut buffers.found, hits),
            Self::Suffix { texts, longest } => {
                let Buffers { reversed, found } = buffers;
                reversed.clear();
                reversed.extend(text.iter().rev().take(*longest));
                texts.find(reversed, found, hits)
            }
            Self::Text { .. } | Self::Number(_) | Self::Address(_) => 0,
        }
    }
}

/// The lengths of texts: most values have another length than any key, and need no hash.
#[derive(Debug, Default)]
pub(super) struct Lengths {
    /// A bit for each length; the last for that one and all greater ones.
    bits: u64,
}

impl Lengths {
    fn bit(length: usize) -> u64 {
        let last = u64::BITS.saturating_sub(1);
        1 << u32::try_from(length).unwrap_or(last).min(last)
    }

    fn contains(&self, length: usize) -> bool {
        self.bits & Self::bit(length) != 0
    }
}

impl FromIterator<usize> for Lengths {
    fn from_iter<I: IntoIterator<Item = usize>>(lengths: I) -> Self {
        let bits = lengths.into_iter().map(Self::bit);
        Self {
            bits: bits.fold(0, |all, bit| all | bit),
        }
    }
}

/// Comparisons by key.
#[derive(Debug)]
pub(super) struct Table<K> {
    entries: HashMap<K, Range<usize>>,
    locals: Box<[Local]>,
}

impl<K: Hash + Eq> Table<K> {
    fn new(keys: BTreeMap<K, Vec<Local>>) -> Self {
        let mut locals = Vec::new();
        let entries = keys
            .into_iter()
            .map(|(key, of_key)| (key, append(&mut locals, of_key)))
            .collect();
        Self {
            entries,
            locals: locals.into(),
        }
    }

    fn find<Q>(&self, key: &Q, hits: &mut Vec<Local>) -> usize
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Some(range) = self.entries.get(key) else {
            return 0;
        };
        hits.extend_from_slice(self.locals.get(range.clone()).unwrap_or_default());
        1
    }
}

impl Table<Box<[u8]>> {
    /// Apart, so that other looks do not pay for its frame.
    #[inline(never)]
    fn find_path_prefixes(&self, path: &[u8], hits: &mut Vec<Local>) -> usize {
        let mut found: usize = 0;
        each_path_prefix(path, |prefix| {
            found = found.saturating_add(self.find(prefix, hits));
        });
        found
    }
}

/// Comparisons by a text that is looked for by itself.
#[derive(Debug)]
pub(super) struct Few<T> {
    entries: Box<[(T, Range<usize>)]>,
    locals: Box<[Local]>,
}

impl<T> Few<T> {
    fn new(texts: BTreeMap<Box<[u8]>, Vec<Local>>, prepare: impl Fn(Box<[u8]>) -> T) -> Self {
        let mut locals = Vec::new();
        let entries = texts
            .into_iter()
            .map(|(text, of_text)| (prepare(text), append(&mut locals, of_text)))
            .collect();
        Self {
            entries,
            locals: locals.into(),
        }
    }

    fn find(&self, is_found: impl Fn(&T) -> bool, hits: &mut Vec<Local>) -> usize {
        let mut found: usize = 0;
        for (text, range) in &self.entries {
            if is_found(text) {
                found = found.saturating_add(1);
                hits.extend_from_slice(self.locals.get(range.clone()).unwrap_or_default());
            }
        }
        found
    }
}

/// Comparisons by a text that is found in the value.
#[derive(Debug)]
pub(super) struct Texts {
    machine: Machine,
    /// Tells many bytes at a time whether any text is there; few enough texts have one. The automaton
    /// takes a byte after the other, and most values have none of the texts.
    glance: Option<Searcher>,
    anchored: Anchored,
    /// For each text, its comparisons.
    ranges: Box<[Range<usize>]>,
    locals: Box<[Local]>,
}

/// The automaton: faster, or smaller.
#[derive(Debug)]
enum Machine {
    Dense(DFA),
    Compact(NFA),
}

impl Texts {
    fn new(
        texts: BTreeMap<Box<[u8]>, Vec<Local>>,
        anchored: Anchored,
        class: Class,
        dense_bytes_left: &mut usize,
    ) -> Option<Self> {
        let total: usize = texts.keys().map(|text| text.len()).sum();
        let is_case_ignored = class == Class::PartIgnoringCase;
        let start = if anchored.is_anchored() {
            StartKind::Anchored
        } else {
            StartKind::Unanchored
        };
        let machine = if let Some(left) = dense_bytes_left.checked_sub(total) {
            *dense_bytes_left = left;
            let mut builder = DFA::builder();
            builder
                .match_kind(MatchKind::Standard)
                .start_kind(start)
                .ascii_case_insensitive(is_case_ignored)
                .prefilter(false);
            Machine::Dense(builder.build(texts.keys()).ok()?)
        } else {
            let mut builder = NFA::builder();
            builder
                .match_kind(MatchKind::Standard)
                .ascii_case_insensitive(is_case_ignored)
                .prefilter(false);
            Machine::Compact(builder.build(texts.keys()).ok()?)
        };
        let can_glance = !anchored.is_anchored() && !is_case_ignored;
        let glance = can_glance.then(|| Searcher::new(texts.keys())).flatten();
        let mut locals = Vec::new();
        let ranges = texts
            .into_values()
            .map(|of_text| append(&mut locals, of_text))
            .collect();
        Some(Self {
            machine,
            glance,
            anchored,
            ranges,
            locals: locals.into(),
        })
    }

    fn find(&self, text: &[u8], found: &mut Vec<usize>, hits: &mut Vec<Local>) -> usize {
        if self
            .glance
            .as_ref()
            .is_some_and(|glance| glance.find(text).is_none())
        {
            return 0;
        }
        found.clear();
        match &self.machine {
            Machine::Dense(automaton) => self.walk(automaton, text, found),
            Machine::Compact(automaton) => self.walk(automaton, text, found),
        }
        sort_once(found);
        for text in &*found {
            let range = self.ranges.get(*text);
            let locals = range.and_then(|range| self.locals.get(range.clone()));
            hits.extend_from_slice(locals.unwrap_or_default());
        }
        found.len()
    }

    /// Takes the automaton over the text. The crate's own overlapping search keeps more state than
    /// is needed for a text that is searched to its end.
    ///
    /// A value may hold a text thousands of times: repetitions are dropped on the way, so that what is
    /// collected is bounded by the number of texts, not by the value.
    fn walk(&self, automaton: &impl Automaton, text: &[u8], found: &mut Vec<usize>) {
        let found_max = self.ranges.len().saturating_mul(2).saturating_add(16);
        let Ok(mut state) = automaton.start_state(self.anchored) else {
            return;
        };
        for (position, byte) in text.iter().enumerate() {
            state = automaton.next_state(self.anchored, state, *byte);
            if !automaton.is_special(state) {
                continue;
            }
            if automaton.is_dead(state) {
                break;
            }
            if !automaton.is_match(state) {
                continue;
            }
            let length = position.saturating_add(1);
            for index in 0..automaton.match_len(state) {
                let pattern = automaton.match_pattern(state, index);
                // A state also names the texts that it merely ends with.
                if self.anchored.is_anchored() && automaton.pattern_len(pattern) != length {
                    continue;
                }
                found.push(pattern.as_usize());
            }
            if found.len() > found_max {
                sort_once(found);
            }
        }
    }
}

fn sort_once<T: Ord>(elements: &mut Vec<T>) {
    if elements.len() > 1 {
        elements.sort_unstable();
        elements.dedup();
    }
}

fn append(locals: &mut Vec<Local>, mut more: Vec<Local>) -> Range<usize> {
    more.sort_unstable();
    more.dedup();
    let start = locals.len();
    locals.append(&mut more);
    start..locals.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_in_a_value_are_not_collected() {
        let keys: Vec<(Key, Local)> = (0..200)
            .map(|local| {
                let text: &[u8] = if local < 100 { b"a" } else { b"aa" };
                (Key::Text(text.into()), Local::new(local).unwrap())
            })
            .collect();
        let keys = keys.iter().map(|(key, local)| (key, *local));
        let matcher = Matcher::build(Class::Part, keys, &mut 1000).unwrap();
        let value = FieldValue::owned(vec![b'a'; 100_000]);
        let (mut buffers, mut hits) = (Buffers::default(), Vec::new());
        matcher.find(&value, &mut buffers, &mut hits);
        assert_eq!(hits.len(), 200);
        assert!(
            buffers.found.capacity() < 100,
            "{}",
            buffers.found.capacity()
        );
    }
}

//! Looking up which comparisons of one value hold, whatever their number.
//!
//! Comparisons of one operand that ask the same kind of question (equal to one of these, beginning
//! with, containing, …) share a [`Probe`]: one hash lookup or one pass of an automaton names all of
//! them that hold. What a probe does not name does not hold.

mod keys;
mod matcher;

use saker_rule_fields::{FieldValue, Fields};
use saker_rule_language::Operand;

use crate::atom::{Atom, AtomTable, Check};
use crate::estimate::has_few_values;
use crate::operand::OperandTable;
use crate::options::{CompileOptions, Indexing};
use crate::program::{AtomId, OperandId};

pub(crate) use keys::{Certainty, Class};
use keys::{Key, keys};
pub(crate) use matcher::Buffers;
use matcher::Matcher;

/// A probe of a rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProbeId(u32);

impl ProbeId {
    fn new(position: usize) -> Option<Self> {
        u32::try_from(position).ok().map(Self)
    }

    /// The position in the table.
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Position of a comparison among those of its probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Local(u32);

impl Local {
    pub(crate) fn new(position: usize) -> Option<Self> {
        u32::try_from(position).ok().map(Self)
    }

    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Where a comparison is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup {
    pub(crate) probe: ProbeId,
    pub(crate) local: Local,
    /// What it means to be named by the probe.
    pub(crate) certainty: Certainty,
    /// Whether few values have its keys.
    pub(crate) is_telling: bool,
}

/// Looks up the comparisons of one operand and one class.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) operand: OperandId,
    pub(crate) class: Class,
    /// How many comparisons it can name.
    pub(crate) size: usize,
    /// Whether the operand is a single value that lies ready.
    is_read_quickly: bool,
    /// Whether the operand has one of a few values, so that each of them is frequent.
    pub(crate) has_few_values: bool,
    matcher: Matcher,
}

impl Probe {
    /// Whether asking it takes no longer than trying a rule.
    pub(crate) const fn is_quick(&self) -> bool {
        self.is_read_quickly
    }

    /// Appends the comparisons that a single value leads to, in any order.
    #[inline]
    pub(crate) fn find_unordered(
        &self,
        value: &FieldValue<'_>,
        buffers: &mut Buffers,
        hits: &mut Vec<Local>,
    ) {
        self.matcher.find(value, buffers, hits);
    }

    /// Appends the comparisons that a single value leads to, ascending and each once.
    pub(crate) fn find(
        &self,
        value: &FieldValue<'_>,
        buffers: &mut Buffers,
        hits: &mut Vec<Local>,
    ) {
        let start = hits.len();
        let lists = self.matcher.find(value, buffers, hits);
        if lists > 1
            && let Some(found) = hits.get_mut(start..)
        {
            found.sort_unstable();
            let mut kept = start;
            let mut last = None;
            for position in start..hits.len() {
                let hit = hits.get(position).copied();
                if hit != last
                    && let (Some(hit), Some(place)) = (hit, hits.get_mut(kept))
                {
                    *place = hit;
                    kept = kept.saturating_add(1);
                    last = Some(hit);
                }
            }
            hits.truncate(kept);
        }
    }
}

/// The comparisons of one operand and one class, before they are built into a probe.
struct Group {
    operand: OperandId,
    class: Class,
    members: Vec<Member>,
}

struct Member {
    atom: AtomId,
    certainty: Certainty,
    keys: Vec<Key>,
}

/// Most keys of a probe that repeats those of another: many plans may have one.
const NARROWED_KEYS_MAX: usize = 512;

/// What is known of the values of an operand.
#[derive(Clone, Copy)]
struct Reading {
    is_quick: bool,
    has_few_values: bool,
}

/// The probes of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    probes: Vec<Probe>,
    /// How many bytes of text may still become dense automata.
    dense_bytes_left: usize,
}

impl Probes {
    /// Builds the probes for a table of atoms, and tells each atom where it is looked up.
    pub(crate) fn build(
        atoms: &mut AtomTable,
        operands: &OperandTable,
        fields: &Fields,
        options: &CompileOptions,
    ) -> Self {
        let mut built = Self {
            probes: Vec::new(),
            dense_bytes_left: options.patterns.dense_text_bytes,
        };
        if options.indexing == Indexing::Linear {
            return built;
        }
        let atoms = atoms.all_mut();
        for group in groups(atoms) {
            let Some(operand) = operands.get(group.operand) else {
                continue;
            };
            let reading = Reading {
                is_quick: is_read_quickly(operand, fields),
                has_few_values: has_few_values(operand, fields),
            };
            built.add(&group, reading, atoms);
        }
        built
    }

    fn add(&mut self, group: &Group, reading: Reading, atoms: &mut [Atom]) {
        let Some(id) = ProbeId::new(self.probes.len()) else {
            return;
        };
        let members: Vec<(Local, &Member)> = group
            .members
            .iter()
            .enumerate()
            .filter_map(|(position, member)| Some((Local::new(position)?, member)))
            .collect();
        let keys = members
            .iter()
            .flat_map(|(local, member)| member.keys.iter().map(|key| (key, *local)));
        // Without an automaton, its comparisons are decided one by one.
        let Some(matcher) = Matcher::build(group.class, keys, &mut self.dense_bytes_left) else {
            return;
        };
        for (local, member) in members {
            if let Some(atom) = atoms.get_mut(member.atom.index()) {
                atom.lookup = Some(Lookup {
                    probe: id,
                    local,
                    certainty: member.certainty,
                    is_telling: member.keys.iter().all(Key::is_telling),
                });
            }
        }
        self.probes.push(Probe {
            operand: group.operand,
            class: group.class,
            size: group.members.len(),
            is_read_quickly: reading.is_quick,
            has_few_values: reading.has_few_values,
            matcher,
        });
    }

    /// A probe for some comparisons of another, which keep their positions: of fewer texts more values
    /// are settled by their length or first bytes. Nothing where it is not worth its memory.
    pub(crate) fn narrow<'a>(
        &mut self,
        id: ProbeId,
        members: impl Iterator<Item = (Local, &'a Atom)>,
    ) -> Option<ProbeId> {
        let keys: Vec<(Key, Local)> = members
            .filter_map(|(local, atom)| match &atom.check {
                Check::Constant(_, comparison) => Some((local, keys(comparison)?.2)),
                _ => None,
            })
            .flat_map(|(local, keys)| keys.into_iter().map(move |key| (key, local)))
            .collect();
        let probe = self.probes.get(id.index())?;
        let narrowed = ProbeId::new(self.probes.len())?;
        if keys.len() > NARROWED_KEYS_MAX {
            return None;
        }
        let (operand, class, size) = (probe.operand, probe.class, probe.size);
        let (is_read_quickly, has_few_values) = (probe.is_read_quickly, probe.has_few_values);
        let keys = keys.iter().map(|(key, local)| (key, *local));
        self.probes.push(Probe {
            operand,
            class,
            size,
            is_read_quickly,
            has_few_values,
            matcher: Matcher::build(class, keys, &mut self.dense_bytes_left)?,
        });
        Some(narrowed)
    }

    pub(crate) fn get(&self, id: ProbeId) -> Option<&Probe> {
        self.probes.get(id.index())
    }

    pub(crate) fn len(&self) -> usize {
        self.probes.len()
    }
}

fn is_read_quickly(operand: &Operand, fields: &Fields) -> bool {
    match operand {
        Operand::Transform(_) => false,
        Operand::Field(field) => fields.lies_ready(field.id, field.argument.as_ref()),
    }
}

fn groups(atoms: &[Atom]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut positions = std::collections::HashMap::new();
    for (position, atom) in atoms.iter().enumerate() {
        let Check::Constant(_, comparison) = &atom.check else {
            continue;
        };
        let (Some(id), Some((class, certainty, keys))) = (AtomId::new(position), keys(comparison))
        else {
            continue;
        };
        let group = *positions.entry((atom.left, class)).or_insert_with(|| {
            groups.push(Group {
                operand: atom.left,
                class,
                members: Vec::new(),
            });
            groups.len().saturating_sub(1)
        });
        if let Some(group) = groups.get_mut(group) {
            group.members.push(Member {
                atom: id,
                certainty,
                keys,
            });
        }
    }
    groups
}

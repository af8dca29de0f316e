//! Finding guards.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::{Candidate, Guard, Plan, Position, Screen};
use crate::atom::AtomTable;
use crate::probe::{Class, Local, Lookup, Probe, ProbeId, Probes};
use crate::program::{AtomId, Graph, Node, NodeId, OperandId, Polarity};

/// From this many rules on, a plan asks a probe that takes long or tells little before it tries them.
const RULES_MIN: usize = 6;

/// Most ways to guard one condition that are looked at.
const OPTIONS_MAX: usize = 4;

/// Comparisons of which one holds if the condition does.
type Alternatives = Rc<[Lookup]>;

/// Ways to guard a condition, the best first.
type Options = Rc<[Alternatives]>;

/// Guards of the nodes of a graph, each found once.
pub(crate) struct Guards<'t> {
    graph: &'t Graph,
    atoms: &'t AtomTable,
    probes: &'t mut Probes,
    known: HashMap<NodeId, Options>,
    /// For each probe, its comparisons.
    members: HashMap<usize, Vec<(Local, AtomId)>>,
    /// The probes for some comparisons of another, by what they are for.
    narrowed: HashMap<(usize, Vec<Local>), ProbeId>,
}

impl<'t> Guards<'t> {
    pub(crate) fn new(graph: &'t Graph, atoms: &'t AtomTable, probes: &'t mut Probes) -> Self {
        let mut members: HashMap<usize, Vec<(Local, AtomId)>> = HashMap::new();
        for (position, atom) in atoms.iter().enumerate() {
            if let (Some(id), Some(lookup)) = (AtomId::new(position), atom.lookup) {
                let of_probe = members.entry(lookup.probe.index()).or_default();
                of_probe.push((lookup.local, id));
            }
        }
        Self {
            graph,
            atoms,
            probes,
            known: HashMap::new(),
            members,
            narrowed: HashMap::new(),
        }
    }

    /// The probe to ask for these comparisons of a probe, ascending: one for them alone where that has
    /// many others.
    fn narrowed(&mut self, probe: ProbeId, locals: Vec<Local>) -> ProbeId {
        let all = self.members.get(&probe.index()).map_or(&[][..], |all| all);
        if locals.len() > all.len().checked_div(2).unwrap_or(0) {
            return probe;
        }
        let key = (probe.index(), locals);
        if let Some(known) = self.narrowed.get(&key) {
            return *known;
        }
        let wanted = |local: &Local| key.1.binary_search(local).is_ok();
        let members = all.iter().filter(|(local, _)| wanted(local));
        let members = members.filter_map(|(local, id)| Some((*local, self.atoms.get(*id)?)));
        let narrowed = self.probes.narrow(probe, members).unwrap_or(probe);
        self.narrowed.insert(key, narrowed);
        narrowed
    }

    /// The ways to guard a condition. The recursion is bounded by the nesting of conditions.
    fn of(&mut self, node: NodeId) -> Options {
        if let Some(known) = self.known.get(&node) {
            return Rc::clone(known);
        }
        let options: Vec<Alternatives> = match self.graph.node(node) {
            Some(Node::Atom(atom, Polarity::Plain)) => {
                let lookup = self.atoms.get(*atom).and_then(|atom| atom.lookup);
                lookup
                    .map(|lookup| Rc::from([lookup]))
                    .into_iter()
                    .collect()
            }
            Some(Node::All(parts)) => {
                let mut options = Vec::new();
                for part in parts {
                    options.extend_from_slice(&self.of(*part));
                }
                options.sort_by_cached_key(|option| self.weight(option));
                options.truncate(OPTIONS_MAX);
                options
            }
            Some(Node::Any(parts)) => {
                let best = parts.iter().map(|part| self.of(*part).first().cloned());
                let best: Option<Vec<Alternatives>> = best.collect();
                let union = |best: Vec<Alternatives>| {
                    best.iter().flat_map(|one| one.iter().copied()).collect()
                };
                best.map(union).into_iter().collect()
            }
            _ => Vec::new(),
        };
        let options: Options = options.into();
        self.known.insert(node, Rc::clone(&options));
        options
    }

    /// How much a guard costs and lets through, compared with others.
    fn weight(&self, guard: &Alternatives) -> usize {
        let weights = guard.iter().map(|lookup| self.lookup_weight(lookup));
        weights.fold(0, usize::saturating_add)
    }

    fn lookup_weight(&self, lookup: &Lookup) -> usize {
        if !lookup.is_telling {
            return 64;
        }
        match self.probes.get(lookup.probe) {
            Some(probe) if !probe.is_quick() => 16,
            Some(probe) if probe.has_few_values => 8,
            Some(probe) => match probe.class {
                Class::Text | Class::Number | Class::Address => 1,
                Class::Prefix | Class::Suffix | Class::PathPrefix => 2,
                Class::Part | Class::PartIgnoringCase => 4,
            },
            None => 16,
        }
    }

    /// Chooses a guard for each candidate that has one, so that few probes are asked.
    fn choose(
        &mut self,
        conditions: impl Iterator<Item = NodeId>,
    ) -> Vec<(Position, Alternatives)> {
        let mut options: Vec<(Position, Options)> = conditions
            .enumerate()
            .filter_map(|(position, node)| Some((Position::new(position)?, self.of(node))))
            .filter(|(_, options)| !options.is_empty())
            .collect();
        // Those without a choice say which probes are asked anyway.
        options.sort_by_key(|(position, options)| (options.len(), *position));
        let mut asked = HashSet::new();
        let mut chosen = Vec::with_capacity(options.len());
        for (position, options) in options {
            let added_weight = |option: &&Alternatives| {
                let new = option
                    .iter()
                    .filter(|lookup| !asked.contains(&lookup.probe.index()));
                let weights = new.map(|lookup| self.lookup_weight(lookup));
                weights.fold(0, usize::saturating_add)
            };
            let Some(best) = options.iter().min_by_key(added_weight).cloned() else {
                continue;
            };
            asked.extend(best.iter().map(|lookup| lookup.probe.index()));
            chosen.push((position, best));
        }
        chosen
    }
}

/// Arranges candidates, given with the nodes of their conditions, into a plan.
pub(crate) fn arrange(candidates: Vec<(Candidate, NodeId)>, guards: &mut Guards<'_>) -> Plan {
    let mut guarded = guards.choose(candidates.iter().map(|(_, node)| *node));
    keep_worthwhile(&mut guarded, guards.probes);
    let mut built = build(&guarded, guards.probes);
    for guard in &mut built {
        guard.probe = guards.narrowed(guard.probe, guard.locals());
    }
    let mut is_guarded = vec![false; candidates.len()];
    for (position, _) in &guarded {
        if let Some(mark) = is_guarded.get_mut(position.index()) {
            *mark = true;
        }
    }
    let always = is_guarded
        .iter()
        .enumerate()
        .filter(|(_, is_guarded)| !**is_guarded)
        .filter_map(|(position, _)| Position::new(position))
        .collect();
    Plan {
        candidates: candidates
            .into_iter()
            .map(|(candidate, _)| candidate)
            .collect(),
        always,
        screens: screens(built, guards.probes),
        ..Plan::default()
    }
}

/// Takes out the rules that wait for a probe which takes long or tells little, and for which too few
/// others wait.
fn keep_worthwhile(guarded: &mut Vec<(Position, Alternatives)>, probes: &Probes) {
    loop {
        let mut rules: HashMap<usize, usize> = HashMap::new();
        for (_, alternatives) in &*guarded {
            let mut asked: Vec<usize> = alternatives
                .iter()
                .map(|lookup| lookup.probe.index())
                .collect();
            asked.sort_unstable();
            asked.dedup();
            for probe in asked {
                let count = rules.entry(probe).or_insert(0);
                *count = count.saturating_add(1);
            }
        }
        let before = guarded.len();
        guarded.retain(|(_, alternatives)| {
            alternatives.iter().all(|lookup| {
                let is_quick = probes.get(lookup.probe).is_some_and(Probe::is_quick);
                let rules = rules.get(&lookup.probe.index());
                (is_quick && lookup.is_telling) || rules.is_some_and(|rules| *rules >= RULES_MIN)
            })
        });
        if guarded.len() == before {
            return;
        }
    }
}

/// Brings the guards that look at the same value together, in the order of the values.
fn screens(guards: Vec<Guard>, probes: &Probes) -> Box<[Screen]> {
    let mut of_operand: BTreeMap<OperandId, Vec<Guard>> = BTreeMap::new();
    for guard in guards {
        if let Some(probe) = probes.get(guard.probe) {
            of_operand.entry(probe.operand).or_default().push(guard);
        }
    }
    of_operand
        .into_iter()
        .map(|(operand, guards)| Screen {
            operand,
            guards: guards.into(),
        })
        .collect()
}

fn build(guarded: &[(Position, Alternatives)], probes: &Probes) -> Vec<Guard> {
    let mut pairs: Vec<(Lookup, Position)> = guarded
        .iter()
        .flat_map(|(position, alternatives)| alternatives.iter().map(|lookup| (*lookup, *position)))
        .collect();
    pairs.sort_by_key(|(lookup, position)| (lookup.probe.index(), lookup.local, *position));
    pairs.dedup_by_key(|(lookup, position)| (lookup.probe.index(), lookup.local, *position));
    pairs
        .chunk_by(|(a, _), (b, _)| a.probe == b.probe)
        .filter_map(|of_probe| {
            let id = of_probe.first()?.0.probe;
            let size = probes.get(id)?.size;
            let mut starts = Vec::with_capacity(size.saturating_add(1));
            let mut next = of_probe
                .iter()
                .map(|(lookup, _)| lookup.local.index())
                .peekable();
            let mut position: u32 = 0;
            for local in 0..size {
                starts.push(position);
                while next.next_if_eq(&local).is_some() {
                    position = position.saturating_add(1);
                }
            }
            starts.push(position);
            Some(Guard {
                probe: id,
                starts: starts.into(),
                positions: of_probe.iter().map(|(_, position)| *position).collect(),
            })
        })
        .collect()
}

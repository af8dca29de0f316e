//! Which rules build on which: no rule on itself, and none on too many.

use crate::analysis::{FileFacts, RuleFacts};
use crate::error::{LoadError, Place};
use crate::limits::Limits;
use crate::reference::Reference;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Package and name of a rule.
type Path = Vec<Arc<str>>;

/// Checks the rules of all files.
///
/// # Errors
///
/// [`LoadError::Recursion`], [`LoadError::TooDeep`].
pub(crate) fn check(files: &[FileFacts], limits: &Limits) -> Result<(), LoadError> {
    let mut graph = Graph::of(files);
    graph.link(files);
    let mut search = Search {
        graph: &graph,
        limit: limits.depth,
        heights: vec![None; graph.nodes.len()],
        way: Vec::new(),
    };
    for node in 0..graph.nodes.len() {
        search.height(node)?;
    }
    Ok(())
}

#[derive(Default)]
struct Graph {
    nodes: Vec<(Path, Place)>,
    by_path: BTreeMap<Path, usize>,
    edges: Vec<BTreeSet<usize>>,
}

impl Graph {
    fn of(files: &[FileFacts]) -> Self {
        let mut graph = Self::default();
        for (file, rule) in rules(files) {
            let path = path(file, &rule.name);
            if !graph.by_path.contains_key(&path) {
                graph.by_path.insert(path.clone(), graph.nodes.len());
                graph.nodes.push((path, rule.place.clone()));
                graph.edges.push(BTreeSet::new());
            }
        }
        graph
    }

    fn link(&mut self, files: &[FileFacts]) {
        for (file, rule) in rules(files) {
            let Some(from) = self.by_path.get(&path(file, &rule.name)).copied() else {
                continue;
            };
            let references = rule.references.iter().map(|(reference, _)| reference);
            let calls = rule.calls.iter().map(|call| &call.function);
            let meant: BTreeSet<usize> = references
                .chain(calls)
                .flat_map(|reference| self.meant(file, reference))
                .collect();
            if let Some(edges) = self.edges.get_mut(from) {
                edges.extend(meant);
            }
        }
    }

    /// The rules that a reference may mean.
    fn meant(&self, file: &FileFacts, reference: &Reference) -> Vec<usize> {
        if &*reference.root != "data" {
            let own = path(file, &reference.root);
            return self.by_path.get(&own).copied().into_iter().collect();
        }
        let names = &reference.names;
        // `data.a.b.c` means the rule b of package a, or what is below a.b.c.
        let above = (1..=names.len()).filter_map(|length| self.by_path.get(names.get(..length)?));
        let below = self
            .by_path
            .range(names.clone()..)
            .take_while(|(path, _)| path.starts_with(names))
            .map(|(_, node)| node);
        above.chain(below).copied().collect()
    }
}

fn rules(files: &[FileFacts]) -> impl Iterator<Item = (&FileFacts, &RuleFacts)> {
    files
        .iter()
        .flat_map(|file| file.rules.iter().map(move |rule| (file, rule)))
}

fn path(file: &FileFacts, name: &Arc<str>) -> Path {
    let package = file.package.iter();
    package.chain([name]).cloned().collect()
}

/// Depth first; the recursion ends at the limit.
struct Search<'a> {
    graph: &'a Graph,
    limit: usize,
    heights: Vec<Option<usize>>,
    way: Vec<usize>,
}

impl Search<'_> {
    /// How many rules build on each other below one, itself included.
    fn height(&mut self, node: usize) -> Result<usize, LoadError> {
        if let Some(known) = self.heights.get(node).copied().flatten() {
            return Ok(known);
        }
        if let Some(begin) = self.way.iter().position(|passed| *passed == node) {
            return Err(self.recursion(begin, node));
        }
        if self.way.len() >= self.limit {
            return Err(self.too_deep());
        }
        self.way.push(node);
        let graph = self.graph;
        let mut height: usize = 0;
        for next in graph.edges.get(node).into_iter().flatten() {
            height = height.max(self.height(*next)?);
        }
        self.way.pop();
        height = height.saturating_add(1);
        if height.saturating_add(self.way.len()) > self.limit {
            self.way.push(node);
            return Err(self.too_deep());
        }
        if let Some(known) = self.heights.get_mut(node) {
            *known = Some(height);
        }
        Ok(height)
    }

    fn name(&self, node: usize) -> String {
        let path = self.graph.nodes.get(node).map(|(path, _)| path.join("."));
        path.unwrap_or_default()
    }

    fn place(&self, node: usize) -> Place {
        let place = self.graph.nodes.get(node).map(|(_, place)| place.clone());
        place.unwrap_or_else(|| Place {
            file: "".into(),
            line: 0,
            column: 0,
        })
    }

    fn recursion(&self, begin: usize, node: usize) -> LoadError {
        let around = self.way.get(begin..).unwrap_or_default().iter().copied();
        let names: Vec<String> = around.chain([node]).map(|node| self.name(node)).collect();
        LoadError::Recursion {
            place: self.place(node),
            cycle: names.join(" -> "),
        }
    }

    fn too_deep(&self) -> LoadError {
        let first = self.way.first().copied().unwrap_or_default();
        LoadError::TooDeep {
            place: self.place(first),
            rule: self.name(first),
            limit: self.limit,
        }
    }
}

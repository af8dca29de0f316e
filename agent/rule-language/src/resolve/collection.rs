//! What all files together define: later items replace, extend and override earlier ones.

use std::collections::HashMap;
use std::sync::Arc;

use super::missing::Missing;
use super::rules::Rule;
use crate::catalog::FieldCatalog;
use crate::diagnostic::Code;
use crate::document::{Item, ListItem, MacroItem, Mode, Unread};
use crate::options::{Limits, PluginRequirement};
use crate::origin::MappedText;
use crate::report::{Context, Found, Report};
use crate::span::{FileIndex, Span};
use crate::suggestion;

/// Things with unique names, in the order of their first definition.
#[derive(Debug)]
pub(crate) struct Named<T> {
    entries: Vec<T>,
    names: Vec<Arc<str>>,
    index: HashMap<Arc<str>, usize>,
}

impl<T> Named<T> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.entries.get(*self.index.get(name)?)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.entries.get_mut(*self.index.get(name)?)
    }

    pub(super) fn push(&mut self, name: Arc<str>, entry: T) {
        self.index.insert(name.clone(), self.entries.len());
        self.names.push(name);
        self.entries.push(entry);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            names: Vec::new(),
            index: HashMap::new(),
        }
    }
}

/// A list with everything appended to it.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) name: Arc<str>,
    pub(crate) context: Context,
    pub(crate) items: Vec<Arc<str>>,
    pub(crate) order: Order,
}

/// A macro with everything appended to it.
#[derive(Debug)]
pub(crate) struct Macro {
    pub(crate) name: Arc<str>,
    pub(crate) context: Context,
    /// Where it was defined first.
    pub(crate) file: FileIndex,
    pub(crate) condition: MappedText,
    pub(crate) order: Order,
}

/// When something was defined. A list or macro sees those defined before it was last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    defined: usize,
    changed: usize,
}

impl Order {
    pub(crate) fn sees(self, other: Self) -> bool {
        other.defined < self.changed
    }
}

/// Everything defined so far.
pub(crate) struct Collection<'a> {
    pub(crate) lists: Named<List>,
    pub(crate) macros: Named<Macro>,
    pub(crate) rules: Named<Rule>,
    pub(crate) requirements: Vec<(PluginRequirement, Context)>,
    pub(crate) missing: Missing,
    pub(super) catalog: &'a dyn FieldCatalog,
    limits: &'a Limits,
    /// Counts definitions and changes.
    clock: usize,
}

impl<'a> Collection<'a> {
    pub(crate) fn new(catalog: &'a dyn FieldCatalog, limits: &'a Limits) -> Self {
        Self {
            lists: Named::default(),
            macros: Named::default(),
            rules: Named::default(),
            requirements: Vec::new(),
            missing: Missing::default(),
            catalog,
            limits,
            clock: 0,
        }
    }

    /// Takes the next item.
    pub(crate) fn take(&mut self, item: Item, report: &mut Report<'_>) {
        let outcome = match item {
            Item::PluginRequirement(requirement, context) => {
                self.requirements.push((requirement, context));
                Ok(())
            }
            Item::List(list) => {
                let unread = Unread::List(list.name.clone());
                self.take_list(list)
                    .inspect_err(|_| self.missing.add(unread))
            }
            Item::Macro(item) => {
                let unread = Unread::Macro(item.name.clone());
                self.take_macro(item)
                    .inspect_err(|_| self.missing.add(unread))
            }
            Item::Rule(rule) => {
                self.take_rule(rule, report);
                Ok(())
            }
            Item::Unread(unread) => {
                self.missing.add(unread);
                Ok(())
            }
        };
        report.check(outcome);
    }

    fn tick(&mut self) -> usize {
        let now = self.clock;
        self.clock = now.saturating_add(1);
        now
    }

    pub(super) fn check_room(&self, count: usize, context: &Context) -> Found<()> {
        if count < self.limits.items {
            return Ok(());
        }
        let message = format!("more than {} lists, macros or rules", self.limits.items);
        let finding = context.finding(Code::ErrValidate, message);
        Err(finding.with_remedy(self.limits.remedy("items")))
    }

    fn take_list(&mut self, item: ListItem) -> Found<()> {
        let now = self.tick();
        let ListItem {
            name,
            context,
            items,
            mode,
        } = item;
        match (self.lists.get_mut(&name), mode) {
            (Some(list), Mode::Append) => {
                list.items.extend(items);
                list.order.changed = now;
            }
            (Some(list), Mode::Define) => {
                *list = List {
                    order: Order {
                        changed: now,
                        ..list.order
                    },
                    name,
                    context,
                    items,
                };
            }
            (None, Mode::Append) if self.missing.has_list(&name, context.span().file) => {}
            (None, Mode::Append) => {
                let nearest = suggestion::nearest(&name, self.lists.names());
                let message = format!(
                    "list '{name}' uses 'append' or 'override.items: append' but no list by that name \
                     already exists"
                );
                return Err(context
                    .finding(Code::ErrValidate, message)
                    .with_remedy(suggestion::did_you_mean(&nearest)));
            }
            (None, Mode::Define) => {
                self.check_room(self.lists.len(), &context)?;
                let order = Order {
                    defined: now,
                    changed: now,
                };
                self.lists.push(
                    name.clone(),
                    List {
                        name,
                        context,
                        items,
                        order,
                    },
                );
            }
        }
        Ok(())
    }

    fn take_macro(&mut self, item: MacroItem) -> Found<()> {
        let now = self.tick();
        let MacroItem {
            name,
            context,
            condition,
            mode,
        } = item;
        match (self.macros.get_mut(&name), mode) {
            (Some(found), Mode::Append) => {
                append(&mut found.condition, &condition);
                found.order.changed = now;
            }
            (Some(found), Mode::Define) => {
                let order = Order {
                    changed: now,
                    ..found.order
                };
                *found = Macro {
                    name,
                    context,
                    file: found.file,
                    condition,
                    order,
                };
            }
            (None, Mode::Append) if self.missing.has_macro(&name, context.span().file) => {}
            (None, Mode::Append) => {
                let nearest = suggestion::nearest(&name, self.macros.names());
                let message = format!(
                    "macro '{name}' uses 'append' or 'override.condition: append' but no macro by that \
                     name already exists"
                );
                return Err(context
                    .finding(Code::ErrValidate, message)
                    .with_remedy(suggestion::did_you_mean(&nearest)));
            }
            (None, Mode::Define) => {
                self.check_room(self.macros.len(), &context)?;
                let order = Order {
                    defined: now,
                    changed: now,
                };
                let file = context.span().file;
                self.macros.push(
                    name.clone(),
                    Macro {
                        name,
                        context,
                        file,
                        condition,
                        order,
                    },
                );
            }
        }
        Ok(())
    }
}

/// Joins with one blank.
pub(super) fn append(text: &mut MappedText, addition: &MappedText) {
    let end = text.span(text.len()..text.len());
    text.push_whole(" ", Span::new(FileIndex(end.file.0), end.start, end.start));
    text.push_all(addition);
}

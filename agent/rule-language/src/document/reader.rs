//! From YAML nodes to items.

use std::sync::Arc;

use super::fields::Fields;
use super::overrides::{Overridable, read_mode};
use super::requirements::{check_engine_version, read_plugin_requirements};
use super::rule::{RULE_KEYS, read_action};
use super::schema::{SchemaStatus, check_schema};
use super::{Item, ListItem, MacroItem, RuleItem, Unread};
use crate::diagnostic::{Code, ItemKind};
use crate::options::Limits;
use crate::report::{Context, Found, Report};
use crate::span::{FileIndex, SourceFile, Span};
use crate::yaml::{self, Mapping, Node};

/// Characters that end a bare string in a condition.
const BARE_TEXT_ENDS: &[char] = &[
    '(', ')', '"', '\'', '=', ',', ' ', '\t', '\n', '\r', '\u{b}', '\u{c}',
];

/// Reads a file into items, handing each to `take` in order, and compares it with the schema. What is
/// wrong goes to the report; items after a wrong one are still read. An error means that nothing could be
/// read at all.
pub(crate) fn read_items(
    file: FileIndex,
    source: &SourceFile,
    limits: &Limits,
    report: &mut Report<'_>,
    take: &mut dyn FnMut(Item, &mut Report<'_>),
) -> Found<SchemaStatus> {
    let root = Context::file(&source.name, Span::new(file, 0, 0));
    if source.text.len() > limits.file_bytes {
        let (bytes, limit) = (source.text.len(), limits.file_bytes);
        let message = format!("the file has {bytes} bytes, more than the limit of {limit}");
        let finding = root.finding(Code::ErrFileRead, message);
        return Err(finding.with_remedy(limits.remedy("file_bytes")));
    }
    let documents = yaml::read(file, source, limits).map_err(|error| {
        root.finding_at(Code::ErrYamlParse, error.message, error.span)
            .with_remedy(error.remedy)
    })?;
    let mut reader = Reader {
        source,
        root: &root,
        report,
        take,
    };
    for document in &documents {
        match document {
            null if null.is_null() => {}
            Node::Sequence(sequence) => reader.items(&sequence.items),
            Node::Mapping(_) => {
                reader.refuse(document, "rules content is not a YAML array of objects");
            }
            Node::Scalar(_) => {
                reader.refuse(
                    document,
                    "rules content is not YAML: neither a sequence nor a mapping",
                );
            }
        }
    }
    Ok(check_schema(&documents))
}

/// Reads the items of one file.
struct Reader<'r, 'f> {
    source: &'r SourceFile,
    root: &'r Context,
    report: &'r mut Report<'f>,
    take: &'r mut dyn FnMut(Item, &mut Report<'_>),
}

impl Reader<'_, '_> {
    fn refuse(&mut self, document: &Node, message: &str) {
        self.report.add(
            self.root
                .finding_at(Code::ErrYamlValidate, message, document.span()),
        );
        self.lose(Unread::Unnamed(document.span().file));
    }

    fn items(&mut self, items: &[Node]) {
        for item in items.iter().filter(|item| !item.is_null()) {
            if self.report.is_closed() {
                return;
            }
            let outcome = self.item(item);
            if self.report.check(outcome).is_none()
                && let Some(unread) = unread(item)
            {
                self.lose(unread);
            }
        }
    }

    fn lose(&mut self, unread: Unread) {
        (self.take)(Item::Unread(unread), self.report);
    }

    fn item(&mut self, node: &Node) -> Found<()> {
        let context = self.root.child(ItemKind::RulesContentItem, "", node.span());
        let Node::Mapping(mapping) = node else {
            let message =
                "unexpected element type, each element should be a YAML associative array";
            return Err(context.finding(Code::ErrYamlValidate, message));
        };
        let kinds = [
            ("required_engine_version", ItemKind::RequiredEngineVersion),
            ("required_plugin_versions", ItemKind::RequiredPluginVersions),
            ("list", ItemKind::List),
            ("macro", ItemKind::Macro),
            ("rule", ItemKind::Rule),
        ];
        let found = kinds
            .into_iter()
            .find(|(key, _)| mapping.get(key).is_some());
        let Some((key, kind)) = found else {
            self.report
                .add(context.finding(Code::UnknownItem, "unknown top-level item"));
            return Ok(());
        };
        // Shown as the place of the item: its first line, not all of it.
        let place = mapping
            .key_span(key)
            .join(mapping.get(key).map_or(mapping.span, Node::span));
        let context = self.root.child(kind, "", place);
        let fields = Fields {
            mapping,
            context: &context,
            source: self.source,
        };
        match kind {
            ItemKind::RequiredEngineVersion => {
                check_engine_version(&fields)?;
                fields.warn_unknown_keys(&[key], self.report);
            }
            ItemKind::RequiredPluginVersions => {
                for (requirement, context) in read_plugin_requirements(&fields)? {
                    (self.take)(Item::PluginRequirement(requirement, context), self.report);
                }
                fields.warn_unknown_keys(&[key], self.report);
            }
            ItemKind::List => self.list(mapping, place)?,
            ItemKind::Macro => self.macro_item(mapping, place)?,
            _ => self.rule(mapping, place)?,
        }
        Ok(())
    }

    /// The name under `key`, and the context that bears it.
    fn named(
        &self,
        mapping: &Mapping,
        place: Span,
        (key, kind): (&str, ItemKind),
    ) -> Found<(Arc<str>, Context)> {
        let unnamed = self.root.child(kind, "", place);
        let name = Fields {
            mapping,
            context: &unnamed,
            source: self.source,
        }
        .string(key)?;
        let context = self.root.child(kind, &name, place);
        Ok((name, context))
    }

    fn list(&mut self, mapping: &Mapping, place: Span) -> Found<()> {
        let (name, context) = self.named(mapping, place, ("list", ItemKind::List))?;
        let fields = Fields {
            mapping,
            context: &context,
            source: self.source,
        };
        if name.contains(BARE_TEXT_ENDS) {
            let message = format!(
                "list has an invalid name '{name}': blanks, quotes, parentheses, '=' and ',' cannot \
                 be part of it"
            );
            self.report
                .add(context.finding(Code::InvalidListName, message));
        }
        let items = fields.strings("items")?;
        let allowed = Overridable {
            append: &["items"],
            replace: &["items"],
        };
        let mode = read_mode(&fields, "items", &allowed, self.report)?;
        let item = ListItem {
            name,
            context: context.clone(),
            items,
            mode,
        };
        (self.take)(Item::List(item), self.report);
        fields.warn_unknown_keys(&["list", "items", "append", "override"], self.report);
        Ok(())
    }

    fn macro_item(&mut self, mapping: &Mapping, place: Span) -> Found<()> {
        let (name, context) = self.named(mapping, place, ("macro", ItemKind::Macro))?;
        let fields = Fields {
            mapping,
            context: &context,
            source: self.source,
        };
        let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !valid {
            let message = format!(
                "macro has an invalid name '{name}': only letters, digits and '_' can be part of it, \
                 and a letter comes first"
            );
            self.report
                .add(context.finding(Code::InvalidMacroName, message));
        }
        let condition = fields.text("condition")?;
        let allowed = Overridable {
            append: &["condition"],
            replace: &["condition"],
        };
        let mode = read_mode(&fields, "condition", &allowed, self.report)?;
        let item = MacroItem {
            name,
            context: context.clone(),
            condition,
            mode,
        };
        (self.take)(Item::Macro(item), self.report);
        fields.warn_unknown_keys(&["macro", "condition", "append", "override"], self.report);
        Ok(())
    }

    fn rule(&mut self, mapping: &Mapping, place: Span) -> Found<()> {
        let (name, context) = self.named(mapping, place, ("rule", ItemKind::Rule))?;
        let fields = Fields {
            mapping,
            context: &context,
            source: self.source,
        };
        let action = read_action(&fields, self.report)?;
        let name_span = mapping.get("rule").map_or(place, Node::span);
        let item = RuleItem {
            name,
            name_span,
            context: context.clone(),
            action,
        };
        (self.take)(Item::Rule(item), self.report);
        fields.warn_unknown_keys(RULE_KEYS, self.report);
        Ok(())
    }
}

/// What a wrong item would have defined or changed, if anything.
fn unread(item: &Node) -> Option<Unread> {
    let unnamed = Unread::Unnamed(item.span().file);
    let Node::Mapping(mapping) = item else {
        return Some(unnamed);
    };
    let (key, name) = ["list", "macro", "rule"]
        .into_iter()
        .find_map(|key| Some((key, mapping.get(key)?)))?;
    let name = match name {
        Node::Scalar(name) if !name.is_null() && !name.value.is_empty() => name.value.clone(),
        _ => return Some(unnamed),
    };
    Some(match key {
        "list" => Unread::List(name),
        "macro" => Unread::Macro(name),
        _ => Unread::Rule(name),
    })
}

//! One row of the field table.

use crate::context::{EventContext, Payload};
use crate::facts::Needs;
use crate::fields::{FLOW_SOURCE, K8S_AUDIT_SOURCE, POD_SOURCE, SYSCALL_SOURCE};
use crate::value::FieldValue;
use saker_rule_language::{ArgumentRule, FieldArgument, FieldType, FieldUsage};
use serde_json::Value;

/// Reads a field's value from an event. The value may borrow from the context, which keeps texts
/// that had to be put together.
pub type Extractor = for<'c> fn(&'c EventContext<'_>, Option<&FieldArgument>) -> FieldValue<'c>;

/// Reads a field's value from the JSON of an audit event.
pub(crate) type JsonReader =
    for<'c> fn(&'c Value, Keys, Option<&FieldArgument>) -> Option<FieldValue<'c>>;

/// The keys that lead to a value of an audit event, from the outermost. Fields of several lists of
/// containers have the same last ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    /// The first ones.
    pub(crate) base: &'static [&'static str],
    /// The others.
    pub(crate) rest: &'static [&'static str],
}

/// How a value is read, by what the event is.
#[derive(Clone, Copy, Debug)]
struct Origins {
    /// From a system call.
    syscall: Extractor,
    /// From an event that Falco captured, if otherwise.
    captured: Option<Extractor>,
    /// From what happened to a connection, if otherwise.
    flow: Option<Extractor>,
    /// From what happened to a pod, if otherwise.
    pod: Option<Extractor>,
}

/// How a value is read.
#[derive(Clone, Copy, Debug)]
enum Reader {
    Context(Extractor),
    /// One for each payload that has the field.
    ByOrigin(Origins),
    Audit(JsonReader, Keys),
}

/// Which events have a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldSources {
    /// Those of the kernel, source `syscall`.
    Syscall,
    /// Those of the Kubernetes audit log, source `k8s_audit`.
    K8sAudit,
    /// Those of connections, source `flow`.
    Flow,
    /// Those that a process of this host made: the sources `syscall` and `flow`.
    Process,
    /// Those of pods, source `pod`.
    Pod,
    /// Those that a pod may belong to: the sources `syscall`, `flow` and `pod`.
    OfPods,
    /// Those of every source.
    All,
}

impl FieldSources {
    /// Whether events of this source have the field.
    #[must_use]
    pub fn contains(self, source: &str) -> bool {
        self.names().contains(&source)
    }

    /// The names of the sources.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Syscall => &[SYSCALL_SOURCE],
            Self::K8sAudit => &[K8S_AUDIT_SOURCE],
            Self::Flow => &[FLOW_SOURCE],
            Self::Process => &[SYSCALL_SOURCE, FLOW_SOURCE],
            Self::Pod => &[POD_SOURCE],
            Self::OfPods => &[SYSCALL_SOURCE, FLOW_SOURCE, POD_SOURCE],
            Self::All => &[SYSCALL_SOURCE, K8S_AUDIT_SOURCE, FLOW_SOURCE, POD_SOURCE],
        }
    }
}

/// Whether a field has values today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Yes, for the events that its documentation names, where whom it [needs](FieldRow::needs) tells.
    Filled,
    /// Rules that name it load, and its value is missing.
    NotYet {
        /// What it would need.
        reason: &'static str,
    },
}

/// How several values of one event are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plurality {
    /// One value at most.
    One,
    /// A list of the language: `in` holds when every element is among the values, `intersects` when
    /// one is.
    List,
    /// Both ends of a connection (`fd.ip`, `fd.port`, `fd.net`): a comparison holds when it holds for
    /// either end, except `!=`, which must hold for both.
    EitherEnd,
    /// All ancestors (`proc.aname` without an index): a comparison, `!=` included, holds when it
    /// holds for one of them. An output shows them joined by blanks, the parent first.
    AnyAncestor,
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct FieldRow {
    /// Name without argument.
    pub name: &'static str,
    /// Which events have it.
    pub sources: FieldSources,
    /// Type of the value, or of one element.
    pub value_type: FieldType,
    /// Whether an event can have several values, and how they are compared. With an argument the
    /// fields of [`Plurality::AnyAncestor`] have one value.
    pub plurality: Plurality,
    /// Whether it takes an argument.
    pub argument: ArgumentRule,
    /// Where it may be used.
    pub usage: FieldUsage,
    /// What it means, in Markdown.
    pub doc: &'static str,
    /// Whether it has values today.
    pub availability: Availability,
    /// What is different in captures of Falco's, in Markdown.
    pub capture_doc: Option<&'static str>,
    needs: Needs,
    reader: Reader,
}

/// The usage of an ordinary field.
const ORDINARY: FieldUsage = FieldUsage {
    filter_only: false,
    print_only: false,
    no_rhs: false,
    no_transformer: false,
    deprecated: false,
};

impl FieldRow {
    /// A field of system calls with values.
    pub(crate) const fn filled(
        name: &'static str,
        value_type: FieldType,
        doc: &'static str,
        extractor: Extractor,
    ) -> Self {
        Self {
            name,
            sources: FieldSources::Syscall,
            value_type,
            plurality: Plurality::One,
            argument: ArgumentRule::None,
            usage: ORDINARY,
            doc,
            availability: Availability::Filled,
            capture_doc: None,
            needs: Needs::NOTHING,
            reader: Reader::Context(extractor),
        }
    }

    /// A field of connections.
    pub(crate) const fn flow(
        name: &'static str,
        value_type: FieldType,
        doc: &'static str,
        extractor: Extractor,
    ) -> Self {
        Self::filled(name, value_type, doc, extractor).of(FieldSources::Flow)
    }

    /// A text of audit events.
    pub(crate) const fn audit(
        name: &'static str,
        keys: Keys,
        doc: &'static str,
        reader: JsonReader,
    ) -> Self {
        let mut row = Self::filled(name, FieldType::String, doc, |_, _| FieldValue::Missing);
        row.sources = FieldSources::K8sAudit;
        row.reader = Reader::Audit(reader, keys);
        row
    }

    /// A field that rules may name and that has no value yet.
    pub(crate) const fn not_yet(
        name: &'static str,
        value_type: FieldType,
        doc: &'static str,
        reason: &'static str,
    ) -> Self {
        let mut row = Self::filled(name, value_type, doc, |_, _| FieldValue::Missing);
        row.availability = Availability::NotYet { reason };
        row
    }

    /// The same field, read otherwise from captured events.
    pub(crate) const fn captured(mut self, extractor: Extractor) -> Self {
        if let Some(mut origins) = self.origins() {
            origins.captured = Some(extractor);
            self.reader = Reader::ByOrigin(origins);
        }
        self
    }

    /// The same field, which connections have as well, read otherwise.
    pub(crate) const fn in_flows(mut self, extractor: Extractor) -> Self {
        if let Some(mut origins) = self.origins() {
            origins.flow = Some(extractor);
            self.reader = Reader::ByOrigin(origins);
            self.sources = FieldSources::Process;
        }
        self
    }

    /// The same field, which connections have, and pods as well, read otherwise.
    pub(crate) const fn in_pods(mut self, extractor: Extractor) -> Self {
        if let Some(mut origins) = self.origins() {
            origins.pod = Some(extractor);
            self.reader = Reader::ByOrigin(origins);
            self.sources = FieldSources::OfPods;
        }
        self
    }

    const fn origins(&self) -> Option<Origins> {
        match self.reader {
            Reader::Context(extractor) => Some(Origins {
                syscall: extractor,
                captured: None,
                flow: None,
                pod: None,
            }),
            Reader::ByOrigin(origins) => Some(origins),
            Reader::Audit(..) => None,
        }
    }

    /// The same field with what it means for captured events.
    pub(crate) const fn in_captures(mut self, doc: &'static str) -> Self {
        self.capture_doc = Some(doc);
        self
    }

    /// The same field with whom it asks beside the event.
    pub(crate) const fn asking(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    /// The same fields for every event that a process of this host made.
    pub(crate) const fn of_processes<const COUNT: usize>(mut rows: [Self; COUNT]) -> [Self; COUNT] {
        let mut rest: &mut [Self] = &mut rows;
        while let [first, others @ ..] = rest {
            first.sources = FieldSources::Process;
            rest = others;
        }
        rows
    }

    /// The same fields for every event that a pod may belong to.
    pub(crate) const fn of_pods<const COUNT: usize>(mut rows: [Self; COUNT]) -> [Self; COUNT] {
        let mut rest: &mut [Self] = &mut rows;
        while let [first, others @ ..] = rest {
            first.sources = FieldSources::OfPods;
            rest = others;
        }
        rows
    }

    /// The same field for events of other sources.
    pub(crate) const fn of(mut self, sources: FieldSources) -> Self {
        self.sources = sources;
        self
    }

    /// The same field with an argument.
    pub(crate) const fn takes(mut self, argument: ArgumentRule) -> Self {
        self.argument = argument;
        self
    }

    /// The same field with several values.
    pub(crate) const fn several(mut self, plurality: Plurality) -> Self {
        self.plurality = plurality;
        self
    }

    /// The same field, in conditions only.
    pub(crate) const fn filter_only(mut self) -> Self {
        self.usage.filter_only = true;
        self.left_only()
    }

    /// The same field, in outputs only.
    pub(crate) const fn print_only(mut self) -> Self {
        self.usage.print_only = true;
        self
    }

    /// The same field, neither as right-hand side nor in a transformer.
    pub(crate) const fn left_only(mut self) -> Self {
        self.usage.no_rhs = true;
        self.usage.no_transformer = true;
        self
    }

    /// The same field, not as right-hand side.
    pub(crate) const fn no_rhs(mut self) -> Self {
        self.usage.no_rhs = true;
        self
    }

    /// The same field, use of which gives a warning.
    pub(crate) const fn deprecated(mut self) -> Self {
        self.usage.deprecated = true;
        self
    }

    /// The field's value for an event.
    #[must_use]
    #[inline]
    pub fn extract<'c>(
        &self,
        context: &'c EventContext<'_>,
        argument: Option<&FieldArgument>,
    ) -> FieldValue<'c> {
        match self.reader {
            Reader::Context(extractor) => extractor(context, argument),
            Reader::ByOrigin(origins) => {
                let other = match context.payload() {
                    Payload::Syscall(_) | Payload::K8sAudit(_) => None,
                    Payload::Capture(_) => origins.captured,
                    Payload::Flow(_) => origins.flow,
                    Payload::Pod(_) => origins.pod,
                };
                other.unwrap_or(origins.syscall)(context, argument)
            }
            Reader::Audit(reader, keys) => read_audit(context, reader, keys, argument),
        }
    }

    /// Whom the field asks beside the event.
    #[must_use]
    pub const fn needs(&self) -> Needs {
        self.needs
    }

    /// Whether captured events have the field although those of the kernel do not.
    #[must_use]
    pub const fn is_only_captured(&self) -> bool {
        matches!(self.availability, Availability::NotYet { .. })
            && matches!(self.reader, Reader::ByOrigin(origins) if origins.captured.is_some())
    }

    /// Whether connections have the field although no other event does.
    #[must_use]
    pub const fn is_only_in_flows(&self) -> bool {
        matches!(self.availability, Availability::NotYet { .. })
            && matches!(self.reader, Reader::ByOrigin(origins) if origins.flow.is_some())
    }

    /// The first word of the name.
    #[must_use]
    pub fn namespace(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
}

/// As in Falco, what has no audit id has none of these fields.
fn read_audit<'c>(
    context: &'c EventContext<'_>,
    reader: JsonReader,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> FieldValue<'c> {
    let event = context
        .audit_event()
        .filter(|event| event.json().get("auditID").is_some());
    let value = event.and_then(|event| reader(event.json(), keys, argument));
    FieldValue::from_option(value)
}

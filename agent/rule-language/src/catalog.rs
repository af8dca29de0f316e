//! What the language needs to know of fields and events: the [`FieldCatalog`] trait.
//!
//! The language has no table of its own. Whoever owns the fields implements the trait; the names and
//! types given here decide which conditions compile. A field's full text in a rule is its catalog name
//! plus an argument, either in brackets (`proc.aname[2]`, `proc.env[PATH]`) or dotted
//! (`evt.arg.flags`, `evt.type.is.open`); the longest catalog name that fits wins.

/// Identifies a field in its catalog; an index into the implementor's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u16);

/// The type of a field's value (of one element, where the field is a list).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// Truth value; literals `true`, `false`.
    Bool,
    /// Signed integer.
    Int,
    /// Unsigned integer.
    Uint,
    /// Floating-point number; literals are integers, as in Falco.
    Double,
    /// Text; bytes until rendered.
    String,
    /// Byte buffer.
    Bytes,
    /// IPv4 or IPv6 address.
    IpAddr,
    /// IPv4 or IPv6 network: matches an address within.
    IpNet,
    /// TCP or UDP port; literals may be service names.
    Port,
    /// Duration in nanoseconds.
    RelTime,
    /// Point in time, nanoseconds since the Unix epoch.
    AbsTime,
    /// Known only with the argument or the event (`evt.rawarg`).
    Dynamic,
}

/// How an argument may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgumentForms {
    /// `field[2]`: a number only.
    Index,
    /// `field[key]`, and `field.key` where the key is an identifier.
    Key,
    /// Either.
    IndexOrKey,
}

/// Whether a field takes an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgumentRule {
    /// An argument is an error.
    None,
    /// The field works with and without.
    Optional(ArgumentForms),
    /// The argument must be there.
    Required(ArgumentForms),
}

/// Where a field may be used; every flag is false for an ordinary field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldUsage {
    /// Conditions only: an output template may not name it (`fd.ip`).
    pub filter_only: bool,
    /// Output templates only: a condition may not name it (`evt.outputtime`).
    pub print_only: bool,
    /// May not stand on the right-hand side of a comparison.
    pub no_rhs: bool,
    /// May not be the argument of a transformer.
    pub no_transformer: bool,
    /// Use gives the warning `LOAD_DEPRECATED_ITEM`.
    pub deprecated: bool,
}

/// One field as a rule sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldDefinition<'a> {
    /// Its identity in the catalog.
    pub id: FieldId,
    /// Name without argument.
    pub name: &'a str,
    /// Type of the value, or of one element.
    pub value_type: FieldType,
    /// Whether one event can give several values.
    pub is_list: bool,
    /// Whether it takes an argument.
    pub argument: ArgumentRule,
    /// Where it may be used.
    pub usage: FieldUsage,
}

/// The fields, sources and event types that rules may name.
pub trait FieldCatalog {
    /// The field of exactly this name (no argument) that events of `source` have.
    fn field(&self, source: &str, name: &str) -> Option<FieldDefinition<'_>>;

    /// All field names of a source, for suggestions.
    fn field_names(&self, source: &str) -> Vec<&str>;

    /// Whether events of this source exist; rules of other sources are skipped with a warning.
    fn has_source(&self, source: &str) -> bool;

    /// Names of all sources, for suggestions.
    fn sources(&self) -> Vec<&str> {
        Vec::new()
    }

    /// All event type names of a source, without duplicates. Empty means that the source has no event
    /// types to tell apart, and `evt.type` values are not checked.
    fn event_types(&self, source: &str) -> Vec<&str>;

    /// Whether `name` is an event type of the source. The default looks through
    /// [`event_types`](Self::event_types).
    fn is_event_type(&self, source: &str, name: &str) -> bool {
        self.event_types(source).contains(&name)
    }

    /// Whether a field of the source knows this argument (`evt.arg` knows the parameters of all events,
    /// `evt.type.is` all event types). It is asked only for what the field's [`ArgumentRule`] allows.
    fn is_argument(&self, _source: &str, _field: FieldId, _argument: &str) -> bool {
        true
    }

    /// How many bits a number of this field has in Falco. A literal is cut to them as it is there, so -1
    /// stands for 4294967295 where an unsigned number has 32 bits. It is asked for [`FieldType::Int`] and
    /// [`FieldType::Uint`] only.
    fn integer_bits(&self, _source: &str, _field: FieldId, _argument: Option<&str>) -> u32 {
        u64::BITS
    }

    /// The type that a [`FieldType::Dynamic`] field has with this argument, if it is known before an
    /// event is seen (`evt.rawarg.res` is a signed integer).
    fn dynamic_type(&self, _source: &str, _field: FieldId, _argument: &str) -> Option<FieldType> {
        None
    }
}

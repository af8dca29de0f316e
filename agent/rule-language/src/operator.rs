//! Comparison operators and their modifiers.

use std::fmt;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `exists`: the field has a value.
    Exists,
    /// `=` or `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `contains`.
    Contains,
    /// `icontains`: ASCII case does not matter.
    IContains,
    /// `bcontains`: bytes, given as hex text.
    BContains,
    /// `startswith`.
    StartsWith,
    /// `bstartswith`: bytes, given as hex text.
    BStartsWith,
    /// `endswith`.
    EndsWith,
    /// `glob`: fnmatch without flags, so `*` crosses `/`.
    Glob,
    /// `iglob`: as `glob`, case does not matter.
    IGlob,
    /// `regex`: the whole value matches.
    Regex,
    /// `in`: the value (every element of a list) is among the given ones.
    In,
    /// `intersects`: some element is among the given ones.
    Intersects,
    /// `pmatch`: some given path is a prefix of the value, by whole components.
    PMatch,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 19] = [
        Self::Exists,
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Contains,
        Self::IContains,
        Self::BContains,
        Self::StartsWith,
        Self::BStartsWith,
        Self::EndsWith,
        Self::Glob,
        Self::IGlob,
        Self::Regex,
        Self::In,
        Self::Intersects,
        Self::PMatch,
    ];

    /// The operator's text in canonical form.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Contains => "contains",
            Self::IContains => "icontains",
            Self::BContains => "bcontains",
            Self::StartsWith => "startswith",
            Self::BStartsWith => "bstartswith",
            Self::EndsWith => "endswith",
            Self::Glob => "glob",
            Self::IGlob => "iglob",
            Self::Regex => "regex",
            Self::In => "in",
            Self::Intersects => "intersects",
            Self::PMatch => "pmatch",
        }
    }

    /// Whether the right-hand side is a list by itself, without a modifier.
    #[must_use]
    pub fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::Intersects | Self::PMatch)
    }

    /// Whether it orders numbers (`<`, `<=`, `>`, `>=`).
    #[must_use]
    pub fn is_ordering(self) -> bool {
        matches!(
            self,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual
        )
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How many values of a list must hold for a comparison to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// `oneof`: exactly one; equal values count each.
    OneOf,
    /// `anyof`: at least one.
    AnyOf,
    /// `allof`: all, and at least one.
    AllOf,
}

impl Modifier {
    /// The modifier's text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneOf => "oneof",
            Self::AnyOf => "anyof",
            Self::AllOf => "allof",
        }
    }
}

impl fmt::Display for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

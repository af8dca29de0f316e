//! Values of the statements.

use std::collections::BTreeMap;
use std::net::SocketAddr;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A number, and whether its type has a sign.
    Number { value: i128, is_signed: bool },
    /// A string.
    Text(Vec<u8>),
    /// A byte buffer.
    Buffer(Vec<u8>),
    /// The address of a socket.
    Address(Address),
    /// Both ends of a connection.
    Tuple { client: Address, server: Address },
    /// Values in braces.
    List(Vec<Value>),
    /// Parameters of a helper, by name.
    Parameters(BTreeMap<&'static str, Value>),
    /// The code of an event.
    EventCode(String),
    /// A parameter without a value.
    Empty,
    /// What a statement gives that is run for what it does.
    Nothing,
}

/// The address of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Ip(SocketAddr),
    Unix(Vec<u8>),
}

impl Value {
    /// A number with sign.
    pub(crate) fn int(value: impl Into<i128>) -> Self {
        Self::Number {
            value: value.into(),
            is_signed: true,
        }
    }

    /// A string.
    pub(crate) fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(text.as_ref().to_vec())
    }

    /// The number, whatever its type.
    pub(crate) fn number(&self) -> Option<i128> {
        match self {
            Self::Number { value, .. } => Some(*value),
            _ => None,
        }
    }

    /// The number as its 64 bits read with a sign: `(uint64_t)-22` is -22.
    pub(crate) fn signed(&self) -> Option<i64> {
        let bits = self.number()? & i128::from(u64::MAX);
        u64::try_from(bits).ok().map(u64::cast_signed)
    }

    /// The bytes of a string or buffer.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(bytes) | Self::Buffer(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A number cast to a type of integers.
    pub(crate) fn cast(&self, type_name: &str) -> Self {
        let Some(value) = self.number() else {
            return self.clone();
        };
        let bits = match type_name {
            "int8_t" | "uint8_t" | "char" | "bool" => 8,
            "int16_t" | "uint16_t" | "short" => 16,
            "int" | "unsigned" | "signed" | "int32_t" | "uint32_t" => 32,
            _ => 64,
        };
        let is_signed = !(type_name.starts_with('u') || matches!(type_name, "size_t" | "bool"));
        let kept = value & ((1 << bits) - 1);
        let is_negative = is_signed && kept >> (bits - 1) == 1;
        Self::Number {
            value: if is_negative {
                kept - (1 << bits)
            } else {
                kept
            },
            is_signed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn casts_cut_and_take_the_sign() {
        let cast = |value: i128, to| Value::int(value).cast(to).number();
        assert_eq!(cast(-22, "uint64_t"), Some(i128::from(u64::MAX) - 21));
        assert_eq!(cast(-1, "uint8_t"), Some(255));
        assert_eq!(cast(255, "int8_t"), Some(-1));
        assert_eq!(cast(-1, "int64_t"), Some(-1));
        assert_eq!(Value::int(-22).cast("uint64_t").signed(), Some(-22));
        assert_eq!(Value::text("a").cast("int"), Value::text("a"));
    }
}

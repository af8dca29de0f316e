//! Text operators as their documentation puts them, without a thought for speed.

/// Whether letters differ by case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `glob`.
    Sensitive,
    /// `iglob`.
    Ignored,
}

/// `glob` and `iglob`: `fnmatch` in the C locale, without flags or with `FNM_CASEFOLD`.
#[must_use]
pub fn glob(pattern: &[u8], value: &[u8], case: Case) -> bool {
    let Some(items) = items(pattern, case) else {
        return false;
    };
    // reached[i]: the items so far take the first i bytes of the value.
    let mut reached = vec![false; value.len() + 1];
    reached[0] = true;
    for item in items {
        let mut next = vec![false; value.len() + 1];
        for start in (0..=value.len()).filter(|start| reached[*start]) {
            match &item {
                Item::AnyText => next[start..].fill(true),
                Item::One(accepted) => {
                    if let Some(byte) = value.get(start) {
                        next[start + 1] |= accepted[usize::from(*byte)];
                    }
                }
            }
        }
        reached = next;
    }
    reached[value.len()]
}

/// `pmatch`: the prefix leads to the value by whole components, each of which may be a glob.
#[must_use]
pub fn path_prefix(prefix: &[u8], value: &[u8]) -> bool {
    let is_absolute = |path: &[u8]| path.first() == Some(&b'/');
    let components = |path| {
        <[u8]>::split(path, |byte| *byte == b'/')
            .filter(|part| !part.is_empty())
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>()
    };
    let is_glob = prefix.iter().any(|byte| b"*?[\\".contains(byte));
    let (parts, found) = (components(prefix), components(value));
    prefix.is_empty()
        || is_absolute(prefix) == is_absolute(value)
            && parts.len() <= found.len()
            && parts.iter().zip(&found).all(|(part, found)| match is_glob {
                true => glob(part, found, Case::Sensitive),
                false => part == found,
            })
}

/// `contains`.
#[must_use]
pub fn contains(value: &[u8], part: &[u8]) -> bool {
    part.is_empty() || value.windows(part.len()).any(|window| window == part)
}

enum Item {
    AnyText,
    /// Any byte of the set.
    One(Box<ByteSet>),
}

/// Whether each byte belongs to it.
type ByteSet = [bool; 256];

impl Case {
    /// The bytes that `accept` takes, in either case where case does not matter.
    fn set(self, accept: impl Fn(u8) -> bool) -> Box<ByteSet> {
        let mut set = Box::new([false; 256]);
        for byte in (0..=u8::MAX).filter(|byte| accept(*byte)) {
            set[usize::from(byte)] = true;
            if self == Self::Ignored {
                set[usize::from(byte.to_ascii_lowercase())] = true;
                set[usize::from(byte.to_ascii_uppercase())] = true;
            }
        }
        set
    }

    fn one(self, accept: impl Fn(u8) -> bool) -> Item {
        Item::One(self.set(accept))
    }
}

/// The items of a pattern; nothing when it ends in a lone backslash.
fn items(mut pattern: &[u8], case: Case) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    while let [first, rest @ ..] = pattern {
        pattern = rest;
        items.push(match first {
            b'*' => Item::AnyText,
            b'?' => case.one(|_| true),
            b'\\' => {
                let [escaped, rest @ ..] = rest else {
                    return None;
                };
                pattern = rest;
                case.one(|byte| byte == *escaped)
            }
            b'[' => match Class::parse(rest) {
                Some((class, rest)) => {
                    pattern = rest;
                    class.item(case)
                }
                None => case.one(|byte| byte == b'['),
            },
            plain => case.one(|byte| byte == *plain),
        });
    }
    Some(items)
}

struct Class {
    negated: bool,
    listed: Box<ByteSet>,
}

impl Class {
    /// A class whose `[` is behind, and what follows its `]`.
    fn parse(text: &[u8]) -> Option<(Self, &[u8])> {
        let (negated, mut rest) = match text {
            [b'!' | b'^', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        let mut listed = Box::new([false; 256]);
        let mut is_first = true;
        loop {
            if let ([b']', after @ ..], false) = (rest, is_first) {
                return Some((Self { negated, listed }, after));
            }
            is_first = false;
            if let Some((test, after)) = named_class(rest) {
                (0..=u8::MAX).for_each(|byte| listed[usize::from(byte)] |= test(&byte));
                rest = after;
                continue;
            }
            if let [b'[', b'=', byte, b'=', b']', after @ ..] = rest {
                listed[usize::from(*byte)] = true;
                rest = after;
                continue;
            }
            let (start, after) = match rest {
                [b'[', b'.', byte, b'.', b']', after @ ..] => (*byte, after),
                _ => class_byte(rest)?,
            };
            rest = after;
            let mut end = start;
            match rest {
                [b'-', b']', ..] => {}
                [b'-', after @ ..] => (end, rest) = class_byte(after)?,
                _ => {}
            }
            (start..=end).for_each(|byte| listed[usize::from(byte)] = true);
        }
    }

    fn item(&self, case: Case) -> Item {
        let mut set = case.set(|byte| self.listed[usize::from(byte)]);
        set.iter_mut()
            .for_each(|accepted| *accepted ^= self.negated);
        Item::One(set)
    }
}

/// One byte of a class, perhaps after a backslash.
fn class_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'\\', escaped, rest @ ..] => Some((*escaped, rest)),
        [b'\\'] | [] => None,
        [byte, rest @ ..] => Some((*byte, rest)),
    }
}

type ByteTest = fn(&u8) -> bool;

/// What stands behind `[:name:]`.
fn named_class(text: &[u8]) -> Option<(ByteTest, &[u8])> {
    const CLASSES: [(&[u8], ByteTest); 12] = [
        (b"alnum", u8::is_ascii_alphanumeric),
        (b"alpha", u8::is_ascii_alphabetic),
        (b"blank", |byte| matches!(byte, b' ' | b'\t')),
        (b"cntrl", u8::is_ascii_control),
        (b"digit", u8::is_ascii_digit),
        (b"graph", u8::is_ascii_graphic),
        (b"lower", u8::is_ascii_lowercase),
        (b"print", |byte| matches!(byte, b' '..=b'~')),
        (b"punct", u8::is_ascii_punctuation),
        (b"space", |byte| matches!(byte, b' ' | b'\t'..=b'\r')),
        (b"upper", u8::is_ascii_uppercase),
        (b"xdigit", u8::is_ascii_hexdigit),
    ];
    let text = text.strip_prefix(b"[:")?;
    CLASSES.iter().find_map(|(name, test)| {
        let rest = text.strip_prefix(*name)?.strip_prefix(b":]")?;
        Some((*test, rest))
    })
}

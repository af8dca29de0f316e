//! `unlinkat` flags.

use super::Name;

pub(super) static NAMES: &[Name] = &[Name::same(0x200, "AT_REMOVEDIR")];

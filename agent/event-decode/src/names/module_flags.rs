//! `finit_module` flags.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::same(1, "MODULE_INIT_IGNORE_MODVERSIONS"),
    Name::same(2, "MODULE_INIT_IGNORE_VERMAGIC"),
    Name::same(4, "MODULE_INIT_COMPRESSED_FILE"),
];

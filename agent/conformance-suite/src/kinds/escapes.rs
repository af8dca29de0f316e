//! `string_escape`: the bytes that a quoted string stands for.

use saker_rule_language::syntax::unescape;

use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;

/// `{quoted, valid, unescaped_bytes_hex}`.
pub(crate) fn check(_: &Suite, case: &Case) -> Outcome {
    let wanted = match case.truth("valid")? {
        true => Some(case.text("unescaped_bytes_hex")?),
        false => None,
    };
    match (unescape(case.text("quoted")?), wanted) {
        (Err(_), None) => Ok(()),
        (Err(error), Some(wanted)) => Err(Mismatch::new(wanted, format!("{error:?}"))),
        (Ok(bytes), wanted) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            if wanted == Some(&*hex) {
                return Ok(());
            }
            Err(Mismatch::new(wanted.unwrap_or("an error"), hex))
        }
    }
}

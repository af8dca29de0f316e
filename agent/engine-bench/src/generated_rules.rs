//! Rules that differ in their literals only.

/// A rules file with this many rules: distinct literals on the same fields, with every operator that
/// looks for text. Seven of eight ask for opens, one for programs that are run; none matches what
/// [`Stream`](crate::Stream) makes.
#[must_use]
pub fn generated_rules(count: usize) -> String {
    (0..count).map(rule).collect()
}

fn rule(number: usize) -> String {
    let compared = match number % 8 {
        0 => format!("fd.name = /opt/secret-{number}/key"),
        1 => format!("fd.name startswith /srv/private-{number}/"),
        2 => format!("fd.name endswith .classified{number}"),
        3 => format!("fd.name contains /.hidden-{number}-"),
        4 => format!("fd.name glob /home/*/vault-{number}/*"),
        5 => format!("fd.name pmatch (/mnt/backup-{number})"),
        6 => format!("proc.name in (miner{number}, xmr{number})"),
        _ => format!("proc.cmdline contains --wallet-{number}"),
    };
    let types = if number % 8 == 7 {
        "execve, execveat"
    } else {
        "open, openat, openat2"
    };
    format!(
        "- rule: Generated {number}\n  \
           desc: One of many.\n  \
           condition: evt.type in ({types}) and {compared} and not proc.pname = allowed{number}\n  \
           output: generated rule {number} (file=%fd.name)\n  \
           priority: NOTICE\n"
    )
}

#[cfg(test)]
mod tests {
    use saker_rule_fields::Fields;
    use saker_rule_language::{LoadOptions, SourceFile, load};

    use super::*;

    #[test]
    fn they_are_as_many_as_asked_for_and_without_a_complaint() {
        for count in [1, 8, 100] {
            let source = SourceFile::new("generated.yaml", &generated_rules(count));
            let loaded = load(&[source], &Fields::new(), &LoadOptions::default());
            assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
            assert_eq!(loaded.rules.expect("rules").rules.len(), count);
        }
    }
}

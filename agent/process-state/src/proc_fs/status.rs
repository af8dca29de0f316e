//! `/proc/<pid>/status`.

/// What `/proc/<pid>/status` says; a line that is not there leaves its field missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// Real, effective and saved user id.
    pub(super) uids: Option<[u32; 3]>,
    /// Real, effective and saved group id.
    pub(super) gids: Option<[u32; 3]>,
    /// Process id in the innermost pid namespace.
    pub(super) vpid: Option<u32>,
    /// Process group in the innermost pid namespace.
    pub(super) vpgid: Option<u32>,
    pub(super) cap_inheritable: Option<u64>,
    pub(super) cap_permitted: Option<u64>,
    pub(super) cap_effective: Option<u64>,
}

impl Status {
    pub(super) fn parse(text: &[u8]) -> Self {
        let mut status = Self::default();
        for line in text.split(|byte| *byte == b'\n') {
            let Some((name, value)) = std::str::from_utf8(line)
                .ok()
                .and_then(|line| line.split_once(':'))
            else {
                continue;
            };
            match name {
                "Uid" => status.uids = three(value),
                "Gid" => status.gids = three(value),
                "NSpid" => status.vpid = last(value),
                "NSpgid" => status.vpgid = last(value),
                "CapInh" => status.cap_inheritable = hexadecimal(value),
                "CapPrm" => status.cap_permitted = hexadecimal(value),
                "CapEff" => status.cap_effective = hexadecimal(value),
                _ => {}
            }
        }
        status
    }
}

fn three(value: &str) -> Option<[u32; 3]> {
    let mut numbers = value
        .split_ascii_whitespace()
        .map(|number| number.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

fn last(value: &str) -> Option<u32> {
    value.split_ascii_whitespace().next_back()?.parse().ok()
}

fn hexadecimal(value: &str) -> Option<u64> {
    u64::from_str_radix(value.trim(), 16).ok()
}

//! What the names in the statements stand for.

use saker_event_decode::names::{Names, errno_name, names};
use saker_event_schema::Kind;

/// Both ends of the connections of the tests, unless they say others.
pub(super) const CLIENT_PORT: i128 = 54321;
pub(super) const SERVER_PORT: i128 = 443;
pub(super) const CLIENT_IPV4: &str = "172.40.111.222";
pub(super) const SERVER_IPV4: &str = "142.251.111.147";
pub(super) const CLIENT_IPV6: &str = "::1";
pub(super) const SERVER_IPV6: &str = "2001:4860:4860::8888";
pub(super) const UNIX_PATH: &str = "/tmp/socket.sock";

/// Texts by name.
const TEXTS: &[(&str, &str)] = &[
    ("DEFAULT_IPV4_CLIENT_STRING", CLIENT_IPV4),
    ("DEFAULT_IPV4_SERVER_STRING", SERVER_IPV4),
    ("DEFAULT_IPV6_CLIENT_STRING", CLIENT_IPV6),
    ("DEFAULT_IPV6_SERVER_STRING", SERVER_IPV6),
    ("DEFAULT_UNIX_SOCKET_PATH_STRING", UNIX_PATH),
];

/// Numbers that have no table of their own.
const NUMBERS: &[(&str, i128)] = &[
    ("INIT_TID", 1),
    ("INIT_PID", 1),
    ("INIT_PTID", 0),
    ("DEFAULT_VALUE", 0),
    ("DEFAULT_CLIENT_PORT", CLIENT_PORT),
    ("DEFAULT_SERVER_PORT", SERVER_PORT),
    ("NULL", 0),
    ("nullptr", 0),
    ("true", 1),
    ("false", 0),
    ("PPM_O_NONE", 0),
    ("SOCK_STREAM", 1),
    ("SOCK_DGRAM", 2),
    ("SOCK_RAW", 3),
    ("UINT8_MAX", 0xFF),
    ("UINT16_MAX", 0xFFFF),
    ("UINT32_MAX", 0xFFFF_FFFF),
    ("UINT64_MAX", 0xFFFF_FFFF_FFFF_FFFF),
    ("INT32_MAX", 0x7FFF_FFFF),
    ("INT64_MAX", 0x7FFF_FFFF_FFFF_FFFF),
];

/// The descriptor that the parameters of helpers have, unless they say another.
pub(super) const DEFAULT_DESCRIPTOR: i128 = 4;

/// The kinds of arguments whose names Falco prefixes with `PPM_`, perhaps with a short name between.
const FLAG_KINDS: &[(Kind, &[&str])] = &[
    (Kind::OpenFlags, &["PPM_"]),
    (Kind::CloneFlags, &["PPM_CL_", "PPM_"]),
    (Kind::AddressFamily, &["PPM_", ""]),
    (Kind::FileMode, &["PPM_"]),
    (Kind::AtFlags, &["PPM_"]),
    (Kind::ExecFlags, &["PPM_"]),
];

/// Largest number of an error.
const ERRNO_MAX: u64 = 4095;

/// The text that a name stands for.
pub(super) fn text(name: &str) -> Option<&'static str> {
    let found = TEXTS.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}

/// The number that a name stands for.
pub(super) fn number(name: &str) -> Option<i128> {
    let last = name.rsplit("::").next().unwrap_or(name);
    if last == "default_fd" {
        return Some(DEFAULT_DESCRIPTOR);
    }
    if let Some((_, value)) = NUMBERS.iter().find(|(known, _)| *known == last) {
        return Some(*value);
    }
    errno(last).or_else(|| flag(last))
}

/// `SE_EINVAL`, `EINVAL`.
fn errno(name: &str) -> Option<i128> {
    let plain = name.strip_prefix("SE_").unwrap_or(name);
    let found = (1..=ERRNO_MAX).find(|number| errno_name(*number) == Some(plain))?;
    Some(found.into())
}

/// `PPM_O_RDWR`: Falco's own number.
fn flag(name: &str) -> Option<i128> {
    FLAG_KINDS.iter().find_map(|(kind, prefixes)| {
        let (Names::Bits(known) | Names::Values(known)) = names(*kind)?;
        prefixes.iter().find_map(|prefix| {
            let plain = name.strip_prefix(prefix)?;
            let found = known.iter().find(|it| it.text == plain)?;
            Some(found.falco.into())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn names_are_falcos() {
        assert_eq!(number("SE_EINVAL"), Some(22));
        assert_eq!(number("PPM_O_RDWR"), Some(3));
        assert_eq!(number("PPM_AF_INET"), Some(2));
        assert_eq!(
            number("sinsp_test_input::socket_params::default_fd"),
            Some(4)
        );
        assert_eq!(number("nonsense"), None);
    }
}

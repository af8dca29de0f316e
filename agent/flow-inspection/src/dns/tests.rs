use super::*;
use proptest::prelude::*;

/// `dig www.example.com`, answered by an alias and an address; then a record that nobody asked for.
const ANSWER: &[u8] = b"\x12\x34\x81\x80\0\x01\0\x03\0\0\0\0\
    \x03WWW\x07example\x03com\0\0\x01\0\x01\
    \xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x06\x03cdn\xc0\x10\
    \xc0\x2d\0\x01\0\x01\0\0\0\x1e\0\x04\xc0\0\x02\x01\
    \x04evil\xc0\x10\0\x01\0\x01\0\0\0\x1e\0\x04\xc0\0\x02\x63";
const QUERY: &[u8] = b"\xab\xcd\x01\0\0\x01\0\0\0\0\0\x01\x04_ssh\x04_tcp\x01a\0\0\x21\0\x01\
    \0\0\x29\x04\xd0\0\0\0\0\0\0";

#[test]
fn reads_a_query() {
    let message = DnsMessage::parse(QUERY).expect("a query");
    assert_eq!(message.id, 0xABCD);
    assert!(!message.is_response);
    assert_eq!(message.response_code, None);
    assert_eq!(&*message.name, "_ssh._tcp.a");
    assert_eq!((message.query_type, message.query_class), (33, 1));
    assert!(message.answers.is_empty());
}

#[test]
fn follows_aliases_and_leaves_out_what_nobody_asked_for() {
    let message = DnsMessage::parse(ANSWER).expect("an answer");
    assert!(message.is_response);
    assert_eq!(message.response_code, Some(0));
    assert_eq!(&*message.name, "www.example.com");
    assert_eq!(
        &*message.answers,
        [
            DnsRecord::Alias("cdn.example.com".into()),
            DnsRecord::Address(Ipv4Addr::new(192, 0, 2, 1).into(), 30),
        ]
    );
}

#[test]
fn reads_addresses_of_ipv6_and_counts_other_types() {
    let mut bytes = b"\0\x01\x81\x83\0\x01\0\x02\0\0\0\0\x01h\0\0\x1c\0\x01".to_vec();
    bytes.extend(b"\xc0\x0c\0\x1c\0\x01\0\0\0\x05\0\x10");
    bytes.extend(Ipv6Addr::LOCALHOST.octets());
    bytes.extend(b"\xc0\x0c\0\x10\0\x01\0\0\0\x05\0\x02\x01x");
    let message = DnsMessage::parse(&bytes).expect("an answer");
    assert_eq!(message.response_code, Some(3));
    assert_eq!(
        &*message.answers,
        [
            DnsRecord::Address(Ipv6Addr::LOCALHOST.into(), 5),
            DnsRecord::Other(16)
        ]
    );
}

#[test]
fn a_cut_answer_keeps_what_came_before() {
    let message = DnsMessage::parse(ANSWER.get(..60).expect("long enough")).expect("an answer");
    assert_eq!(
        &*message.answers,
        [DnsRecord::Alias("cdn.example.com".into())]
    );
}

#[test]
fn escapes_what_is_not_printable() {
    let message = DnsMessage::parse(b"\0\x01\x01\0\0\x01\0\0\0\0\0\0\x04a.\\\xff\0\0\x01\0\x01")
        .expect("a query");
    assert_eq!(&*message.name, "a\\046\\092\\255");
}

#[test]
fn refuses_pointers_that_do_not_lead_backwards() {
    for name in [
        &b"\xc0\x0c"[..],
        b"\xc0\x0e\xc0\x0c",
        b"\x01a\xc0\x0c",
        b"\xc0\xff",
    ] {
        let mut bytes = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0".to_vec();
        bytes.extend(name);
        bytes.extend(b"\0\x01\0\x01\0\0\0\0");
        assert_eq!(DnsMessage::parse(&bytes), None, "{name:?}");
    }
}

#[test]
fn bounds_names_and_answers() {
    let mut long = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0".to_vec();
    for _ in 0..5 {
        long.push(63);
        long.extend([b'a'; 63]);
    }
    long.extend(b"\0\0\x01\0\x01");
    assert_eq!(DnsMessage::parse(&long), None);

    let mut many = b"\0\x01\x81\x80\0\x01\x01\0\0\0\0\0\x01h\0\0\x01\0\x01".to_vec();
    for _ in 0..256 {
        many.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x05\0\x04\x01\x02\x03\x04");
    }
    assert_eq!(
        DnsMessage::parse(&many).expect("an answer").answers.len(),
        ANSWERS_MAX
    );
}

#[test]
fn refuses_what_asks_for_nothing() {
    for bytes in [
        &b""[..],
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        // An update, and no question.
        b"\0\x01\x28\0\0\x01\0\0\0\0\0\0\x01h\0\0\x01\0\x01",
        b"\0\x01\x81\x80\0\0\0\0\0\0\0\0",
    ] {
        assert_eq!(DnsMessage::parse(bytes), None, "{bytes:?}");
    }
}

proptest! {
    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        drop(DnsMessage::parse(&bytes));
    }

    #[test]
    fn never_panics_behind_a_good_header(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let mut message = b"\0\x01\x81\x80\0\x01\0\x20\0\0\0\0".to_vec();
        message.extend(bytes);
        if let Some(message) = DnsMessage::parse(&message) {
            prop_assert!(message.answers.len() <= ANSWERS_MAX);
            prop_assert!(message.name.len() <= NAME_BYTES_MAX * 4);
        }
    }
}

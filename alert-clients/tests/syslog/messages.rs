//! Messages that are hostile or too long, as a receiver gets them.

use jiff::Timestamp;
use saker_alert_clients::syslog::{
    Facility, STRUCTURED_DATA_ID, Sent, Severity, StructuredElement, SyslogClient, SyslogHeader,
    SyslogMessage, SyslogSettings, SyslogTransport,
};
use tokio::net::UnixDatagram;

struct Receiver {
    socket: UnixDatagram,
    client: SyslogClient,
    _folder: tempfile::TempDir,
}

impl Receiver {
    fn new(message_bytes_max: usize) -> Self {
        Self::with_header(message_bytes_max, SyslogHeader::Rfc5424)
    }

    fn with_header(message_bytes_max: usize, header: SyslogHeader) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        let mut settings = SyslogSettings::new(SyslogTransport::Unix { path });
        settings.message_bytes_max = Some(message_bytes_max);
        settings.header = Some(header);
        let client = SyslogClient::new(&settings).expect("a client");
        Self {
            socket,
            client,
            _folder: folder,
        }
    }

    async fn pass(&mut self, message: &SyslogMessage<'_>) -> (Sent, String) {
        let sent = self.client.send(message).await.expect("sent");
        let mut bytes = [0; 65_536];
        let length = self.socket.recv(&mut bytes).await.expect("a datagram");
        let text = String::from_utf8(bytes[..length].to_vec()).expect("UTF-8");
        (sent, text)
    }
}

fn message<'a>(data: &'a [StructuredElement], text: &'a str) -> SyslogMessage<'a> {
    SyslogMessage {
        facility: Facility::User,
        severity: Severity::Notice,
        time: "2026-11-21T19:00:00.123456789Z".parse().expect("a time"),
        host: "",
        app_name: "",
        process_id: "",
        message_id: "",
        data,
        text,
    }
}

fn element(values: &[(&str, &str)]) -> StructuredElement {
    values.iter().fold(
        StructuredElement::new(STRUCTURED_DATA_ID).expect("an identifier"),
        |element, (name, value)| element.with(*name, *value).expect("a name"),
    )
}

#[tokio::test]
async fn hostile_values_stay_in_their_place() {
    let mut receiver = Receiver::new(65_536);
    let data = [
        element(&[("rule", "a\"]b\\"), ("empty", ""), ("lines", "1\n2")]),
        StructuredElement::new("meta").expect("an identifier"),
    ];
    let hostile = SyslogMessage {
        host: "no de\n\u{e4}",
        app_name: &"a".repeat(100),
        process_id: "[1]",
        message_id: "<0>",
        ..message(&data, "end\n<0>1 - - - - - - forged\0\u{1b}[31m\u{2028}")
    };
    let (sent, text) = receiver.pass(&hostile).await;
    assert_eq!(sent, Sent::Whole);
    let expected = format!(
        "<13>1 2026-11-21T19:00:00.123456Z no_de__ {} [1] <0> \
         [saker@32473 rule=\"a\\\"\\]b\\\\\" empty=\"\" lines=\"1\\\\n2\"][meta] \
         end\\n<0>1 - - - - - - forged\\u{{0}}\\u{{1b}}[31m\\u{{2028}}",
        "a".repeat(48)
    );
    assert_eq!(text, expected);
}

#[tokio::test]
async fn what_is_empty_is_left_out() {
    let mut receiver = Receiver::new(65_536);
    let (_, text) = receiver.pass(&message(&[], "")).await;
    assert_eq!(text, "<13>1 2026-11-21T19:00:00.123456Z - - - - -");
    let ancient = SyslogMessage {
        time: Timestamp::MIN,
        ..message(&[], "x")
    };
    let (_, text) = receiver.pass(&ancient).await;
    assert_eq!(text, "<13>1 - - - - - - x");
}

#[tokio::test]
async fn what_is_too_long_says_so() {
    let mut receiver = Receiver::new(600);
    let short = [element(&[("rule", "a")])];
    let long = [element(&[("rule", &"r".repeat(500))])];
    let mark = " [\u{2026}truncated]";
    for length in 480..600 {
        let text = "\u{1f985}".repeat(length / 4) + &"x".repeat(length % 4);
        let (sent, received) = receiver.pass(&message(&short, &text)).await;
        assert!(received.len() <= 600, "{length}: {}", received.len());
        assert!(received.contains("rule=\"a\""));
        assert_eq!(
            sent == Sent::Truncated,
            received.ends_with(mark),
            "{length}"
        );
        assert_eq!(sent == Sent::Whole, received.ends_with(&text), "{length}");

        let (sent, received) = receiver.pass(&message(&long, &text)).await;
        assert_eq!(sent, Sent::Truncated);
        assert!(received.len() <= 600 && received.ends_with(mark));
        assert!(!received.contains("rule=") && received.contains(" - \u{1f985}"));
    }
}

#[tokio::test]
async fn the_header_of_local_sockets() {
    let mut receiver = Receiver::with_header(600, SyslogHeader::Local);
    let data = [element(&[("rule", "a")])];
    let local = SyslogMessage {
        app_name: "sa[k]e:r",
        process_id: "4711",
        time: "2026-11-01T12:00:00Z".parse().expect("a time"),
        ..message(&data, "some\ntext")
    };
    let (sent, text) = receiver.pass(&local).await;
    assert_eq!(sent, Sent::Whole);
    // The day may be another one where this machine is.
    let (priority, rest) = text.split_at("<13>".len());
    let (time, rest) = rest.split_at("Nov  1 12:00:00".len());
    assert_eq!(priority, "<13>");
    assert!(time.ends_with(":00") && (time.starts_with("Nov  ") || time.starts_with("Oct ")));
    assert_eq!(rest, " sa_k_e_r[4711]: some\\ntext");

    let long = "x".repeat(600);
    let (sent, text) = receiver.pass(&message(&[], &long)).await;
    assert_eq!((sent, text.len()), (Sent::Truncated, 600));
    assert!(text.contains(" -: xxx"), "{text}");
}

#[test]
fn names_of_structured_data() {
    for wrong in [
        "",
        "a b",
        "a=b",
        "a]",
        "a\"",
        "\u{e4}",
        "a\n",
        &"a".repeat(33),
    ] {
        StructuredElement::new(wrong).expect_err(wrong);
        element(&[]).with(wrong, "").expect_err(wrong);
    }
}

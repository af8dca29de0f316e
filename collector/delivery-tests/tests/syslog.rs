//! Messages of the client of syslog, as a real rsyslog understands them.

use anyhow::Result;
use jiff::Timestamp;
use saker_alert_clients::syslog::{
    Facility, STRUCTURED_DATA_ID, Sent, Severity, StructuredElement, SyslogClient, SyslogHeader,
    SyslogMessage, SyslogSettings, SyslogTransport,
};
use saker_delivery_tests::{ReceivedSyslog, Rsyslog};
use serde_json::json;

/// Texts, and what is left of them: control characters are written out.
const TEXTS: [(&str, &str); 8] = [
    (
        "A shell was spawned in a container",
        "A shell was spawned in a container",
    ),
    (
        "two\n<0>1 - - - - - - lines\r\n",
        "two\\n<0>1 - - - - - - lines\\r\\n",
    ),
    (
        "\u{feff}mark \u{e4}\u{1f985}\u{202e}",
        "\u{feff}mark \u{e4}\u{1f985}\u{202e}",
    ),
    (
        "tab\tnul\0escape\u{1b}[31m",
        "tab\\tnul\\u{0}escape\\u{1b}[31m",
    ),
    (
        "{\"json\": \"\\\"quoted\\\"\"}",
        "{\"json\": \"\\\"quoted\\\"\"}",
    ),
    (
        "[no@1 structured=\"data\"] 12 <34>",
        "[no@1 structured=\"data\"] 12 <34>",
    ),
    (" leading and trailing ", " leading and trailing "),
    ("%s%n $PATH `id` #012", "%s%n $PATH `id` #012"),
];

const VALUES: [(&str, &str); 5] = [
    ("rule", "Terminal shell in container"),
    ("quoted", "a\"b]c\\d"),
    ("path", "/tmp/\u{e4} [x=\"y\"] \\"),
    ("empty", ""),
    ("lines", "1\n2"),
];

fn data() -> Result<StructuredElement> {
    let mut element = StructuredElement::new(STRUCTURED_DATA_ID)?;
    for (name, value) in VALUES {
        element = element.with(name, value)?;
    }
    Ok(element)
}

fn message<'a>(data: &'a [StructuredElement], text: &'a str, time: Timestamp) -> SyslogMessage<'a> {
    SyslogMessage {
        facility: Facility::Local3,
        severity: Severity::Critical,
        time,
        host: "worker-1.example.org",
        app_name: "saker",
        process_id: "4711",
        message_id: "alert",
        data,
        text,
    }
}

/// Sends every text by this transport and compares what rsyslog made of it.
async fn everything_arrives(
    transport: SyslogTransport,
    input: &str,
    server: &Rsyslog,
) -> Result<()> {
    let mut settings = SyslogSettings::new(transport);
    settings.header = Some(SyslogHeader::Rfc5424);
    let mut client = SyslogClient::new(&settings)?;
    let time: Timestamp = "2026-11-21T19:00:00.123456Z".parse()?;
    let data = [data()?];
    for (text, _) in TEXTS {
        assert_eq!(client.send(&message(&data, text, time)).await?, Sent::Whole);
    }
    // Datagrams of one socket, and bytes of one connection, keep their order.
    let received = server.received(TEXTS.len())?;
    let texts: Vec<&str> = received.iter().map(|message| &*message.text).collect();
    assert_eq!(texts, TEXTS.map(|(_, left)| left));
    for message in &received {
        assert_understood(message, input);
    }
    Ok(())
}

fn assert_understood(message: &ReceivedSyslog, input: &str) {
    assert_eq!(message.input, input);
    assert_eq!(message.pri, (19 * 8 + 2).to_string());
    let time: Timestamp = message.time.parse().expect("a time");
    assert_eq!(time.to_string(), "2026-11-21T19:00:00.123456Z");
    assert_eq!(message.host, "worker-1.example.org");
    assert_eq!(message.app_name, "saker");
    assert_eq!(message.process_id, "4711");
    assert_eq!(message.message_id, "alert");
    let parameters: serde_json::Value = serde_json::from_str(&message.parameters).expect("JSON");
    assert_eq!(
        parameters,
        json!({
            STRUCTURED_DATA_ID: {
                "rule": "Terminal shell in container",
                "quoted": "a\"b]c\\d",
                "path": "/tmp/\u{e4} [x=\"y\"] \\",
                "empty": "",
                "lines": "1\\n2",
            }
        })
    );
}

#[tokio::test]
async fn over_a_unix_socket() -> Result<()> {
    let server = Rsyslog::start()?;
    let transport = SyslogTransport::Unix {
        path: server.socket(),
    };
    everything_arrives(transport, "imuxsock", &server).await
}

#[tokio::test]
async fn over_udp() -> Result<()> {
    let server = Rsyslog::start()?;
    let transport = SyslogTransport::Udp {
        address: server.udp(),
    };
    everything_arrives(transport, "imudp", &server).await
}

#[tokio::test]
async fn over_tcp() -> Result<()> {
    let server = Rsyslog::start()?;
    let transport = SyslogTransport::Tcp {
        address: server.tcp(),
    };
    everything_arrives(transport, "imptcp", &server).await
}

#[tokio::test]
async fn over_tls() -> Result<()> {
    let server = Rsyslog::start()?;
    let (address, tls) = server.tls();
    everything_arrives(SyslogTransport::Tls { address, tls }, "imtcp", &server).await
}

/// As rsyslog reads `/dev/log` unless it is told otherwise.
#[tokio::test]
async fn over_a_unix_socket_as_other_programs_do() -> Result<()> {
    let server = Rsyslog::start()?;
    let mut client = SyslogClient::new(&SyslogSettings::new(SyslogTransport::Unix {
        path: server.socket_by_default(),
    }))?;
    let data = [data()?];
    for (text, _) in TEXTS {
        let sent = client.send(&message(&data, text, Timestamp::now())).await?;
        assert_eq!(sent, Sent::Whole);
    }
    let received = server.received(TEXTS.len())?;
    for (message, (_, left)) in received.iter().zip(TEXTS) {
        assert_eq!(message.pri, (19 * 8 + 2).to_string());
        assert_eq!(message.app_name, "saker");
        assert_eq!(message.process_id, "4711");
        // rsyslog counts the space after the colon to the text.
        assert_eq!(message.text, format!(" {left}"));
    }
    Ok(())
}

use super::*;
use crate::queue::WhenFull;
use crate::router::Time;
use crate::settings::{ListedEntry, OutputsFile};
use saker_alert_formats::{Clock, Colour, TimeFormat};
use saker_proto::v1;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Mutex;
use std::time::Duration;

/// A server that answers with these status codes, and then with 200.
struct Server {
    url: String,
    /// Content type and body of each request that was answered with 200.
    taken: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    fn start(mut codes: Vec<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!(
            "http://{}/alerts",
            listener.local_addr().expect("an address")
        );
        let taken = Arc::<Mutex<Vec<(String, String)>>>::default();
        let seen = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                while let Some(request) = read_request(&stream) {
                    let code = if codes.is_empty() {
                        200
                    } else {
                        codes.remove(0)
                    };
                    if code == 200 {
                        seen.lock().unwrap().push(request);
                    }
                    let answer = format!("HTTP/1.1 {code} .\r\ncontent-length: 0\r\n\r\n");
                    if (&stream).write_all(answer.as_bytes()).is_err() {
                        break;
                    }
                }
            }
        });
        Self { url, taken }
    }

    fn bodies(&self) -> Vec<(String, String)> {
        self.taken.lock().unwrap().clone()
    }
}

fn read_request(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut kind) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
        if let Some(value) = line.strip_prefix("content-type: ") {
            value.clone_into(&mut kind);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((kind, String::from_utf8(body).ok()?))
}

fn outputs(listed: serde_json::Value) -> Vec<OutputSettings> {
    let listed: Vec<ListedEntry> = serde_json::from_value(listed).expect("valid");
    let file = OutputsFile {
        stdout: Some(serde_json::from_value(json!({"enabled": false})).expect("valid")),
        listed,
        ..OutputsFile::default()
    };
    file.build(Format::Text).expect("valid")
}

fn start(listed: serde_json::Value) -> Result<(Inbox<v1::Alert>, Delivery), StartError> {
    let options = Options {
        when_full: WhenFull::Wait,
        time: Time::OfEvents,
        spool_suffix: "",
        clock: Clock::utc(TimeFormat::TimeOfDay),
        colour: Colour::Never,
        to_message: Box::new(|alert| alert),
        closed: Box::new(drop),
    };
    Delivery::start(outputs(listed), &ThrottleSettings::default(), options)
}

fn raise(inbox: &Inbox<v1::Alert>, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let alert = v1::Alert {
            id: u128::from(number).to_be_bytes().to_vec().into(),
            time_unix_ns: 1_700_000_000_000_000_000,
            rule: "A rule".to_owned(),
            source: "syscall".to_owned(),
            tags: vec!["one".to_owned(), "two".to_owned()],
            output: format!("alert {number}"),
            priority: v1::Priority::Error.into(),
            node: Some(v1::Node {
                hostname: "node-7".to_owned(),
                ..v1::Node::default()
            }),
            ..v1::Alert::default()
        };
        inbox.raise(v1::Priority::Error, 100, alert);
    }
}

/// The ids that bodies hold.
fn ids(bodies: &[(String, String)]) -> Vec<String> {
    let alerts = bodies.iter().flat_map(|(_, body)| {
        let lines: Vec<serde_json::Value> = match serde_json::from_str(body) {
            Ok(serde_json::Value::Array(alerts)) => alerts,
            _ => body
                .lines()
                .map(|line| serde_json::from_str(line).expect("JSON"))
                .collect(),
        };
        lines
    });
    alerts
        .map(|alert| alert["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn alerts_are_posted_in_the_encoding_that_was_asked_for_until_the_server_takes_them() {
    let folder = tempfile::tempdir().expect("a folder");
    for (encoding, kind, bodies) in [
        ("single", "application/json", 10),
        ("lines", "application/x-ndjson", 3),
        ("array", "application/json", 3),
    ] {
        let server = Server::start(vec![503, 200, 500]);
        let (inbox, delivery) = start(json!([{
            "name": "http", "kind": "http", "url": server.url, "encoding": encoding, "batch_max": 4,
            "requests_max": 1, "spool": {"directory": folder.path().join(encoding)}
        }]))
        .expect("it starts");
        raise(&inbox, 0..10);
        drop(inbox);
        let report = delivery.finish(Duration::from_secs(60));
        assert!(report.is_complete(), "{report}");
        assert_eq!(report.unaccounted(), []);
        assert_eq!(report.outputs[0].delivered, 10);
        let taken = server.bodies();
        // The first batch may have been taken before the others had come.
        assert!(taken.len() >= bodies, "{encoding}: {taken:?}");
        assert!(taken.iter().all(|(other, _)| other == kind), "{taken:?}");
        let unique: BTreeSet<String> = ids(&taken).into_iter().collect();
        assert_eq!((ids(&taken).len(), unique.len()), (10, 10));
    }
}

#[test]
fn what_a_server_refuses_is_lost_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![400]);
    let (inbox, delivery) = start(json!([{
        "name": "http", "kind": "http", "url": server.url, "requests_max": 1,
        "spool": {"directory": folder.path()}
    }]))
    .expect("it starts");
    raise(&inbox, 0..3);
    drop(inbox);
    let report = delivery.finish(Duration::from_secs(60));
    assert_eq!(report.unaccounted(), []);
    assert_eq!(report.outputs[0].lost, [("refused", 1)].into(), "{report}");
    assert_eq!(server.bodies().len(), 2);
}

#[test]
fn what_could_not_be_sent_is_sent_by_the_next_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let http = |url: &str| {
        json!([{
            "name": "http", "kind": "http", "url": url, "encoding": "lines",
            "spool": {"directory": folder.path()}
        }])
    };
    // A port that nobody listens on any more.
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let gone = format!("http://{}/", gone.expect("an address"));
    let (inbox, delivery) = start(http(&gone)).expect("it starts");
    raise(&inbox, 0..5);
    drop(inbox);
    let report = delivery.finish(Duration::from_millis(300));
    assert_eq!((report.outputs[0].left, report.unaccounted()), (5, vec![]));
    assert!(!report.is_complete());

    let server = Server::start(Vec::new());
    let (inbox, delivery) = start(http(&server.url)).expect("it starts");
    raise(&inbox, 5..8);
    drop(inbox);
    let report = delivery.finish(Duration::from_secs(60));
    assert!(report.is_complete(), "{report}");
    assert_eq!(
        (report.outputs[0].found, report.outputs[0].delivered),
        (5, 8)
    );
    assert_eq!(report.unaccounted(), []);
    let unique: BTreeSet<String> = ids(&server.bodies()).into_iter().collect();
    assert_eq!(unique.len(), 8);
}

#[test]
fn a_spool_belongs_to_one_agent() {
    let folder = tempfile::tempdir().expect("a folder");
    let http = json!([{
        "name": "http", "kind": "http", "url": "http://127.0.0.1:1/",
        "spool": {"directory": folder.path()}
    }]);
    let (inbox, delivery) = start(http.clone()).expect("it starts");
    let error = start(http).map(|_| ()).expect_err("it is taken");
    assert!(
        matches!(&error, StartError::Spool { output, .. } if output == "http"),
        "{error}"
    );
    drop(inbox);
    assert!(delivery.finish(Duration::ZERO).is_complete());
}

#[test]
fn syslog_gets_severity_host_and_structured_data() {
    let receiver = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = receiver.local_addr().expect("an address").to_string();
    receiver
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a timeout");
    let (inbox, delivery) = start(json!([{
        "name": "syslog", "kind": "syslog", "facility": "authpriv",
        "transport": {"udp": {"address": address}}
    }]))
    .expect("it starts");
    raise(&inbox, 7..8);
    drop(inbox);
    assert!(delivery.finish(Duration::from_secs(30)).is_complete());
    let mut message = vec![0; 4096];
    let length = receiver.recv(&mut message).expect("a message");
    let message = String::from_utf8_lossy(&message[..length]).into_owned();
    // authpriv is 10, an error 3.
    assert!(
        message.starts_with("<83>1 2023-11-14T22:13:20"),
        "{message}"
    );
    for part in [
        " node-7 saker ",
        "[saker@32473 id=\"00000000000000000000000000000007\" rule=\"A rule\"",
        "tags=\"one,two\"]",
        "Error alert 7",
    ] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
}

#[test]
fn errors_name_the_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing").join("alerts");
    for (output, text) in [
        (
            json!({"name": "a", "kind": "file", "filename": missing}),
            "output `a`: cannot open",
        ),
        (
            json!({"name": "b", "kind": "http", "url": "ftp://x/"}),
            "output `b`",
        ),
        (
            json!({"name": "c", "kind": "collector", "endpoints": []}),
            "output `c`",
        ),
    ] {
        let error = start(json!([output]))
            .map(|_| ())
            .expect_err("it is refused");
        assert!(error.to_string().contains(text), "{error}");
    }
}

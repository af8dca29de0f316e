//! Replies that are wrong, cut, late or too long.

use super::*;
use crate::docker::container;
use proptest::prelude::*;
use std::time::Duration;

fn parsed(text: &[u8]) -> Result<Inspected, serde_json::Error> {
    serde_json::from_slice(text)
}

/// Everything that is done with a reply.
fn digest_of(inspected: &Inspected) -> ContainerInfo {
    let id = ContainerId::new(CONTAINER);
    let mut info = container::info(&id, inspected, Some(inspected), 100);
    info.image = image::of_podman(inspected);
    let found = serde_json::from_value(sample::image()).unwrap();
    let of_docker = image::of_docker(inspected, Some(&found));
    assert!(of_docker.reference.is_none_or(|text| text.len() <= 1 << 20));
    crate::bounds::cut_texts(info)
}

/// All that a value becomes when one of its parts has another type.
fn mistyped(value: &Value) -> Vec<Value> {
    let mut all = vec![
        Value::Null,
        json!(true),
        json!(-1.5),
        json!("x"),
        json!([[]]),
        json!({"": {}}),
    ];
    match value {
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                all.extend(mistyped(item).into_iter().map(|wrong| {
                    let mut items = items.clone();
                    items[position] = wrong;
                    Value::Array(items)
                }));
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                all.extend(mistyped(member).into_iter().map(|wrong| {
                    let mut members = members.clone();
                    members.insert(key.clone(), wrong);
                    Value::Object(members)
                }));
            }
        }
        _ => {}
    }
    all
}

#[test]
fn a_cut_reply_is_an_error_with_its_place() {
    let whole = sample::container().to_string();
    digest_of(&parsed(whole.as_bytes()).unwrap());
    for end in 0..whole.len() {
        let error = parsed(&whole.as_bytes()[..end]).unwrap_err();
        assert!(error.is_eof() && error.column() <= end, "{error}");
    }
}

#[test]
fn a_mistyped_part_is_an_error_or_left_out() {
    let wrong = mistyped(&sample::container());
    assert!(wrong.len() > 200, "{}", wrong.len());
    let (mut read, mut refused) = (0, 0);
    for value in wrong {
        match parsed(value.to_string().as_bytes()) {
            Ok(inspected) => {
                digest_of(&inspected);
                read += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(read > 50 && refused > 50, "{read} read, {refused} refused");
}

#[test]
fn enormous_texts_are_cut_and_lists_end() {
    let huge = "y".repeat(1 << 20);
    let mut value = sample::container();
    value["Name"] = json!(huge);
    value["Created"] = json!(huge);
    value["Config"]["Image"] = json!(huge);
    value["ImageName"] = json!(format!("{huge}:{huge}"));
    value["ImageDigest"] = json!(huge);
    value["Config"]["Healthcheck"]["Test"] = json!(vec![huge.as_str(); 4]);
    value["Config"]["Labels"] = (0..10_000)
        .map(|key| (key.to_string(), json!("v")))
        .collect();
    value["Mounts"] = vec![json!({"Source": "/s"}); 10_000].into();
    let info = digest_of(&parsed(value.to_string().as_bytes()).unwrap());
    assert_eq!(info.name.unwrap().len(), 4_096);
    assert_eq!(info.image.repository.unwrap().len(), 4_096);
    assert_eq!(info.image.digest.unwrap().len(), 4_096);
    assert_eq!(info.labels.unwrap().len(), 512);
    assert_eq!(info.mounts.unwrap().len(), 512);
    assert_eq!(info.created_wall_ns, None);
}

#[test]
fn deep_nesting_ends_with_an_error() {
    let deep = format!("{{\"Id\": \"a\", \"Env\": {}", "[".repeat(1 << 20));
    assert!(parsed(deep.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn arbitrary_changes_of_a_reply_do_no_harm(
        at in any::<prop::sample::Index>(), with in any::<Vec<u8>>(), cut in 0_usize..8,
    ) {
        let mut bytes = sample::container().to_string().into_bytes();
        let at = at.index(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, with);
        if let Ok(inspected) = parsed(&bytes) {
            digest_of(&inspected);
        }
    }
}

/// The reason that asking about a container fails for.
async fn reason(reply: Reply) -> String {
    let routes = [sample::docker(), ("/v1.41/containers/", reply)];
    inspect(&routes).await.unwrap_err().reason()
}

#[tokio::test]
async fn a_refusal_is_told() {
    let reason = reason(Reply::Refusal(500, r#"{"message":"layer is locked"}"#)).await;
    assert!(reason.starts_with("inspect failed: 500 "), "{reason}");
    assert!(reason.contains("layer is locked"), "{reason}");
}

#[tokio::test]
async fn what_is_no_reply_is_told() {
    for bytes in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"Id\": \"a",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"Id\"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\0\0\0\0\0",
    ] {
        let reason = reason(Reply::Raw(bytes.to_vec())).await;
        assert!(reason.starts_with("inspect failed: "), "{reason}");
    }
}

#[tokio::test]
async fn a_reply_without_end_is_cut() {
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x1_0000], b"\r\n"].concat();
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let body = reason(Reply::Flood(head, chunk)).await;
    assert_eq!(
        body,
        "inspect failed: the reply is longer than 16777216 bytes"
    );
    let head = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
    let header = reason(Reply::Flood(head, vec![b'x'; 1 << 16])).await;
    assert!(header.starts_with("inspect failed: "), "{header}");
    let lines = b"HTTP/1.1 200 OK\r\n".to_vec();
    let headers = reason(Reply::Flood(lines, b"X: y\r\n".to_vec())).await;
    assert!(headers.starts_with("inspect failed: "), "{headers}");
}

#[tokio::test]
async fn silence_has_an_end() {
    let server = Server::start(&[
        sample::docker(),
        ("/v1.41/containers/", Reply::Open(Vec::new())),
        (
            "/v1.41/events",
            Reply::Open(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()),
        ),
    ]);
    let client = client_of(&server).await.unwrap();
    // From here on time passes whenever nothing else happens.
    tokio::time::pause();
    let after = Duration::from_secs(5);
    let error = client.inspect(&reference(CONTAINER)).await.unwrap_err();
    let is_late = |error: &RuntimeError, of: &str| matches!(error, RuntimeError::TimedOut { call, after: time } if *call == of && *time == after);
    assert!(is_late(&error, "inspect"), "{error}");
    let (changes, _reported) = tokio::sync::mpsc::channel(1);
    let error = client.watch(&changes).await.unwrap_err();
    assert!(is_late(&error, "events"), "{error}");
    let silent = Server::start(&[("/_ping", Reply::Open(Vec::new()))]);
    let error = client_of(&silent).await.unwrap_err();
    assert!(is_late(&error, "ping"), "{error}");
}

#[tokio::test]
async fn who_does_not_speak_the_interface_is_told() {
    let refused = |status| ("/_ping", Reply::Refusal(status, "nothing here"));
    for (reply, expected) in [
        (refused(404), "404 Not Found: nothing here"),
        (refused(500), "500 Internal Server Error: nothing here"),
        (sample::ping(""), "this is not Docker's API"),
        (
            sample::ping("Api-Version: \u{ff}\r\n"),
            "this is not Docker's API",
        ),
        (
            sample::ping("Api-Version: 1.41/../x\r\n"),
            "not made of numbers",
        ),
        (
            sample::ping("Api-Version: 1.41\r\nLibpod-Api-Version: \r\n"),
            "not made of numbers",
        ),
    ] {
        let server = Server::start(&[reply]);
        let reason = client_of(&server).await.unwrap_err().reason();
        assert!(reason.contains(expected), "{reason}");
    }
}

#[tokio::test]
async fn nobody_at_the_socket_is_told() {
    let server = Server::start(&[]);
    let path = server.socket();
    drop(server);
    let socket = Socket {
        engine: Engine::Podman,
        path,
    };
    let error = DockerClient::connect(&socket, &RuntimesConfig::default()).await;
    assert!(matches!(error, Err(RuntimeError::Connect { .. })));
}

//! What the server answers.

use super::faults::Gone;
use super::request::{Place, query};
use super::store::{Change, Key};
use super::{Asked, Shared, TOKEN};
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{interval, sleep};

/// How often a quiet watch says where it is. A real server takes a minute.
const BOOKMARK_EVERY: Duration = Duration::from_millis(100);

type Body = UnsyncBoxBody<Bytes, Infallible>;
type Reply = Result<Response<Body>, Infallible>;

pub(crate) async fn reply(shared: Arc<Shared>, request: Request<Incoming>) -> Reply {
    let path = request.uri().path().to_owned();
    let parameters = query(request.uri().query().unwrap_or_default());
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let accept = header("accept");
    let token = header("authorization");
    let asked = Asked {
        path: path.clone(),
        query: parameters,
        accept,
    };
    if *request.method() == Method::GET {
        shared.asked.lock().unwrap().push(asked.clone());
    }
    if token != format!("Bearer {TOKEN}") {
        return status(401, "Unauthorized", "Unauthorized");
    }
    if path == "/version" {
        return json_reply(
            200,
            &json!({
                "major": "1", "minor": "20", "gitVersion": "v1.20.2", "gitCommit": "", "gitTreeState": "",
                "buildDate": "", "goVersion": "", "compiler": "", "platform": ""
            }),
        );
    }
    let faults = shared.faults.lock().unwrap().clone();
    let Some(place) =
        Place::parse(&path).filter(|place| !faults.not_served.contains(&place.versioned))
    else {
        return status(
            404,
            "NotFound",
            "the server could not find the requested resource",
        );
    };
    if let Some(code) = faults.statuses.get(&place.resource) {
        return match code {
            403 => status(
                403,
                "Forbidden",
                &format!("{} is forbidden", place.resource),
            ),
            429 => status(429, "TooManyRequests", "please try again later"),
            code => status(*code, "InternalError", "it went wrong on purpose"),
        };
    }
    if *request.method() != Method::GET {
        return write(&shared, &place, request).await;
    }
    if asked.is_watch() {
        return watch(
            shared,
            place,
            &asked,
            faults.ends_watches,
            faults.first_line,
        );
    }
    sleep(faults.list_delay).await;
    list(&shared, &place, &asked, faults.forgets_continuations)
}

async fn write(shared: &Shared, place: &Place, request: Request<Incoming>) -> Reply {
    let method = request.method().clone();
    let body = request
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let key = |name: &Option<String>| -> Key {
        (place.namespace.clone(), name.clone().unwrap_or_default())
    };
    let resource = place.resource.as_str();
    let object = match method {
        Method::POST => shared.change(|store| store.create(resource, &place.namespace, body)),
        Method::PATCH => shared.change(|store| store.patch(resource, &key(&place.name), &body)),
        _ => shared.change(|store| store.delete(resource, &key(&place.name))),
    };
    match object {
        Some(object) => json_reply(201, &object),
        None => status(409, "Conflict", "it is there, or not there"),
    }
}

/// Whether an object is asked for.
fn is_selected(object: &Value, selector: Option<&String>) -> bool {
    selector.is_none_or(|selector| {
        let (field, value) = selector.split_once('=').expect("a selector");
        let pointer = format!("/{}", field.replace('.', "/"));
        object.pointer(&pointer).and_then(Value::as_str) == Some(value)
    })
}

/// The object in the form that is asked for.
fn shown(mut object: Value, asked: &Asked) -> Value {
    if asked.accept.contains("as=PartialObjectMetadata") {
        let metadata = object["metadata"].take();
        object = json!({
            "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata
        });
    }
    object
}

fn list(shared: &Shared, place: &Place, asked: &Asked, forgets: bool) -> Reply {
    let (revision, mut objects) = match asked.query.get("continue") {
        Some(token) => {
            let known = shared.continuations.lock().unwrap().remove(token);
            let compacted = shared.store.lock().unwrap().compacted;
            match known.filter(|(revision, _)| !forgets && *revision >= compacted) {
                Some(rest) => rest,
                None => {
                    return status(410, "Expired", "The provided continue parameter is too old");
                }
            }
        }
        None => {
            let store = shared.store.lock().unwrap();
            let selector = asked.query.get("fieldSelector");
            let objects = store.list(&place.resource).into_iter();
            let objects = objects
                .filter(|((namespace, _), _)| {
                    place.namespace.is_empty() || *namespace == place.namespace
                })
                .map(|(_, object)| object)
                .filter(|object| is_selected(object, selector));
            (store.revision(), objects.collect())
        }
    };
    let is_from_cache = asked.query.get("resourceVersion").is_some_and(|v| v == "0");
    let limit = asked
        .query
        .get("limit")
        .and_then(|limit| limit.parse::<usize>().ok());
    let limit = limit.filter(|_| !is_from_cache).unwrap_or(usize::MAX);
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    if objects.len() > limit {
        let rest = objects.split_off(limit);
        let token = format!("{}-{revision}-{}", place.resource, rest.len());
        metadata["continue"] = json!(token);
        shared
            .continuations
            .lock()
            .unwrap()
            .insert(token, (revision, rest));
    }
    let items: Vec<Value> = objects
        .into_iter()
        .map(|object| shown(object, asked))
        .collect();
    json_reply(
        200,
        &json!({
            "apiVersion": "v1", "kind": "List", "metadata": metadata, "items": items
        }),
    )
}

fn watch(
    shared: Arc<Shared>,
    place: Place,
    asked: &Asked,
    ends: bool,
    first_line: Option<String>,
) -> Reply {
    if asked
        .query
        .get("sendInitialEvents")
        .is_some_and(|v| v == "true")
    {
        return status(422, "Invalid", "sendInitialEvents is forbidden for watch");
    }
    let version = asked
        .query
        .get("resourceVersion")
        .and_then(|v| v.parse().ok());
    let version: u64 = version.expect("a watch names its version");
    let is_gone = version < shared.store.lock().unwrap().compacted;
    if is_gone && shared.faults.lock().unwrap().gone == Gone::Status {
        return status(410, "Expired", "too old resource version");
    }
    let (lines, receiver) = mpsc::channel(16);
    let watch = Watch {
        shared,
        place,
        asked: asked.clone(),
        version,
        lines,
    };
    if !ends {
        tokio::spawn(watch.run(first_line));
    }
    let frames = stream::unfold(receiver, |mut receiver| async {
        let line: String = receiver.recv().await?;
        let frame = Frame::data(Bytes::from(line + "\n"));
        Some((Ok::<_, Infallible>(frame), receiver))
    });
    Ok(Response::builder()
        .header("content-type", "application/json")
        .body(StreamBody::new(frames).boxed_unsync())
        .expect("a reply"))
}

/// One watch, until its client goes away.
struct Watch {
    shared: Arc<Shared>,
    place: Place,
    asked: Asked,
    version: u64,
    lines: mpsc::Sender<String>,
}

impl Watch {
    async fn run(mut self, first_line: Option<String>) {
        self.shared.watches.send_modify(|watches| *watches += 1);
        let client = self.lines.clone();
        tokio::select! {
            _ = self.follow(first_line) => {}
            () = client.closed() => {}
        }
        self.shared.watches.send_modify(|watches| *watches -= 1);
    }

    /// Sends what happens; `None` when the client is gone or has to begin anew.
    async fn follow(&mut self, first_line: Option<String>) -> Option<()> {
        let mut revision = self.shared.revision.subscribe();
        let mut bookmarks = interval(BOOKMARK_EVERY);
        if let Some(line) = first_line {
            self.lines.send(line).await.ok()?;
        }
        loop {
            let changes = {
                let store = self.shared.store.lock().unwrap();
                let changes = store.changes_after(self.version, &self.place.resource);
                changes.map(|changes| (changes, store.revision()))
            };
            let Some((changes, version)) = changes else {
                let gone = failure(410, "Expired", "too old resource version");
                self.send("ERROR", gone).await?;
                return None;
            };
            for change in changes {
                self.send_change(change).await?;
            }
            self.version = version;
            tokio::select! {
                _ = revision.changed() => {}
                _ = bookmarks.tick() => self.send_bookmark().await?,
            }
        }
    }

    async fn send_bookmark(&self) -> Option<()> {
        if self
            .asked
            .query
            .get("allowWatchBookmarks")
            .is_none_or(|v| v != "true")
        {
            return Some(());
        }
        let version = self.version.to_string();
        let place =
            json!({"apiVersion": "v1", "kind": "?", "metadata": {"resourceVersion": version}});
        self.send("BOOKMARK", place).await
    }

    async fn send_change(&self, change: Change) -> Option<()> {
        let selector = self.asked.query.get("fieldSelector");
        let selected =
            |object: Option<Value>| object.filter(|object| is_selected(object, selector));
        let (kind, object) = match (selected(change.before), selected(change.after)) {
            (None, Some(after)) => ("ADDED", after),
            (Some(_), Some(after)) => ("MODIFIED", after),
            (Some(mut before), None) => {
                before["metadata"]["resourceVersion"] = json!(change.revision.to_string());
                ("DELETED", before)
            }
            (None, None) => return Some(()),
        };
        self.send(kind, shown(object, &self.asked)).await
    }

    async fn send(&self, kind: &str, object: Value) -> Option<()> {
        let line = json!({"type": kind, "object": object}).to_string();
        self.lines.send(line).await.ok()
    }
}

fn failure(code: u16, reason: &str, message: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure",
        "code": code, "reason": reason, "message": message
    })
}

fn status(code: u16, reason: &str, message: &str) -> Reply {
    json_reply(code, &failure(code, reason, message))
}

fn json_reply(code: u16, value: &Value) -> Reply {
    let body = http_body_util::Full::new(Bytes::from(value.to_string()));
    Ok(Response::builder()
        .status(code)
        .header("content-type", "application/json")
        .body(body.boxed_unsync())
        .expect("a reply"))
}

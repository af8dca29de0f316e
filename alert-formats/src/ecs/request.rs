//! A request to the API server: `user.*`, `source.*`, `orchestrator.*`.

use saker_proto::v1::Request;

use super::one;
use crate::facts;
use crate::object::{Object, text};

/// Who made it; `user.effective` is whom that user impersonated.
pub(super) fn user(request: &Request) -> Object {
    let mut user = Object::default();
    user.add_text("name", &request.user);
    user.add("effective", one("name", text(&request.impersonated_user)));
    user
}

/// The client.
pub(super) fn source(request: &Request) -> Object {
    one(
        "ip",
        facts::client(request).map(|address| address.to_string()),
    )
}

/// What it is about.
pub(super) fn add_target(orchestrator: &mut Object, request: &Request) {
    orchestrator.add("type", "kubernetes");
    orchestrator.add_text("namespace", &request.namespace);
    let mut resource = Object::default();
    resource.add_text("type", &request.resource);
    resource.add_text("name", &request.name);
    orchestrator.add("resource", resource);
}

/// What ECS has no field for.
pub(super) fn own(request: &Request) -> Object {
    let mut own = Object::default();
    own.add_text("subresource", &request.subresource);
    own.add_known("status", request.status);
    own
}

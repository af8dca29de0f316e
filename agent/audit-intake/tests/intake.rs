//! What API servers send arrives, and nobody else's business stops it.

#[path = "intake/files.rs"]
mod files;
#[path = "intake/rig.rs"]
mod rig;
#[path = "intake/security.rs"]
mod security;
#[path = "intake/webhook.rs"]
mod webhook;

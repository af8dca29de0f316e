//! The client of HTTP against servers that behave as servers do, and worse.

#[path = "http/answers.rs"]
mod answers;
#[path = "http/requests.rs"]
mod requests;
#[path = "http/secrets.rs"]
mod secrets;
#[path = "http/server.rs"]
mod server;

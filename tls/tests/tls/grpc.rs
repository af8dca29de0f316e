//! gRPC with certificates of both sides.

use crate::support::{PATIENCE, authority, client, server, volume};
use saker_tls::{ClientTls, Incoming, IncomingLimits, PeerInfo, ServerTls, grpc_channel};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[tokio::test]
async fn a_call_tells_who_makes_it() {
    let ca = authority("ca");
    let server_files = volume(&server(&ca), &ca.certificate_pem());
    let client_files = volume(&client(&ca, "worker-1"), &ca.certificate_pem());
    let tls = ServerTls::load(&server_files.server_settings()).expect("certificates");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();

    let callers = Arc::new(Mutex::new(Vec::new()));
    let (_, health) = tonic_health::server::health_reporter();
    let seen = Arc::clone(&callers);
    let service = InterceptedService::new(health, move |request: Request<()>| {
        let peer = request
            .extensions()
            .get::<PeerInfo>()
            .ok_or_else(|| Status::internal("nobody"))?;
        let name = peer
            .identity
            .as_ref()
            .and_then(|identity| identity.name().map(str::to_owned));
        seen.lock().expect("a lock").push(name);
        Ok(request)
    });
    let incoming = Incoming::new(listener, Some(tls), IncomingLimits::default());
    tokio::spawn(
        Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );

    let tls = ClientTls::load(&client_files.client_settings()).expect("certificates");
    for scheme in ["http", "https"] {
        let endpoint =
            Endpoint::from_shared(format!("{scheme}://localhost:{port}")).expect("an endpoint");
        let mut health = HealthClient::new(grpc_channel(&endpoint, Some(tls.clone()), PATIENCE));
        health
            .check(HealthCheckRequest::default())
            .await
            .expect("an answer");
    }
    let callers = callers.lock().expect("a lock").clone();
    let name = Some("spiffe://example.org/node/worker-1".to_owned());
    assert_eq!(callers, [name.clone(), name]);

    let endpoint = Endpoint::from_shared(format!("https://localhost:{port}")).expect("an endpoint");
    let refused = HealthClient::new(grpc_channel(&endpoint, None, PATIENCE))
        .check(HealthCheckRequest::default())
        .await
        .expect_err("https without TLS");
    let mut text = refused.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&refused);
    while let Some(error) = cause {
        text.push_str(&error.to_string());
        cause = error.source();
    }
    assert!(text.contains("no TLS is configured"), "{text}");
}

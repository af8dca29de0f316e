//! gRPC: the health service, with and without TLS.

use crate::plain::PATIENCE;
use std::future::Future;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity, Server, ServerTlsConfig};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

pub(crate) fn run(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(future);
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `ADDRESS [CERTIFICATE KEY]`: serves until it is ended.
pub(crate) fn serve(arguments: &[String]) {
    run(async {
        let (_, health) = tonic_health::server::health_reporter();
        let mut server = Server::builder();
        if let [_, certificate, key] = arguments {
            let identity = Identity::from_pem(read(certificate), read(key));
            let tls = ServerTlsConfig::new().identity(identity);
            server = server.tls_config(tls).expect("a certificate");
        }
        let address = arguments[0].parse().expect("an address");
        let served = server.add_service(health).serve(address).await;
        served.expect("it serves");
    });
}

/// `ADDRESS [AUTHORITY NAME]`: asks whether the server is well, and prints what it says.
pub(crate) fn check(arguments: &[String]) {
    run(async {
        let scheme = if arguments.len() > 1 { "https" } else { "http" };
        let uri = format!("{scheme}://{}", arguments[0]);
        let mut endpoint = Channel::from_shared(uri)
            .expect("an address")
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE);
        if let [_, authority, name] = arguments {
            let tls = ClientTlsConfig::new()
                .ca_certificate(Certificate::from_pem(read(authority)))
                .domain_name(name);
            endpoint = endpoint.tls_config(tls).expect("an authority");
        }
        let channel = endpoint.connect().await.expect("a connection");
        let answer = HealthClient::new(channel)
            .check(HealthCheckRequest::default())
            .await
            .expect("an answer");
        println!("{:?}", answer.into_inner().status());
    });
}

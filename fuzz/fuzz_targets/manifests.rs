//! Any text as manifests of Kubernetes: what can be read is told to a cluster, and what the policies in it
//! demand is asked for every pod.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saker_kube_manifests::{Manifests, objects};
use saker_kube_metadata::{Cluster, Object, ObjectName, Scope};
use saker_policy_audit::{
    AuthorizationVerdict, ClientIdentity, ConnectionFacts, HttpFacts, LegEnd, LegFacts, LegParty,
    LegProcess, MeshHandle, MtlsSettings, RequestProtocol, Seen, Target, leg, membership,
};
use std::net::SocketAddr;

fuzz_target!(|text: &str| {
    let read = match objects(text) {
        Ok(read) => read,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let manifests = Manifests { read, files: 1 };
    let cluster = Cluster::unknown();
    let scope = Scope::CLUSTER_PODS
        .with(Scope::NAMESPACES)
        .with(Scope::SERVICES)
        .with(Scope::OWNERS)
        .with(Scope::NODES)
        .with(Scope::NETWORK_POLICIES)
        .with(Scope::MESH)
        .with(Scope::MESH_AUTHORIZATION);
    manifests.tell(&cluster, scope);
    assert!(cluster.is_synced());
    let handle = MeshHandle::new(cluster.clone(), MtlsSettings::default());
    let policies = handle.policies().known().expect("everything was told");
    for object in &manifests.read.objects {
        let Object::Pod(pod) = object else { continue };
        let namespace = cluster.namespace(&pod.name.namespace).known();
        let namespace = namespace.as_deref();
        let intent = |port| {
            policies.mtls_intent(&Target {
                pod: Some(pod),
                namespace,
                port,
            })
        };
        let of_any = intent(None);
        // What holds whatever the port is, holds for a port.
        if of_any.is_known() {
            assert_eq!(of_any.mode, intent(Some(80)).mode);
            assert_eq!(of_any.mode, intent(Some(8_080)).mode);
        }
        // What is said of a connection of which nothing shows is true of any.
        let target = Target {
            pod: Some(pod),
            namespace,
            port: None,
        };
        let in_part = policies.authorization(&ConnectionFacts {
            target,
            ..ConnectionFacts::default()
        });
        let whole = policies.authorization(&request(Target {
            port: Some(8_080),
            ..target
        }));
        if in_part.verdict != AuthorizationVerdict::Unknown
            && whole.verdict != AuthorizationVerdict::Unknown
        {
            let lets_in = |verdict| verdict != AuthorizationVerdict::Denied;
            assert_eq!(lets_in(in_part.verdict), lets_in(whole.verdict));
        }
        std::hint::black_box(policies.has_request_authentication(pod, namespace));
        let service = ObjectName::new(&pod.name.namespace, "web");
        std::hint::black_box(policies.client_intent(pod, &service, 80, Some(&pod.labels)));
        std::hint::black_box(membership(pod, namespace));
        let own = LegParty {
            pod: Some(pod),
            namespace,
            node: None,
        };
        for (end, is_loopback) in [
            (LegEnd::Client, false),
            (LegEnd::Server, false),
            (LegEnd::Client, true),
        ] {
            let found = leg(&LegFacts {
                end,
                is_loopback,
                is_datagram: false,
                is_mesh_mtls: false,
                process: LegProcess::default(),
                caller: None,
                own,
                peer: own,
                local: SocketAddr::from(([10, 0, 0, 2], 8_080)),
                remote: SocketAddr::from(([10, 0, 0, 3], 41_000)),
            });
            assert!(found.is_none_or(|found| !found.is_excused() || found.bypass.is_none()));
        }
    }
});

/// A request of a client that shows who it is.
fn request(target: Target<'_>) -> ConnectionFacts<'_> {
    ConnectionFacts {
        target,
        identity: ClientIdentity::ServiceAccount {
            namespace: "bank",
            name: "robot",
        },
        source: Seen::Known([10, 0, 0, 3].into()),
        destination: Seen::Known([10, 0, 0, 2].into()),
        server_name: Seen::Known(None),
        remote: Seen::Known([10, 0, 0, 3].into()),
        protocol: RequestProtocol::Http(HttpFacts {
            method: Seen::Known("GET"),
            path: Seen::Known("/a/b"),
            host: Seen::Known("web.example.org"),
            headers: Seen::Hidden,
            principal: Seen::Known(None),
        }),
    }
}

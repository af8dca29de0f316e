//! Test cases of rules: an event in, the alerts that it must raise out.
//!
//! # Purpose
//!
//! A case is a few lines of YAML beside the rules: what happened, who did it, and which rules must fire.
//! [`load_file`] reads them and [`Bench`] runs them on a compiled rule set through the same records,
//! process table, fields and templates as the agent uses. A case may also give the values of fields
//! themselves; then nothing follows from anything, and what is not given is missing.
//!
//! ```yaml
//! - rule: Sensitive file read
//!   cases:
//!     - name: cat shows the password hashes
//!       expect: [Sensitive file read]
//!       output: [file=/etc/shadow, process=cat]
//!       event: {type: openat, result: 3, args: {name: /etc/shadow, flags: O_RDONLY}}
//!       process: {name: cat, exe: /usr/bin/cat, args: [cat, /etc/shadow]}
//!       ancestors: [{name: bash}, {name: sshd, exe: /usr/sbin/sshd}]
//!
//!     - name: the web server reads them in its container
//!       expect: [Sensitive file read]
//!       event: {type: openat, result: 3, args: {name: /etc/shadow, flags: O_RDONLY}}
//!       process: {name: nginx, container: 1f2e3d4c5b6a}
//!       container: {container.image.repository: nginx, k8s.pod.name: web-0, "k8s.pod.label[app]": web}
//!
//!     - name: a link leads there
//!       expect: [Sensitive file read]
//!       fields: {evt.type: openat, evt.is_open_read: true, evt.rawres: 3, fd.name: /tmp/link}
//!       resolved: {fd.name: /etc/shadow}
//! ```
//!
//! A rule of the source `k8s_audit` has cases with an event of the Kubernetes audit log, as the API server
//! writes it; `kind`, `auditID`, `stage` (`ResponseComplete`) and `stageTimestamp` may be left out:
//!
//! ```yaml
//!     - name: a pod that shares the node's network is created
//!       expect: [Host network pod created]
//!       event:
//!         audit:
//!           verb: create
//!           user: {username: ann}
//!           objectRef: {resource: pods, namespace: shop}
//!           requestObject: {spec: {hostNetwork: true}}
//! ```
//!
//! A rule of the source `flow` has cases with what happens to a connection, as one of its ends sees it
//! ([`FlowFacts`]). `manifests` are what the cluster says; the pod of the process is the one with the uid
//! that `container` gives:
//!
//! ```yaml
//!     - name: plaintext where a policy demands mutual TLS
//!       expect: [Plaintext where mutual TLS is required]
//!       event:
//!         flow:
//!           {role: server, local: "10.1.0.7:8080", remote: "10.1.0.8:40000", security: plaintext, protocol: http}
//!       process: {name: web, container: 1f2e3d4c5b6a}
//!       container: {container.name: web, k8s.pod.uid: uid-of-web}
//!       manifests:
//!         - {kind: Pod, apiVersion: v1, metadata: {name: web-0, namespace: shop, uid: uid-of-web}, status: {podIP: 10.1.0.7}}
//!         - {kind: PeerAuthentication, apiVersion: security.istio.io/v1, metadata: {name: default, namespace: shop}, spec: {mtls: {mode: STRICT}}}
//! ```
//!
//! A case may also play a capture and count the alerts of each rule; its path starts at the folder of the
//! file of cases:
//!
//! ```yaml
//!     - name: the incident of May
//!       capture: captures/incident.scap
//!       expect: {Sensitive file read: 4, Shell spawned by web server: 1}
//! ```
//!
//! # Invariants
//!
//! - A key that is not known, an argument that the event does not have and a flag without a meaning are
//!   errors: a case never passes because of a spelling mistake.
//! - `expect` is exact: every rule that fires is named, in definition order or with its count.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::as_conversions
    )
)]

mod argument;
mod audit;
mod bench;
mod captures;
mod case;
mod cluster;
mod container;
mod error;
mod field_event;
mod files;
mod flow;
mod form;
mod playing;
mod pod;
mod scene;
mod world;

pub use bench::{Bench, Difference, Outcome};
pub use case::{
    ArgumentValue, Case, Connection, Ends, EventFacts, Expectation, Happening, Place, Placement,
    PodHappening, ProcessFacts, Section, Subject,
};
pub use error::{CaseError, Problem};
pub use field_event::FieldEvent;
pub use files::{CaseFile, files_in, load_file, parse};
pub use flow::FlowFacts;
pub use pod::PodFacts;
pub use world::{Moment, Stage, World};

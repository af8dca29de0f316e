//! Alerts on the wire: what was encoded is decoded again, the header agrees, and nothing panics.

use bytes::Bytes;
use proptest::collection::{hash_map, vec};
use proptest::option;
use proptest::prelude::*;
use prost::Message;
use saker_proto::{AlertHeader, EncodedBatch, v1};

fn text() -> impl Strategy<Value = String> {
    ".{0,12}"
}

fn value() -> impl Strategy<Value = v1::Value> {
    use v1::value::Kind;
    let leaf = prop_oneof![
        text().prop_map(Kind::Text),
        any::<bool>().prop_map(Kind::Boolean),
        any::<u64>().prop_map(Kind::Unsigned),
        any::<i64>().prop_map(Kind::Signed),
        // One that is not a number equals nothing, itself included.
        (-1e300..1e300f64).prop_map(Kind::Float),
    ];
    let leaf = option::of(leaf).prop_map(|kind| v1::Value { kind });
    leaf.prop_recursive(3, 12, 4, |inner| {
        vec(inner, 0..4).prop_map(|values| v1::Value {
            kind: Some(Kind::List(v1::ValueList { values })),
        })
    })
}

fn field() -> impl Strategy<Value = v1::Field> {
    (text(), option::of(value())).prop_map(|(name, value)| v1::Field { name, value })
}

prop_compose! {
    fn process()(
        (pid, tid, pid_in_namespace, terminal) in any::<(u32, u32, u32, u32)>(),
        (start_boot_ns, start_unix_ns) in any::<(u64, u64)>(),
        (name, executable, working_directory, user_name) in (text(), text(), text(), text()),
        arguments in vec(text(), 0..4),
        (user_id, group_id, arguments_cut) in any::<(Option<u32>, Option<u32>, bool)>(),
    ) -> v1::Process {
        v1::Process {
            pid, tid, pid_in_namespace, start_boot_ns, name, executable, arguments, working_directory,
            user_id, user_name, group_id, terminal, ancestors: Vec::new(), start_unix_ns, arguments_cut,
        }
    }
}

prop_compose! {
    fn container()(
        (id, full_id, name, runtime) in (text(), text(), text(), text()),
        (image, image_repository, image_tag, image_digest) in (text(), text(), text(), text()),
        is_privileged in any::<Option<bool>>(),
    ) -> v1::Container {
        v1::Container {
            id, full_id, name, runtime, image, image_repository, image_tag, image_digest, is_privileged,
        }
    }
}

prop_compose! {
    fn pod()(
        (name, namespace, uid, service_account) in (text(), text(), text(), text()),
        (workload_kind, workload_name) in (text(), text()),
        labels in hash_map(text(), text(), 0..4),
    ) -> v1::Pod {
        v1::Pod { name, namespace, uid, labels, service_account, workload_kind, workload_name }
    }
}

prop_compose! {
    fn request()(
        (user, impersonated_user, user_agent, verb) in (text(), text(), text(), text()),
        (resource, subresource, namespace, name) in (text(), text(), text(), text()),
        (source_addresses, status) in (vec(text(), 0..3), any::<u32>()),
    ) -> v1::Request {
        v1::Request {
            user, impersonated_user, source_addresses, user_agent, verb, resource, subresource,
            namespace, name, status,
        }
    }
}

prop_compose! {
    fn engine()(version in text(), schema in any::<[u8; 32]>(), rules in any::<[u8; 32]>()) -> v1::Engine {
        v1::Engine {
            version,
            schema_digest: schema.to_vec().into(),
            rules_digest: rules.to_vec().into(),
        }
    }
}

prop_compose! {
    fn alert()(
        (id, time_unix_ns, suppressed) in any::<([u8; 16], u64, u64)>(),
        (rule, source, output, cluster, event_type) in (text(), text(), text(), text(), text()),
        // Also numbers that have no name here: whoever sends them is newer.
        (priority, path_view, enrichment) in (0..12i32, 0..4i32, 0..4i32),
        (tags, fields) in (vec(text(), 0..4), vec(field(), 0..4)),
        process in option::of((process(), vec(process(), 0..3))),
        (container, pod, engine) in (option::of(container()), option::of(pod()), option::of(engine())),
        request in option::of(request()),
        node in option::of((text(), text(), text())),
    ) -> v1::Alert {
        v1::Alert {
            id: id.to_vec().into(), time_unix_ns, rule, priority, source, tags, output, fields,
            process: process.map(|(process, ancestors)| v1::Process { ancestors, ..process }),
            container, pod,
            node: node.map(|(hostname, boot_id, kubernetes_name)| v1::Node {
                hostname, boot_id, kubernetes_name,
            }),
            cluster, path_view, enrichment, engine, suppressed, event_type, request,
        }
    }
}

proptest! {
    #[test]
    fn an_alert_is_what_was_encoded(alert in alert()) {
        let bytes = alert.encode_to_vec();
        prop_assert_eq!(&v1::Alert::decode(&*bytes).unwrap(), &alert);
        let header = AlertHeader::decode(&*bytes).unwrap();
        prop_assert_eq!(header.id, alert.id);
        prop_assert_eq!(header.time_unix_ns, alert.time_unix_ns);
        prop_assert_eq!(header.rule, alert.rule);
        prop_assert_eq!(header.priority, alert.priority);
    }

    #[test]
    fn a_batch_of_bytes_is_a_batch_of_alerts(alerts in vec(alert(), 0..3)) {
        let encoded = EncodedBatch {
            alerts: alerts.iter().map(|alert| Bytes::from(alert.encode_to_vec())).collect(),
        };
        let batch = Batch { alerts };
        prop_assert_eq!(encoded.encode_to_vec(), batch.encode_to_vec());
        prop_assert_eq!(EncodedBatch::decode(&*batch.encode_to_vec()).unwrap(), encoded.clone());
        prop_assert_eq!(Batch::decode(&*encoded.encode_to_vec()).unwrap(), batch);
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes in vec(any::<u8>(), 0..256)) {
        drop(v1::Alert::decode(&*bytes));
        drop(AlertHeader::decode(&*bytes));
        drop(EncodedBatch::decode(&*bytes));
        drop(v1::DeliverRequest::decode(&*bytes));
        drop(v1::SubscribeRequest::decode(&*bytes));
    }

    #[test]
    fn what_was_damaged_does_not_make_decoding_panic(
        alert in alert(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = alert.encode_to_vec();
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        drop(v1::Alert::decode(&*bytes));
        drop(AlertHeader::decode(&*bytes));
    }
}

/// `saker.v1.AlertBatch` as the `.proto` file has it, which nothing else needs.
#[derive(Clone, PartialEq, prost::Message)]
struct Batch {
    #[prost(message, repeated, tag = "1")]
    alerts: Vec<v1::Alert>,
}

#[test]
fn deeply_nested_values_are_refused_and_do_not_end_the_stack() {
    let mut bytes = Vec::new();
    for _ in 0..5_000 {
        let mut list = Vec::new();
        prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut list);
        prost::encoding::encode_varint(bytes.len() as u64, &mut list);
        list.append(&mut bytes);
        prost::encoding::encode_key(6, prost::encoding::WireType::LengthDelimited, &mut bytes);
        prost::encoding::encode_varint(list.len() as u64, &mut bytes);
        bytes.append(&mut list);
    }
    let error = v1::Value::decode(&*bytes).unwrap_err();
    assert!(error.to_string().contains("recursion"), "{error}");
}

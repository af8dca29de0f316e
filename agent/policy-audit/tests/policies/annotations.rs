//! Saker's own configuration and annotations.

use super::{ISTIO, annotated_pod, namespace, object, peers, pod};
use saker_kube_metadata::{MeshObject, Namespace, PeerMode, Pod};
use saker_policy_audit::{
    MeshPolicies, MtlsIntent, MtlsMode, MtlsReason, MtlsRule, MtlsSettings, Target,
};

const KEY: &str = "saker.dev/mtls";

fn with_rules(rules: Vec<MtlsRule>, objects: &[MeshObject]) -> MeshPolicies {
    let settings = MtlsSettings {
        rules,
        ..MtlsSettings::default()
    };
    MeshPolicies::new(objects, settings.into())
}

fn asked(policies: &MeshPolicies, pod: Option<&Pod>, port: Option<u16>) -> MtlsIntent {
    policies.mtls_intent(&Target {
        pod,
        namespace: None,
        port,
    })
}

#[test]
fn the_first_rule_that_is_about_it_decides() {
    let rule = |namespace: &str, app: &str, ports: &[u16], mode| MtlsRule {
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        selector: (!app.is_empty())
            .then(|| ("app".to_owned(), app.to_owned()))
            .into_iter()
            .collect(),
        ports: ports.to_vec(),
        mode,
    };
    let rules = vec![
        rule("other", "", &[], MtlsMode::Permissive),
        rule("shop", "db", &[], MtlsMode::Permissive),
        rule("shop", "web", &[9_090], MtlsMode::Disable),
        rule("shop", "", &[], MtlsMode::Strict),
        rule("", "", &[443], MtlsMode::Permissive),
    ];
    // They decide also against the mesh.
    let objects = [object("shop", "n", 1, peers([], PeerMode::Permissive, &[]))];
    let policies = with_rules(rules, &objects);
    let pod = pod(&[ISTIO]);
    let of = |port| asked(&policies, Some(&pod), port);
    assert_eq!(of(Some(80)).mode, MtlsMode::Strict);
    assert_eq!(of(Some(80)).policy.as_deref(), Some("saker/mtls[3]"));
    assert_eq!(of(Some(9_090)).mode, MtlsMode::Disable);
    assert_eq!(of(None).reason, MtlsReason::PortNotKnown);
    // Outside of pods only rules count that ask for nothing of a pod.
    assert_eq!(asked(&policies, None, Some(443)).mode, MtlsMode::Permissive);
    assert_eq!(asked(&policies, None, Some(80)), MtlsIntent::default());
}

#[test]
fn an_annotation_can_demand_more_than_the_mesh_and_never_less() {
    let modes = [
        ("strict", MtlsMode::Strict),
        ("permissive", MtlsMode::Permissive),
        ("disable", MtlsMode::Disable),
    ];
    let of_mesh = [
        (None, MtlsMode::Unset),
        (Some(PeerMode::Disable), MtlsMode::Disable),
        (Some(PeerMode::Permissive), MtlsMode::Permissive),
        (Some(PeerMode::Strict), MtlsMode::Strict),
    ];
    let order = [
        MtlsMode::Unset,
        MtlsMode::Disable,
        MtlsMode::Permissive,
        MtlsMode::Strict,
    ];
    let rank = |mode| order.iter().position(|known| *known == mode);
    for (peer_mode, demanded) in of_mesh {
        let objects = peer_mode.map(|mode| object("shop", "n", 1, peers([], mode, &[])));
        let objects: Vec<MeshObject> = objects.into_iter().collect();
        let policies = with_rules(Vec::new(), &objects);
        for (text, mode) in modes {
            let pod = annotated_pod(&[], [(KEY, text)]);
            let found = asked(&policies, Some(&pod), Some(80));
            let expected = if rank(mode) > rank(demanded) {
                mode
            } else {
                demanded
            };
            assert_eq!(found.mode, expected, "{demanded:?} {text}");
            let is_annotation = found.reason == MtlsReason::Annotation;
            assert_eq!(
                is_annotation,
                rank(mode) > rank(demanded),
                "{demanded:?} {text}"
            );
        }
    }
}

#[test]
fn a_pod_adds_to_what_its_namespace_demands_and_takes_nothing_back() {
    let policies = with_rules(Vec::new(), &[]);
    let permissive = namespace([], [(KEY, "permissive")]);
    let strict = namespace([], [(KEY, "strict")]);
    let of = |pod: Pod, namespace: &Namespace| {
        policies.mtls_intent(&Target {
            pod: Some(&pod),
            namespace: Some(namespace),
            port: Some(80),
        })
    };
    let inherited = of(pod(&[]), &strict);
    assert!(inherited.is_required());
    assert_eq!(inherited.policy.as_deref(), Some("Namespace/shop"));
    for less in ["permissive", "disable"] {
        let own = of(annotated_pod(&[], [(KEY, less)]), &strict);
        assert_eq!(
            (own.mode, own.policy.as_deref()),
            (MtlsMode::Strict, Some("Namespace/shop"))
        );
    }
    let own = of(annotated_pod(&[], [(KEY, "strict")]), &permissive);
    assert_eq!(
        (own.mode, own.policy.as_deref()),
        (MtlsMode::Strict, Some("Pod/shop/web-0"))
    );
    assert!(of(annotated_pod(&[], [(KEY, "STRICT!")]), &strict).is_required());
}

#[test]
fn where_the_meshes_are_not_known_only_a_strict_annotation_decides() {
    let policies = MeshPolicies::without_mesh(MtlsSettings::default().into());
    let unknown = asked(&policies, Some(&pod(&[ISTIO])), Some(80));
    assert_eq!(
        (unknown.reason, unknown.is_known()),
        (MtlsReason::NotKnown, false)
    );
    let permissive = annotated_pod(&[], [(KEY, "permissive")]);
    assert!(!asked(&policies, Some(&permissive), Some(80)).is_known());
    let strict = annotated_pod(&[], [(KEY, "strict")]);
    assert!(asked(&policies, Some(&strict), Some(80)).is_required());
}

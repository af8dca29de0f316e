//! Any bytes as an encryption ledger, and as the parts that one holds: a checksum would keep most changes to a file
//! from being looked at.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use saker_encryption_ledger::{
    Demand, Ledger, Readiness, Report, Verdict, file, peer_authentication,
};
use saker_proto::v1::LedgerPart;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(ledger) = file::decode(bytes) {
        look(&ledger);
    }
    let mut ledger = Ledger::default();
    let mut rest = bytes;
    while let Ok(part) = LedgerPart::decode_length_delimited(&mut rest) {
        if ledger.add_part(part).is_err() || rest.is_empty() {
            break;
        }
    }
    look(&ledger);
    // What was understood says the same again after it was written.
    for node in ledger.nodes() {
        let again = file::decode(&file::encode(node)).expect("what was written can be read");
        assert!(again.nodes().eq([node]));
    }
});

fn look(ledger: &Ledger) {
    let report = Report::of(ledger, 0, None);
    let parties = report.edges.iter().map(|edge| &edge.key.server);
    for namespace in parties.filter_map(|party| party.namespace()).take(4) {
        let demand = Demand {
            namespace: namespace.into(),
            until_wall_ms: u64::MAX,
            ..Demand::default()
        };
        let readiness = Readiness::of(ledger, demand);
        let policy = peer_authentication(&readiness);
        assert!(policy.contains("PeerAuthentication"));
        let has_breakages = !readiness.breakages.is_empty();
        assert_eq!(readiness.verdict() == Verdict::Breaks, has_breakages);
    }
}

//! Records that are lost, late or double.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

#[test]
fn a_flow_whose_opening_is_not_seen_begins_with_its_payload() {
    let mut stage = Stage::new();
    let client = End::client();
    stage.happens(&client.sends(HELLO_BEGIN, 11 * MS));
    assert_eq!(stage.flows.stats().unannounced, 1);
    // The record of its opening comes late.
    stage.happens(&client.opened(10 * MS));
    stage.happens(&client.closed(10 * MS, 20 * MS));
    let events = stage.take();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].event.flow.opened_boot_ns, 10 * MS);
    assert_eq!(stage.flows.stats().opened, 1);
}

#[test]
fn a_flow_of_which_only_the_end_is_seen_is_classified_and_closed() {
    let mut stage = Stage::new();
    stage.happens(&End::client().closed(10 * MS, 20 * MS));
    let events = stage.take();
    assert_eq!(events.len(), 2);
    let duration_ns = 10 * MS;
    assert_eq!(events[1].event.kind, FlowEventKind::Closed { duration_ns });
    // All that comes later is too late.
    stage.happens(&End::client().opened(10 * MS));
    stage.happens(&End::client().sends(HELLO_BEGIN, 11 * MS));
    stage.happens(&End::client().closed(10 * MS, 20 * MS));
    assert_eq!(stage.events(), [""; 0]);
    assert_eq!(stage.flows.stats().late, 3);
}

/// What may come of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Opened,
    Hello,
    Rest,
    Answer,
    Accepted,
    Closed,
}

const STEPS: [Step; 6] = [
    Step::Opened,
    Step::Hello,
    Step::Rest,
    Step::Answer,
    Step::Accepted,
    Step::Closed,
];

fn record(step: Step, cookie: u64) -> EventBuilder {
    let port = 1_024 + u16::try_from(cookie).expect("a small number");
    let remote = format!("10.0.0.1:{port}");
    let end = End {
        flags: record_flag::INHERITED,
        ..End::tcp(cookie, socket_role::ACCEPTED, "10.0.0.2:443", &remote)
    };
    match step {
        Step::Opened => end.opened(10 * MS),
        Step::Hello => end.receives(HELLO_BEGIN, 11 * MS),
        Step::Rest => end.payload(true, 11, &[0; 40], 12 * MS),
        Step::Answer => end.sends(b"\x15\x03\x03\x00\x02\x02\x28", 13 * MS),
        Step::Accepted => end.call(event::ACCEPT4, 21, "worker", 14 * MS),
        Step::Closed => end.closed(10 * MS, 20 * MS),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever order records come in and whatever is lost, as long as the end comes or the flow has to
    /// leave: each flow is classified once and closed once, in this order.
    #[test]
    fn each_flow_is_classified_once_and_closed_once(
        records in prop::collection::vec((0..STEPS.len(), 1..12_u64), 0..80),
        ticks in prop::collection::vec(any::<bool>(), 80),
        flows_max in 2..16_usize,
        inspected_max in 1..6_usize,
    ) {
        let mut stage = Stage::with(Limits { flows_max, inspected_max, ..Limits::default() });
        let mut seen = std::collections::HashSet::new();
        for ((step, cookie), is_late) in records.iter().zip(ticks) {
            if !seen.insert((*step, *cookie)) {
                continue;
            }
            stage.happens(&record(STEPS[*step], *cookie));
            if is_late {
                stage.ticks(15 * MS);
            }
            prop_assert!(stage.flows.len() <= flows_max);
            prop_assert!(stage.flows.table.inspected() <= inspected_max);
        }
        stage.ticks(10 * SECOND);
        // The end of each comes at last, if it did not come before.
        for cookie in 1..12_u64 {
            let has_begun = STEPS.iter().enumerate().any(|(number, step)| {
                *step != Step::Accepted && seen.contains(&(number, cookie))
            });
            if has_begun && !seen.contains(&(STEPS.len() - 1, cookie)) {
                stage.happens(&record(Step::Closed, cookie));
            }
        }
        prop_assert!(stage.flows.is_empty());
        prop_assert_eq!(stage.flows.table.inspected(), 0);
        let mut told: HashMap<u64, Vec<&'static str>> = HashMap::new();
        for output in stage.take() {
            let kinds = told.entry(output.event.flow.id.cookie).or_default();
            kinds.push(output.event.kind.name());
        }
        for cookie in 1..12_u64 {
            let has_begun = STEPS.iter().enumerate().any(|(number, step)| {
                *step != Step::Accepted && seen.contains(&(number, cookie))
            });
            let expected: &[&str] = if has_begun { &["flow_classified", "flow_closed"] } else { &[] };
            let kinds = told.remove(&cookie).unwrap_or_default();
            prop_assert_eq!(kinds, expected, "cookie {}", cookie);
        }
        let stats = stage.flows.stats();
        prop_assert_eq!(stats.opened, stats.closed);
        prop_assert_eq!(stats.closed, stats.classified.values().sum::<u64>());
    }

    /// Whatever a record says, nothing panics.
    #[test]
    fn no_record_is_too_strange(
        cookie in any::<u64>(), role in any::<u8>(), flags in any::<u16>(), offset in any::<u64>(),
        time in any::<u64>(), opened in any::<u64>(), bytes in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut stage = Stage::new();
        let end = End { flags, ..End::tcp(cookie, role, "10.0.0.1:53", "10.0.0.2:53") };
        stage.happens(&end.payload(true, offset, &bytes, time));
        stage.happens(&end.opened(time.wrapping_add(opened)));
        stage.happens(&end.payload(false, offset, &bytes, opened));
        stage.ticks(u64::MAX);
        stage.happens(&end.closed(opened, time));
    }
}

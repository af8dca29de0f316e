use super::*;
use proptest::prelude::*;

fn alert(rule: &str, output: &str) -> Arc<v1::Alert> {
    Arc::new(v1::Alert {
        rule: rule.to_owned(),
        output: output.to_owned(),
        ..v1::Alert::default()
    })
}

fn throttle(window_ms: u32, rate: Option<(u32, u32)>) -> Throttle {
    let settings = ThrottleSettings {
        deduplicate: NonZeroU32::new(window_ms).map(|window_ms| DeduplicateSettings {
            window_ms,
            key: same_alert(),
        }),
        rate_limit: rate.map(|(per_second, burst)| RateLimitSettings {
            per_second: NonZeroU32::new(per_second).expect("not zero"),
            burst: NonZeroU32::new(burst).expect("not zero"),
            key: Vec::new(),
        }),
    };
    Throttle::new(&settings).expect("valid keys")
}

/// What comes out: output and how many others it stands for.
fn told(out: &mut Vec<Arc<v1::Alert>>) -> Vec<(String, u64)> {
    out.drain(..)
        .map(|alert| (alert.output.clone(), alert.suppressed))
        .collect()
}

fn of(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
    rows.iter()
        .map(|(output, suppressed)| ((*output).to_owned(), *suppressed))
        .collect()
}

#[test]
fn everything_passes_unless_something_else_is_asked_for() {
    let mut throttle = Throttle::new(&ThrottleSettings::default()).expect("valid");
    let mut out = Vec::new();
    for _ in 0..3 {
        throttle.offer(alert("rule", "same"), 0, &mut out);
    }
    assert_eq!(told(&mut out), of(&[("same", 0); 3]));
    assert_eq!(throttle.deadline_ns(), None);
}

#[test]
fn repetitions_are_told_at_the_end_of_their_window() {
    let mut throttle = throttle(1_000, None);
    let mut out = Vec::new();
    for time in [0, 100, 200, 300] {
        throttle.offer(alert("rule", "same"), time * MILLISECOND_NS, &mut out);
    }
    throttle.offer(alert("rule", "other"), 400 * MILLISECOND_NS, &mut out);
    throttle.offer(
        alert("another rule", "same"),
        400 * MILLISECOND_NS,
        &mut out,
    );
    assert_eq!(
        told(&mut out),
        of(&[("same", 0), ("other", 0), ("same", 0)])
    );
    assert_eq!(throttle.deadline_ns(), Some(SECOND_NS));
    throttle.expire(SECOND_NS - 1, &mut out);
    assert_eq!(told(&mut out), of(&[]));
    throttle.expire(SECOND_NS, &mut out);
    assert_eq!(told(&mut out), of(&[("same", 2)]));
    assert_eq!(throttle.take_suppressed(), [("rule".to_owned(), 2)].into());
    // What was told begins a window as well.
    throttle.offer(alert("rule", "same"), SECOND_NS + 1, &mut out);
    assert_eq!(told(&mut out), of(&[]));
    throttle.expire(10 * SECOND_NS, &mut out);
    assert_eq!(told(&mut out), of(&[("same", 0)]));
    assert_eq!(throttle.take_suppressed(), BTreeMap::new());
    assert_eq!(throttle.deadline_ns(), None, "nothing is kept for ever");
}

#[test]
fn a_rule_that_fires_too_often_is_limited_to_its_rate() {
    let mut throttle = throttle(0, Some((2, 3)));
    let mut out = Vec::new();
    for number in 0..10 {
        throttle.offer(alert("rule", &number.to_string()), 0, &mut out);
    }
    assert_eq!(told(&mut out), of(&[("0", 0), ("1", 0), ("2", 0)]));
    throttle.expire(SECOND_NS / 2, &mut out);
    assert_eq!(told(&mut out), of(&[("9", 6)]));
    throttle.offer(alert("rule", "late"), SECOND_NS, &mut out);
    assert_eq!(told(&mut out), of(&[("late", 0)]));
}

#[test]
fn what_is_held_back_is_told_at_the_end() {
    let mut throttle = throttle(1_000, Some((1, 1)));
    let mut out = Vec::new();
    for output in ["a", "a", "a", "b", "b", "c"] {
        throttle.offer(alert("rule", output), 0, &mut out);
    }
    throttle.flush(&mut out);
    let sum: u64 = out.iter().map(|alert| 1 + alert.suppressed).sum();
    assert_eq!(sum, 6);
    throttle.flush(&mut out);
    let suppressed: u64 = throttle.take_suppressed().values().sum();
    assert_eq!(out.len() as u64 + suppressed, 6);
}

#[test]
fn keys_are_bounded() {
    let mut throttle = throttle(1_000, None);
    let mut out = Vec::new();
    for number in 0..KEYS_MAX + 10 {
        let output = number.to_string();
        throttle.offer(alert("rule", &output), 0, &mut out);
        throttle.offer(alert("rule", &output), 0, &mut out);
    }
    // Of the first ten the window was ended early, and what it held was let through.
    assert_eq!(out.len(), KEYS_MAX + 20);
    throttle.flush(&mut out);
    assert_eq!(out.len(), 2 * (KEYS_MAX + 10));
}

#[test]
fn keys_name_parts_of_alerts() {
    let keys = |key: &str| {
        Throttle::new(&ThrottleSettings {
            rate_limit: Some(RateLimitSettings {
                per_second: NonZeroU32::MIN,
                burst: NonZeroU32::MIN,
                key: vec![key.to_owned()],
            }),
            ..ThrottleSettings::default()
        })
    };
    assert!(keys("fd.name").is_ok());
    assert!(keys("namespace").is_ok());
    let error = keys("processes").expect_err("no such key").to_string();
    assert!(
        error.starts_with("alerts.rate_limit.key: `processes`"),
        "{error}"
    );
}

proptest! {
    /// Whatever comes when: nothing appears twice, and every alert is let through or counted once.
    #[test]
    fn nothing_is_lost_and_nothing_is_told_twice(
        offers in prop::collection::vec((0u64..2_000, 0usize..3, 0usize..4), 0..300),
        window_ms in 0u32..1_500,
        rate in prop::option::of((1u32..20, 1u32..5)),
    ) {
        let mut throttle = throttle(window_ms, rate);
        let mut out = Vec::new();
        let mut now = 0;
        let number = offers.len() as u64;
        for (step, rule, output) in offers {
            now += step * MILLISECOND_NS;
            if step % 7 == 0 {
                throttle.expire(now, &mut out);
            }
            throttle.offer(alert(["x", "y", "z"][rule], ["a", "b", "c", "d"][output]), now, &mut out);
        }
        throttle.flush(&mut out);
        let told: u64 = out.iter().map(|alert| 1 + alert.suppressed).sum();
        prop_assert_eq!(told, number);
        let suppressed: u64 = throttle.take_suppressed().values().sum();
        prop_assert_eq!(out.len() as u64 + suppressed, number);
        prop_assert_eq!(throttle.deadline_ns(), None);
    }
}

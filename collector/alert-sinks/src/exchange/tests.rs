//! A delivery in several requests, against another side that refuses some.

use super::*;
use std::sync::Mutex;

const BOUNDS: Bounds = Bounds {
    bytes_max: 10,
    items_max: 4,
};

/// Takes numbers, each as large as it says, and answers by a rule of the test.
struct Numbers<F> {
    answer: F,
    requests: Mutex<Vec<Vec<usize>>>,
}

impl<F> Numbers<F> {
    fn new(answer: F) -> Self {
        Self {
            answer,
            requests: Mutex::new(Vec::new()),
        }
    }

    fn requests(&self) -> Vec<Vec<usize>> {
        self.requests.lock().unwrap().clone()
    }
}

impl<F: Fn(&[usize]) -> Verdict + Sync> Exchange for Numbers<F> {
    type Item = usize;

    fn size(&self, item: &usize) -> usize {
        *item
    }

    async fn send(&self, items: &[usize]) -> Verdict {
        self.requests.lock().unwrap().push(items.to_vec());
        (self.answer)(items)
    }
}

fn refusing(unwanted: &[usize]) -> impl Fn(&[usize]) -> Verdict {
    let unwanted = unwanted.to_vec();
    move |items| {
        if items.iter().any(|item| unwanted.contains(item)) {
            Verdict::Refused {
                reason: "unwanted".to_owned(),
            }
        } else {
            Verdict::All(Outcome::Delivered)
        }
    }
}

#[tokio::test]
async fn requests_keep_to_the_bounds() {
    let other = Numbers::new(refusing(&[]));
    let outcomes = exchange(&other, &[4, 6, 1, 1, 1, 1, 1, 9, 2], BOUNDS).await;
    assert_eq!(outcomes, vec![Outcome::Delivered; 9]);
    assert_eq!(
        other.requests(),
        [vec![4, 6], vec![1, 1, 1, 1], vec![1, 9], vec![2]]
    );
}

#[tokio::test]
async fn what_is_too_large_is_rejected_and_the_rest_delivered() {
    let other = Numbers::new(refusing(&[]));
    let outcomes = exchange(&other, &[1, 11, 2, 12], BOUNDS).await;
    assert!(matches!(&outcomes[1], Outcome::Rejected { reason } if reason.contains("11 bytes")));
    assert!(matches!(&outcomes[3], Outcome::Rejected { .. }));
    assert_eq!(outcomes[0], Outcome::Delivered);
    assert_eq!(outcomes[2], Outcome::Delivered);
    assert_eq!(other.requests(), [[1], [2]]);
}

#[tokio::test]
async fn one_that_is_refused_does_not_take_others_with_it() {
    let other = Numbers::new(refusing(&[3]));
    let outcomes = exchange(&other, &[1, 2, 3, 4], BOUNDS).await;
    assert_eq!(outcomes[2], Outcome::rejected("unwanted"));
    for place in [0, 1, 3] {
        assert_eq!(outcomes[place], Outcome::Delivered);
    }
    assert_eq!(
        other.requests(),
        [vec![1, 2, 3, 4], vec![1, 2], vec![3, 4], vec![3], vec![4]]
    );
}

#[tokio::test]
async fn who_is_out_of_order_is_asked_once() {
    let other = Numbers::new(|items: &[usize]| {
        Verdict::All(if items == [10] {
            Outcome::Delivered
        } else {
            Outcome::retry("busy")
        })
    });
    let outcomes = exchange(&other, &[10, 9, 8, 7], BOUNDS).await;
    assert_eq!(outcomes[0], Outcome::Delivered);
    assert_eq!(outcomes[1..], vec![Outcome::retry("busy"); 3]);
    assert_eq!(other.requests(), [[10], [9]]);
}

#[tokio::test]
async fn what_the_answer_leaves_out_is_tried_again() {
    let other = Numbers::new(|_: &[usize]| Verdict::Each(vec![Outcome::Delivered]));
    let outcomes = exchange(&other, &[1, 2], BOUNDS).await;
    assert_eq!(outcomes[0], Outcome::Delivered);
    assert!(matches!(outcomes[1], Outcome::Retry { .. }));
}

#[tokio::test(start_paused = true)]
async fn no_answer_ends_in_time() {
    struct Silent;
    impl Exchange for Silent {
        type Item = usize;
        fn size(&self, item: &usize) -> usize {
            *item
        }
        async fn send(&self, _: &[usize]) -> Verdict {
            std::future::pending().await
        }
    }
    let begun = Instant::now();
    let outcomes = exchange(&Silent, &[9, 9, 9], BOUNDS).await;
    assert_eq!(begun.elapsed(), DELIVERY_TIME_MAX);
    assert!(matches!(&outcomes[2], Outcome::Retry { reason, .. } if reason.contains("60 s")));
}

//! Names close to a mistyped one.

/// Suggestions given at most.
const SUGGESTIONS_MAX: usize = 3;

/// Longer names are not compared: the cost grows with the square of the length.
const NAME_BYTES_MAX: usize = 80;

/// How alike two names must be (0 to 1).
const SIMILARITY_MIN: f64 = 0.7;

/// The candidates most like `name`, best first; none if nothing is like it.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    if name.len() > NAME_BYTES_MAX {
        return Vec::new();
    }
    let mut scored: Vec<(f64, &str)> = candidates
        .filter(|candidate| candidate.len() <= NAME_BYTES_MAX && *candidate != name)
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(name, candidate),
                candidate,
            )
        })
        .filter(|(score, _)| *score >= SIMILARITY_MIN)
        .collect();
    scored.sort_by(|(left, left_name), (right, right_name)| {
        right
            .total_cmp(left)
            .then_with(|| left_name.cmp(right_name))
    });
    scored.dedup_by_key(|(_, candidate)| *candidate);
    scored
        .into_iter()
        .take(SUGGESTIONS_MAX)
        .map(|(_, candidate)| candidate)
        .collect()
}

/// The suggestions as a remedy.
#[must_use]
pub fn did_you_mean(names: &[&str]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    Some(format!("did you mean {}?", quoted.join(" or ")))
}

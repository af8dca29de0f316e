//! Names close to a mistyped one.

/// Suggestions given at most.
const SUGGESTIONS_MAX: usize = 3;

/// Longer names are not compared: the cost grows with the square of the length.
const NAME_BYTES_MAX: usize = 80;

/// How alike two names must be (0 to 1).
const SIMILARITY_MIN: f64 = 0.7;

/// Names compared in full at most. A catalog has far fewer that could be meant; a hostile file may name
/// ten thousand macros much alike and miss each of them.
const COMPARISONS_MAX: usize = 200;

/// The candidates most like `name`, best first; none if nothing is like it.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    if name.len() > NAME_BYTES_MAX {
        return Vec::new();
    }
    let letters = Letters::of(name);
    let mut scored: Vec<(f64, &str)> = candidates
        .filter(|candidate| candidate.len() <= NAME_BYTES_MAX && *candidate != name)
        .filter(|candidate| letters.may_be_like(candidate))
        .take(COMPARISONS_MAX)
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

/// How often each byte stands in a name.
struct Letters {
    counts: [u8; 256],
    length: usize,
}

impl Letters {
    fn of(name: &str) -> Self {
        let mut counts = [0u8; 256];
        for byte in name.bytes() {
            if let Some(count) = counts.get_mut(usize::from(byte)) {
                *count = count.saturating_add(1);
            }
        }
        Self {
            counts,
            length: name.len(),
        }
    }

    /// Whether as many letters are the same, in whatever order, as alike names have: a cheap test that
    /// most names fail.
    fn may_be_like(&self, other: &str) -> bool {
        let mut counts = self.counts;
        let mut common = 0usize;
        for byte in other.bytes() {
            if let Some(count) = counts.get_mut(usize::from(byte))
                && let Some(fewer) = count.checked_sub(1)
            {
                *count = fewer;
                common = common.saturating_add(1);
            }
        }
        let longest = self.length.max(other.len());
        common.saturating_mul(10) >= longest.saturating_mul(7)
    }
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

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_most_alike_come_first() {
        let names = [
            "proc.name",
            "proc.pname",
            "proc.cmdline",
            "fd.name",
            "proc.aname",
        ];
        assert_eq!(
            nearest("proc.nmae", names.into_iter()),
            ["proc.name", "proc.aname", "proc.pname"]
        );
        assert!(nearest("container.id", names.into_iter()).is_empty());
        assert!(nearest("proc.name", ["proc.name"].into_iter()).is_empty());
    }

    #[test]
    fn the_cheap_test_decides_only_what_the_comparison_would() {
        // Seven of ten characters are the least that may be alike.
        assert_eq!(nearest("abcdefg", ["abcdefghij"].into_iter()).len(), 1);
        assert!(nearest("abcdefg", ["abcdefghijk"].into_iter()).is_empty());
        assert_eq!(nearest("éééééééééé", ["ééééééé"].into_iter()).len(), 1);
    }
}

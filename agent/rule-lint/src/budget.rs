//! How much may be compared.

/// Comparisons that are left. When none is, whoever asks gives up and says nothing.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u64,
}

impl Budget {
    pub(crate) fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    /// Takes one step, if there is one.
    pub(crate) fn step(&mut self) -> bool {
        self.steps(1)
    }

    /// Takes several steps, if there are as many.
    pub(crate) fn steps(&mut self, count: usize) -> bool {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        match self.left.checked_sub(count) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.left = 0;
                false
            }
        }
    }

    /// A budget of at most as many steps, taken out of this one.
    pub(crate) fn part(&mut self, steps: u64) -> Self {
        let part = steps.min(self.left);
        self.left = self.left.saturating_sub(part);
        Self::new(part)
    }

    /// Gives back what is left of a part.
    pub(crate) fn take_back(&mut self, part: &Self) {
        self.left = self.left.saturating_add(part.left);
    }

    /// Whether nothing is left.
    pub(crate) fn is_spent(&self) -> bool {
        self.left == 0
    }
}

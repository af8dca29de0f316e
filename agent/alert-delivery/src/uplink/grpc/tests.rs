//! Collectors that misbehave.

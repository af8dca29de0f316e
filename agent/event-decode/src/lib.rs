//! Wire bytes to validated, borrowed event views.

//! The kernel side: one hook a file.

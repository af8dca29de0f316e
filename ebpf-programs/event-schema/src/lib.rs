//! The event table and the wire structs that kernel and agent share.

//! Takes alerts from agents, keeps them and passes them on.
#![forbid(unsafe_code)]

fn main() {}

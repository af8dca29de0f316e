//! `saker policy`: what the cluster's own policies say.

pub(crate) mod check;
pub(crate) mod pss;
pub(crate) mod rego_test;

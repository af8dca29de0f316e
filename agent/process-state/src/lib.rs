//! The process tree: credentials, ancestry and container of every process.

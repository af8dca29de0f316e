//! How much the machine keeps.

/// Bounds of what is kept of one capture. What is over a bound is dropped and counted in
/// [`Stats`](crate::Stats).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most threads.
    pub threads: usize,
    /// Most descriptors of one process.
    pub descriptors_per_process: usize,
    /// Most descriptors of all processes together.
    pub descriptors: usize,
    /// Longest text, bytes: a path, the arguments of a process, its environment, ….
    pub text_bytes: usize,
    /// Most bytes of texts of all threads together; what threads share counts once.
    pub thread_text_bytes: usize,
    /// Most bytes of names of all descriptors together.
    pub descriptor_text_bytes: usize,
    /// Most bytes of texts of all users and groups together.
    pub user_text_bytes: usize,
    /// Most bytes of enter events of all threads together that wait for their exit events.
    pub enter_bytes: usize,
    /// Most users and, apart from them, most groups.
    pub users: usize,
    /// Most containers that events tell of.
    pub containers: usize,
    /// Most bytes of what events tell of all containers together, as they write it.
    pub container_bytes: usize,
    /// Most network interfaces.
    pub interfaces: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            threads: 131_072,
            descriptors_per_process: 65_536,
            descriptors: 1_048_576,
            text_bytes: 65_536,
            thread_text_bytes: 64 << 20,
            descriptor_text_bytes: 64 << 20,
            user_text_bytes: 16 << 20,
            enter_bytes: 64 << 20,
            users: 65_536,
            containers: 65_536,
            container_bytes: 64 << 20,
            interfaces: 4_096,
        }
    }
}

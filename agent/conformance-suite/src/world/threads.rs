//! The threads that are there before the events.

/// A thread as Falco's table has it.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) tid: i64,
    pub(crate) pid: i64,
    /// The thread that made it.
    pub(crate) ptid: i64,
    pub(crate) comm: Vec<u8>,
    pub(crate) exe: Vec<u8>,
    pub(crate) exe_path: Vec<u8>,
    pub(crate) arguments: Vec<Vec<u8>>,
    pub(crate) environment: Vec<Vec<u8>>,
    pub(crate) cwd: Vec<u8>,
}

/// The process that every test begins with.
pub(crate) fn init_thread() -> Thread {
    let strings = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    Thread {
        tid: 1,
        pid: 1,
        ptid: 0,
        comm: b"init".to_vec(),
        exe: b"/sbin/init".to_vec(),
        exe_path: b"/sbin/init".to_vec(),
        arguments: strings(&["context", "ls", "--format", "{{json .}}"]),
        environment: strings(&["TEST_ENV_PARENT_LINEAGE=secret", "HOME=/home/user/parent"]),
        cwd: b"/root".to_vec(),
    }
}

impl Thread {
    /// What the first process would make.
    pub(crate) fn child(tid: i64, pid: i64, ptid: i64, comm: &[u8], exe: &[u8]) -> Self {
        Self {
            tid,
            pid,
            ptid,
            comm: comm.to_vec(),
            exe: exe.to_vec(),
            arguments: Vec::new(),
            environment: Vec::new(),
            ..init_thread()
        }
    }
}

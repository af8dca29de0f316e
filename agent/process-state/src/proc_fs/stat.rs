//! `/proc/<pid>/stat`.

/// Flag of a thread of the kernel (`PF_KTHREAD`).
const KERNEL_THREAD: u32 = 0x0020_0000;

/// Flag of a thread that is ending (`PF_EXITING`).
const EXITING: u32 = 0x4;

/// What one line of `/proc/<pid>/stat` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) comm: Vec<u8>,
    pub(super) ppid: u32,
    pub(super) pgid: u32,
    pub(super) session: u32,
    pub(super) tty: u32,
    pub(super) is_kernel_thread: bool,
    /// The first thread is ending or has ended.
    pub(super) is_exiting: bool,
    /// All threads ended, and the parent has not asked for the status yet.
    pub(super) is_zombie: bool,
    /// Start since boot in ticks of 10 ms.
    pub(super) start_ticks: u64,
}

impl Stat {
    /// Reads the line. The name of a process may hold spaces, parentheses and line ends, so the
    /// last parenthesis ends it.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let open = line.iter().position(|byte| *byte == b'(')?;
        let close = line.iter().rposition(|byte| *byte == b')')?;
        let comm = line.get(open.checked_add(1)?..close)?.to_vec();
        let rest = std::str::from_utf8(line.get(close.checked_add(1)?..)?).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number.checked_sub(3)?).copied();
        // The first thread of a process may end before the others.
        let is_zombie = matches!(field(3)?, "Z" | "X") && field(20)?.parse::<u32>().ok()? <= 1;
        let flags: u32 = field(9)?.parse().ok()?;
        Some(Self {
            comm,
            is_exiting: flags & EXITING != 0 || matches!(field(3)?, "Z" | "X"),
            is_zombie,
            ppid: field(4)?.parse().ok()?,
            pgid: non_negative(field(5)?)?,
            session: non_negative(field(6)?)?,
            // Printed with a sign, but a bit pattern.
            tty: field(7)?.parse::<i32>().ok()?.cast_unsigned(),
            is_kernel_thread: flags & KERNEL_THREAD != 0,
            start_ticks: field(22)?.parse().ok()?,
        })
    }
}

/// A number that is -1 in a process that is about to vanish.
fn non_negative(text: &str) -> Option<u32> {
    Some(text.parse::<i64>().ok()?.try_into().unwrap_or(0))
}

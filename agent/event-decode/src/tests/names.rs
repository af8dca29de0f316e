use crate::names::{
    Names, append_capabilities, append_names, errno_name, errno_number, falco_number,
    kernel_number, names, open_flags, signal_name,
};
use saker_event_schema::Kind;

fn text(kind: Kind, value: u64) -> String {
    let mut out = Vec::new();
    append_names(kind, falco_number(kind, value), &mut out);
    String::from_utf8(out).expect("names are text")
}

#[test]
fn values_have_falco_s_names_and_numbers() {
    for (kind, value, number, expected) in [
        (Kind::OpenFlags, 0, 1, "O_RDONLY"),
        (Kind::OpenFlags, 0o2_000_000, 4097, "O_RDONLY|O_CLOEXEC"),
        (Kind::OpenFlags, 0o1101, 0x106, "O_TRUNC|O_CREAT|O_WRONLY"),
        (Kind::OpenFlags, 2, 3, "O_RDWR"),
        (Kind::OpenFlags, 0o102, 7, "O_CREAT|O_RDWR"),
        (
            Kind::OpenFlags,
            open_flags::O_DIRECTORY,
            0x401,
            "O_DIRECTORY|O_RDONLY",
        ),
        (
            Kind::OpenFlags,
            open_flags::O_TMPFILE | 2,
            0x2403,
            "O_DIRECTORY|O_RDWR|O_TMPFILE",
        ),
        (
            Kind::FileMode,
            0o104_755,
            0o104_755,
            "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID",
        ),
        (Kind::FileMode, 0, 0, ""),
        (Kind::CloneFlags, 0x1000_0000, 1 << 20, "CLONE_NEWUSER"),
        (
            Kind::CloneFlags,
            0x0000_8D00,
            0x8901 | 1 << 8,
            "CLONE_FILES|CLONE_PARENT|CLONE_SIGHAND|CLONE_VM",
        ),
        (Kind::NamespaceFlags, 0x2_0000, 1 << 5, "CLONE_NEWNS"),
        (Kind::PtraceRequest, 16, 11, "PTRACE_ATTACH"),
        (Kind::PtraceRequest, 0, 1, "PTRACE_TRACEME"),
        (Kind::PtraceRequest, 0x4206, 20, "PTRACE_SEIZE"),
        (Kind::PtraceRequest, 9999, 0, "PTRACE_UNKNOWN"),
        (Kind::AddressFamily, 1, 1, "AF_LOCAL|AF_UNIX"),
        (Kind::AddressFamily, 2, 2, "AF_INET"),
        (Kind::AddressFamily, 40, 40, "AF_VSOCK"),
        (Kind::ExecFlags, 3, 3, "EXE_WRITABLE|EXE_UPPER_LAYER"),
        (Kind::Signal, 9, 9, "SIGKILL"),
        (Kind::BpfCommand, 5, 5, "BPF_PROG_LOAD"),
        (Kind::MountFlags, 0xC0ED_1001, 0x1001, "RDONLY|BIND"),
        (Kind::UmountFlags, 2, 2, "DETACH"),
        (
            Kind::ResolveFlags,
            0x18,
            3,
            "RESOLVE_BENEATH|RESOLVE_IN_ROOT",
        ),
        (Kind::UnlinkFlags, 0x200, 0x200, "AT_REMOVEDIR"),
        (Kind::RenameFlags, 2, 2, "RENAME_EXCHANGE"),
        (Kind::MemfdFlags, 3, 3, "MFD_CLOEXEC|MFD_ALLOW_SEALING"),
        (Kind::Uint, 5, 5, ""),
    ] {
        assert_eq!(falco_number(kind, value), number, "{kind:?} {value:#x}");
        assert_eq!(text(kind, value), expected, "{kind:?} {value:#x}");
    }
}

#[test]
fn falco_s_numbers_lead_back_to_the_kernel_s() {
    for (kind, value) in [
        (Kind::OpenFlags, 0o2_001_102),
        (Kind::OpenFlags, 0),
        (Kind::OpenFlags, 0o4_010_001),
        (Kind::CloneFlags, 0x1003_0F00),
        (Kind::PtraceRequest, 0x4206),
        (Kind::FileMode, 0o4_755),
        (Kind::ResolveFlags, 0x3F),
        (Kind::MountFlags, 0x1001),
        (Kind::AddressFamily, 10),
    ] {
        assert_eq!(
            kernel_number(kind, falco_number(kind, value)),
            value,
            "{kind:?} {value:#x}"
        );
    }
}

#[test]
fn tables_name_a_number_once_unless_it_has_two_names() {
    let kinds = [
        Kind::OpenFlags,
        Kind::FileMode,
        Kind::CloneFlags,
        Kind::MountFlags,
        Kind::PtraceRequest,
        Kind::BpfCommand,
        Kind::Signal,
        Kind::PrctlOption,
        Kind::ResolveFlags,
    ];
    for kind in kinds {
        let Some(Names::Bits(names) | Names::Values(names)) = names(kind) else {
            panic!("{kind:?} has names");
        };
        for (position, name) in names.iter().enumerate() {
            for other in &names[position + 1..] {
                assert_ne!(name.text, other.text, "{kind:?}");
                assert_ne!(
                    name.falco, other.falco,
                    "{kind:?}: {} and {}",
                    name.text, other.text
                );
            }
        }
    }
}

#[test]
fn errors_and_signals_have_names() {
    for (number, name) in [
        (1, "EPERM"),
        (2, "ENOENT"),
        (11, "EAGAIN"),
        (13, "EACCES"),
        (115, "EINPROGRESS"),
        (133, "EHWPOISON"),
        (512, "ERESTARTSYS"),
    ] {
        assert_eq!(errno_name(number), Some(name));
        assert_eq!(errno_number(name), Some(number));
    }
    assert_eq!(errno_name(0), None);
    assert_eq!(errno_name(u64::MAX), None);
    assert_eq!(signal_name(15), Some("SIGTERM"));
    assert_eq!(signal_name(0), None);
}

#[test]
fn capability_sets_are_listed() {
    let mut out = Vec::new();
    append_capabilities(1 << 21 | 1, &mut out);
    assert_eq!(out, b"CAP_CHOWN CAP_SYS_ADMIN");
}

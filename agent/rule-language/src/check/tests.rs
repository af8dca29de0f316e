use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::checked::{Condition, FieldArgument, IpNetwork, Literal, Operand, Right, Test};
use crate::diagnostic::Code;
use crate::single::check_condition;
use crate::test_catalog::SmallCatalog;

fn test(text: &str) -> Test {
    match check_condition(text, "syscall", &SmallCatalog)
        .unwrap()
        .condition
    {
        Condition::Test(test) => test,
        other => panic!("{text}: {other:?}"),
    }
}

fn literals(text: &str) -> Vec<Literal> {
    match test(text).right {
        Right::Values(values) => values,
        other => panic!("{text}: {other:?}"),
    }
}

/// Messages and remedies of all errors.
fn refused(text: &str) -> Vec<String> {
    let errors = check_condition(text, "syscall", &SmallCatalog).unwrap_err();
    errors
        .into_iter()
        .map(|error| match error.remedy {
            Some(remedy) => format!("{}; {remedy}", error.message),
            None => error.message,
        })
        .collect()
}

fn argument(text: &str) -> Option<FieldArgument> {
    match test(text).left {
        Operand::Field(field) => field.argument,
        Operand::Transform(transform) => panic!("{transform:?}"),
    }
}

#[test]
fn literals_take_the_type_of_the_field() {
    let text = |value: &str| Literal::String(value.as_bytes().into());
    assert_eq!(literals("proc.name = a"), [text("a")]);
    assert_eq!(
        literals("proc.pid in (1, -2, +3)"),
        [1, -2, 3].map(Literal::Int)
    );
    assert_eq!(literals("evt.num = 7"), [Literal::Uint(7)]);
    assert_eq!(literals("evt.num = -1"), [Literal::Uint(u64::MAX)]);
    assert_eq!(
        literals("evt.count = -1"),
        [Literal::Uint(u64::from(u32::MAX))]
    );
    assert_eq!(literals("evt.rawtime > 1"), [Literal::Uint(1)]);
    assert_eq!(literals("thread.cpu > 2"), [Literal::Double(2.0)]);
    assert_eq!(literals("evt.failed = true"), [Literal::Bool(true)]);
    assert_eq!(
        literals("fd.port in (https, 8080)"),
        [Literal::Port(443), Literal::Port(8080)]
    );
    assert_eq!(
        literals("evt.buffer contains a"),
        [Literal::Bytes(b"a".as_slice().into())]
    );
    assert_eq!(
        literals("evt.buffer bcontains 00fF"),
        [Literal::Bytes([0, 255].as_slice().into())]
    );
    assert_eq!(
        literals("proc.name regex 'a{'"),
        [Literal::Regex(r"a\{".into())]
    );
    assert_eq!(
        literals("proc.name = \"\\xff\""),
        [Literal::String([255].as_slice().into())]
    );
}

#[test]
fn addresses_and_networks_are_parsed() {
    let v4 = IpAddr::V4(Ipv4Addr::new(10, 1, 0, 0));
    let v6 = IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0));
    assert_eq!(literals("fd.ip = 10.1.0.0"), [Literal::Ip(v4)]);
    assert_eq!(
        literals("fd.net in (10.1.2.3/16, fe80::1/10)"),
        [
            Literal::Net(IpNetwork {
                address: v4,
                prefix: 16
            }),
            Literal::Net(IpNetwork {
                address: v6,
                prefix: 10
            }),
        ]
    );
    assert_eq!(
        literals("fd.net = 10.1.2.3/0"),
        [Literal::Net(IpNetwork {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            prefix: 0
        })]
    );
    for text in [
        "fd.net = 10.0.0.1",
        "fd.net = 10.0.0.1/33",
        "fd.ip = 10.0.0",
        "fd.ip = host",
    ] {
        refused(text);
    }
}

#[test]
fn literals_that_do_not_fit_are_refused() {
    for text in [
        "proc.pid = x",
        "proc.pid = 0x10",
        "thread.cpu = 1.5",
        "evt.failed = 1",
        "fd.port = 9999999999",
        "fd.port = nosuch",
        "evt.buffer bcontains 0",
        "evt.buffer bcontains ''",
        "proc.name = \"\\x00\"",
        "proc.name regex '('",
    ] {
        assert_eq!(refused(text).len(), 1, "{text}");
    }
}

#[test]
fn the_longest_field_name_wins() {
    let key = |key: &str| Some(FieldArgument::Key(key.into()));
    assert_eq!(argument("evt.type = open"), None);
    assert_eq!(argument("evt.type.is.open = 1"), key("open"));
    assert_eq!(argument("evt.arg.flags = x"), key("flags"));
    assert_eq!(argument("evt.arg[flags] = x"), key("flags"));
    assert_eq!(argument("evt.arg[0] = x"), Some(FieldArgument::Index(0)));
    assert_eq!(argument("proc.aname[2] = x"), Some(FieldArgument::Index(2)));
    assert_eq!(argument("proc.env[PATH] = x"), key("PATH"));
    assert_eq!(argument("proc.aname = x"), None);
}

#[test]
fn errors_say_what_to_do() {
    assert_eq!(
        refused("proc.nam = a and proc.pid contains 1"),
        [
            "nonexistent field 'proc.nam'; did you mean 'proc.name' or 'proc.aname'?",
            "'contains' operator not supported for numeric fields such as 'proc.pid'; use one of: \
             exists = != < <= > >= in intersects",
        ]
    );
    assert_eq!(
        refused("evt.type = opena"),
        ["unknown event type 'opena'; did you mean 'openat' or 'open'?"]
    );
    assert_eq!(
        refused("evt.arg = a"),
        ["field 'evt.arg' needs an argument; write 'evt.arg[0]', 'evt.arg[key]' or 'evt.arg.key'"]
    );
    assert_eq!(
        refused("proc.aname[x] = a"),
        ["field 'proc.aname' takes a number as its argument, not 'x'; write 'proc.aname[0]'"]
    );
    assert_eq!(
        refused("evt.arg.nosuch = a"),
        ["nonexistent field 'evt.arg.nosuch': 'evt.arg' has no 'nosuch'"]
    );
    assert_eq!(
        refused("proc.name[1] = a"),
        ["nonexistent field 'proc.name[1]': 'proc.name' takes no argument"]
    );
}

#[test]
fn right_hand_fields_must_fit() {
    assert!(matches!(
        test("proc.name = val(fd.name)").right,
        Right::Operand(Operand::Field(_))
    ));
    assert!(matches!(
        test("proc.name = tolower(fd.name)").right,
        Right::Operand(Operand::Transform(_))
    ));
    for text in [
        "proc.name = val(proc.pid)",
        "proc.name = val(proc.args)",
        "proc.name regex val(fd.name)",
        "proc.name pmatch val(fd.name)",
        "fd.net = val(fd.net)",
        "fd.ip = val(fd.ip)",
        "proc.name = val(fd.name)[x]",
    ] {
        assert_eq!(refused(text).len(), 1, "{text}");
    }
}

#[test]
fn transforms_have_types() {
    assert_eq!(literals("len(proc.name) > 3"), [Literal::Uint(3)]);
    assert_eq!(literals("len(proc.args) = 3"), [Literal::Uint(3)]);
    assert!(
        test("getopt(proc.args, \"ab:\") intersects (a)")
            .left
            .is_list()
    );
    assert!(!test("getopt(proc.args, \"ab:\")[b] = a").left.is_list());
    assert_eq!(
        test("join( ',', (proc.name, 'x')) = a").left.text(),
        "join(\",\",(proc.name,x))".replace("\",\"", ",").as_str()
    );
    for text in [
        "tolower(proc.pid) = a",
        "tolower(proc.aname) = a",
        "tolower(proc.name, fd.name) = a",
        "concat(proc.name) = a",
        "concat(proc.name, proc.pid) = a",
        "join(proc.args, proc.args) = a",
        "join(',', proc.name) = a",
        "getopt(proc.name, 'a') in (a)",
        "getopt(proc.args, 'a')[ab] = a",
        "tolower(proc.name)[a] = a",
        "proc.args = a",
    ] {
        assert_eq!(refused(text).len(), 1, "{text}");
    }
}

#[test]
fn a_port_beyond_the_last_is_compared_with_a_warning() {
    let checked = check_condition("fd.port in (65537, 443)", "syscall", &SmallCatalog).unwrap();
    let codes: Vec<Code> = checked.warnings.iter().map(|it| it.code).collect();
    assert_eq!(codes, [Code::CompileCondition]);
    assert_eq!(
        literals("fd.port in (65537, 443)"),
        [Literal::Port(1), Literal::Port(443)]
    );
}

#[test]
fn values_are_event_types_where_the_field_is_theirs() {
    let compiles = |text: &str| check_condition(text, "syscall", &SmallCatalog).is_ok();
    assert!(compiles("evt.type in (open, close)"));
    assert!(!compiles("evt.type = oneof (open, nosuch)"));
    assert!(!compiles("toupper(evt.type) = OPEN"));
    assert!(compiles("concat(evt.type, '-', proc.name) = open-cat"));
    assert!(compiles("proc.name = nosuch"));
}

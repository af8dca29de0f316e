//! What the helpers of Falco's tests give an event, where the statement does not say.

use std::collections::BTreeMap;

use super::constants::{
    CLIENT_IPV4, CLIENT_IPV6, CLIENT_PORT, DEFAULT_DESCRIPTOR, SERVER_IPV4, SERVER_IPV6,
    SERVER_PORT, UNIX_PATH,
};
use super::functions::{end, unix_tuple};
use super::value::{Address, Value};

const OPEN_FIELDS: [&str; 6] = ["fd", "path", "flags", "mode", "dev", "ino"];
const SOCKET_FIELDS: [&str; 5] = ["fd", "domain", "type", "proto", "sock_flags"];

/// Parameters with their defaults, or as given in order.
pub(super) fn open_parameters(given: &[Value]) -> BTreeMap<&'static str, Value> {
    let mut parameters: BTreeMap<_, _> = OPEN_FIELDS.map(|it| (it, Value::int(0))).into();
    parameters.insert("fd", Value::int(DEFAULT_DESCRIPTOR));
    parameters.insert("path", Value::text("/home/file.txt"));
    parameters.extend(OPEN_FIELDS.into_iter().zip(given.iter().cloned()));
    parameters
}

/// The same of a socket; given are domain and type.
pub(super) fn socket_parameters(given: &[Value]) -> BTreeMap<&'static str, Value> {
    let mut parameters: BTreeMap<_, _> = SOCKET_FIELDS.map(|it| (it, Value::int(0))).into();
    parameters.insert("fd", Value::int(DEFAULT_DESCRIPTOR));
    parameters.insert("domain", Value::int(2));
    parameters.insert("type", Value::int(1));
    parameters.extend(["domain", "type"].into_iter().zip(given.iter().cloned()));
    parameters
}

/// The parameters of an open, in Falco's order.
pub(super) fn open(given: Option<&Value>) -> Vec<Value> {
    fields(&open_parameters(&[]), given, &OPEN_FIELDS)
}

/// The same of a socket.
pub(super) fn socket(given: Option<&Value>) -> Vec<Value> {
    fields(&socket_parameters(&[]), given, &SOCKET_FIELDS)
}

/// The values of fields in order, those that were given before the defaults.
fn fields(
    defaults: &BTreeMap<&'static str, Value>,
    given: Option<&Value>,
    order: &[&'static str],
) -> Vec<Value> {
    order
        .iter()
        .map(|field| {
            let given = match given {
                Some(Value::Parameters(given)) => given.get(field),
                _ => None,
            };
            given
                .or_else(|| defaults.get(field))
                .cloned()
                .unwrap_or(Value::int(0))
        })
        .collect()
}

/// `(res, tuple, fd, addr)` of a connection.
pub(super) fn connection(given: Option<&Value>) -> Result<Vec<Value>, String> {
    let family = match given {
        Some(Value::Parameters(given)) => given.get("family").and_then(Value::number),
        _ => None,
    };
    let ends = |client: &str, server: &str| {
        let client = end(&Value::int(CLIENT_PORT), &Value::text(client))?;
        let server = end(&Value::int(SERVER_PORT), &Value::text(server))?;
        Ok::<_, String>((client, server))
    };
    let tuple = match family.unwrap_or(2) {
        2 => ends(CLIENT_IPV4, SERVER_IPV4)?,
        10 => ends(CLIENT_IPV6, SERVER_IPV6)?,
        _ => {
            let tuple = unix_tuple(&Value::text(UNIX_PATH));
            let address = Value::Address(Address::Unix(UNIX_PATH.into()));
            return Ok(connect(tuple, address));
        }
    };
    match tuple {
        (Value::Address(client), Value::Address(server)) => {
            let address = Value::Address(server.clone());
            Ok(connect(Value::Tuple { client, server }, address))
        }
        other => Err(format!("no ends: {other:?}")),
    }
}

fn connect(tuple: Value, address: Value) -> Vec<Value> {
    let descriptor = Value::int(DEFAULT_DESCRIPTOR);
    vec![Value::int(0), tuple, descriptor, address]
}

/// What an exec's parameters hold, in Falco's order.
struct Exec {
    result: Value,
    tid: Value,
    pid: Value,
    ptid: Value,
    path: Value,
    comm: Value,
    trusted_path: Value,
    pgid: Value,
}

impl Exec {
    fn parameters(self) -> Vec<Value> {
        let zero = || Value::int(0);
        let none = || Value::Buffer(Vec::new());
        let mut parameters = vec![
            self.result,
            self.path.clone(),
            none(),
            self.tid,
            self.pid,
            self.ptid,
            Value::text(""),
        ];
        // Limits, page faults and memory sizes.
        parameters.extend(std::iter::repeat_with(zero).take(6));
        parameters.extend([self.comm, none(), none()]);
        // From the terminal to the user id.
        parameters.extend(std::iter::repeat_with(zero).take(11));
        parameters.extend([self.trusted_path, self.pgid, zero(), self.path]);
        parameters
    }
}

/// `(result, old tid, tid, pid, ppid, path, comm, resolved path, cgroups, pgid)`.
pub(super) fn exec(given: &[Value]) -> Vec<Value> {
    let or = |position: usize, default: Value| given.get(position).cloned().unwrap_or(default);
    Exec {
        result: or(0, Value::int(0)),
        tid: or(2, Value::int(1)),
        pid: or(3, Value::int(1)),
        ptid: or(4, Value::int(0)),
        path: or(5, Value::text("/bin/test-exe")),
        comm: or(6, Value::text("test-exe")),
        trusted_path: or(7, Value::text("/bin/test-exe")),
        pgid: or(9, Value::int(0)),
    }
    .parameters()
}

/// `(pid, path, comm)`: a process that is its own parent, as the helpers have it.
pub(super) fn plain_exec(given: &[Value]) -> Vec<Value> {
    let or = |position: usize, default: Value| given.get(position).cloned().unwrap_or(default);
    let pid = or(0, Value::int(1));
    Exec {
        result: Value::int(0),
        tid: pid.clone(),
        pid: pid.clone(),
        ptid: pid,
        path: or(1, Value::text("/bin/test-exe")),
        comm: or(2, Value::text("test-exe")),
        trusted_path: Value::text(""),
        pgid: Value::int(0),
    }
    .parameters()
}

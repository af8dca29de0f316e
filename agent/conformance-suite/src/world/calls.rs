//! The functions that statements call: Falco's test harness.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::descriptors::Descriptor;
use super::threads::Thread;
use super::value::{Address, Value};
use super::{FalcoEvent, World};

/// Both ends of the connection that helpers make, unless they are told otherwise.
const CLIENT_PORT: i128 = 54321;
const SERVER_PORT: i128 = 443;

/// Parameters of an exec that come from a file of the old format without a value.
const EMPTY_EXEC_PARAMETERS: std::ops::RangeInclusive<usize> = 18..=29;

impl World<'_> {
    /// Calls a function.
    pub(super) fn call(&mut self, function: &str, arguments: &[Value]) -> Result<Value, String> {
        let name = function.rsplit("::").next().unwrap_or(function);
        if let Some(value) = pure(name, arguments) {
            return value;
        }
        match name {
            "increasing_ts" => Ok(Value::int(self.clock_ns)),
            "open_inspector" | "add_default_init_thread" => Ok(Value::Nothing),
            "add_simple_thread" => self.add_simple_thread(arguments),
            "add_event"
            | "add_event_advance_ts"
            | "add_filtered_event_advance_ts"
            | "add_async_event" => self.add_event(arguments, &[]),
            "add_event_with_empty_params" | "add_event_advance_ts_with_empty_params" => {
                self.add_event_with_empty(arguments)
            }
            _ => self.helper(name, arguments),
        }
    }

    /// Functions that make a certain event.
    fn helper(&mut self, name: &str, given: &[Value]) -> Result<Value, String> {
        let code = |text: &str| Value::EventCode(text.to_owned());
        let tid = |position: usize| given.get(position).cloned().unwrap_or(Value::int(1));
        let (tid, event, parameters) = match name {
            "generate_getcwd_failed_entry_event" => (
                tid(0),
                code("PPME_SYSCALL_GETCWD_X"),
                vec![Value::int(-1), Value::text("/test/dir")],
            ),
            "generate_random_event" => (tid(0), code("PPME_SOCKET_GETSOCKNAME_X"), Vec::new()),
            "generate_proc_exit_event" => (
                tid(0),
                code("PPME_PROCEXIT_1_E"),
                vec![
                    Value::int(0),
                    Value::int(-1),
                    Value::int(0),
                    Value::int(0),
                    given.get(1).cloned().unwrap_or(Value::int(1)),
                ],
            ),
            "generate_open_x_event" => (
                tid(1),
                code("PPME_SYSCALL_OPEN_X"),
                fields(&open_parameters(&[]), given.first(), &OPEN_FIELDS),
            ),
            "generate_socket_exit_event" => (
                tid(1),
                code("PPME_SOCKET_SOCKET_X"),
                fields(&socket_parameters(&[]), given.first(), &SOCKET_FIELDS),
            ),
            "generate_connect_exit_event" => (
                tid(1),
                code("PPME_SOCKET_CONNECT_X"),
                connection(given.first())?,
            ),
            "generate_clone_x_event" => return self.clone_event(given),
            "generate_execve_enter_and_exit_event" => {
                let tid = given.get(2).cloned().unwrap_or(Value::int(1));
                (tid, code("PPME_SYSCALL_EXECVE_19_X"), exec(given))
            }
            "generate_execveat_enter_and_exit_event" => {
                let tid = given.get(2).cloned().unwrap_or(Value::int(1));
                (tid, code("PPME_SYSCALL_EXECVEAT_X"), exec(given))
            }
            "generate_execve_exit_event_with_default_params" => {
                (tid(0), code("PPME_SYSCALL_EXECVE_19_X"), plain_exec(given))
            }
            "generate_execve_exit_event_with_empty_params" => {
                let event = code("PPME_SYSCALL_EXECVE_19_X");
                let parameters = plain_exec(given);
                let empty: Vec<usize> = EMPTY_EXEC_PARAMETERS.collect();
                return self.push(&tid(0), &event, &parameters, &empty);
            }
            _ => return Err(format!("the function {name} is not known")),
        };
        self.push(&tid, &event, &parameters, &[])
    }

    /// `(time, tid, code, count, parameters…)`.
    fn add_event(&mut self, arguments: &[Value], empty: &[usize]) -> Result<Value, String> {
        let [_, tid, code, count, parameters @ ..] = arguments else {
            return Err("an event needs a time, a thread, a code and a count".to_owned());
        };
        let count = count.number().and_then(|it| usize::try_from(it).ok());
        if count != Some(parameters.len()) {
            let given = parameters.len();
            return Err(format!("{count:?} parameters announced, {given} given"));
        }
        self.push(tid, code, parameters, empty)
    }

    /// The same with a set of parameters that are empty behind the code.
    fn add_event_with_empty(&mut self, arguments: &[Value]) -> Result<Value, String> {
        let [time, tid, code, Value::List(set), rest @ ..] = arguments else {
            return Err("a set of empty parameters expected".to_owned());
        };
        let empty: Vec<usize> = set
            .iter()
            .filter_map(|it| usize::try_from(it.number()?).ok())
            .collect();
        let head = [time.clone(), tid.clone(), code.clone()];
        self.add_event(&[&head, rest].concat(), &empty)
    }

    fn push(
        &mut self,
        tid: &Value,
        code: &Value,
        parameters: &[Value],
        empty: &[usize],
    ) -> Result<Value, String> {
        let (Some(tid), Value::EventCode(code)) = (tid.signed(), code) else {
            return Err(format!("no thread or no code: {tid:?}, {code:?}"));
        };
        // Enter events hold nothing that the exit event lacks, and Falco does not evaluate them.
        if code.ends_with("_E") && code != "PPME_PROCEXIT_1_E" {
            return Ok(Value::Nothing);
        }
        let kind = self.table.get(code).cloned();
        let kind = kind.ok_or_else(|| format!("the event {code} is not in events.tsv"))?;
        if parameters.len() > kind.parameters.len() {
            let known = kind.parameters.len();
            return Err(format!(
                "{code} has {known} parameters, not {}",
                parameters.len()
            ));
        }
        let parameters = (0..)
            .zip(kind.parameters.iter().zip(parameters))
            .map(|(position, (name, value))| {
                let is_empty = empty.contains(&position);
                let value = if is_empty {
                    Value::Empty
                } else {
                    value.clone()
                };
                (name.clone(), value)
            })
            .collect();
        let event = FalcoEvent {
            kind,
            tid,
            parameters,
            time_ns: self.tick(),
        };
        self.note_descriptor(&event);
        self.events.push(event);
        Ok(Value::Nothing)
    }

    /// Keeps the table of open descriptors.
    fn note_descriptor(&mut self, event: &FalcoEvent) {
        let pid = self.pid_of(event.tid);
        let path = ["name", "path"]
            .iter()
            .find_map(|name| event.parameter(name)?.bytes());
        let number = |name| event.parameter(name).and_then(Value::signed);
        match (event.kind.name.as_str(), event.parameter("tuple")) {
            ("connect", Some(Value::Tuple { server, .. })) => {
                let descriptor = Descriptor::of_address(server);
                self.descriptors
                    .open(pid, number("fd").unwrap_or(-1), descriptor);
            }
            ("socket", _) => {
                let descriptor = match number("domain") {
                    Some(2) => Descriptor::Ipv4,
                    Some(10) => Descriptor::Ipv6,
                    _ => Descriptor::Unix,
                };
                self.descriptors
                    .open(pid, number("fd").unwrap_or(-1), descriptor);
            }
            (name, _) if name.contains("open") || name == "creat" => {
                if let (Some(path), Some(fd)) = (path, event.result()) {
                    self.descriptors.open_file(pid, fd, path);
                }
            }
            _ => {}
        }
    }

    /// `(tid, pid, ptid, comm)`.
    fn add_simple_thread(&mut self, arguments: &[Value]) -> Result<Value, String> {
        let [tid, pid, ptid, rest @ ..] = arguments else {
            return Err("a thread needs three ids".to_owned());
        };
        let comm = rest.first().and_then(Value::bytes).unwrap_or(b"random");
        let (Some(tid), Some(pid), Some(ptid)) = (tid.signed(), pid.signed(), ptid.signed()) else {
            return Err(format!("no ids: {arguments:?}"));
        };
        let thread = Thread::child(tid, pid, ptid, comm, b"/sbin/init");
        self.threads.insert(tid, thread);
        Ok(Value::Nothing)
    }

    /// `(result, tid, pid, ppid, flags, vtid, vpid, name)`: the child's return is the one that says who
    /// it is, the caller's only which id it has.
    fn clone_event(&mut self, given: &[Value]) -> Result<Value, String> {
        let number = |position: usize| given.get(position).and_then(Value::signed);
        let (Some(result), Some(tid), Some(pid), Some(ppid)) =
            (number(0), number(1), number(2), number(3))
        else {
            return Err("a clone needs a result and three ids".to_owned());
        };
        let name = given.get(7).and_then(Value::bytes).unwrap_or(b"bash");
        let thread = match result {
            0 => Thread::child(tid, pid, ppid, name, name),
            child => Thread::child(child, child, tid, name, name),
        };
        if result >= 0 {
            self.threads.insert(thread.tid, thread);
        }
        let flags = given.get(4).cloned().unwrap_or(Value::int(0));
        let kind = self.table.get("PPME_SYSCALL_CLONE_20_X").cloned();
        let kind = kind.ok_or("events.tsv has no clone")?;
        let parameters = vec![
            ("res".to_owned(), Value::int(result)),
            ("exe".to_owned(), Value::text(name)),
            ("tid".to_owned(), Value::int(tid)),
            ("pid".to_owned(), Value::int(pid)),
            ("ptid".to_owned(), Value::int(ppid)),
            ("comm".to_owned(), Value::text(name)),
            ("flags".to_owned(), flags),
        ];
        let event = FalcoEvent {
            kind,
            tid,
            parameters,
            time_ns: self.tick(),
        };
        self.events.push(event);
        Ok(Value::Nothing)
    }
}

/// Functions of their arguments alone.
fn pure(name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
    let value = match (name, arguments) {
        ("scap_const_sized_buffer" | "scap_sized_buffer", [buffer, size]) => sized(buffer, size),
        ("fill_sockaddr_in" | "fill_sockaddr_in6", [port, address]) => end(port, address),
        ("fill_sockaddr_un", [path]) => Ok(Value::Address(Address::Unix(
            path.bytes().unwrap_or_default().to_vec(),
        ))),
        ("pack_sockaddr", [address]) => Ok(address.clone()),
        ("pack_socktuple", [Value::Address(client), Value::Address(server)]) => Ok(Value::Tuple {
            client: client.clone(),
            server: server.clone(),
        }),
        ("pack_unix_socktuple", [_, _, path]) => Ok(unix_tuple(path)),
        ("empty_value", []) => Ok(Value::Empty),
        ("string" | "move", [value, ..]) => Ok(value.clone()),
        ("strlen" | "sizeof", [value]) => match length(value) {
            Some(length) => Ok(Value::int(length)),
            None => Err(format!("no size: {value:?}")),
        },
        ("to_null_delimited", [Value::List(strings)]) => {
            let strings = strings.iter().filter_map(Value::bytes);
            let bytes = strings.flat_map(|it| [it, b"\0"].concat()).collect();
            Ok(Value::Buffer(bytes))
        }
        ("open_params", given) => Ok(Value::Parameters(open_parameters(given))),
        ("socket_params", given) => Ok(Value::Parameters(socket_parameters(given))),
        ("connect_params", given) => {
            let family = given.first().cloned().unwrap_or(Value::int(2));
            Ok(Value::Parameters(BTreeMap::from([("family", family)])))
        }
        _ => return None,
    };
    Some(value)
}

fn length(value: &Value) -> Option<i128> {
    let length = match value {
        Value::List(values) => values.len(),
        other => other.bytes()?.len(),
    };
    i128::try_from(length).ok()
}

/// A buffer of bytes, cut to a size.
fn sized(buffer: &Value, size: &Value) -> Result<Value, String> {
    let mut bytes = match buffer {
        Value::Address(_) | Value::Tuple { .. } => return Ok(buffer.clone()),
        Value::Number { value: 0, .. } => Vec::new(),
        Value::Text(bytes) | Value::Buffer(bytes) => bytes.clone(),
        Value::List(elements) => elements
            .iter()
            .map(|it| {
                it.cast("uint8_t")
                    .number()
                    .and_then(|it| u8::try_from(it).ok())
            })
            .collect::<Option<_>>()
            .ok_or("a buffer that is not of bytes")?,
        other => return Err(format!("no buffer: {other:?}")),
    };
    let size = size.number().and_then(|it| usize::try_from(it).ok());
    bytes.truncate(size.ok_or("a buffer without a size")?);
    Ok(Value::Buffer(bytes))
}

fn end(port: &Value, address: &Value) -> Result<Value, String> {
    let port = port.number().and_then(|it| u16::try_from(it).ok());
    let ip = address.bytes().and_then(|it| str::from_utf8(it).ok());
    match (ip.and_then(|ip| ip.parse::<IpAddr>().ok()), port) {
        (Some(ip), Some(port)) => Ok(Value::Address(Address::Ip(SocketAddr::new(ip, port)))),
        _ => Err(format!("no address: {address:?}, {port:?}")),
    }
}

fn unix_tuple(path: &Value) -> Value {
    let path = path.bytes().unwrap_or_default().to_vec();
    Value::Tuple {
        client: Address::Unix(Vec::new()),
        server: Address::Unix(path),
    }
}

const OPEN_FIELDS: [&str; 6] = ["fd", "path", "flags", "mode", "dev", "ino"];
const SOCKET_FIELDS: [&str; 5] = ["fd", "domain", "type", "proto", "sock_flags"];

/// Parameters with their defaults, or as given in order.
fn open_parameters(given: &[Value]) -> BTreeMap<&'static str, Value> {
    let mut parameters: BTreeMap<_, _> = OPEN_FIELDS.map(|it| (it, Value::int(0))).into();
    parameters.insert("fd", Value::int(super::constants::DEFAULT_DESCRIPTOR));
    parameters.insert("path", Value::text("/home/file.txt"));
    parameters.extend(OPEN_FIELDS.into_iter().zip(given.iter().cloned()));
    parameters
}

/// The same of a socket; given are domain and type.
fn socket_parameters(given: &[Value]) -> BTreeMap<&'static str, Value> {
    let mut parameters: BTreeMap<_, _> = SOCKET_FIELDS.map(|it| (it, Value::int(0))).into();
    parameters.insert("fd", Value::int(super::constants::DEFAULT_DESCRIPTOR));
    parameters.insert("domain", Value::int(2));
    parameters.insert("type", Value::int(1));
    parameters.extend(["domain", "type"].into_iter().zip(given.iter().cloned()));
    parameters
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
fn connection(given: Option<&Value>) -> Result<Vec<Value>, String> {
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
        2 => ends("172.40.111.222", "142.251.111.147")?,
        10 => ends("::1", "2001:4860:4860::8888")?,
        _ => {
            let tuple = unix_tuple(&Value::text("/tmp/socket.sock"));
            let address = Value::Address(Address::Unix(b"/tmp/socket.sock".to_vec()));
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
    let descriptor = Value::int(super::constants::DEFAULT_DESCRIPTOR);
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
fn exec(given: &[Value]) -> Vec<Value> {
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
fn plain_exec(given: &[Value]) -> Vec<Value> {
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

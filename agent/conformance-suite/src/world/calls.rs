//! The functions that statements call: Falco's test harness.

use super::descriptors::Descriptor;
use super::functions::pure;
use super::parameters::{connection, exec, open, plain_exec, socket};
use super::threads::Thread;
use super::value::Value;
use super::{FalcoEvent, World};

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
            "generate_open_x_event" => (tid(1), code("PPME_SYSCALL_OPEN_X"), open(given.first())),
            "generate_socket_exit_event" => {
                (tid(1), code("PPME_SOCKET_SOCKET_X"), socket(given.first()))
            }
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

//! Functions that the statements call and that make no event.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::parameters::{open_parameters, socket_parameters};
use super::value::{Address, Value};

/// Functions of their arguments alone.
pub(super) fn pure(name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
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

pub(super) fn end(port: &Value, address: &Value) -> Result<Value, String> {
    let port = port.number().and_then(|it| u16::try_from(it).ok());
    let ip = address.bytes().and_then(|it| str::from_utf8(it).ok());
    match (ip.and_then(|ip| ip.parse::<IpAddr>().ok()), port) {
        (Some(ip), Some(port)) => Ok(Value::Address(Address::Ip(SocketAddr::new(ip, port)))),
        _ => Err(format!("no address: {address:?}, {port:?}")),
    }
}

pub(super) fn unix_tuple(path: &Value) -> Value {
    let path = path.bytes().unwrap_or_default().to_vec();
    Value::Tuple {
        client: Address::Unix(Vec::new()),
        server: Address::Unix(path),
    }
}

//! Connections without encryption, or without anything.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// How long the other end may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Connects.
pub(crate) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
        set(&stream, Some(PATIENCE)).expect("a time limit");
    }
    stream.set_nodelay(true).expect("no delay");
    stream
}

/// `ADDRESS MILLISECONDS`: connects, says nothing for so long, and closes.
pub(crate) fn idle(arguments: &[String]) {
    let stream = connect(&arguments[0]);
    std::thread::sleep(Duration::from_millis(arguments[1].parse().expect("a time")));
    drop(stream);
}

/// `ADDRESS MILLISECONDS TEXT`: connects, sends what may be the beginning of something, and closes after so long.
pub(crate) fn break_off(arguments: &[String]) {
    let mut stream = connect(&arguments[0]);
    stream
        .write_all(arguments[2].as_bytes())
        .expect("a beginning is sent");
    std::thread::sleep(Duration::from_millis(arguments[1].parse().expect("a time")));
}

/// `ADDRESS FILE TEXT`: connects, waits until a file is there, sends a text and prints the answer.
pub(crate) fn wait(arguments: &[String]) {
    let mut stream = connect(&arguments[0]);
    println!("connected");
    while !std::path::Path::new(&arguments[1]).exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    stream.write_all(arguments[2].as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    print!("{}", String::from_utf8_lossy(&answer));
}

/// `ADDRESS`: accepts connections and says nothing; each is kept until the other end closes it.
pub(crate) fn listen_in_silence(arguments: &[String]) {
    let listener = TcpListener::bind(&arguments[0]).expect("a listener");
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        std::thread::spawn(move || {
            let mut heard = Vec::new();
            // Whether it ends orderly is the other end's choice.
            stream.read_to_end(&mut heard).unwrap_or_default();
        });
    }
}

/// `ADDRESS TEXT`: sends a text byte by byte, each in a packet of its own, and prints the answer.
pub(crate) fn say_by_bytes(arguments: &[String]) {
    let mut stream = connect(&arguments[0]);
    for byte in arguments[1].bytes() {
        stream.write_all(&[byte]).expect("a byte is sent");
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    print!("{}", String::from_utf8_lossy(&answer));
}

/// `ADDRESS COUNT FIRST_PORT PORTS PER_SECOND`: so many short HTTP connections one after the other, by turns to each of the
/// ports: one port of a server has too few of the client's for very many connections in a minute. No more
/// than so many a second; 0 is as fast as it goes.
pub(crate) fn storm(arguments: &[String]) {
    let [count, first, ports, per_second] = [1, 2, 3, 4].map(|index| {
        let text: &String = &arguments[index];
        text.parse::<u32>().expect("a number")
    });
    let mut answer = [0; 512];
    let begin = Instant::now();
    for number in 0..count {
        if let Some(due_ms) = (u64::from(number) * 1000).checked_div(per_second.into()) {
            let due = begin + Duration::from_millis(due_ms);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let address = format!("{}:{}", arguments[0], first + number % ports);
        let mut stream = connect(&address);
        stream
            .write_all(b"GET / HTTP/1.0\r\n\r\n")
            .expect("a request is sent");
        let mut length = 0;
        loop {
            match stream.read(&mut answer[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("connection {number} to {address}: {error}"),
            }
        }
        assert!(
            answer[..length].starts_with(b"HTTP/1.1 200"),
            "connection {number} was answered {:?}",
            String::from_utf8_lossy(&answer[..length])
        );
    }
    println!("{count}");
}

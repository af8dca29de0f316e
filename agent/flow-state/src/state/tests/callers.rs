//! Who opened a connection that a process of the same host accepted.

use super::*;

fn kubelet(client: &str, server: &str) -> End {
    End {
        comm: "kubelet",
        ..End::tcp(7, socket_role::CLIENT, client, server)
    }
}

fn accepted(local: &str, remote: &str) -> End {
    let mut end = End {
        pid: 20,
        comm: "nginx",
        ..End::tcp(8, socket_role::ACCEPTED, local, remote)
    };
    // Pods have networks of their own.
    end.socket.network_namespace = NAMESPACE + 1;
    end
}

/// Name of the caller, and what it meant.
fn caller(output: &FlowOutput) -> Option<(String, SocketAddr)> {
    let caller = output.event.flow.caller.as_ref()?;
    let process = caller.process.as_ref();
    let name = process.map_or_else(String::new, |process| {
        String::from_utf8_lossy(process.comm.as_bytes()).into_owned()
    });
    Some((name, caller.target))
}

fn known(target: &str) -> Option<(String, SocketAddr)> {
    Some(("kubelet".to_owned(), address(target)))
}

/// What is known of the caller when the server's end is classified, and when it is closed.
fn callers(stage: &mut Stage, server: &End) -> Vec<Option<(String, SocketAddr)>> {
    stage.happens(&server.closed(10 * MS, 20 * MS));
    stage.ticks(SECOND);
    let events = stage.take();
    let of_server = events
        .iter()
        .filter(|it| it.event.flow.role == Role::Server);
    of_server.map(caller).collect()
}

#[test]
fn the_other_end_of_a_connection_within_the_host_is_found() {
    for (client, server, local, remote) in [
        (
            "10.0.0.1:40000",
            "10.0.0.2:8080",
            "10.0.0.2:8080",
            "10.0.0.1:40000",
        ),
        (
            "[fd00::1]:40000",
            "[fd00::2]:8080",
            "[fd00::2]:8080",
            "[fd00::1]:40000",
        ),
        // An IPv6 socket that takes IPv4 connections.
        (
            "10.0.0.1:40000",
            "10.0.0.2:8080",
            "[::ffff:10.0.0.2]:8080",
            "[::ffff:10.0.0.1]:40000",
        ),
    ] {
        let mut stage = Stage::new();
        stage.happens(&kubelet(client, server).opened(10 * MS));
        let accepted = accepted(local, remote);
        stage.happens(&accepted.opened(11 * MS));
        // It is known although it ended first.
        stage.happens(&kubelet(client, server).closed(10 * MS, 12 * MS));
        let expected = known(server);
        assert_eq!(callers(&mut stage, &accepted), [expected.clone(), expected]);
    }
}

#[test]
fn a_redirection_at_the_server_hides_no_caller() {
    let mut stage = Stage::new();
    stage.happens(&kubelet("10.0.0.1:40000", "10.0.0.2:8080").opened(10 * MS));
    let proxy = accepted("10.0.0.2:4143", "10.0.0.1:40000");
    stage.happens(&proxy.opened(11 * MS));
    let expected = known("10.0.0.2:8080");
    assert_eq!(callers(&mut stage, &proxy), [expected.clone(), expected]);
}

#[test]
fn an_address_that_is_translated_on_the_way_is_followed() {
    // As Istio's node agent does with what comes from the host.
    let mut stage = Stage::new();
    let client = kubelet("10.0.0.1:40000", "10.0.0.2:8080");
    stage.happens(&client.opened(10 * MS));
    let server = accepted("10.0.0.2:8080", "169.254.7.127:40000");
    stage.happens(&server.opened(11 * MS));
    let translated = Value::tcp(address("169.254.7.127:40000"), address("10.0.0.2:8080"));
    stage.happens(&client.sends(HELLO_BEGIN, 12 * MS).set("packet", translated));
    stage.happens(&client.closed(10 * MS, 30 * MS));
    stage.happens(&server.receives(HELLO_BEGIN, 13 * MS));
    // The client's end ended before the server's was classified: its record came too late to be found.
    assert_eq!(callers(&mut stage, &server), [None, None]);

    let mut stage = Stage::new();
    stage.happens(&client.opened(10 * MS));
    stage.happens(&server.opened(11 * MS));
    let translated = Value::tcp(address("169.254.7.127:40000"), address("10.0.0.2:8080"));
    stage.happens(&client.sends(HELLO_BEGIN, 12 * MS).set("packet", translated));
    stage.happens(&server.receives(HELLO_BEGIN, 13 * MS));
    let expected = known("10.0.0.2:8080");
    assert_eq!(callers(&mut stage, &server), [expected.clone(), expected]);
}

#[test]
fn nobody_is_taken_for_the_caller_by_the_address_alone() {
    // Another connection of the node, from another port: that of somebody else who is masqueraded.
    let mut stage = Stage::new();
    stage.happens(&kubelet("10.0.0.1:40000", "10.0.0.2:8080").opened(10 * MS));
    let server = accepted("10.0.0.2:8080", "10.0.0.1:40001");
    stage.happens(&server.opened(11 * MS));
    assert_eq!(callers(&mut stage, &server), [None, None]);
    // Of two from one port none is meant for sure, unless one means this very port.
    for (port, expected) in [
        (4_143, None),
        (9_090, Some(("curl".to_owned(), address("10.0.0.2:9090")))),
    ] {
        let mut stage = Stage::new();
        stage.happens(&kubelet("10.0.0.1:40000", "10.0.0.2:8080").opened(10 * MS));
        let other = End::tcp(6, socket_role::CLIENT, "10.0.0.1:40000", "10.0.0.2:9090");
        let other = End { pid: 30, ..other };
        stage.happens(&other.opened(10 * MS));
        let server = accepted(&format!("10.0.0.2:{port}"), "10.0.0.1:40000");
        stage.happens(&server.opened(11 * MS));
        assert_eq!(
            callers(&mut stage, &server),
            [expected.clone(), expected],
            "{port}"
        );
    }
    // Loopback addresses are the same in each network.
    let mut stage = Stage::new();
    stage.happens(&kubelet("127.0.0.1:40000", "127.0.0.1:8080").opened(10 * MS));
    let server = accepted("127.0.0.1:8080", "127.0.0.1:40000");
    stage.happens(&server.opened(11 * MS));
    assert_eq!(callers(&mut stage, &server), [None, None]);
}

#[test]
fn ends_that_are_gone_leave_nothing_behind() {
    let mut stage = Stage::new();
    for cookie in 0..1_000_u64 {
        let client = kubelet("10.0.0.1:40000", "10.0.0.2:8080").cookie(cookie);
        stage.happens(&client.opened(10 * MS));
        let translated = Value::tcp(address("192.0.2.1:40000"), address("10.0.0.2:8080"));
        stage.happens(&client.sends(HELLO_BEGIN, 12 * MS).set("packet", translated));
        stage.happens(&client.closed(10 * MS, 13 * MS));
    }
    assert_eq!(stage.flows.table.callers(), 0);
}

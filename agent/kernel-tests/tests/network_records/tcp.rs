//! Connections of TCP.

use crate::scene::{Scene, cookie, pair, rows, stream};
use saker_event_schema::{event, record_flag, socket_role};
use std::io::{Read, Write};

fn some(bytes: &[u8]) -> Vec<Option<u8>> {
    bytes.iter().copied().map(Some).collect()
}

#[test]
fn both_ends_of_a_connection_are_told() {
    let mut scene = Scene::new();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let (mut client, mut server) = pair(address);
        let (client_cookie, server_cookie) = (cookie(&client), cookie(&server));
        let ends = (
            client.local_addr().expect("local"),
            client.peer_addr().expect("peer"),
        );
        client.write_all(b"hello there").expect("sent");
        let mut buffer = [0; 64];
        assert_eq!(server.read(&mut buffer).expect("read"), 11);
        server.write_all(b"and hello to you").expect("sent");
        assert_eq!(client.read(&mut buffer).expect("read"), 16);
        drop(client);
        assert_eq!(server.read(&mut buffer).expect("read"), 0);
        drop(server);

        let seen = scene.until_closed(client_cookie);
        let opened = rows(&seen, event::FLOW_OPENED);
        assert_eq!(opened.len(), 1, "{seen:#?}");
        assert_eq!(opened[0].ends(), ends);
        let socket = opened[0].socket("socket");
        assert_eq!(socket.tuple.role, socket_role::CLIENT);
        assert_eq!(socket.tuple.protocol, 6);
        assert_ne!(socket.tuple.network_namespace, 0);
        for row in &seen {
            assert_eq!(row.pid(), std::process::id(), "{row:?}");
            assert_eq!(row.flags(), 0, "{row:?}");
        }
        assert_eq!(stream(&seen, false), some(b"hello there"));
        assert_eq!(stream(&seen, true), some(b"and hello to you"));
        let payload = rows(&seen, event::FLOW_PAYLOAD);
        assert!(payload.iter().all(|row| row.number("interface") == 1));
        assert_eq!(payload[0].socket("packet").local(), Some(ends.0));
        assert_eq!(payload[0].socket("packet").remote(), Some(ends.1));
        let closed = rows(&seen, event::FLOW_CLOSED);
        assert_eq!(closed.len(), 1, "{seen:#?}");
        assert_eq!(closed[0].number("sent_bytes"), 11);
        assert_eq!(closed[0].number("received_bytes"), 16);
        assert_eq!(closed[0].number("was_established"), 1);
        let opened_at = opened[0].0.header().time_boot_ns;
        assert!(closed[0].number("opened").abs_diff(opened_at) < 1_000_000_000);

        let seen = scene.until_closed(server_cookie);
        let opened = rows(&seen, event::FLOW_OPENED);
        assert_eq!(opened[0].ends(), (ends.1, ends.0));
        assert_eq!(opened[0].socket("socket").tuple.role, socket_role::ACCEPTED);
        for row in &seen {
            assert_eq!(row.pid(), std::process::id(), "{row:?}");
            assert_eq!(row.flags(), record_flag::INHERITED, "{row:?}");
        }
        assert_eq!(stream(&seen, true), some(b"hello there"));
        assert_eq!(stream(&seen, false), some(b"and hello to you"));
        let closed = rows(&seen, event::FLOW_CLOSED);
        assert_eq!(closed[0].number("sent_bytes"), 16);
        assert_eq!(closed[0].number("received_bytes"), 11);
    }
}

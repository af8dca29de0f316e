//! Saker's kernel programs for connections.
//!
//! # How a connection is seen
//!
//! Every socket of TCP and UDP that acts while the agent runs has a [`state`](state::SocketState) in the kernel's
//! socket storage. `connect`, `bind`, `listen` and `sendmsg` put the process into it ([`owner`]); accepted sockets
//! inherit a copy from their listener. Socket operations say when a connection is established and when it ends;
//! packets in and out give the bytes that it begins with ([`stream`], [`datagram`]), until user space is
//! satisfied or a bound is reached. After that a packet of TCP costs one lookup, and so does one of a UDP socket that
//! is connected; of others the heads are read and the peer is looked up for each.
//!
//! # Invariants
//!
//! - No program here ever drops or changes a packet, or refuses a call: each ends with [`PASS`]. The kernel itself
//!   refuses a connection where it has no memory for the state that an accepted socket inherits.
//! - Everything that is begun is counted as emitted and ends as delivered or as a counted loss; so is a connection
//!   for whose state the kernel has no memory.
//! - Records are built in the ring itself: packets arrive while a process sends, on the same processor, so there
//!   is no scratch memory to share. The one place that is shared says why it may be ([`early`]).
//! - Fields of a state are written without locks. Ingress and egress each have their own; where both write (whose
//!   turn it is), a race costs or gives away a record of payload, never a connection.
#![no_std]
#![no_main]

mod datagram;
mod early;
mod hooks;
mod maps;
mod owner;
mod packet;
mod record;
mod state;
mod stream;

/// What a program answers: go on.
const PASS: i32 = 1;

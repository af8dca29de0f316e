//! The protocols other than TLS.

use crate::conversation::Recognise;

/// The recognisers of streams, from the most specific form to the least specific. The first that knows the
/// conversation has it; one that needs more bytes holds back those behind it. At most 64.
pub(crate) const STREAM: &[Recognise] = &[];

/// The recognisers of datagrams other than QUIC, DTLS and WireGuard: the conversation's runs are datagrams.
pub(crate) const DATAGRAM: &[Recognise] = &[];

//! A network between two processes that a test can disturb.

use anyhow::Result;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

const BUFFER_BYTES: usize = 16 * 1024;

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Everything is passed on.
    Open,
    /// Each piece is passed on later than it came.
    Slow(Duration),
    /// Nothing is passed on, and nobody is told: packets vanish.
    Silent,
    /// Connections break, and new ones are closed at once.
    Severed,
}

/// Passes connections on to a target that may change.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    target: Arc<Mutex<SocketAddr>>,
    network: watch::Sender<Network>,
    runtime: Option<Runtime>,
}

impl Proxy {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    ///
    /// It cannot listen.
    pub fn start(target: SocketAddr) -> Result<Self> {
        let runtime = crate::runtime()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let target = Arc::new(Mutex::new(target));
        let (network, state) = watch::channel(Network::Open);
        runtime.spawn(listen(listener, Arc::clone(&target), state));
        Ok(Self {
            address,
            target,
            network,
            runtime: Some(runtime),
        })
    }

    /// Port on localhost.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Passes new connections on to somewhere else.
    pub fn lead_to(&self, target: SocketAddr) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// What becomes of connections from now on.
    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn listen(
    listener: TcpListener,
    target: Arc<Mutex<SocketAddr>>,
    network: watch::Receiver<Network>,
) {
    while let Ok((near, _)) = listener.accept().await {
        let target = Arc::clone(&target);
        let network = network.clone();
        tokio::spawn(async move {
            let mut open = network.clone();
            if open
                .wait_for(|state| *state != Network::Silent)
                .await
                .is_err()
                || *network.borrow() == Network::Severed
            {
                return;
            }
            let target = *target.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(far) = TcpStream::connect(target).await else {
                return;
            };
            pass(near, far, network).await;
        });
    }
}

/// Passes both directions on until one side is done or the network breaks.
async fn pass(near: TcpStream, far: TcpStream, network: watch::Receiver<Network>) {
    let (mut near_read, mut near_write) = near.into_split();
    let (mut far_read, mut far_write) = far.into_split();
    let mut severed = network.clone();
    let (one, other) = (network.clone(), network);
    tokio::select! {
        () = copy(&mut near_read, &mut far_write, one) => {}
        () = copy(&mut far_read, &mut near_write, other) => {}
        // Whether it is severed or the test is over.
        _ = severed.wait_for(|state| *state == Network::Severed) => {}
    }
}

async fn copy(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    mut network: watch::Receiver<Network>,
) {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        let state = network.wait_for(|state| *state != Network::Silent).await;
        let Ok(state) = state.map(|state| *state) else {
            return;
        };
        if let Network::Slow(delay) = state {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

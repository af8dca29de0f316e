//! Starts the outputs and the router.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use saker_alert_clients::http::HttpError;
use saker_alert_formats::{Format, Renderer};
use saker_alert_spool::{BatchLimits, SpoolError, SpoolHandle};
use saker_tls::ClientTls;
use tokio::runtime::{Handle, Runtime};

use super::{Delivery, Inbox, Options, OutputView, RunningOutput};
use crate::counters::{OutputCounters, RouterCounters};
use crate::output::{Output, Worker};
use crate::outputs::file::AlertFile;
use crate::outputs::program::Program;
use crate::outputs::spooled::{Counted, Spooled};
use crate::outputs::stdout::Stdout;
use crate::outputs::syslog::{Syslog, SyslogOutputError};
use crate::patience::Patience;
use crate::pump::{Pump, PumpSettings};
use crate::queue::{self, Bounds, WhenFull};
use crate::router::{Lane, Router};
use crate::settings::{Encoding, HttpOutputSettings, Kind, OutputSettings, SpoolPlace};
use crate::throttle::{InvalidKey, Throttle, ThrottleSettings};
use crate::uplink::Uplink;
use crate::uplink::grpc::{GrpcError, GrpcUplink};
use crate::uplink::http::HttpUplink;

/// What may wait to be routed, and then for each output. When there is more, the least urgent is dropped: to make the
/// matcher wait would lose events, which is worse.
const QUEUE: Bounds = Bounds {
    elements_max: 16_384,
    bytes_max: 64 << 20,
};

/// Why alerts cannot be delivered.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A key of throttling names nothing.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// A file cannot be opened.
    #[error("output `{output}`: cannot open {path}", path = .path.display())]
    File {
        /// The output.
        output: String,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A syslog output cannot be used.
    #[error("output `{output}`")]
    Syslog {
        /// The output.
        output: String,
        /// Why not.
        source: SyslogOutputError,
    },
    /// An HTTP output cannot be used.
    #[error("output `{output}`")]
    Http {
        /// The output.
        output: String,
        /// Why not.
        source: HttpError,
    },
    /// A collector cannot be used.
    #[error("output `{output}`")]
    Collector {
        /// The output.
        output: String,
        /// Why not.
        source: GrpcError,
    },
    /// A spool cannot be opened.
    #[error("output `{output}`: no spool")]
    Spool {
        /// The output.
        output: String,
        /// Why not.
        source: SpoolError,
    },
    /// A thread or its runtime cannot be started.
    #[error("cannot start the threads that deliver alerts")]
    Thread(#[from] io::Error),
}

/// An output, before its thread is started.
struct Prepared {
    output: Box<dyn Output>,
    spool: Option<SpoolHandle>,
    pump: Option<Pump>,
    tls: Option<ClientTls>,
    found: u64,
}

impl Prepared {
    fn direct(output: impl Output + 'static) -> Self {
        Self {
            output: Box::new(output),
            spool: None,
            pump: None,
            tls: None,
            found: 0,
        }
    }

    /// Starts its thread.
    fn run(
        self,
        settings: OutputSettings,
        counters: Arc<OutputCounters>,
        when_full: WhenFull,
        patience: &Arc<Patience>,
        closed: Option<Closed>,
    ) -> io::Result<(Lane, RunningOutput)> {
        let (sender, alerts) = queue::queue(QUEUE, when_full);
        let reopen = Arc::<AtomicBool>::default();
        let worker = Worker {
            output: self.output,
            is_spooled: self.spool.is_some(),
            counters: Arc::clone(&counters),
            patience: Arc::clone(patience),
            reopen: Arc::clone(&reopen),
            alerts,
        };
        let view = OutputView {
            kind: settings.kind.name(),
            counters: Arc::clone(&counters),
            queue: worker.alerts.watcher(),
            spool: self.spool,
            tls: self.tls,
        };
        let running = RunningOutput {
            view,
            ended: start_worker(worker, closed)?,
            reopen,
            pump: self.pump,
            found: self.found,
        };
        let lane = Lane {
            minimum_priority: settings.minimum_priority,
            filter: settings.filter,
            sender,
            counters,
        };
        Ok((lane, running))
    }
}

/// What preparing outputs takes.
struct Starter<'o, A> {
    options: &'o Options<A>,
    patience: Arc<Patience>,
    runtime: Option<Runtime>,
}

impl Delivery {
    /// Starts all outputs. Files and spools are opened; nobody is connected to yet.
    ///
    /// # Errors
    ///
    /// Where an output cannot be used. None is started then.
    pub fn start<A: Send + 'static>(
        outputs: Vec<OutputSettings>,
        throttle: &ThrottleSettings,
        options: Options<A>,
    ) -> Result<(Inbox<A>, Self), StartError> {
        let throttle = Throttle::new(throttle)?;
        let mut starter = Starter {
            options: &options,
            patience: Arc::default(),
            runtime: None,
        };
        let mut prepared = Vec::new();
        for settings in outputs {
            let counters = Arc::new(OutputCounters::new(&settings.name));
            let output = starter.prepare(&settings, &counters)?;
            prepared.push((settings, counters, output));
        }
        let Starter {
            patience, runtime, ..
        } = starter;
        let Options {
            when_full,
            time,
            to_message,
            closed,
            ..
        } = options;
        let mut closed = Some(closed);
        let (mut lanes, mut running) = (Vec::new(), Vec::new());
        for (settings, counters, output) in prepared {
            let is_stdout = matches!(settings.kind, Kind::Stdout(_));
            let closed = closed.take_if(|_| is_stdout);
            let (lane, output) = output.run(settings, counters, when_full, &patience, closed)?;
            lanes.push(lane);
            running.push(output);
        }
        let counters = Arc::<RouterCounters>::default();
        let (sender, alerts) = queue::queue(QUEUE, when_full);
        let router = Router {
            alerts,
            to_message,
            throttle,
            time,
            lanes,
            counters: Arc::clone(&counters),
        };
        let (ends, routed) = mpsc::channel();
        thread::Builder::new()
            .name("saker-router".to_owned())
            .spawn(move || {
                router.run();
                drop(ends);
            })?;
        let inbox = Inbox {
            sender,
            counters: Arc::clone(&counters),
        };
        let delivery = Self {
            counters,
            outputs: running,
            patience,
            routed,
            runtime,
        };
        Ok((inbox, delivery))
    }
}

type Closed = Box<dyn FnOnce(io::Error) + Send>;

fn start_worker(worker: Worker, closed: Option<Closed>) -> io::Result<Receiver<()>> {
    let (ends, ended) = mpsc::channel();
    worker.spawn(move |result| {
        if let (Err(error), Some(closed)) = (result, closed) {
            closed(error);
        }
        drop(ends);
    })?;
    Ok(ended)
}

impl<A> Starter<'_, A> {
    fn prepare(
        &mut self,
        settings: &OutputSettings,
        counters: &Arc<OutputCounters>,
    ) -> Result<Prepared, StartError> {
        let output = || settings.name.clone();
        let renderer = self.renderer(settings.format);
        Ok(match &settings.kind {
            Kind::Stdout(_) => {
                let clock = self.options.clock.clone();
                let colour = self.options.colour;
                Prepared::direct(Stdout::new(renderer.with_colour(clock, colour)))
            }
            Kind::File(file) => {
                let opened = AlertFile::open_at(file, renderer);
                Prepared::direct(opened.map_err(|source| StartError::File {
                    output: output(),
                    path: file.filename.clone(),
                    source,
                })?)
            }
            Kind::Syslog(syslog) => {
                let syslog =
                    Syslog::new(syslog, renderer).map_err(|source| StartError::Syslog {
                        output: output(),
                        source,
                    })?;
                let tls = syslog.tls();
                Prepared {
                    tls,
                    ..Prepared::direct(syslog)
                }
            }
            Kind::Program(program) => Prepared::direct(Program::new(program, renderer)?),
            Kind::Http(http) => self.http(settings, http, renderer, counters)?,
            Kind::Collector(collector) => {
                let pump = PumpSettings {
                    limits: BatchLimits::default(),
                    batches_under_way: COLLECTOR_BATCHES_MAX,
                };
                let runtime = self.runtime()?;
                let uplink = {
                    let _entered = runtime.enter();
                    GrpcUplink::new(&collector.grpc).map_err(|source| StartError::Collector {
                        output: output(),
                        source,
                    })?
                };
                let tls = uplink.tls().cloned();
                Prepared {
                    tls,
                    ..self.spooled(settings, &collector.spool, counters, pump, uplink)?
                }
            }
        })
    }

    fn http(
        &mut self,
        settings: &OutputSettings,
        http: &HttpOutputSettings,
        renderer: Renderer,
        counters: &Arc<OutputCounters>,
    ) -> Result<Prepared, StartError> {
        let uplink = HttpUplink::new(http, renderer).map_err(|source| StartError::Http {
            output: settings.name.clone(),
            source,
        })?;
        let tls = uplink.tls();
        let records = match http.encoding {
            Encoding::Single => 1,
            Encoding::Lines | Encoding::Array => http.batch_max.get(),
        };
        let pump = PumpSettings {
            limits: BatchLimits {
                max_records: records,
                ..BatchLimits::default()
            },
            batches_under_way: http.requests_max.get(),
        };
        Ok(Prepared {
            tls,
            ..self.spooled(settings, &http.spool, counters, pump, uplink)?
        })
    }

    /// Where pumps run.
    fn runtime(&mut self) -> io::Result<Handle> {
        let runtime = match &mut self.runtime {
            Some(runtime) => runtime,
            none => none.insert(
                tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .thread_name("saker-uplink")
                    .enable_all()
                    .build()?,
            ),
        };
        Ok(runtime.handle().clone())
    }

    fn renderer(&self, format: Format) -> Renderer {
        Renderer::new(format, self.options.clock.clone())
    }

    fn spooled<U: Uplink>(
        &mut self,
        settings: &OutputSettings,
        place: &SpoolPlace,
        counters: &Arc<OutputCounters>,
        pump: PumpSettings,
        uplink: U,
    ) -> Result<Prepared, StartError> {
        let runtime = self.runtime()?;
        let _entered = runtime.enter();
        let mut directory = place.directory.clone().unwrap_or_default().into_os_string();
        directory.push(self.options.spool_suffix);
        let (spool, recovery) = SpoolHandle::open(&PathBuf::from(directory), &place.settings)
            .map_err(|source| StartError::Spool {
                output: settings.name.clone(),
                source,
            })?;
        if recovery.records > 0 || recovery.corrupt_bytes > 0 || recovery.unreadable_segments > 0 {
            tracing::info!(output = settings.name, ?recovery, "a spool was found");
        }
        let counted = Counted {
            uplink,
            counters: Arc::clone(counters),
        };
        let pump = Pump::spawn(&settings.name, counted, spool.clone(), pump);
        let patience = Arc::clone(&self.patience);
        let when_full = self.options.when_full;
        let output = Spooled::new(spool.clone(), place.settings.clone(), when_full, patience);
        Ok(Prepared {
            spool: Some(spool),
            pump: Some(pump),
            found: recovery.records,
            ..Prepared::direct(output)
        })
    }
}

/// Batches on their way to a collector at a time.
const COLLECTOR_BATCHES_MAX: usize = 8;

#[cfg(test)]
mod tests;

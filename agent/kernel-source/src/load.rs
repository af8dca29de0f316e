//! Loading and attaching the programs.

use crate::attach_kinds::{AttachKind, attach_kinds};
use crate::counters::{Delivered, LossCounters};
use crate::error::{load_error, map_error, program_error};
use crate::network::{FlowSatisfaction, Network, NetworkOptions};
use crate::object::Variant;
use crate::reader::EventReader;
use crate::{CapabilityLoss, KernelSourceError, host, offsets, tables};
use aya::maps::{MapData, PerCpuArray, ProgramArray, RingBuf};
use aya::programs::{BtfTracePoint, Program, ProgramError, ProgramInfo};
use aya::{Btf, Ebpf, EbpfLoader};
use saker_event_schema::{EVENTS_MAX, EventId, KernelOffsets, SCRATCH_SLOTS, TABLE_HASH};
use std::collections::BTreeSet;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use zerocopy::IntoBytes;

/// The programs: name, attach point, and the program array that it continues through, if any.
const PROGRAMS: &[(&str, &str, Option<&str>)] = &[
    ("sys_exit", "sys_exit", None),
    ("sys_exit_walk", "sys_exit", Some("SYS_EXIT_CHAIN")),
    ("sched_process_exec", "sched_process_exec", None),
    (
        "sched_process_exec_walk",
        "sched_process_exec",
        Some("EXEC_CHAIN"),
    ),
    ("sched_process_fork", "sched_process_fork", None),
    ("sched_process_exit", "sched_process_exit", None),
    ("cgroup_mkdir", "cgroup_mkdir", None),
    ("cgroup_rmdir", "cgroup_rmdir", None),
    ("cgroup_attach_task", "cgroup_attach_task", None),
];

/// The programs that are attached, the others continue them. In this order: a cgroup that is not
/// seen leaves processes without their container, and a fork that is not seen leaves an unknown
/// process.
const ATTACHED: [&str; 7] = [
    "cgroup_mkdir",
    "cgroup_rmdir",
    "cgroup_attach_task",
    "sched_process_fork",
    "sched_process_exit",
    "sched_process_exec",
    "sys_exit",
];

/// What to load and how large.
#[derive(Clone, Debug)]
pub struct SourceOptions {
    /// Events that the rules need; those of [`STATE_EVENTS`](crate::STATE_EVENTS) are always
    /// reported.
    pub events: BTreeSet<EventId>,
    /// Bytes of the lifecycle ring: a power of two and a multiple of the page size.
    pub lifecycle_ring_bytes: u32,
    /// Bytes of the bulk ring: a power of two and a multiple of the page size.
    pub bulk_ring_bytes: u32,
    /// The build of the programs; chosen by the kernel's release where it is `None`.
    pub variant: Option<Variant>,
    /// How connections are collected; `None` leaves them out, with all their cost.
    pub network: Option<NetworkOptions>,
    /// Whether the agent's own calls and connections are reported, for tests of the source itself.
    pub include_self: bool,
}

impl Default for SourceOptions {
    fn default() -> Self {
        Self {
            events: BTreeSet::new(),
            lifecycle_ring_bytes: 1 << 20,
            bulk_ring_bytes: 1 << 22,
            variant: None,
            network: None,
            include_self: false,
        }
    }
}

/// One loaded program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramReport {
    /// Its name.
    pub name: &'static str,
    /// Instructions that the verifier looked at (Linux 5.16).
    pub verified_instructions: Option<u32>,
}

/// The loaded programs; dropping it detaches them.
pub struct KernelSource {
    ebpf: Ebpf,
    options: SourceOptions,
    delivered: Arc<Delivered>,
    variant: Variant,
    network: Option<Network>,
    /// Why there are no connections although they are wanted.
    network_loss: Option<CapabilityLoss>,
}

impl KernelSource {
    /// Loads the programs and fills their maps. Nothing is reported before [`attach`](Self::attach).
    ///
    /// # Errors
    ///
    /// See [`KernelSourceError`]: missing privilege or type information, a program that the kernel
    /// refuses.
    pub fn load(options: SourceOptions) -> Result<Self, KernelSourceError> {
        if !host::in_initial_pid_namespace() {
            return Err(KernelSourceError::ForeignPidNamespace);
        }
        let variant = options.variant.unwrap_or_else(|| {
            let (major, minor) = host::kernel_release();
            Variant::for_release(major, minor)
        });
        let object = variant.table_hash()?;
        if object != TABLE_HASH {
            return Err(KernelSourceError::TableMismatch {
                object,
                agent: TABLE_HASH,
            });
        }
        let kernel_offsets = running_offsets()?;
        let btf =
            Btf::from_sys_fs().map_err(|source| KernelSourceError::BadBtfForLoader { source })?;
        let wakeup_bytes = u64::from(options.bulk_ring_bytes.min(options.lifecycle_ring_bytes) / 4);
        let ebpf = EbpfLoader::new()
            .btf(Some(&btf))
            .override_global("OFFSETS", kernel_offsets.as_bytes(), true)
            .override_global("AGENT_PID", &agent_pid(options.include_self), true)
            .override_global("WAKEUP_BYTES", &wakeup_bytes, true)
            .map_max_entries("LIFECYCLE", options.lifecycle_ring_bytes)
            .map_max_entries("BULK", options.bulk_ring_bytes)
            .map_max_entries("SCRATCH", processors() * SCRATCH_SLOTS)
            .load(variant.bytes())
            .map_err(load_error)?;
        #[cfg(feature = "kernel-log")]
        let ebpf = crate::kernel_log::follow(ebpf);
        let mut source = Self {
            ebpf,
            options,
            delivered: Arc::new(Delivered::new()),
            variant,
            network: None,
            network_loss: None,
        };
        tables::fill_plans(&mut source.ebpf)?;
        tables::fill_syscalls(&mut source.ebpf, &source.options.events)?;
        source.load_programs(&btf)?;
        source.load_network(&kernel_offsets);
        Ok(source)
    }

    /// The build that was loaded.
    #[must_use]
    pub const fn variant(&self) -> Variant {
        self.variant
    }

    /// Loads the programs that see connections, if they are wanted; where that fails the rest goes on.
    fn load_network(&mut self, offsets: &KernelOffsets) {
        let Some(options) = &self.options.network else {
            return;
        };
        match Network::load(options, offsets, self.options.include_self) {
            Ok(network) => self.network = Some(network),
            Err(reason) => self.network_loss = Some(no_connections(reason)),
        }
    }

    /// Whether connections are seen.
    #[must_use]
    pub const fn sees_connections(&self) -> bool {
        self.network.is_some()
    }

    /// What this host cannot do, of what is wanted, and why.
    pub fn losses(&self) -> impl Iterator<Item = &CapabilityLoss> {
        let parts = self.network.iter().flat_map(|network| &network.losses);
        parts.chain(&self.network_loss)
    }

    /// Takes the way to tell the kernel side which connections are known well enough; `None` where no connections
    /// are seen.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::NoSuchMap`] when it was taken before.
    pub fn flow_satisfaction(&mut self) -> Result<Option<FlowSatisfaction>, KernelSourceError> {
        self.network.as_mut().map(Network::satisfaction).transpose()
    }

    /// The loaded programs.
    #[must_use]
    pub fn programs(&self) -> Vec<ProgramReport> {
        let report = |&(name, _, _): &(&'static str, _, _)| {
            let program = self.ebpf.program(name)?;
            let info = program.info().ok();
            let verified_instructions = info
                .as_ref()
                .and_then(ProgramInfo::verified_instruction_count);
            Some(ProgramReport {
                name,
                verified_instructions,
            })
        };
        let network = self.network.iter().flat_map(Network::programs);
        PROGRAMS.iter().filter_map(report).chain(network).collect()
    }

    /// Tries every way to attach a program, for `saker doctor`.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::BadBtfForLoader`] where the type information cannot be read.
    pub fn attach_kinds(&mut self) -> Result<Vec<AttachKind>, KernelSourceError> {
        let btf =
            Btf::from_sys_fs().map_err(|source| KernelSourceError::BadBtfForLoader { source })?;
        Ok(attach_kinds(&mut self.ebpf, &btf))
    }

    /// Changes which events are reported, without a gap for those in both sets.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::Map`] where the kernel refuses the write.
    pub fn select(&mut self, events: BTreeSet<EventId>) -> Result<(), KernelSourceError> {
        self.options.events = events;
        tables::fill_syscalls(&mut self.ebpf, &self.options.events)
    }

    /// Takes the rings; there is one reader.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::NoSuchMap`] when the rings were taken before.
    pub fn reader(&mut self) -> Result<EventReader, KernelSourceError> {
        let lifecycle = ring(&mut self.ebpf, "LIFECYCLE")?;
        let bulk = ring(&mut self.ebpf, "BULK")?;
        let network = self.network.as_mut().map(Network::ring).transpose()?;
        Ok(EventReader::new(
            lifecycle,
            bulk,
            network,
            Arc::clone(&self.delivered),
        ))
    }

    /// Takes the counters.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::NoSuchMap`] when the counters were taken before.
    pub fn counters(&mut self) -> Result<LossCounters, KernelSourceError> {
        const COUNTERS: &str = "COUNTERS";
        let mut kernel = vec![take(&mut self.ebpf, COUNTERS)?];
        let mut programs: Vec<OwnedFd> = PROGRAMS
            .iter()
            .filter_map(|(name, _, _)| descriptor_of(self.ebpf.program(name)?))
            .collect();
        if let Some(network) = &mut self.network {
            kernel.push(network.take(COUNTERS)?);
            programs.extend(network.descriptors());
        }
        let kernel = kernel.into_iter().map(PerCpuArray::try_from);
        let kernel = kernel
            .collect::<Result<_, _>>()
            .map_err(map_error(COUNTERS))?;
        Ok(LossCounters::new(
            kernel,
            Arc::clone(&self.delivered),
            programs,
        ))
    }

    /// Attaches the programs; events flow from now on. Returns how many were attached.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::Program`] where the kernel refuses.
    pub fn attach(&mut self) -> Result<usize, KernelSourceError> {
        let mut attached = 0;
        for name in ATTACHED {
            program(&mut self.ebpf, name)?
                .attach()
                .map_err(program_error(name))?;
            attached += 1;
        }
        Ok(attached + self.attach_network())
    }

    fn attach_network(&mut self) -> usize {
        let Some(network) = &mut self.network else {
            return 0;
        };
        network.attach().unwrap_or_else(|reason| {
            // Half of them would tell half-truths.
            self.network = None;
            self.network_loss = Some(no_connections(reason));
            0
        })
    }

    /// Detaches the programs; what is in the rings can still be read.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::Program`] where a program was not loaded.
    pub fn detach(&mut self) -> Result<(), KernelSourceError> {
        if let Some(network) = &mut self.network {
            network.detach()?;
        }
        for name in ATTACHED {
            program(&mut self.ebpf, name)?
                .unload()
                .map_err(program_error(name))?;
        }
        Ok(())
    }

    fn load_programs(&mut self, btf: &Btf) -> Result<(), KernelSourceError> {
        for (name, tracepoint, chain) in PROGRAMS {
            let loaded = program(&mut self.ebpf, name)?;
            loaded.load(tracepoint, btf).map_err(program_error(name))?;
            let Some(chain) = chain else { continue };
            let descriptor = loaded.fd().map_err(program_error(name))?;
            let descriptor = descriptor
                .try_clone()
                .map_err(|source| program_error(name)(ProgramError::IOError(source)))?;
            let map = self
                .ebpf
                .map_mut(chain)
                .ok_or(KernelSourceError::NoSuchMap(chain))?;
            let mut array = ProgramArray::try_from(map).map_err(map_error(chain))?;
            array.set(0, &descriptor, 0).map_err(map_error(chain))?;
        }
        Ok(())
    }
}

/// The offsets, with the controllers of cgroups that have a v1 hierarchy on this host.
fn running_offsets() -> Result<KernelOffsets, KernelSourceError> {
    let mut offsets = offsets::resolve(Path::new(offsets::VMLINUX))?;
    for (name, controller) in [
        ("pids", &mut offsets.pids_controller),
        ("memory", &mut offsets.memory_controller),
    ] {
        if !host::has_cgroup_v1(name) {
            *controller = KernelOffsets::ABSENT;
        }
    }
    Ok(offsets)
}

/// Processors that may ever be there: slots are indexed by processor number.
fn processors() -> u32 {
    aya::util::nr_cpus()
        .ok()
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(EVENTS_MAX)
}

fn take(ebpf: &mut Ebpf, name: &'static str) -> Result<aya::maps::Map, KernelSourceError> {
    ebpf.take_map(name)
        .ok_or(KernelSourceError::NoSuchMap(name))
}

fn ring(ebpf: &mut Ebpf, name: &'static str) -> Result<RingBuf<MapData>, KernelSourceError> {
    RingBuf::try_from(take(ebpf, name)?).map_err(map_error(name))
}

fn program<'a>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut BtfTracePoint, KernelSourceError> {
    let program = ebpf
        .program_mut(name)
        .ok_or_else(|| KernelSourceError::NoSuchProgram(name.to_owned()))?;
    program.try_into().map_err(program_error(name))
}

/// A descriptor of a loaded program.
pub(crate) fn descriptor_of(program: &Program) -> Option<OwnedFd> {
    program.fd().ok()?.as_fd().try_clone_to_owned().ok()
}

/// The process whose own calls are left out.
pub(crate) fn agent_pid(include_self: bool) -> u32 {
    if include_self { 0 } else { std::process::id() }
}

const fn no_connections(reason: KernelSourceError) -> CapabilityLoss {
    CapabilityLoss {
        capability: "connections",
        reason,
    }
}

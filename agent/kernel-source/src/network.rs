//! The programs that see connections: an object of their own, because a host may lack what they need.
//!
//! They are attached to the root cgroup v2, by links. What cannot be had is a [`CapabilityLoss`] with its reason,
//! and everything else goes on.

use crate::error::{load_error, map_error, network_error};
use crate::load::{agent_pid, descriptor_of};
use crate::{CapabilityLoss, KernelSourceError, ProgramReport, host, object};
use aya::maps::{HashMap, MapData, RingBuf};
use aya::programs::{
    CgroupAttachMode, CgroupSkb, CgroupSkbAttachType, CgroupSock, CgroupSockAddr, Program,
    ProgramError, ProgramInfo, SockOps,
};
use aya::{Btf, Ebpf, EbpfLoader};
use saker_event_schema::{KernelOffsets, TABLE_HASH};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use zerocopy::IntoBytes;

/// A program and what is lost without it; nothing where there are no connections to be seen without it.
struct NetworkProgram {
    name: &'static str,
    loss: Option<&'static str>,
}

const fn needed(name: &'static str) -> NetworkProgram {
    NetworkProgram { name, loss: None }
}

const fn useful(name: &'static str, loss: &'static str) -> NetworkProgram {
    NetworkProgram {
        name,
        loss: Some(loss),
    }
}

/// In the order in which they are attached: owners are known before connections, connections before payload.
const PROGRAMS: [NetworkProgram; 10] = [
    needed("connect4"),
    needed("connect6"),
    useful(
        "post_bind4",
        "who bound a socket over IPv4 that another process uses",
    ),
    useful(
        "post_bind6",
        "who bound a socket over IPv6 that another process uses",
    ),
    useful(
        "sendmsg4",
        "owners of unconnected UDP sockets over IPv4, and their peers before address translation",
    ),
    useful(
        "sendmsg6",
        "owners of unconnected UDP sockets over IPv6, and their peers before address translation",
    ),
    useful("sock_release", "when UDP sockets are closed"),
    needed("connections"),
    needed("packets_out"),
    needed("packets_in"),
];

/// How connections are collected.
#[derive(Clone, Debug)]
pub struct NetworkOptions {
    /// Bytes of the ring: a power of two and a multiple of the page size.
    pub ring_bytes: u32,
    /// The root of cgroup v2; looked for where it is `None`.
    pub cgroup_root: Option<PathBuf>,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        Self {
            ring_bytes: 1 << 22,
            cgroup_root: None,
        }
    }
}

/// The loaded programs.
pub(crate) struct Network {
    pub(crate) ebpf: Ebpf,
    cgroup_root: PathBuf,
    /// Those that could be loaded.
    loaded: Vec<&'static str>,
    pub(crate) losses: Vec<CapabilityLoss>,
}

impl Network {
    pub(crate) fn load(
        options: &NetworkOptions,
        offsets: &KernelOffsets,
        include_self: bool,
    ) -> Result<Self, KernelSourceError> {
        let cgroup_root = match &options.cgroup_root {
            Some(root) => root.clone(),
            None => host::cgroup_v2_root().ok_or(KernelSourceError::NoCgroupRoot)?,
        };
        let object = object::network_table_hash()?;
        if object != TABLE_HASH {
            return Err(KernelSourceError::TableMismatch {
                object,
                agent: TABLE_HASH,
            });
        }
        let btf =
            Btf::from_sys_fs().map_err(|source| KernelSourceError::BadBtfForLoader { source })?;
        let ebpf = EbpfLoader::new()
            .btf(Some(&btf))
            .override_global("OFFSETS", offsets.as_bytes(), true)
            .override_global("AGENT_PID", &agent_pid(include_self), true)
            .override_global("WAKEUP_BYTES", &u64::from(options.ring_bytes / 4), true)
            .map_max_entries("NETWORK", options.ring_bytes)
            .load(object::network_bytes())
            .map_err(load_error)?;
        let mut network = Self {
            ebpf,
            cgroup_root,
            loaded: Vec::new(),
            losses: Vec::new(),
        };
        network.for_each(PROGRAMS.iter(), load)?;
        Ok(network)
    }

    /// Attaches what was loaded.
    pub(crate) fn attach(&mut self) -> Result<usize, KernelSourceError> {
        let root = File::open(&self.cgroup_root).map_err(|source| {
            KernelSourceError::UnreadableCgroupRoot {
                path: self.cgroup_root.clone(),
                source,
            }
        })?;
        let loaded = std::mem::take(&mut self.loaded);
        let programs = PROGRAMS
            .iter()
            .filter(|program| loaded.contains(&program.name));
        self.for_each(programs, |program| attach(program, &root))?;
        Ok(self.loaded.len())
    }

    /// Does something with programs: notes those with which it worked, and what is lost with the others.
    fn for_each(
        &mut self,
        programs: impl Iterator<Item = &'static NetworkProgram>,
        action: impl Fn(&mut Program) -> Result<(), ProgramError>,
    ) -> Result<(), KernelSourceError> {
        for NetworkProgram { name, loss } in programs {
            let program = self
                .ebpf
                .program_mut(name)
                .ok_or_else(|| KernelSourceError::NoSuchProgram((*name).to_owned()))?;
            match (action(program), loss) {
                (Ok(()), _) => self.loaded.push(name),
                (Err(error), None) => return Err(network_error(name)(error)),
                (Err(error), Some(lost)) => self.losses.push(CapabilityLoss {
                    capability: lost,
                    reason: network_error(name)(error),
                }),
            }
        }
        Ok(())
    }

    /// Detaches the programs, the last attached first.
    pub(crate) fn detach(&mut self) -> Result<(), KernelSourceError> {
        for name in self.loaded.drain(..).rev() {
            let Some(program) = self.ebpf.program_mut(name) else {
                continue;
            };
            unload(program).map_err(network_error(name))?;
        }
        Ok(())
    }

    pub(crate) fn programs(&self) -> impl Iterator<Item = ProgramReport> {
        self.loaded.iter().filter_map(|name| {
            let info = self.ebpf.program(name)?.info().ok();
            Some(ProgramReport {
                name,
                verified_instructions: info
                    .as_ref()
                    .and_then(ProgramInfo::verified_instruction_count),
            })
        })
    }

    /// Descriptors of the loaded programs.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = OwnedFd> {
        self.loaded
            .iter()
            .filter_map(|name| descriptor_of(self.ebpf.program(name)?))
    }

    pub(crate) fn ring(&mut self) -> Result<RingBuf<MapData>, KernelSourceError> {
        RingBuf::try_from(self.take("NETWORK")?).map_err(map_error("NETWORK"))
    }

    pub(crate) fn satisfaction(&mut self) -> Result<FlowSatisfaction, KernelSourceError> {
        let map = self.take("SATISFIED")?;
        let cookies = HashMap::try_from(map).map_err(map_error("SATISFIED"))?;
        Ok(FlowSatisfaction { cookies })
    }

    pub(crate) fn take(&mut self, name: &'static str) -> Result<aya::maps::Map, KernelSourceError> {
        self.ebpf
            .take_map(name)
            .ok_or(KernelSourceError::NoSuchMap(name))
    }
}

fn load(program: &mut Program) -> Result<(), ProgramError> {
    match program {
        Program::CgroupSockAddr(program) => CgroupSockAddr::load(program),
        Program::CgroupSock(program) => CgroupSock::load(program),
        Program::SockOps(program) => SockOps::load(program),
        Program::CgroupSkb(program) => CgroupSkb::load(program),
        _ => Err(ProgramError::UnexpectedProgramType),
    }
}

/// By links, which coexist with other programs and go with the process.
fn attach(program: &mut Program, root: &File) -> Result<(), ProgramError> {
    const MODE: CgroupAttachMode = CgroupAttachMode::Single;
    match program {
        Program::CgroupSockAddr(program) => program.attach(root, MODE).map(drop),
        Program::CgroupSock(program) => program.attach(root, MODE).map(drop),
        Program::SockOps(program) => program.attach(root, MODE).map(drop),
        Program::CgroupSkb(program) => {
            let direction = program
                .expected_attach_type()
                .unwrap_or(CgroupSkbAttachType::Ingress);
            program.attach(root, direction, MODE).map(drop)
        }
        _ => Err(ProgramError::UnexpectedProgramType),
    }
}

fn unload(program: &mut Program) -> Result<(), ProgramError> {
    match program {
        Program::CgroupSockAddr(program) => program.unload(),
        Program::CgroupSock(program) => program.unload(),
        Program::SockOps(program) => program.unload(),
        Program::CgroupSkb(program) => program.unload(),
        _ => Err(ProgramError::UnexpectedProgramType),
    }
}

/// Tells the kernel side of whose payload enough is known.
pub struct FlowSatisfaction {
    cookies: HashMap<MapData, u64, u64>,
}

impl FlowSatisfaction {
    /// No more payload is wanted of the connection of a socket, of which there was a record at `seen_boot_ns`
    /// (nanoseconds since boot): a later one of the same socket is looked at. Of datagram sockets payload is bounded
    /// anyway, and the call has no effect.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::Map`] where the kernel refuses the write; then payload goes on until its bound.
    pub fn satisfied(&mut self, cookie: u64, seen_boot_ns: u64) -> Result<(), KernelSourceError> {
        self.cookies
            .insert(cookie, seen_boot_ns, 0)
            .map_err(map_error("SATISFIED"))
    }
}

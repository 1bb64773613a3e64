//! The trait that a backend implements, and the registry of backends.
//!
//! A backend owns a kind of memory, compiles [`Work`] into kernels and runs tasks in the order of its streams. It never sees an array,
//! a graph or a transform. Adding a backend is implementing [`Backend`] and linking it
//! ([`LINKED`]); no file of the core changes.

use crate::error::{Error, Result};
use crate::work::Work;
use std::sync::{Arc, LazyLock, RwLock};

/// An address in a backend's memory; only the backend may turn it into a pointer, unless [`Backend::host_visible`].
pub type Address = usize;

/// A place where work runs: a backend and one of its devices. The default is the first backend's first device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
pub struct Device {
    /// The index of the backend in the registry.
    pub backend: u16,
    /// The device's number within its backend.
    pub index: u16,
}

/// What a launch passes to a kernel: addresses of the operands' first elements, and the scalar parameters' bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Args<'a> {
    /// One address an input.
    pub inputs: &'a [Address],
    /// One address an output.
    pub outputs: &'a [Address],
    /// Parameters, in the low bytes.
    pub params: &'a [u64],
    /// Memory of [`Kernel::scratch`] bytes, aligned to 64, whose contents nobody else needs; 0 if it asked for none.
    pub scratch: Address,
    /// The number of the stream whose task is running.
    pub stream: u32,
}

/// A compiled step.
pub trait Kernel: Send + Sync {
    /// Bytes of memory that a launch needs for itself; the plan has them ready.
    fn scratch(&self) -> usize {
        0
    }

    /// Runs (or, on an asynchronous backend, enqueues) the step on the stream whose task is running.
    ///
    /// # Safety
    /// The addresses are valid in the backend's memory for the layouts the kernel was compiled for, and outputs alias nothing but what
    /// [`Work`] allows.
    unsafe fn launch(&self, args: Args<'_>) -> Result<()>;
}

/// Something to run in a stream's order.
pub type Task = Box<dyn FnOnce() + Send>;

/// How a task is handed to a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// The caller is about to wait for the task, so it may run inline.
    Waited,
    /// The caller goes on; the task itself waits for nothing on the host.
    Ready,
    /// The caller goes on; the task may wait for other work on the host.
    Later,
}

/// A point in a stream's order, on a backend whose work goes on after the task that started it has returned.
pub trait Event: Send + Sync {
    /// Waits until the stream has come to this point.
    ///
    /// # Errors
    /// A fault of the work before it.
    fn wait(&self) -> Result<()>;

    /// Whether the stream has come to this point; never blocks.
    fn is_done(&self) -> bool;

    /// Makes a stream of the same backend run what it gets from now on after this point. Nobody waits on the host.
    ///
    /// # Errors
    /// What the backend reports.
    fn before(&self, device: u16, stream: u32) -> Result<()>;
}

/// What a backend remembers of steps that run again and again on one stream, to start them more cheaply than one by one.
pub trait Recording: Send {
    /// Runs what `launches` launches on the stream whose task is running. `launches` is the same kernels in the same order each time,
    /// with any addresses and parameters, and leaves nothing else to be done after them.
    ///
    /// # Errors
    /// Those of `launches`, or the device's.
    fn run(&mut self, launches: &mut dyn FnMut() -> Result<()>) -> Result<()>;
}

/// A backend. Streams are numbered per device by the core, from 0; a backend makes what it needs for one when it first sees it.
pub trait Backend: Send + Sync {
    /// Its name, as `Display` of a device prints it.
    fn name(&self) -> &'static str;

    /// How many devices it drives.
    fn devices(&self) -> usize;

    /// Whether this is the machine's own processor: its memory is the host's, so data that comes from outside lies in it already.
    fn is_host(&self) -> bool {
        false
    }

    /// Waits for what it does beside the work, such as compilations, and begins no more of it; the work goes on as before.
    fn finish(&self) {}

    /// Whether the host reads and writes this memory through plain pointers.
    fn host_visible(&self) -> bool;

    /// What is known of a device, for people: names and values.
    fn info(&self, _device: u16) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Memory of at least `bytes` bytes, aligned to 64, that the stream's tasks will use first; `None` when there is none.
    ///
    /// # Errors
    /// The device fails.
    fn allocate(&self, device: u16, stream: u32, bytes: usize) -> Result<Option<Address>>;

    /// Takes memory back. `streams` names the streams whose tasks used it, the one it was allocated for first; on a backend whose work
    /// outlasts its tasks, work given to them before may still use it.
    ///
    /// # Safety
    /// `address` came from `allocate` with these arguments, and nothing that is yet to be submitted uses it.
    unsafe fn free(&self, device: u16, streams: &[u32], address: Address, bytes: usize);

    /// Bytes of freed memory that the backend keeps for reuse. Only a backend whose memory the host does not see keeps any: when it may
    /// be used again is a matter of its streams. The core keeps the others' freed memory itself.
    fn kept(&self) -> usize {
        0
    }

    /// Keeps at most `bytes` of freed memory from now on, and gives the rest back to the system as soon as nothing uses it.
    fn keep_at_most(&self, _bytes: usize) {}

    /// Copies `bytes` from host memory, in the order of the stream whose task is running. The host memory has been read when it returns.
    ///
    /// # Safety
    /// Both ranges are valid and do not overlap.
    unsafe fn upload(&self, device: u16, stream: u32, from: *const u8, to: Address, bytes: usize) -> Result<()>;

    /// Copies `bytes`, whose contents are complete, to host memory and waits for it.
    ///
    /// # Safety
    /// Both ranges are valid and do not overlap.
    unsafe fn download(&self, device: u16, from: Address, to: *mut u8, bytes: usize) -> Result<()>;

    /// Says that these steps are about to be compiled, so that their compilation may be shared.
    fn prepare(&self, _device: u16, _works: &[&Work]) {}

    /// Compiles a step; `None` if this backend has no kernel for it (the planner then places the step elsewhere).
    ///
    /// # Errors
    /// It should have one, but the device or its compiler fails.
    fn compile(&self, device: u16, work: &Work) -> Result<Option<Arc<dyn Kernel>>>;

    /// A recording for so many steps of a stream, which have run before and whose temporaries will stay where they are; `None` if it would
    /// not make them cheaper.
    fn recording(&self, _device: u16, _stream: u32, _steps: usize) -> Option<Box<dyn Recording>> {
        None
    }

    /// Runs `task` after every earlier task of the stream.
    fn submit(&self, device: u16, stream: u32, task: Task, start: Start);

    /// The point that the stream has reached when all that its tasks started so far is done; `None` on a backend whose work is done when
    /// its task returns.
    fn record(&self, _device: u16, _stream: u32) -> Result<Option<Arc<dyn Event>>> {
        Ok(None)
    }

    /// Waits until every task submitted to the stream has run.
    fn synchronize(&self, device: u16, stream: u32) -> Result<()>;
}

/// A backend that registers itself by being linked.
pub struct Linked {
    /// The smallest comes first; the first backend's first device is the default.
    pub rank: u32,
    /// Makes it; `None` where the machine has no such device.
    pub make: fn() -> Option<Arc<dyn Backend>>,
}

/// Backends that are linked into the program. A backend adds itself with
/// `#[linkme::distributed_slice(lazulite_base::backend::LINKED)] static MINE: Linked = ...;`
#[linkme::distributed_slice]
pub static LINKED: [Linked];

static REGISTRY: LazyLock<RwLock<Vec<Arc<dyn Backend>>>> = LazyLock::new(|| {
    let mut linked: Vec<&Linked> = LINKED.iter().collect();
    linked.sort_by_key(|l| l.rank);
    RwLock::new(linked.iter().filter_map(|l| (l.make)()).collect())
});

/// Adds a backend to those that are linked, unless one of its name is there, and returns its index.
pub fn register(backend: Arc<dyn Backend>) -> u16 {
    let mut all = REGISTRY.write().unwrap_or_else(|e| e.into_inner());
    if let Some(i) = all.iter().position(|b| b.name() == backend.name()) {
        return i as u16;
    }
    all.push(backend);
    (all.len() - 1) as u16
}

/// Every registered backend, in order.
pub fn backends() -> Vec<Arc<dyn Backend>> {
    REGISTRY.read().unwrap_or_else(|e| e.into_inner()).clone()
}

/// The backend of a device.
///
/// # Errors
/// A runtime error if no such backend is registered.
pub fn backend(device: Device) -> Result<Arc<dyn Backend>> {
    let all = REGISTRY.read().unwrap_or_else(|e| e.into_inner());
    all.get(device.backend as usize).cloned().ok_or_else(|| {
        Error::runtime("device", format!("no backend {} is linked; depend on the crate `lazulite`, which has them", device.backend))
    })
}

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
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    /// One address an input.
    pub inputs: &'a [Address],
    /// One address an output.
    pub outputs: &'a [Address],
    /// Parameters, in the low bytes.
    pub params: &'a [u64],
}

/// A compiled step.
pub trait Kernel: Send + Sync {
    /// Runs (or, on an asynchronous backend, enqueues) the step on the stream whose task is running.
    ///
    /// # Safety
    /// The addresses are valid in the backend's memory for the layouts the kernel was compiled for, and outputs alias nothing but what
    /// [`Work`] allows.
    unsafe fn launch(&self, args: Args<'_>) -> Result<()>;
}

/// Something to run in a stream's order.
pub type Task = Box<dyn FnOnce() + Send>;

/// A backend. Streams are numbered per device by the core, from 0; a backend makes what it needs for one when it first sees it.
pub trait Backend: Send + Sync {
    /// Its name, as `Display` of a device prints it.
    fn name(&self) -> &'static str;

    /// How many devices it drives.
    fn devices(&self) -> usize;

    /// Whether the host reads and writes this memory through plain pointers.
    fn host_visible(&self) -> bool;

    /// Memory of at least `bytes` bytes, aligned to 64; `None` when there is none.
    fn allocate(&self, device: u16, bytes: usize) -> Option<Address>;

    /// Gives memory back.
    ///
    /// # Safety
    /// `address` came from `allocate` with these arguments and nothing uses it any more.
    unsafe fn free(&self, device: u16, address: Address, bytes: usize);

    /// Copies `bytes` from host memory; runs within a task of a stream of the device.
    ///
    /// # Safety
    /// Both ranges are valid and do not overlap.
    unsafe fn upload(&self, device: u16, from: *const u8, to: Address, bytes: usize) -> Result<()>;

    /// Copies `bytes` to host memory and waits for it; runs within a task of a stream of the device.
    ///
    /// # Safety
    /// Both ranges are valid and do not overlap.
    unsafe fn download(&self, device: u16, from: Address, to: *mut u8, bytes: usize) -> Result<()>;

    /// Compiles a step; `None` if this backend has no kernel for it (the planner then places the step elsewhere).
    fn compile(&self, device: u16, work: &Work) -> Option<Arc<dyn Kernel>>;

    /// Runs `task` after every earlier task of the stream. With `wait` the caller is about to wait for it, so it may run inline.
    fn submit(&self, device: u16, stream: u32, task: Task, wait: bool);

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

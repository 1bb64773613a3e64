//! The driver table: what the backend asks of CUDA's driver, behind a small trait with two implementations, the driver itself and a
//! recording stand-in for tests without a device.

pub mod fake;
pub mod real;

use std::fmt;

/// A stream, event, module or function of the driver.
pub type Handle = usize;

/// Why a call failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The call.
    pub call: &'static str,
    /// The driver's number; 2 is out of memory.
    pub code: i32,
    /// What the driver says.
    pub text: String,
}

/// The driver's number for out of memory.
pub const OUT_OF_MEMORY: i32 = 2;

impl Fault {
    /// Whether every later call of the process on this device fails too.
    pub fn sticky(&self) -> bool {
        matches!(self.code, 214 | 700 | 702 | 704..=720 | 999)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} gives {} ({})", self.call, self.text, self.code)
    }
}

/// A result of the driver.
pub type Outcome<T = ()> = Result<T, Fault>;

/// A kernel with all that one launch of it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Launch<'a> {
    /// The kernel.
    pub function: Handle,
    /// Blocks.
    pub grid: [u32; 2],
    /// Threads of a block.
    pub block: u32,
    /// Bytes of shared memory of a block that the launch asks for.
    pub shared: u32,
    /// The kernel's one parameter.
    pub words: &'a [u64],
}

/// What a node of a graph runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Node<'a> {
    /// A kernel.
    Kernel(Launch<'a>),
    /// What was captured.
    Captured(Handle),
}

/// What is known of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// Its name.
    pub name: String,
    /// Compute capability, such as 9 and 0.
    pub capability: (u32, u32),
    /// Bytes of memory.
    pub memory: usize,
    /// Multiprocessors.
    pub processors: u32,
    /// Bytes of shared memory that a block may have.
    pub shared: u32,
    /// The driver's version of CUDA, such as 13000.
    pub driver: u32,
}

/// The driver. Every call but `count` and `properties` is on the device that `bind` made current on this thread.
pub trait Driver: Send + Sync {
    /// Devices there are.
    fn count(&self) -> usize;
    /// What is known of one.
    fn properties(&self, device: usize) -> Outcome<Properties>;
    /// Makes a device current on this thread.
    fn bind(&self, device: usize) -> Outcome;
    /// Device memory.
    fn allocate(&self, bytes: usize) -> Outcome<u64>;
    /// Gives device memory back; waits for work that uses it.
    fn free(&self, address: u64) -> Outcome;
    /// Pinned host memory.
    fn allocate_host(&self, bytes: usize) -> Outcome<usize>;
    /// Bytes free and in all.
    fn memory(&self) -> Outcome<(usize, usize)>;
    /// A new stream.
    fn stream(&self) -> Outcome<Handle>;
    /// Waits for a stream.
    fn finish(&self, stream: Handle) -> Outcome;
    /// A new event.
    fn event(&self) -> Outcome<Handle>;
    /// A new event that notes the time.
    fn timer(&self) -> Outcome<Handle>;
    /// Seconds on the device between two events of [`Driver::timer`] that have come.
    fn elapsed(&self, from: Handle, to: Handle) -> Outcome<f32>;
    /// Forgets an event.
    fn drop_event(&self, event: Handle) -> Outcome;
    /// Puts an event at a stream's present end.
    fn record(&self, event: Handle, stream: Handle) -> Outcome;
    /// Makes a stream wait for an event.
    fn after(&self, stream: Handle, event: Handle) -> Outcome;
    /// Waits for an event.
    fn wait(&self, event: Handle) -> Outcome;
    /// Whether an event has come.
    fn come(&self, event: Handle) -> Outcome<bool>;
    /// Copies pinned host memory to the device, in the stream's order.
    ///
    /// # Safety
    /// Both ranges are valid until the copy is done.
    unsafe fn upload(&self, to: u64, from: usize, bytes: usize, stream: Handle) -> Outcome;
    /// Copies device memory to pinned host memory, in the stream's order.
    ///
    /// # Safety
    /// As for `upload`.
    unsafe fn download(&self, to: usize, from: u64, bytes: usize, stream: Handle) -> Outcome;
    /// Loads a program for the device.
    fn load(&self, image: &[u8]) -> Outcome<Handle>;
    /// A kernel of a loaded program, allowed that much shared memory.
    fn function(&self, module: Handle, name: &str, shared: u32) -> Outcome<Handle>;
    /// Runs a kernel.
    ///
    /// # Safety
    /// The words are what the kernel expects, and the memory they address is valid until it is done.
    unsafe fn launch(&self, launch: Launch<'_>, stream: Handle) -> Outcome;
    /// Makes what a stream gets from now on be captured instead of run; nothing else uses the stream meanwhile.
    fn capture(&self, stream: Handle) -> Outcome;
    /// Ends a capture; what was captured, until [`Driver::discard`].
    fn captured(&self, stream: Handle) -> Outcome<Handle>;
    /// Forgets what was captured; graphs that have it as a node keep theirs.
    fn discard(&self, captured: Handle) -> Outcome;
    /// A graph that runs the nodes one after another.
    ///
    /// # Safety
    /// As for `launch`, at every replay.
    unsafe fn graph(&self, nodes: &[Node<'_>]) -> Outcome<Handle>;
    /// Changes a node's arguments for later replays.
    ///
    /// # Safety
    /// As for `graph`; the node runs what it ran, on other words.
    unsafe fn patch(&self, graph: Handle, node: usize, with: Node<'_>) -> Outcome;
    /// Runs a graph in a stream's order.
    fn replay(&self, graph: Handle, stream: Handle) -> Outcome;
    /// Forgets a graph; a replay that is under way goes on.
    fn drop_graph(&self, graph: Handle) -> Outcome;
}

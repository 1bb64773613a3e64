//! A recording stand-in for the driver: memory is the host's, copies happen at once, launches are written down. For tests of scheduling,
//! residency, donation and out-of-memory without a device.

use super::{Driver, Fault, Handle, Launch, Node, OUT_OF_MEMORY, Outcome, Properties};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// A call that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Call {
    Allocate { address: u64, bytes: usize },
    Free { address: u64 },
    Upload { to: u64, bytes: usize, stream: Handle },
    Download { from: u64, bytes: usize, stream: Handle },
    Record { event: Handle, stream: Handle },
    After { event: Handle, stream: Handle },
    Wait { event: Handle },
    Launch { name: String, stream: Handle, words: Vec<u64> },
    Graph { graph: Handle, nodes: usize },
    Patch { graph: Handle, node: usize },
    Replay { graph: Handle, stream: Handle, words: Vec<Vec<u64>> },
    DropGraph { graph: Handle },
}

#[derive(Default)]
struct State {
    log: Vec<Call>,
    blocks: BTreeMap<u64, Box<[u64]>>,
    pinned: Vec<Box<[u64]>>,
    used: usize,
    names: Vec<String>,
    handles: usize,
    /// The functions and words of each graph's nodes.
    graphs: BTreeMap<Handle, Vec<(Handle, Vec<u64>)>>,
    /// Events that have not come.
    held: Vec<Handle>,
    fault: Option<Fault>,
}

/// What a launch of a kernel does to memory, in a test.
pub type Run = Box<dyn Fn(&[u64]) + Send + Sync>;

/// The stand-in.
pub struct Fake {
    capacity: usize,
    devices: usize,
    state: Mutex<State>,
    /// Runs in place of every kernel, if it is there.
    pub run: Option<Run>,
    /// Whether events come only when they are waited for.
    pub slow: bool,
}

impl Fake {
    /// A device of `capacity` bytes.
    pub fn new(capacity: usize) -> Fake {
        Fake { capacity, devices: 1, state: Mutex::new(State::default()), run: None, slow: false }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The calls since the last time.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.state().log)
    }

    /// Makes every call from now on fail so.
    pub fn fail(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Bytes of device memory that are allocated.
    pub fn used(&self) -> usize {
        self.state().used
    }

    fn check(&self) -> Outcome {
        self.state().fault.clone().map_or(Ok(()), Err)
    }

    fn handle(&self) -> Handle {
        let mut s = self.state();
        s.handles += 1;
        s.handles
    }
}

/// There is no library here whose calls could be captured.
fn no_library() -> Fault {
    Fault { call: "capture", code: 801, text: "operation not supported".into() }
}

/// A node's kernel and words.
fn kernel(node: &Node<'_>) -> Outcome<(Handle, Vec<u64>)> {
    match node {
        Node::Kernel(l) => Ok((l.function, l.words.to_vec())),
        Node::Captured(_) => Err(no_library()),
    }
}

impl Driver for Fake {
    fn count(&self) -> usize {
        self.devices
    }

    fn properties(&self, _: usize) -> Outcome<Properties> {
        Ok(Properties { name: "fake".into(), capability: (9, 0), memory: self.capacity, processors: 132, shared: 227 << 10, driver: 13000 })
    }

    fn bind(&self, _: usize) -> Outcome {
        Ok(())
    }

    fn allocate(&self, bytes: usize) -> Outcome<u64> {
        self.check()?;
        let mut s = self.state();
        if s.used + bytes > self.capacity {
            return Err(Fault { call: "mem_alloc", code: OUT_OF_MEMORY, text: "out of memory".into() });
        }
        // Room to start at a multiple of 512.
        let block = vec![0u64; bytes.div_ceil(8) + 64].into_boxed_slice();
        let address = (block.as_ptr() as u64).next_multiple_of(512);
        s.used += bytes;
        s.log.push(Call::Allocate { address, bytes });
        s.blocks.insert(address, block);
        Ok(address)
    }

    fn free(&self, address: u64) -> Outcome {
        let mut s = self.state();
        let block = s.blocks.remove(&address).expect("only what was allocated is freed");
        s.used -= (block.len() - 64) * 8;
        s.log.push(Call::Free { address });
        Ok(())
    }

    fn allocate_host(&self, bytes: usize) -> Outcome<usize> {
        let block = vec![0u64; bytes.div_ceil(8)].into_boxed_slice();
        let address = block.as_ptr() as usize;
        self.state().pinned.push(block);
        Ok(address)
    }

    fn memory(&self) -> Outcome<(usize, usize)> {
        Ok((self.capacity - self.used(), self.capacity))
    }

    fn stream(&self) -> Outcome<Handle> {
        Ok(self.handle())
    }

    fn finish(&self, _: Handle) -> Outcome {
        self.state().held.clear();
        self.check()
    }

    fn event(&self) -> Outcome<Handle> {
        Ok(self.handle())
    }

    fn timer(&self) -> Outcome<Handle> {
        Ok(self.handle())
    }

    fn elapsed(&self, _: Handle, _: Handle) -> Outcome<f32> {
        Ok(0.0)
    }

    fn drop_event(&self, _: Handle) -> Outcome {
        Ok(())
    }

    fn record(&self, event: Handle, stream: Handle) -> Outcome {
        let mut s = self.state();
        if self.slow && !s.held.contains(&event) {
            s.held.push(event);
        }
        s.log.push(Call::Record { event, stream });
        Ok(())
    }

    fn after(&self, stream: Handle, event: Handle) -> Outcome {
        self.state().log.push(Call::After { event, stream });
        self.check()
    }

    fn wait(&self, event: Handle) -> Outcome {
        let mut s = self.state();
        s.held.retain(|&h| h != event);
        s.log.push(Call::Wait { event });
        drop(s);
        self.check()
    }

    fn come(&self, event: Handle) -> Outcome<bool> {
        self.check()?;
        Ok(!self.state().held.contains(&event))
    }

    unsafe fn upload(&self, to: u64, from: usize, bytes: usize, stream: Handle) -> Outcome {
        self.check()?;
        // SAFETY: the caller's promise; device memory is the host's.
        unsafe { std::ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, bytes) };
        self.state().log.push(Call::Upload { to, bytes, stream });
        Ok(())
    }

    unsafe fn download(&self, to: usize, from: u64, bytes: usize, stream: Handle) -> Outcome {
        self.check()?;
        // SAFETY: as above.
        unsafe { std::ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, bytes) };
        self.state().log.push(Call::Download { from, bytes, stream });
        Ok(())
    }

    fn load(&self, _: &[u8]) -> Outcome<Handle> {
        Ok(self.handle())
    }

    fn function(&self, _: Handle, name: &str, _: u32) -> Outcome<Handle> {
        let mut s = self.state();
        s.names.push(name.into());
        Ok(s.names.len() - 1)
    }

    unsafe fn launch(&self, l: Launch<'_>, stream: Handle) -> Outcome {
        self.check()?;
        let name = self.state().names[l.function].clone();
        if let Some(run) = &self.run {
            run(l.words);
        }
        self.state().log.push(Call::Launch { name, stream, words: l.words.to_vec() });
        Ok(())
    }

    fn capture(&self, _: Handle) -> Outcome {
        Err(no_library())
    }

    fn captured(&self, _: Handle) -> Outcome<Handle> {
        Err(no_library())
    }

    fn discard(&self, _: Handle) -> Outcome {
        Err(no_library())
    }

    unsafe fn graph(&self, nodes: &[Node<'_>]) -> Outcome<Handle> {
        self.check()?;
        let nodes: Vec<(Handle, Vec<u64>)> = nodes.iter().map(kernel).collect::<Outcome<_>>()?;
        let graph = self.handle();
        let mut s = self.state();
        s.log.push(Call::Graph { graph, nodes: nodes.len() });
        s.graphs.insert(graph, nodes);
        Ok(graph)
    }

    unsafe fn patch(&self, graph: Handle, node: usize, with: Node<'_>) -> Outcome {
        self.check()?;
        let (function, words) = kernel(&with)?;
        let mut s = self.state();
        let old = &mut s.graphs.get_mut(&graph).expect("only what was made is patched")[node];
        assert_eq!(old.0, function, "a node keeps its kernel");
        old.1 = words;
        s.log.push(Call::Patch { graph, node });
        Ok(())
    }

    fn replay(&self, graph: Handle, stream: Handle) -> Outcome {
        self.check()?;
        let words: Vec<Vec<u64>> = self.state().graphs[&graph].iter().map(|n| n.1.clone()).collect();
        if let Some(run) = &self.run {
            words.iter().for_each(|w| run(w));
        }
        self.state().log.push(Call::Replay { graph, stream, words });
        Ok(())
    }

    fn drop_graph(&self, graph: Handle) -> Outcome {
        let mut s = self.state();
        s.graphs.remove(&graph).expect("only what was made is dropped");
        s.log.push(Call::DropGraph { graph });
        Ok(())
    }
}

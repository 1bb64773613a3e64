//! CUDA's driver, opened at run time.

use super::{Driver, Fault, Handle, Launch, Node, Outcome, Properties};
use crate::libraries::{open, symbol};
use libloading::Library;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};

type Code = c_int;
type Ptr = *mut c_void;

/// Declares the table of functions and how it is filled.
macro_rules! table {
    ($($field:ident = $name:literal: fn($($arg:ty),*);)*) => {
        #[allow(clippy::type_complexity)]
        struct Table {
            $($field: unsafe extern "C" fn($($arg),*) -> Code,)*
            _library: Library,
        }

        impl Table {
            fn new(library: Library) -> Result<Table, String> {
                // SAFETY: the types are those of the driver's documented interface.
                unsafe { Ok(Table { $($field: symbol(&library, $name)?,)* _library: library }) }
            }
        }
    };
}

table! {
    init = "cuInit": fn(c_uint);
    version = "cuDriverGetVersion": fn(*mut c_int);
    device_count = "cuDeviceGetCount": fn(*mut c_int);
    device_get = "cuDeviceGet": fn(*mut c_int, c_int);
    device_name = "cuDeviceGetName": fn(*mut c_char, c_int, c_int);
    device_memory = "cuDeviceTotalMem_v2": fn(*mut usize, c_int);
    device_attribute = "cuDeviceGetAttribute": fn(*mut c_int, c_int, c_int);
    retain = "cuDevicePrimaryCtxRetain": fn(*mut Ptr, c_int);
    set_current = "cuCtxSetCurrent": fn(Ptr);
    error_name = "cuGetErrorName": fn(Code, *mut *const c_char);
    error_text = "cuGetErrorString": fn(Code, *mut *const c_char);
    mem_alloc = "cuMemAlloc_v2": fn(*mut u64, usize);
    mem_free = "cuMemFree_v2": fn(u64);
    mem_host = "cuMemHostAlloc": fn(*mut Ptr, usize, c_uint);
    mem_info = "cuMemGetInfo_v2": fn(*mut usize, *mut usize);
    stream_create = "cuStreamCreate": fn(*mut Ptr, c_uint);
    stream_synchronize = "cuStreamSynchronize": fn(Ptr);
    stream_wait = "cuStreamWaitEvent": fn(Ptr, Ptr, c_uint);
    event_elapsed = "cuEventElapsedTime": fn(*mut f32, Ptr, Ptr);
    event_create = "cuEventCreate": fn(*mut Ptr, c_uint);
    event_record = "cuEventRecord": fn(Ptr, Ptr);
    event_destroy = "cuEventDestroy_v2": fn(Ptr);
    event_query = "cuEventQuery": fn(Ptr);
    event_synchronize = "cuEventSynchronize": fn(Ptr);
    copy_up = "cuMemcpyHtoDAsync_v2": fn(u64, *const c_void, usize, Ptr);
    copy_down = "cuMemcpyDtoHAsync_v2": fn(Ptr, u64, usize, Ptr);
    module_load = "cuModuleLoadData": fn(*mut Ptr, *const c_void);
    module_function = "cuModuleGetFunction": fn(*mut Ptr, Ptr, *const c_char);
    function_attribute = "cuFuncSetAttribute": fn(Ptr, c_int, c_int);
    launch_kernel = "cuLaunchKernel":
        fn(Ptr, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, Ptr, *mut Ptr, *mut Ptr);
    capture_begin = "cuStreamBeginCapture_v2": fn(Ptr, c_int);
    capture_end = "cuStreamEndCapture": fn(Ptr, *mut Ptr);
    graph_create = "cuGraphCreate": fn(*mut Ptr, c_uint);
    graph_destroy = "cuGraphDestroy": fn(Ptr);
    graph_kernel = "cuGraphAddKernelNode_v2": fn(*mut Ptr, Ptr, *const Ptr, usize, *const KernelNode);
    graph_child = "cuGraphAddChildGraphNode": fn(*mut Ptr, Ptr, *const Ptr, usize, Ptr);
    graph_instantiate = "cuGraphInstantiateWithFlags": fn(*mut Ptr, Ptr, u64);
    exec_kernel = "cuGraphExecKernelNodeSetParams_v2": fn(Ptr, Ptr, *const KernelNode);
    exec_child = "cuGraphExecChildGraphNodeSetParams": fn(Ptr, Ptr, Ptr);
    exec_launch = "cuGraphLaunch": fn(Ptr, Ptr);
    exec_destroy = "cuGraphExecDestroy": fn(Ptr);
}

/// The driver's description of a kernel node.
#[repr(C)]
struct KernelNode {
    function: Ptr,
    grid: [c_uint; 3],
    block: [c_uint; 3],
    shared: c_uint,
    parameters: *mut Ptr,
    extra: *mut Ptr,
    kernel: Ptr,
    context: Ptr,
}

impl KernelNode {
    /// `parameters` has the address of the launch's words.
    fn new(l: &Launch<'_>, parameters: &mut [Ptr; 1]) -> KernelNode {
        let none = std::ptr::null_mut();
        KernelNode {
            function: l.function as Ptr,
            grid: [l.grid[0], l.grid[1], 1],
            block: [l.block, 1, 1],
            shared: l.shared,
            parameters: parameters.as_mut_ptr(),
            extra: std::ptr::null_mut(),
            kernel: none,
            context: none,
        }
    }
}

/// A graph that can be launched, what it was made from, and its nodes there.
struct Graph {
    exec: Ptr,
    from: Ptr,
    nodes: Vec<Ptr>,
}

/// The driver with its devices' primary contexts.
pub struct Real {
    table: Table,
    contexts: Vec<usize>,
    version: u32,
}

const NOT_READY: Code = 600;
const NON_BLOCKING: c_uint = 1;
const NO_TIMING: c_uint = 2;
const SHARED_LIMIT: c_int = 8;
/// Captures that forbid other threads nothing.
const RELAXED: c_int = 2;

thread_local! {
    /// The device that is current on this thread.
    static CURRENT: Cell<usize> = const { Cell::new(usize::MAX) };
}

macro_rules! call {
    ($self:ident.$name:ident($($arg:expr),* $(,)?)) => {
        // SAFETY: a call of the driver's interface with valid places for its results; handles came from it.
        $self.check(stringify!($name), unsafe { ($self.table.$name)($($arg),*) })
    };
}

impl Real {
    /// Opens the driver.
    ///
    /// # Errors
    /// What was looked for, or what the driver says.
    pub fn new() -> Result<Real, String> {
        let library = open(&["libcuda.so.1", "libcuda.so", "nvcuda.dll"]).map_err(|e| format!("no CUDA driver: {e}"))?;
        let mut real = Real { table: Table::new(library)?, contexts: Vec::new(), version: 0 };
        let text = |f: Fault| f.to_string();
        call!(real.init(0)).map_err(text)?;
        let (mut version, mut count) = (0, 0);
        call!(real.version(&mut version)).map_err(text)?;
        call!(real.device_count(&mut count)).map_err(text)?;
        for i in 0..count {
            let (mut device, mut context) = (0, std::ptr::null_mut());
            call!(real.device_get(&mut device, i)).map_err(text)?;
            call!(real.retain(&mut context, device)).map_err(text)?;
            real.contexts.push(context as usize);
        }
        real.version = version as u32;
        if real.contexts.is_empty() {
            return Err("the CUDA driver is there, but it shows no device".into());
        }
        Ok(real)
    }

    fn check(&self, call: &'static str, code: Code) -> Outcome {
        if code == 0 {
            return Ok(());
        }
        let (mut name, mut text) = (std::ptr::null(), std::ptr::null());
        // SAFETY: the driver sets both to static strings, or leaves them null.
        let text = unsafe {
            (self.table.error_name)(code, &mut name);
            (self.table.error_text)(code, &mut text);
            let read = |p: *const c_char| if p.is_null() { "unknown".into() } else { CStr::from_ptr(p).to_string_lossy().into_owned() };
            format!("{}: {}", read(name), read(text))
        };
        Err(Fault { call, code, text })
    }
}

impl Driver for Real {
    fn count(&self) -> usize {
        self.contexts.len()
    }

    fn properties(&self, device: usize) -> Outcome<Properties> {
        let mut d = 0;
        call!(self.device_get(&mut d, device as c_int))?;
        let mut name = [0 as c_char; 256];
        call!(self.device_name(name.as_mut_ptr(), 256, d))?;
        let mut memory = 0;
        call!(self.device_memory(&mut memory, d))?;
        let attribute = |what: c_int| -> Outcome<u32> {
            let mut v = 0;
            call!(self.device_attribute(&mut v, what, d))?;
            Ok(v as u32)
        };
        // SAFETY: the driver ends the name with a zero.
        let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned();
        Ok(Properties { name, capability: (attribute(75)?, attribute(76)?), memory, processors: attribute(16)?, driver: self.version })
    }

    fn bind(&self, device: usize) -> Outcome {
        if CURRENT.get() == device {
            return Ok(());
        }
        call!(self.set_current(self.contexts[device] as Ptr))?;
        CURRENT.set(device);
        Ok(())
    }

    fn allocate(&self, bytes: usize) -> Outcome<u64> {
        let mut address = 0;
        call!(self.mem_alloc(&mut address, bytes))?;
        Ok(address)
    }

    fn free(&self, address: u64) -> Outcome {
        call!(self.mem_free(address))
    }

    fn allocate_host(&self, bytes: usize) -> Outcome<usize> {
        let mut address = std::ptr::null_mut();
        call!(self.mem_host(&mut address, bytes, 1))?;
        Ok(address as usize)
    }

    fn memory(&self) -> Outcome<(usize, usize)> {
        let (mut free, mut all) = (0, 0);
        call!(self.mem_info(&mut free, &mut all))?;
        Ok((free, all))
    }

    fn stream(&self) -> Outcome<Handle> {
        let mut stream = std::ptr::null_mut();
        call!(self.stream_create(&mut stream, NON_BLOCKING))?;
        Ok(stream as Handle)
    }

    fn finish(&self, stream: Handle) -> Outcome {
        call!(self.stream_synchronize(stream as Ptr))
    }

    fn event(&self) -> Outcome<Handle> {
        let mut event = std::ptr::null_mut();
        call!(self.event_create(&mut event, NO_TIMING))?;
        Ok(event as Handle)
    }

    fn timer(&self) -> Outcome<Handle> {
        let mut event = std::ptr::null_mut();
        call!(self.event_create(&mut event, 0))?;
        Ok(event as Handle)
    }

    fn elapsed(&self, from: Handle, to: Handle) -> Outcome<f32> {
        let mut ms = 0.0;
        call!(self.event_elapsed(&mut ms, from as Ptr, to as Ptr))?;
        Ok(ms / 1e3)
    }

    fn drop_event(&self, event: Handle) -> Outcome {
        call!(self.event_destroy(event as Ptr))
    }

    fn record(&self, event: Handle, stream: Handle) -> Outcome {
        call!(self.event_record(event as Ptr, stream as Ptr))
    }

    fn after(&self, stream: Handle, event: Handle) -> Outcome {
        call!(self.stream_wait(stream as Ptr, event as Ptr, 0))
    }

    fn wait(&self, event: Handle) -> Outcome {
        call!(self.event_synchronize(event as Ptr))
    }

    fn come(&self, event: Handle) -> Outcome<bool> {
        // SAFETY: the event came from the driver.
        match unsafe { (self.table.event_query)(event as Ptr) } {
            NOT_READY => Ok(false),
            code => self.check("event_query", code).map(|()| true),
        }
    }

    unsafe fn upload(&self, to: u64, from: usize, bytes: usize, stream: Handle) -> Outcome {
        call!(self.copy_up(to, from as *const c_void, bytes, stream as Ptr))
    }

    unsafe fn download(&self, to: usize, from: u64, bytes: usize, stream: Handle) -> Outcome {
        call!(self.copy_down(to as Ptr, from, bytes, stream as Ptr))
    }

    fn load(&self, image: &[u8]) -> Outcome<Handle> {
        let mut module = std::ptr::null_mut();
        call!(self.module_load(&mut module, image.as_ptr().cast()))?;
        Ok(module as Handle)
    }

    fn function(&self, module: Handle, name: &str, shared: u32) -> Outcome<Handle> {
        let name = CString::new(name).expect("a kernel's name has no zero");
        let mut function = std::ptr::null_mut();
        call!(self.module_function(&mut function, module as Ptr, name.as_ptr()))?;
        if shared > 0 {
            call!(self.function_attribute(function, SHARED_LIMIT, shared as c_int))?;
        }
        Ok(function as Handle)
    }

    unsafe fn launch(&self, l: Launch<'_>, stream: Handle) -> Outcome {
        let mut parameters = [l.words.as_ptr() as Ptr];
        let none = std::ptr::null_mut();
        let f = l.function as Ptr;
        call!(self.launch_kernel(f, l.grid[0], l.grid[1], 1, l.block, 1, 1, l.shared, stream as Ptr, parameters.as_mut_ptr(), none))
    }

    fn capture(&self, stream: Handle) -> Outcome {
        call!(self.capture_begin(stream as Ptr, RELAXED))
    }

    fn captured(&self, stream: Handle) -> Outcome<Handle> {
        let mut graph = std::ptr::null_mut();
        call!(self.capture_end(stream as Ptr, &mut graph))?;
        Ok(graph as Handle)
    }

    fn discard(&self, captured: Handle) -> Outcome {
        call!(self.graph_destroy(captured as Ptr))
    }

    unsafe fn graph(&self, nodes: &[Node<'_>]) -> Outcome<Handle> {
        let mut made = Graph { exec: std::ptr::null_mut(), from: std::ptr::null_mut(), nodes: Vec::with_capacity(nodes.len()) };
        call!(self.graph_create(&mut made.from, 0))?;
        let built = nodes.iter().try_for_each(|node| {
            let mut added = std::ptr::null_mut();
            let (before, count) = made.nodes.last().map_or((std::ptr::null(), 0), |n| (&raw const *n, 1));
            match node {
                Node::Kernel(l) => {
                    let mut parameters = [l.words.as_ptr() as Ptr];
                    let node = KernelNode::new(l, &mut parameters);
                    call!(self.graph_kernel(&mut added, made.from, before, count, &node))?;
                }
                Node::Captured(c) => call!(self.graph_child(&mut added, made.from, before, count, *c as Ptr))?,
            }
            made.nodes.push(added);
            Ok(())
        });
        let built = built.and_then(|()| call!(self.graph_instantiate(&mut made.exec, made.from, 0)));
        if let Err(fault) = built {
            call!(self.graph_destroy(made.from))?;
            return Err(fault);
        }
        Ok(Box::into_raw(Box::new(made)) as Handle)
    }

    unsafe fn patch(&self, graph: Handle, node: usize, with: Node<'_>) -> Outcome {
        // SAFETY: the handle is a graph's, which nobody has dropped.
        let graph = unsafe { &*(graph as *const Graph) };
        match with {
            Node::Kernel(l) => {
                let mut parameters = [l.words.as_ptr() as Ptr];
                let with = KernelNode::new(&l, &mut parameters);
                call!(self.exec_kernel(graph.exec, graph.nodes[node], &with))
            }
            Node::Captured(c) => call!(self.exec_child(graph.exec, graph.nodes[node], c as Ptr)),
        }
    }

    fn replay(&self, graph: Handle, stream: Handle) -> Outcome {
        // SAFETY: as above.
        let graph = unsafe { &*(graph as *const Graph) };
        call!(self.exec_launch(graph.exec, stream as Ptr))
    }

    fn drop_graph(&self, graph: Handle) -> Outcome {
        // SAFETY: as above; it is this call that drops it.
        let graph = unsafe { Box::from_raw(graph as *mut Graph) };
        call!(self.exec_destroy(graph.exec)).and(call!(self.graph_destroy(graph.from)))
    }
}

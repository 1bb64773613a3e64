//! The backend: devices, and the kernel of each kind of work.

use crate::blas::Blas;
use crate::compiler::{Programs, background, cache::Cache, nvrtc::Nvrtc};
use crate::driver::{Driver, real::Real};
use crate::gpu::Gpu;
use crate::graphs::{FEW, Graphs};
use crate::launch::Plan;
use crate::step::{self, Step};
use crate::work::Target;
use crate::{tape, work};
use lazulite_base::backend::{Address, Backend, Event, Kernel, Linked, Recording, Start, Task};
use lazulite_base::work::Work;
use lazulite_base::{Error, Result};
use std::sync::{Arc, LazyLock, OnceLock};

/// NVIDIA's GPUs.
pub struct Cuda {
    gpus: Vec<Arc<Gpu>>,
    blas: Result<Arc<Blas>, String>,
}

#[linkme::distributed_slice(lazulite_base::backend::LINKED)]
static LINKED: Linked = Linked { rank: 10, make: || FOUND.as_ref().ok().map(|c| c.clone() as Arc<dyn Backend>) };

/// The machine's devices, or why there are none.
static FOUND: LazyLock<Result<Arc<Cuda>, String>> = LazyLock::new(|| {
    if std::env::var_os("LAZULITE_CUDA").is_some_and(|v| v == "off") {
        return Err("LAZULITE_CUDA=off".into());
    }
    let driver: Arc<dyn Driver> = Arc::new(Real::new()?);
    let mut gpus = Vec::new();
    for i in 0..driver.count() {
        let properties = driver.properties(i).map_err(|f| f.to_string())?;
        let (major, minor) = properties.capability;
        if major < 8 {
            continue;
        }
        let compiler = Arc::new(Nvrtc::new(&format!("sm_{major}{minor}{}", if major >= 9 { "a" } else { "" }))?);
        let programs = Programs::new(driver.clone(), i, compiler, Cache::user()).beside(background::allowed());
        gpus.push(Arc::new(Gpu::new(driver.clone(), i, properties, programs).map_err(|f| f.to_string())?));
    }
    if gpus.is_empty() {
        return Err("no device of compute capability 8.0 or more".into());
    }
    let cuda = Arc::new(Cuda { gpus, blas: Blas::new().map(Arc::new) });
    let _ = ALL.set(cuda.gpus.clone());
    Ok(cuda)
});

static ALL: OnceLock<Vec<Arc<Gpu>>> = OnceLock::new();

/// The device of a number, once they are found.
pub fn gpu(index: u16) -> Option<Arc<Gpu>> {
    ALL.get()?.get(index as usize).cloned()
}

/// Whether there is a device that this backend drives.
pub fn is_available() -> bool {
    FOUND.is_ok()
}

/// Why there is no device, with what was looked for; `None` if there is one.
pub fn why_not() -> Option<String> {
    FOUND.as_ref().err().cloned()
}

/// How a step runs, for every kind of work whose kernels are our own; `None` for the others.
pub fn plan(work: &Work, on: Target) -> Option<Plan> {
    match work {
        Work::Tape(t) => Some(tape::plan(t)),
        Work::RandomBits { keys, n, width } => work::random::plan(*keys, *n, *width),
        Work::Gather { x, axes, indices } => work::gather::plan(x, axes, indices),
        Work::GatherAlong { x, index, axis } => work::gather::along(x, index, *axis),
        Work::Scatter { out, updates, axes, indices, mode } => work::scatter::plan(out, updates, axes, indices, *mode),
        Work::ScatterAlong { out, updates, index, axis, mode } => work::scatter::along(out, updates, index, *axis, *mode),
        Work::ArgReduce { x, axis, op } => work::arg_reduce::plan(x, *axis, *op),
        Work::Reinterpret { x } => Some(tape::plan(&tape::copy(x, tape::raw(x.dtype)))),
        Work::Attention(a) => work::attention::plan(a, on),
        Work::AttentionGrad(g) => work::attention::gradient(g, on),
        Work::MatMul { .. }
        | Work::SearchSorted { .. }
        | Work::GatedDelta(_)
        | Work::GatedDeltaGrad(_)
        | Work::Quantize { .. }
        | Work::Dequantize { .. }
        | Work::Fp8 { .. }
        | Work::QuantizedMatMul { .. }
        | Work::GatherMatMul { .. }
        | Work::Fft { .. }
        | Work::Linalg { .. } => None,
        Work::Scan { x, factors, axis, op, reverse, exclusive } => work::scan::plan(x, factors.as_ref(), *axis, *op, *reverse, *exclusive),
        Work::Conv { x, w, windows, turned } => work::conv::plan(x, w, windows, *turned),
        // Sorted rows are partitioned rows.
        Work::ArgSort { x } | Work::ArgPartition { x, .. } => work::sort::plan(x),
        Work::Sort { x } => work::sort::values(x),
    }
}

impl Cuda {
    /// A backend over these devices, for tests with a stand-in for the driver.
    pub fn over(gpus: Vec<Arc<Gpu>>) -> Cuda {
        Cuda { gpus, blas: Err("a stand-in for the driver has no cuBLASLt".into()) }
    }
}

impl Backend for Cuda {
    fn name(&self) -> &'static str {
        "cuda"
    }

    fn devices(&self) -> usize {
        self.gpus.len()
    }

    fn finish(&self) {
        background::finish();
    }

    fn host_visible(&self) -> bool {
        false
    }

    fn info(&self, device: u16) -> Vec<(&'static str, String)> {
        let gpu = &self.gpus[device as usize];
        let p = &gpu.properties;
        let mut out = vec![
            ("device_name", p.name.clone()),
            ("architecture", format!("sm_{}{}", p.capability.0, p.capability.1)),
            ("memory_size", p.memory.to_string()),
            ("multiprocessors", p.processors.to_string()),
            ("driver_version", format!("{}.{}", p.driver / 1000, p.driver % 1000 / 10)),
        ];
        if let Some((free, _)) = gpu.memory() {
            out.push(("memory_free", free.to_string()));
        }
        if let Err(why) = &self.blas {
            out.push(("products", format!("on the CPU: {why}")));
        }
        out
    }

    fn allocate(&self, device: u16, stream: u32, bytes: usize) -> Result<Option<Address>> {
        self.gpus[device as usize].allocate(stream, bytes)
    }

    unsafe fn free(&self, device: u16, streams: &[u32], address: Address, _: usize) {
        self.gpus[device as usize].free(streams, address);
    }

    fn kept(&self) -> usize {
        self.gpus.iter().map(|g| g.kept()).sum()
    }

    fn keep_at_most(&self, bytes: usize) {
        self.gpus.iter().for_each(|g| g.keep_at_most(bytes));
    }

    unsafe fn upload(&self, device: u16, stream: u32, from: *const u8, to: Address, bytes: usize) -> Result<()> {
        // SAFETY: the caller's promise.
        unsafe { self.gpus[device as usize].upload(stream, from, to, bytes) }
    }

    unsafe fn download(&self, device: u16, from: Address, to: *mut u8, bytes: usize) -> Result<()> {
        // SAFETY: the caller's promise.
        unsafe { self.gpus[device as usize].download(from, to, bytes) }
    }

    fn prepare(&self, device: u16, works: &[&Work]) {
        let gpu = &self.gpus[device as usize];
        let on = Target::of(&gpu.properties);
        step::prepare(gpu, works.iter().filter_map(|w| plan(w, on)).collect());
    }

    fn compile(&self, device: u16, work: &Work) -> Result<Option<Arc<dyn Kernel>>> {
        let gpu = &self.gpus[device as usize];
        if let (Work::MatMul { a, b }, Ok(blas)) = (work, &self.blas) {
            return Ok(blas.kernel(gpu, a, b)?.map(|k| Arc::new(k) as Arc<dyn Kernel>));
        }
        match plan(work, Target::of(&gpu.properties)) {
            Some(plan) => Ok(Some(Arc::new(Step::new(gpu.clone(), plan)?))),
            None => Ok(None),
        }
    }

    fn recording(&self, device: u16, stream: u32, steps: usize) -> Option<Box<dyn Recording>> {
        static OFF: LazyLock<bool> = LazyLock::new(|| std::env::var_os("LAZULITE_GRAPHS").is_some_and(|v| v == "off"));
        (steps >= FEW && !*OFF).then(|| Box::new(Graphs::new(self.gpus[device as usize].clone(), stream)) as Box<dyn Recording>)
    }

    fn submit(&self, device: u16, stream: u32, task: Task, start: Start) {
        match self.gpus[device as usize].stream(stream) {
            Ok(s) => s.submit(task, start),
            // The task meets the same fault, and its ticket carries it.
            Err(_) => task(),
        }
    }

    fn record(&self, device: u16, stream: u32) -> Result<Option<Arc<dyn Event>>> {
        Ok(Some(Arc::new(self.gpus[device as usize].record(stream)?)))
    }

    fn synchronize(&self, device: u16, stream: u32) -> Result<()> {
        let gpu = self.gpus.get(device as usize).ok_or_else(|| Error::runtime("cuda", format!("there is no cuda:{device}")))?;
        gpu.synchronize(stream)
    }
}

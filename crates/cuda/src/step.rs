//! A compiled step: loaded kernels and where their arguments come from. A tape whose kernels are not compiled yet runs on a generic kernel.

use crate::compiler::background::SHORTEST;
use crate::driver::{self, Handle};
use crate::gpu::Gpu;
use crate::graphs;
use crate::launch::{Launch, Plan, Source, Word};
use crate::tape::generic::{Call, operations};
use crate::tape::keep::SHARED;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::{Error, Result};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, OnceLock};

/// A launch with its loaded kernel.
struct Ready {
    function: Handle,
    grid: [u32; 2],
    block: u32,
    shared: u32,
    words: Vec<Word>,
    /// Words that the kernel takes; those that are not given are zero.
    takes: usize,
}

fn error(log: String) -> Error {
    Error::runtime("cuda", log)
}

/// Launches, and their kernels once they are compiled.
struct Kernels {
    /// With the kernels' names, until these are loaded.
    pending: Mutex<Vec<(String, Launch)>>,
    ready: OnceLock<Vec<Ready>>,
}

impl Kernels {
    fn new(gpu: &Gpu, launches: Vec<Launch>) -> Kernels {
        let named = launches.into_iter().map(|l| (gpu.programs.name(&l.source), l)).collect();
        Kernels { pending: Mutex::new(named), ready: OnceLock::new() }
    }

    fn load(gpu: &Gpu, launches: &[(String, Launch)]) -> Result<Vec<Ready>> {
        let sources: Vec<&Source> = launches.iter().map(|(_, l)| &l.source).collect();
        gpu.programs.prepare(&sources).map_err(error)?;
        let ready = |l: &Launch| {
            let function = gpu.programs.function(&l.source, l.shared).map_err(error)?;
            let words = l.words.0.clone();
            Ok(Ready { function, grid: l.grid, block: l.block, shared: l.shared, takes: words.len(), words })
        };
        launches.iter().map(|(_, l)| ready(l)).collect()
    }
}

/// A launch of a generic kernel, loaded when it is first needed.
struct StandIn {
    call: Call,
    ready: OnceLock<Ready>,
}

impl StandIn {
    fn loaded(call: &Call, function: Handle) -> Ready {
        let words = call.words.0.clone();
        let block = operations::THREADS as u32;
        Ready { function, grid: call.grid, block, shared: call.shared, words, takes: operations::WORDS }
    }

    /// The launch; `None` while its kernel is compiled.
    fn get(&self, gpu: &Gpu) -> Result<Option<&Ready>> {
        if self.ready.get().is_none() {
            let Some(function) = gpu.programs.generic(self.call.class).map_err(error)? else { return Ok(None) };
            let _ = self.ready.set(StandIn::loaded(&self.call, function));
        }
        Ok(self.ready.get())
    }
}

/// A step of launches.
pub struct Step {
    gpu: Arc<Gpu>,
    own: Kernels,
    scratch: usize,
    aligned: Vec<(Word, usize)>,
    /// What runs when an address is not aligned, compiled when that first happens.
    scalar: Option<Kernels>,
    /// What runs while the others are compiled.
    generic: Option<StandIn>,
}

/// The launch of a generic kernel that may stand in for a plan's.
fn stand_in(gpu: &Gpu, plan: &mut Plan) -> Option<StandIn> {
    let call = plan.generic.take_if(|c| gpu.programs.is_beside() && c.seconds < SHORTEST)?;
    Some(StandIn { call, ready: OnceLock::new() })
}

/// Has what plans launch compiled, together: beside the work where generic kernels can stand in, else now. All that stand in may take as
/// long as the shortest compilation: the quickest do, and what takes longer waits for its own kernels.
pub fn prepare(gpu: &Gpu, mut plans: Vec<Plan>) {
    let (mut now, mut later) = (Vec::new(), Vec::new());
    let seconds = |p: &Plan| p.generic.as_ref().map_or(f64::INFINITY, |c| c.seconds);
    plans.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    let mut left = SHORTEST;
    for mut plan in plans {
        let generic = stand_in(gpu, &mut plan).filter(|g| g.call.seconds <= left);
        let named: Vec<(String, Launch)> = plan.launches.into_iter().map(|l| (gpu.programs.name(&l.source), l)).collect();
        let settled = gpu.programs.settled(named.iter().map(|(n, _)| n.as_str()));
        match generic.filter(|g| !settled && matches!(g.get(gpu), Ok(Some(_)))) {
            Some(g) => {
                left -= g.call.seconds;
                later.extend(named);
            }
            None => now.extend(named),
        }
    }
    gpu.programs.request(later.iter().map(|(n, l)| (n.as_str(), &l.source)));
    let sources: Vec<&Source> = now.iter().map(|(_, l)| &l.source).collect();
    // What does not compile is refused again, with its own error, when the step itself is compiled.
    let _ = gpu.programs.prepare(&sources);
}

impl Step {
    /// Compiles and loads what a plan launches, or has it compiled beside the work while a generic kernel stands in.
    ///
    /// # Errors
    /// The compiler's or the driver's.
    pub fn new(gpu: Arc<Gpu>, mut plan: Plan) -> Result<Step> {
        gpu.bind()?;
        let generic = stand_in(&gpu, &mut plan);
        let own = Kernels::new(&gpu, plan.launches);
        let scalar = plan.scalar.map(|s| Kernels::new(&gpu, vec![s]));
        let step = Step { own, scratch: plan.scratch, aligned: plan.aligned, scalar, generic, gpu };
        step.launches(&step.own)?;
        Ok(step)
    }

    /// The launches that run now: those of `kernels`, or that of the generic kernel while they are compiled.
    fn launches<'a>(&'a self, kernels: &'a Kernels) -> Result<&'a [Ready]> {
        if let Some(ready) = kernels.ready.get() {
            return Ok(ready);
        }
        let mut pending = kernels.pending.lock().unwrap_or_else(|e| e.into_inner());
        let programs = &self.gpu.programs;
        if let (None, Some(generic)) = (kernels.ready.get(), &self.generic)
            && !programs.settled(pending.iter().map(|(name, _)| name.as_str()))
            && let Some(ready) = generic.get(&self.gpu)?
        {
            programs.request(pending.iter().map(|(name, l)| (name.as_str(), &l.source)));
            return Ok(std::slice::from_ref(ready));
        }
        if kernels.ready.get().is_none() {
            // What fails here may hold the next time, but for what the compiler refuses.
            let _ = kernels.ready.set(Kernels::load(&self.gpu, &pending)?);
            pending.clear();
        }
        Ok(kernels.ready.get().map_or(&[], Vec::as_slice))
    }
}

fn word(word: Word, args: &Args<'_>) -> u64 {
    match word {
        Word::Input(k) => args.inputs[k] as u64,
        Word::Output(k) => args.outputs[k] as u64,
        Word::Param(k) => args.params[k],
        Word::Scratch(at) => (args.scratch + at) as u64,
        Word::Value(v) => v,
    }
}

impl Ready {
    /// # Safety
    /// The addresses are valid for the layouts the kernel was compiled for.
    unsafe fn launch(&self, gpu: &Gpu, stream: Handle, args: &Args<'_>) -> Result<()> {
        let mut words: SmallVec<[u64; 64]> = self.words.iter().map(|&w| word(w, args)).collect();
        words.resize(self.takes, 0);
        let launch = driver::Launch { function: self.function, grid: self.grid, block: self.block, shared: self.shared, words: &words };
        // SAFETY: the words are in the order in which the text was written; the caller's promise for the addresses.
        unsafe { graphs::launch(gpu, launch, stream) }
    }
}

impl Kernel for Step {
    fn scratch(&self) -> usize {
        self.scratch
    }

    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let stream = self.gpu.stream(args.stream)?.handle;
        self.gpu.bind()?;
        let fits = self.aligned.iter().all(|&(w, n)| word(w, &args).is_multiple_of(n as u64));
        let kernels = self.scalar.as_ref().filter(|_| !fits).unwrap_or(&self.own);
        // SAFETY: the caller's promise.
        self.launches(kernels)?.iter().try_for_each(|l| unsafe { l.launch(&self.gpu, stream, &args) })
    }
}

/// A tape that only ever runs on a generic kernel, to compare it with its own.
pub struct Generic {
    gpu: Arc<Gpu>,
    ready: Ready,
}

impl Generic {
    /// Waits for the kernel.
    ///
    /// # Errors
    /// The compiler's or the driver's.
    pub fn new(gpu: Arc<Gpu>, call: &Call) -> Result<Generic> {
        gpu.bind()?;
        let function = gpu.programs.function(&call.class.kernel().source, SHARED as u32).map_err(error)?;
        Ok(Generic { ready: StandIn::loaded(call, function), gpu })
    }
}

impl Kernel for Generic {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let stream = self.gpu.stream(args.stream)?.handle;
        self.gpu.bind()?;
        // SAFETY: the caller's promise.
        unsafe { self.ready.launch(&self.gpu, stream, &args) }
    }
}

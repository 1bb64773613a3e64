//! A compiled step: loaded kernels and where their arguments come from.

use crate::driver::{self, Handle};
use crate::gpu::Gpu;
use crate::graphs;
use crate::launch::{Launch, Plan, Word};
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::{Error, Result};
use smallvec::SmallVec;
use std::sync::{Arc, OnceLock};

/// A launch with its loaded kernel.
struct Ready {
    function: Handle,
    grid: [u32; 2],
    block: u32,
    shared: u32,
    words: Vec<Word>,
}

/// A step of launches.
pub struct Step {
    gpu: Arc<Gpu>,
    launches: Vec<Ready>,
    scratch: usize,
    aligned: Vec<(Word, usize)>,
    /// What runs when an address is not aligned, compiled when that first happens.
    scalar: Option<(Launch, OnceLock<Result<Ready>>)>,
}

fn ready(gpu: &Gpu, launch: &Launch) -> Result<Ready> {
    let function = gpu.programs.function(&launch.source, launch.shared).map_err(|e| Error::runtime("cuda", e))?;
    Ok(Ready { function, grid: launch.grid, block: launch.block, shared: launch.shared, words: launch.words.0.clone() })
}

impl Step {
    /// Compiles and loads what a plan launches.
    ///
    /// # Errors
    /// The compiler's or the driver's.
    pub fn new(gpu: Arc<Gpu>, plan: Plan) -> Result<Step> {
        gpu.bind()?;
        let sources: Vec<_> = plan.launches.iter().map(|l| &l.source).collect();
        gpu.programs.prepare(&sources).map_err(|e| Error::runtime("cuda", e))?;
        let launches = plan.launches.iter().map(|l| ready(&gpu, l)).collect::<Result<_>>()?;
        Ok(Step { gpu, launches, scratch: plan.scratch, aligned: plan.aligned, scalar: plan.scalar.map(|s| (s, OnceLock::new())) })
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
        let words: SmallVec<[u64; 64]> = self.words.iter().map(|&w| word(w, args)).collect();
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
        if let (false, Some((launch, made))) = (fits, &self.scalar) {
            let one = made.get_or_init(|| ready(&self.gpu, launch)).as_ref().map_err(Clone::clone)?;
            // SAFETY: the caller's promise.
            return unsafe { one.launch(&self.gpu, stream, &args) };
        }
        // SAFETY: as above.
        self.launches.iter().try_for_each(|l| unsafe { l.launch(&self.gpu, stream, &args) })
    }
}

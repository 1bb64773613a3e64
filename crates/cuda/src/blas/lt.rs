//! cuBLASLt, opened at run time: descriptors, the heuristic's proposals, the call.

use super::tune::{Algorithms, Choices};
use crate::driver::Handle;
use crate::gpu::Gpu;
use crate::graphs::Call;
use crate::libraries::{open, symbol};
use lazulite_base::{Dtype, Error, Result};
use libloading::Library;
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::sync::{Arc, Mutex};

type Ptr = *mut c_void;
type Code = c_int;

/// What the heuristic gives: an algorithm, opaque, its workspace and more that is not read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Choice {
    /// Which it is.
    pub algorithm: [u64; 8],
    /// Bytes that it needs.
    pub workspace: usize,
    state: c_int,
    waves: f32,
    reserved: [c_int; 4],
}

#[allow(clippy::type_complexity)]
struct Table {
    create: unsafe extern "C" fn(*mut Ptr) -> Code,
    desc_create: unsafe extern "C" fn(*mut Ptr, c_int, c_int) -> Code,
    desc_set: unsafe extern "C" fn(Ptr, c_int, *const c_void, usize) -> Code,
    layout_create: unsafe extern "C" fn(*mut Ptr, c_int, u64, u64, i64) -> Code,
    layout_set: unsafe extern "C" fn(Ptr, c_int, *const c_void, usize) -> Code,
    preference_create: unsafe extern "C" fn(*mut Ptr) -> Code,
    preference_set: unsafe extern "C" fn(Ptr, c_int, *const c_void, usize) -> Code,
    version: unsafe extern "C" fn() -> usize,
    heuristic: unsafe extern "C" fn(Ptr, Ptr, Ptr, Ptr, Ptr, Ptr, Ptr, c_int, *mut Choice, *mut c_int) -> Code,
    matmul: unsafe extern "C" fn(
        Ptr,
        Ptr,
        *const c_void,
        u64,
        Ptr,
        u64,
        Ptr,
        *const c_void,
        u64,
        Ptr,
        u64,
        Ptr,
        *const Choice,
        u64,
        usize,
        Ptr,
    ) -> Code,
    _library: Library,
}

/// The library and a handle for each device.
pub struct Blas {
    table: Table,
    version: usize,
    choices: Choices,
    handles: Mutex<HashMap<usize, usize>>,
}

/// A matrix, columns first.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Rows of the operand as the product sees it.
    pub rows: usize,
    /// Its columns.
    pub columns: usize,
    /// Elements from one column in memory to the next.
    pub leading: i64,
    /// Whether memory has the transpose.
    pub transposed: bool,
    /// Elements from one matrix of a batch to the next.
    pub batch: i64,
}

/// A product, columns first.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Of all matrices.
    pub dtype: Dtype,
    /// Whether f32 may be rounded.
    pub tf32: bool,
    /// The first factor.
    pub first: Layout,
    /// The second.
    pub second: Layout,
    /// The result.
    pub out: Layout,
    /// Matrices of a batch.
    pub count: c_int,
}

/// A product that is ready to run.
pub struct Product {
    blas: Arc<Blas>,
    gpu: Arc<Gpu>,
    desc: usize,
    layouts: [usize; 3],
    wide: bool,
    /// What runs it, or what is to be chosen from.
    algorithms: Algorithms,
}

impl Shape {
    /// Operations on numbers that it takes.
    fn work(&self) -> f64 {
        2.0 * self.out.rows as f64 * self.out.columns as f64 * self.first.columns as f64 * self.count as f64
    }
}

/// Workspace that an algorithm may ask for.
pub const WORKSPACE: usize = 32 << 20;
/// Algorithms that the heuristic is asked for.
const PROPOSALS: usize = 8;
const TRANSA: c_int = 3;
const TRANSB: c_int = 4;
const BATCH_COUNT: c_int = 5;
const BATCH_OFFSET: c_int = 6;
const MAX_WORKSPACE: c_int = 1;
/// The preferences that say how addresses are aligned: of both factors, of the result twice.
const ALIGNMENTS: [c_int; 4] = [5, 6, 7, 8];

fn check(call: &str, code: Code) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(Error::runtime("matmul", format!("cuBLASLt's {call} gives status {code}"))) }
}

impl Blas {
    /// Opens the library.
    ///
    /// # Errors
    /// What was looked for.
    pub fn new() -> Result<Blas, String> {
        let library = open(&["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so", "cublasLt64_13.dll", "cublasLt64_12.dll"])
            .map_err(|e| format!("no cuBLASLt (`pip install nvidia-cublas` has it): {e}"))?;
        // SAFETY: the types are those of the library's documented interface.
        let table = unsafe {
            Table {
                create: symbol(&library, "cublasLtCreate")?,
                desc_create: symbol(&library, "cublasLtMatmulDescCreate")?,
                desc_set: symbol(&library, "cublasLtMatmulDescSetAttribute")?,
                layout_create: symbol(&library, "cublasLtMatrixLayoutCreate")?,
                layout_set: symbol(&library, "cublasLtMatrixLayoutSetAttribute")?,
                preference_create: symbol(&library, "cublasLtMatmulPreferenceCreate")?,
                preference_set: symbol(&library, "cublasLtMatmulPreferenceSetAttribute")?,
                version: symbol(&library, "cublasLtGetVersion")?,
                heuristic: symbol(&library, "cublasLtMatmulAlgoGetHeuristic")?,
                matmul: symbol(&library, "cublasLtMatmul")?,
                _library: library,
            }
        };
        // SAFETY: it takes nothing.
        let version = unsafe { (table.version)() };
        Ok(Blas { table, version, choices: Choices::default(), handles: Mutex::default() })
    }

    fn handle(&self, gpu: &Gpu) -> Result<Ptr> {
        let mut all = self.handles.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(&h) = all.get(&gpu.index) {
            return Ok(h as Ptr);
        }
        gpu.bind()?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: the place is valid.
        check("create", unsafe { (self.table.create)(&mut handle) })?;
        all.insert(gpu.index, handle as usize);
        Ok(handle)
    }

    fn layout(&self, dtype: c_int, l: &Layout, count: c_int) -> Result<usize> {
        let (rows, columns) = if l.transposed { (l.columns, l.rows) } else { (l.rows, l.columns) };
        let mut layout = std::ptr::null_mut();
        // SAFETY: attributes have the sizes that the library documents.
        unsafe {
            check("layout_create", (self.table.layout_create)(&mut layout, dtype, rows as u64, columns as u64, l.leading))?;
            if count > 1 {
                check("layout_set", (self.table.layout_set)(layout, BATCH_COUNT, (&raw const count).cast(), 4))?;
                check("layout_set", (self.table.layout_set)(layout, BATCH_OFFSET, (&raw const l.batch).cast(), 8))?;
            }
        }
        Ok(layout as usize)
    }

    /// Prepares a product: the algorithm that was chosen before, or what the heuristic proposes, for addresses of that alignment, within
    /// a workspace of so many bytes.
    ///
    /// # Errors
    /// The library's.
    pub fn product(self: &Arc<Blas>, gpu: &Arc<Gpu>, s: &Shape, alignment: u32, workspace: usize) -> Result<Product> {
        let handle = self.handle(gpu)?;
        gpu.bind()?;
        let (kind, compute, scale) = match s.dtype {
            Dtype::F16 => (2, 68, 0),
            Dtype::BF16 => (14, 68, 0),
            Dtype::F64 => (1, 70, 1),
            Dtype::C64 => (4, 68, 4),
            _ => (0, if s.tf32 { 77 } else { 68 }, 0),
        };
        let t = &self.table;
        let (mut desc, mut preference) = (std::ptr::null_mut(), std::ptr::null_mut());
        let layouts = [self.layout(kind, &s.first, s.count)?, self.layout(kind, &s.second, s.count)?, self.layout(kind, &s.out, s.count)?];
        let mut found = 0;
        let mut proposed = [Choice { algorithm: [0; 8], workspace: 0, state: 0, waves: 0.0, reserved: [0; 4] }; PROPOSALS];
        // SAFETY: attributes have the sizes that the library documents; places for results are valid.
        unsafe {
            check("desc_create", (t.desc_create)(&mut desc, compute, scale))?;
            for (which, l) in [(TRANSA, &s.first), (TRANSB, &s.second)] {
                let transposed = l.transposed as c_int;
                check("desc_set", (t.desc_set)(desc, which, (&raw const transposed).cast(), 4))?;
            }
            check("preference_create", (t.preference_create)(&mut preference))?;
            check("preference_set", (t.preference_set)(preference, MAX_WORKSPACE, (&raw const workspace).cast(), 8))?;
            for which in ALIGNMENTS {
                check("preference_set", (t.preference_set)(preference, which, (&raw const alignment).cast(), 4))?;
            }
            let [a, b, c] = layouts.map(|l| l as Ptr);
            let most = PROPOSALS as c_int;
            check("heuristic", (t.heuristic)(handle, desc, a, b, c, c, preference, most, proposed.as_mut_ptr(), &mut found))?;
        }
        let usable = proposed[..found as usize].iter().filter(|c| c.state == 0 && c.workspace <= workspace).copied().collect();
        let key = format!("{s:?} {alignment} {workspace}");
        let algorithms = self.choices.of(gpu, self.version, key, s.work(), usable)?;
        Ok(Product { blas: self.clone(), gpu: gpu.clone(), desc: desc as usize, layouts, wide: s.dtype == Dtype::F64, algorithms })
    }
}

impl Product {
    /// Bytes that it needs for itself.
    pub fn workspace(&self) -> usize {
        self.algorithms.workspace()
    }

    /// Chooses its algorithm without a trial, if it has none: it is about to be captured.
    pub fn settle(&self) {
        self.algorithms.settle();
    }

    /// Runs it by one algorithm.
    ///
    /// # Safety
    /// The words are the addresses of the factors, of the result and of the workspace, valid for the layouts it was prepared for.
    unsafe fn by(&self, choice: &Choice, words: &[u64], stream: Handle) -> Result<()> {
        let handle = self.blas.handle(&self.gpu)?;
        // The first of two is a real number, both are a complex one.
        let (one, zero, one_wide, zero_wide) = ([1f32, 0.0], [0f32; 2], 1f64, 0f64);
        let (alpha, beta): (*const c_void, *const c_void) = match self.wide {
            true => ((&raw const one_wide).cast(), (&raw const zero_wide).cast()),
            false => ((&raw const one).cast(), (&raw const zero).cast()),
        };
        let [a, b, c] = self.layouts.map(|l| l as Ptr);
        let desc = self.desc as Ptr;
        let &[first, second, out, workspace] = words else { return Err(Error::runtime("matmul", "a product has four addresses")) };
        let (bytes, stream) = (choice.workspace, stream as Ptr);
        // SAFETY: the caller's promise; the scalars outlive the call, which reads them at once.
        check("matmul", unsafe {
            (self.blas.table.matmul)(handle, desc, alpha, first, a, second, b, beta, out, c, out, c, choice, workspace, bytes, stream)
        })
    }
}

impl Call for Product {
    unsafe fn enqueue(&self, words: &[u64], stream: Handle) -> Result<()> {
        // SAFETY: the caller's promise.
        let run = |choice: &Choice| unsafe { self.by(choice, words, stream) };
        let chosen = self.algorithms.chosen(&self.gpu, stream, &run)?;
        run(&chosen)
    }
}

//! Products through cuBLASLt: transposed and batched views are read in place; others are copied first.
//!
//! The accumulator is f32 for halves. Products of f32 are f32 throughout unless `LAZULITE_TF32=on` allows the tensor cores' 19-bit
//! floats, which have the range of f32 and ten bits of fraction.

mod lt;
mod tune;

use crate::gpu::Gpu;
use crate::graphs::{self, Call};
use crate::launch::{Plan, Word};
use crate::step::Step;
use crate::tape;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::shape::{Strides, coalesce, contiguous, size};
use lazulite_base::work::View;
use lazulite_base::{Dtype, Error, Result};
pub use lt::Blas;
use lt::{Layout, Product, Shape, WORKSPACE};
use std::sync::{Arc, OnceLock};

/// Products that one step may be made of, over batch axes that do not merge; more, and an operand is copied.
const LOOPS: usize = 64;
/// Bytes to which addresses are aligned as a rule.
const ALIGNMENT: usize = 16;

/// Whether f32 products may round their operands to TF32.
pub fn tf32() -> bool {
    static ALLOWED: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ALLOWED.get_or_init(|| std::env::var("LAZULITE_TF32").is_ok_and(|v| v == "on" || v == "1"))
}

/// An operand: where it is, and how it lies.
struct Operand {
    /// The copy that makes it regular, if it needs one, and its place in the scratch memory.
    copy: Option<(Step, usize)>,
    strides: Strides,
}

/// A product step.
pub struct MatMul {
    gpu: Arc<Gpu>,
    blas: Arc<Blas>,
    shape: Shape,
    product: Arc<Product>,
    /// For addresses that are not aligned to [`ALIGNMENT`], made when there first is one.
    unaligned: OnceLock<Result<Arc<Product>>>,
    a: Operand,
    b: Operand,
    /// Element offsets of a, b and the output for each of the loops.
    loops: Vec<[isize; 3]>,
    itemsize: usize,
    workspace: usize,
    scratch: usize,
}

/// How the last two axes of a view lie for the library, which counts columns first: leading dimension and whether it is transposed.
fn matrix(rows: usize, columns: usize, strides: &[isize]) -> Option<(i64, bool)> {
    let (r, c) = (strides[0], strides[1]);
    if (c == 1 || columns == 1) && (r >= columns as isize || rows == 1) {
        return Some((if rows == 1 { columns } else { r as usize } as i64, false));
    }
    if (r == 1 || rows == 1) && (c >= rows as isize || columns == 1) {
        return Some((if columns == 1 { rows } else { c as usize } as i64, true));
    }
    None
}

/// The copy's plan, from input `k` to a place in the scratch memory.
fn redirected(view: &View, k: usize, place: usize) -> Plan {
    let mut plan = tape::plan(&tape::copy(view, view.dtype));
    let turn = |w: &mut Word| match *w {
        Word::Input(_) => *w = Word::Input(k),
        Word::Output(_) => *w = Word::Scratch(place),
        _ => {}
    };
    let own = plan.launches.iter_mut().chain(&mut plan.scalar).map(|l| &mut l.words);
    own.chain(plan.generic.as_mut().map(|g| &mut g.words)).flat_map(|w| &mut w.0).for_each(turn);
    plan.aligned.iter_mut().for_each(|(w, _)| turn(w));
    plan
}

impl Blas {
    /// The kernel of a product; `None` for what the library does not do (integers, empty sums).
    ///
    /// # Errors
    /// The library's, or those of a copy's compilation.
    pub fn kernel(self: &Arc<Blas>, gpu: &Arc<Gpu>, a: &View, b: &View) -> Result<Option<MatMul>> {
        let rank = a.dims.len();
        let (m, k, n) = (a.dims[rank - 2], a.dims[rank - 1], b.dims[rank - 1]);
        let batch = &a.dims[..rank - 2];
        if !a.dtype.is_inexact() || size(&a.dims) == 0 || size(&b.dims) == 0 || [m, n, k].iter().any(|&d| d >= 1 << 31) {
            return Ok(None);
        }
        let itemsize = a.dtype.size();
        let mut scratch = 0;
        let mut operand = |view: &View, index: usize, force: bool| -> Result<Operand> {
            let (r, c) = (view.dims[rank - 2], view.dims[rank - 1]);
            if !force && matrix(r, c, &view.strides[rank - 2..]).is_some() && view.strides.iter().all(|&s| s >= 0) {
                return Ok(Operand { copy: None, strides: view.strides.clone() });
            }
            let step = Step::new(gpu.clone(), redirected(view, index, scratch))?;
            let place = scratch;
            scratch += (size(&view.dims) * itemsize).next_multiple_of(256);
            Ok(Operand { copy: Some((step, place)), strides: contiguous(&view.dims) })
        };
        let (mut left, mut right) = (operand(a, 0, false)?, operand(b, 1, false)?);
        let out = contiguous(&[batch, &[m, n]].concat());
        let mut merged = coalesce(batch, &[&left.strides[..rank - 2], &right.strides[..rank - 2], &out[..rank - 2]]);
        if merged.0.iter().rev().skip(1).product::<usize>() > LOOPS {
            (left, right) = (operand(a, 0, left.copy.is_none())?, operand(b, 1, right.copy.is_none())?);
            merged = coalesce(batch, &[&left.strides[..rank - 2], &right.strides[..rank - 2], &out[..rank - 2]]);
        }
        let (dims, steps) = merged;
        let (mut rows, mut count) = (m, 1);
        let mut offsets = [0i64; 3];
        let mut outer = dims.len();
        if let Some(&last) = dims.last() {
            outer -= 1;
            let step = |o: usize| steps[o][outer];
            // One matrix for a whole batch: its rows are the rows of one product.
            let whole = step(1) == 0 && (m == 1 || step(0) == m as isize * left.strides[rank - 2]) && left.strides[rank - 1] == 1 && m > 0;
            if whole && (m > 1 || step(0) >= k as isize) {
                rows = last * m;
                if m == 1 {
                    left.strides[rank - 2] = step(0);
                }
            } else {
                count = last as i32;
                offsets = [step(0) as i64, step(1) as i64, step(2) as i64];
            }
        }
        let mut loops = vec![[0isize; 3]];
        for axis in 0..outer {
            let each = |base: &[isize; 3], i: usize| std::array::from_fn(|o| base[o] + i as isize * steps[o][axis]);
            loops = loops.iter().flat_map(|base| (0..dims[axis]).map(move |i| each(base, i))).collect();
        }
        let layout = |r: usize, c: usize, strides: &[isize], offset: i64| -> Result<Layout> {
            let (leading, transposed) = matrix(r, c, strides).ok_or_else(|| Error::runtime("matmul", "a view is not regular"))?;
            Ok(Layout { rows: c, columns: r, leading, transposed, batch: offset })
        };
        // The output's columns are counted first, so the library multiplies the transposes: b's by a's.
        let shape = Shape {
            dtype: a.dtype,
            tf32: a.dtype == Dtype::F32 && tf32(),
            first: layout(k, n, &right.strides[rank - 2..], offsets[1])?,
            second: layout(rows, k, &left.strides[rank - 2..], offsets[0])?,
            out: Layout { rows: n, columns: rows, leading: n as i64, transposed: false, batch: offsets[2] },
            count,
        };
        let product = Arc::new(self.product(gpu, &shape, ALIGNMENT as u32, WORKSPACE)?);
        let workspace = scratch;
        let scratch = scratch + product.workspace();
        let (gpu, blas, unaligned) = (gpu.clone(), self.clone(), OnceLock::new());
        Ok(Some(MatMul { gpu, blas, shape, product, unaligned, a: left, b: right, loops, itemsize, workspace, scratch }))
    }
}

impl Kernel for MatMul {
    fn scratch(&self) -> usize {
        self.scratch
    }

    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let stream = self.gpu.stream(args.stream)?.handle;
        self.gpu.bind()?;
        let mut starts = [args.inputs[0], args.inputs[1], args.outputs[0]];
        for (operand, start) in [&self.a, &self.b].into_iter().zip(&mut starts) {
            if let Some((step, place)) = &operand.copy {
                // SAFETY: the caller's promise; the scratch memory has room for the copy.
                unsafe { step.launch(args)? };
                *start = args.scratch + place;
            }
        }
        for offsets in &self.loops {
            let at = |o: usize| starts[o].wrapping_add_signed(offsets[o] * self.itemsize as isize) as u64;
            let product = if (0..3).all(|o| at(o).is_multiple_of(ALIGNMENT as u64)) {
                &self.product
            } else {
                let make = || self.blas.product(&self.gpu, &self.shape, self.itemsize as u32, self.product.workspace()).map(Arc::new);
                self.unaligned.get_or_init(make).as_ref().map_err(Clone::clone)?
            };
            if graphs::writing() {
                product.settle();
            }
            let call: Arc<dyn Call> = product.clone();
            // SAFETY: the caller's promise; the offsets stay within the views.
            unsafe { graphs::call(&call, &[at(1), at(0), at(2), (args.scratch + self.workspace) as u64], stream)? };
        }
        Ok(())
    }
}

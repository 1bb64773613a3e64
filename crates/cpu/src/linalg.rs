//! Functions of matrices: every matrix of a batch is gathered, handed to `lazulite-linalg` and its results written. Threads share a batch;
//! one matrix is done by one thread.

use crate::threads;
use crate::walk::Walk;
use lazulite_base::backend::{Address, Args, Kernel};
use lazulite_base::dtype::{Dtype, Element};
use lazulite_base::error::{Error, Result};
use lazulite_base::work::{Linalg, View};
use lazulite_linalg::{Failure, Matrix, RealMatrix};
use num_complex::Complex32;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

/// The inputs' last two axes.
#[derive(Clone, Copy)]
struct Shape {
    rows: usize,
    columns: usize,
    strides: [isize; 2],
}

struct Batch<T, F> {
    op: Linalg,
    matrices: Walk<2>,
    shapes: [Shape; 2],
    /// What a matrix costs, in picoseconds.
    cost: usize,
    run: F,
    of: PhantomData<fn() -> T>,
}

/// One matrix of each input, row by row, and where its outputs go.
struct One<'a, T> {
    a: &'a mut [T],
    b: &'a mut [T],
    /// Rows and columns of `a`, and columns of `b`.
    sizes: [usize; 3],
    /// The outputs' first elements.
    outputs: &'a [Address],
}

impl<T> One<'_, T> {
    /// `n` elements of output `i`.
    ///
    /// # Safety
    /// The output has them, of this type, and nobody else uses them while the slice lives.
    unsafe fn out<'o, U>(&self, i: usize, n: usize) -> &'o mut [U] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.outputs[i] as *mut U, n) }
    }
}

/// What every element type can do.
///
/// # Safety
/// The outputs are those that the work names.
unsafe fn any<T: Matrix + Copy>(op: Linalg, one: &mut One<'_, T>) -> std::result::Result<(), Failure> {
    let [m, n, k] = one.sizes;
    let least = m.min(n);
    // SAFETY: outputs of these sizes and types, as the work says.
    unsafe {
        match op {
            Linalg::Inverse => T::inverse(one.a, n, one.out(0, n * n)),
            Linalg::Solve => {
                let solved = T::solve(one.a, n, one.b, k);
                one.out::<T>(0, n * k).copy_from_slice(one.b);
                solved
            }
            Linalg::Svd { vectors: false } => T::svd(one.a, m, n, one.out(0, least), None),
            Linalg::Svd { vectors: true } => T::svd(one.a, m, n, one.out(1, least), Some((one.out(0, m * m), one.out(2, n * n)))),
            Linalg::Eigh { lower, vectors } => {
                T::eigh(one.a, n, lower, one.out(0, n), if vectors { Some(one.out(1, n * n)) } else { None })
            }
            Linalg::Eig { vectors } => T::eig(one.a, n, one.out(0, n), if vectors { Some(one.out(1, n * n)) } else { None }),
            _ => unreachable!("{op:?} is not defined for this dtype"),
        }
    }
}

/// What real element types can do.
///
/// # Safety
/// The outputs are those that the work names.
unsafe fn real<T: RealMatrix + Copy>(op: Linalg, one: &mut One<'_, T>) -> std::result::Result<(), Failure> {
    let [m, n, k] = one.sizes;
    let least = m.min(n);
    // SAFETY: outputs of these sizes and types, as the work says.
    unsafe {
        match op {
            Linalg::Cholesky => T::cholesky(one.a, n, one.out(0, n * n)),
            Linalg::PseudoInverse => T::pseudo_inverse(one.a, m, n, one.out(0, n * m)),
            Linalg::SolveTriangular { upper } => {
                let solved = T::solve_triangular(one.a, n, upper, one.b, k);
                one.out::<T>(0, n * k).copy_from_slice(one.b);
                solved
            }
            Linalg::Lu => {
                let pivots: &mut [u32] = one.out(1, least);
                T::lu(one.a, m, n, pivots);
                one.out::<T>(0, m * n).copy_from_slice(one.a);
                // Where each row went: the exchanges, applied to the rows' numbers, and that order inverted.
                let mut rows: Vec<u32> = (0..m as u32).collect();
                pivots.iter().enumerate().for_each(|(i, &p)| rows.swap(i, p as usize));
                let order: &mut [u32] = one.out(2, m);
                rows.iter().enumerate().for_each(|(i, &r)| order[r as usize] = i as u32);
                Ok(())
            }
            Linalg::Qr => {
                T::qr(one.a, m, n, one.out(0, m * least), one.out(1, least * n));
                Ok(())
            }
            op => any(op, one),
        }
    }
}

/// Elements of each output, and bytes of one.
fn outputs(op: Linalg, shapes: [Shape; 2], dtype: Dtype) -> Vec<usize> {
    let (m, n, k) = (shapes[0].rows, shapes[0].columns, shapes[1].columns);
    let (least, own, index) = (m.min(n), dtype.size(), Dtype::U32.size());
    let value = if dtype == Dtype::C64 { Dtype::F32.size() } else { own };
    let complex = Dtype::C64.size();
    match op {
        Linalg::Cholesky | Linalg::Inverse => vec![n * n * own],
        Linalg::PseudoInverse => vec![m * n * own],
        Linalg::Solve | Linalg::SolveTriangular { .. } => vec![n * k * own],
        Linalg::Lu => vec![m * n * own, least * index, m * index],
        Linalg::Qr => vec![m * least * own, least * n * own],
        Linalg::Svd { vectors: true } => vec![m * m * own, least * value, n * n * own],
        Linalg::Svd { vectors: false } => vec![least * value],
        Linalg::Eigh { vectors, .. } => [n * value, n * n * own][..1 + vectors as usize].to_vec(),
        Linalg::Eig { vectors } => [n * complex, n * n * complex][..1 + vectors as usize].to_vec(),
    }
}

/// The kernel; `None` for dtypes that the function is not defined for.
pub fn kernel(op: Linalg, inputs: &[View]) -> Option<Arc<dyn Kernel>> {
    let lead = inputs[0].dims.len() - 2;
    let shape = |v: &View| Shape { rows: v.dims[lead], columns: v.dims[lead + 1], strides: [v.strides[lead], v.strides[lead + 1]] };
    let (first, second) = (&inputs[0], inputs.get(1).unwrap_or(&inputs[0]));
    let matrices = Walk::new(&first.dims[..lead], [&first.strides[..lead], &second.strides[..lead]]);
    let shapes = [shape(first), shape(second)];
    let (m, n) = (shapes[0].rows, shapes[0].columns);
    // Picoseconds for a multiplication with its addition, per element and side.
    let heavy = match op {
        Linalg::Svd { .. } | Linalg::Eigh { .. } | Linalg::PseudoInverse => 1000,
        Linalg::Eig { .. } => 4000,
        _ => 100,
    };
    let cost = 1_000_000 + m * n * m.max(n) * heavy;
    macro_rules! batch {
        ($t:ty, $run:path) => {
            // SAFETY: a launch's outputs are those of the work.
            Some(Arc::new(Batch { op, matrices, shapes, cost, run: |op, one: &mut One<'_, $t>| unsafe { $run(op, one) }, of: PhantomData }))
        };
    }
    let complex = matches!(op, Linalg::Inverse | Linalg::Solve | Linalg::Svd { .. } | Linalg::Eigh { .. } | Linalg::Eig { .. });
    match first.dtype {
        Dtype::F32 => batch!(f32, real),
        Dtype::F64 => batch!(f64, real),
        Dtype::C64 if complex => batch!(Complex32, any),
        _ => None,
    }
}

fn gather<T: Copy>(from: *const T, shape: Shape, to: &mut Vec<T>) {
    to.clear();
    for i in 0..shape.rows as isize {
        // SAFETY: the kernel was compiled for inputs that lie so.
        to.extend((0..shape.columns as isize).map(|j| unsafe { *from.offset(i * shape.strides[0] + j * shape.strides[1]) }));
    }
}

impl<T: Element, F> Kernel for Batch<T, F>
where
    F: Fn(Linalg, &mut One<'_, T>) -> std::result::Result<(), Failure> + Send + Sync,
{
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let sizes = outputs(self.op, self.shapes, T::DTYPE);
        let steps = self.matrices.step();
        let failed: Mutex<Option<(usize, Failure)>> = Mutex::new(None);
        threads::pieces(self.matrices.len(), self.cost, |range| {
            let (mut a, mut b, mut outputs) = (Vec::new(), Vec::new(), vec![0; sizes.len()]);
            self.matrices.runs(range, |at, offsets, len| {
                for j in 0..len {
                    let place = |i: usize| (args.inputs[i] as *const T).wrapping_offset(offsets[i] + j as isize * steps[i]);
                    gather(place(0), self.shapes[0], &mut a);
                    if args.inputs.len() > 1 {
                        gather(place(1), self.shapes[1], &mut b);
                    }
                    outputs.iter_mut().enumerate().for_each(|(i, o)| *o = args.outputs[i] + (at + j) * sizes[i]);
                    let [Shape { rows, columns, .. }, second] = self.shapes;
                    let mut one = One { a: &mut a, b: &mut b, sizes: [rows, columns, second.columns], outputs: &outputs };
                    if let Err(e) = (self.run)(self.op, &mut one) {
                        let mut first = failed.lock().unwrap_or_else(|e| e.into_inner());
                        if first.is_none_or(|(i, _)| at + j < i) {
                            *first = Some((at + j, e));
                        }
                    }
                }
            });
        });
        match failed.into_inner().unwrap_or_else(|e| e.into_inner()) {
            None => Ok(()),
            Some((i, why)) => Err(self.error(i, why)),
        }
    }
}

impl<T, F> Batch<T, F> {
    fn error(&self, i: usize, why: Failure) -> Error {
        let which = if self.matrices.len() > 1 { format!("matrix {i} of the batch") } else { "the matrix".into() };
        let text = match why {
            Failure::Singular => "has no inverse: it is singular",
            Failure::NotPositiveDefinite => "is not positive definite",
            Failure::NotConverged => "has no result: the iteration does not converge, as with numbers that are not finite",
        };
        Error::runtime(self.op.name(), format!("{which}, {} by {}, {text}", self.shapes[0].rows, self.shapes[0].columns))
    }
}

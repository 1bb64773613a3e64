//! Fourier transforms along an axis. Rows that are contiguous are transformed where the output lies; others are gathered a block of
//! neighbours at a time, so that every line of memory that is read is used whole, and written back likewise.

use crate::threads;
use crate::walk::{Walk, without};
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::error::Result;
use lazulite_base::shape::{Dims, Strides, contiguous};
use lazulite_base::work::{Divisor, Fourier, View};
use lazulite_fft::{Complex, FromReal, ToReal};
use num_complex::Complex32;
use std::cell::RefCell;
use std::sync::Arc;

/// Neighbouring rows that are gathered together.
const SIDE: usize = 16;

enum Plan {
    Complex(Complex),
    FromReal(FromReal),
    ToReal(ToReal),
}

struct Fft {
    rows: Walk<2>,
    /// Elements of a row before and after.
    sizes: [usize; 2],
    /// Their distances.
    strides: [isize; 2],
    n: usize,
    factor: f32,
    plan: Plan,
}

/// What a thread keeps from row to row.
#[derive(Default)]
struct Buffers {
    scratch: Vec<Complex32>,
    complex: Vec<Complex32>,
    real: Vec<f32>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// The kernel; `None` for dtypes that the transform does not take.
pub fn kernel(x: &View, axis: usize, n: usize, transform: Fourier, divisor: Divisor) -> Option<Arc<dyn Kernel>> {
    let input = if transform == Fourier::FromReal { lazulite_base::Dtype::F32 } else { lazulite_base::Dtype::C64 };
    if x.dtype != input || n == 0 {
        return None;
    }
    let half = n / 2 + 1;
    let (sizes, plan) = match transform {
        Fourier::Forward | Fourier::Inverse => ([n, n], Plan::Complex(Complex::new(n, transform == Fourier::Inverse))),
        Fourier::FromReal => ([n, half], Plan::FromReal(FromReal::new(n))),
        Fourier::ToReal => ([half, n], Plan::ToReal(ToReal::new(n))),
    };
    let mut out = x.dims.clone();
    out[axis] = sizes[1];
    let to = contiguous(&out);
    let (dims, from_rows, to_rows): (Dims, Strides, Strides) = (without(&x.dims, axis), without(&x.strides, axis), without(&to, axis));
    Some(Arc::new(Fft {
        rows: Walk::new(&dims, [&from_rows, &to_rows]),
        sizes,
        strides: [x.strides[axis], to[axis]],
        n,
        factor: divisor.factor(n),
        plan,
    }))
}

/// Copies `rows` rows of `n` elements, either side with its steps from row to row and within a row.
///
/// # Safety
/// Both sides hold the elements.
unsafe fn copy<T: Copy>(rows: usize, n: usize, from: (*const T, isize, isize), to: (*mut T, isize, isize)) {
    if from.2 == 1 && to.2 == 1 {
        for r in 0..rows as isize {
            // SAFETY: the caller's promise.
            unsafe { std::ptr::copy_nonoverlapping(from.0.offset(r * from.1), to.0.offset(r * to.1), n) };
        }
        return;
    }
    for i in 0..n as isize {
        for r in 0..rows as isize {
            // SAFETY: the caller's promise.
            unsafe { *to.0.offset(r * to.1 + i * to.2) = *from.0.offset(r * from.1 + i * from.2) };
        }
    }
}

fn grow<T: Clone + Default>(buffer: &mut Vec<T>, n: usize) -> &mut [T] {
    if buffer.len() < n {
        buffer.resize(n, T::default());
    }
    &mut buffer[..n]
}

impl Fft {
    fn scale(&self, values: &mut [f32]) {
        if self.factor != 1.0 {
            values.iter_mut().for_each(|v| *v *= self.factor);
        }
    }

    fn scale_complex(&self, values: &mut [Complex32]) {
        if self.factor != 1.0 {
            values.iter_mut().for_each(|v| *v *= self.factor);
        }
    }

    /// Transforms `count` rows, `steps` apart.
    ///
    /// # Safety
    /// The rows lie at `x`, and have room at `out`.
    unsafe fn block(&self, x: usize, out: usize, count: usize, steps: [isize; 2]) {
        let [from, to] = self.strides;
        let [size, made] = self.sizes;
        let place = to == 1 && (count == 1 || steps[1] == made as isize);
        BUFFERS.with_borrow_mut(|Buffers { scratch, complex, real }| match &self.plan {
            Plan::Complex(plan) => {
                let work = if place {
                    // SAFETY: the rows of the output lie one after another.
                    unsafe { std::slice::from_raw_parts_mut(out as *mut Complex32, count * made) }
                } else {
                    grow(complex, count * made)
                };
                // SAFETY: the caller's promise; `work` has room for the rows.
                unsafe { copy(count, size, (x as *const Complex32, steps[0], from), (work.as_mut_ptr(), size as isize, 1)) };
                // One by one: several in one call may be paired, and then a row's bits would depend on its neighbours.
                work.chunks_exact_mut(made).for_each(|row| plan.run(row, grow(scratch, plan.scratch())));
                self.scale_complex(work);
                if !place {
                    // SAFETY: the caller's promise.
                    unsafe { copy(count, made, (work.as_ptr(), made as isize, 1), (out as *mut Complex32, steps[1], to)) };
                }
            }
            Plan::FromReal(plan) => {
                let rows = grow(real, count * size);
                let work = if place {
                    // SAFETY: the rows of the output lie one after another.
                    unsafe { std::slice::from_raw_parts_mut(out as *mut Complex32, count * made) }
                } else {
                    grow(complex, count * made)
                };
                // SAFETY: the caller's promise.
                unsafe { copy(count, size, (x as *const f32, steps[0], from), (rows.as_mut_ptr(), size as isize, 1)) };
                for (row, spectrum) in rows.chunks_exact_mut(size).zip(work.chunks_exact_mut(made)) {
                    plan.run(row, spectrum, grow(scratch, plan.scratch()));
                }
                self.scale_complex(work);
                if !place {
                    // SAFETY: the caller's promise.
                    unsafe { copy(count, made, (work.as_ptr(), made as isize, 1), (out as *mut Complex32, steps[1], to)) };
                }
            }
            Plan::ToReal(plan) => {
                let spectra = grow(complex, count * size);
                let work = if place {
                    // SAFETY: the rows of the output lie one after another.
                    unsafe { std::slice::from_raw_parts_mut(out as *mut f32, count * made) }
                } else {
                    grow(real, count * made)
                };
                // SAFETY: the caller's promise.
                unsafe { copy(count, size, (x as *const Complex32, steps[0], from), (spectra.as_mut_ptr(), size as isize, 1)) };
                for (spectrum, row) in spectra.chunks_exact_mut(size).zip(work.chunks_exact_mut(made)) {
                    plan.run(spectrum, row, grow(scratch, plan.scratch()));
                }
                self.scale(work);
                if !place {
                    // SAFETY: the caller's promise.
                    unsafe { copy(count, made, (work.as_ptr(), made as isize, 1), (out as *mut f32, steps[1], to)) };
                }
            }
        });
    }
}

impl Kernel for Fft {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, out) = (args.inputs[0], args.outputs[0]);
        let bytes = |real: bool| if real { size_of::<f32>() } else { size_of::<Complex32>() } as isize;
        let (of_x, of_out) = (bytes(matches!(self.plan, Plan::FromReal(_))), bytes(matches!(self.plan, Plan::ToReal(_))));
        let steps = self.rows.step();
        // Contiguous rows go one by one: the block would only cost cache.
        let side = if self.strides == [1, 1] { 1 } else { SIDE };
        let cost = self.n * (3000 + 400 * (self.n.ilog2() as usize + 1));
        threads::pieces(self.rows.len(), cost, |range| {
            self.rows.runs(range, |_, [from, to], len| {
                for at in (0..len).step_by(side) {
                    let (from, to) = (from + at as isize * steps[0], to + at as isize * steps[1]);
                    let (x, out) = ((x as isize + from * of_x) as usize, (out as isize + to * of_out) as usize);
                    // SAFETY: the rows of this stretch lie there, and no other piece writes them.
                    unsafe { self.block(x, out, side.min(len - at), steps) };
                }
            });
        });
        Ok(())
    }
}

//! Elements one by one in row-major order, as they are or through a function: bytes that another dtype takes, 8-bit floats.

use crate::threads;
use crate::walk::Walk;
use half::{bf16, f16};
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::format::{e4m3, to_e4m3};
use lazulite_base::work::View;
use lazulite_base::{Dtype, Result};
use std::marker::PhantomData;
use std::sync::Arc;

/// `f` of every element.
struct Map<A, B, F> {
    walk: Walk<1>,
    f: F,
    of: PhantomData<fn(A) -> B>,
}

fn map<A, B, F>(x: &View, f: F) -> Option<Arc<dyn Kernel>>
where
    A: Copy + 'static,
    B: Copy + 'static,
    F: Fn(A) -> B + Send + Sync + 'static,
{
    Some(Arc::new(Map { walk: Walk::new(&x.dims, [&x.strides]), f, of: PhantomData }))
}

impl<A: Copy + 'static, B: Copy + 'static, F: Fn(A) -> B + Send + Sync + 'static> Kernel for Map<A, B, F> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (from, to) = (args.inputs[0], args.outputs[0]);
        let [step] = self.walk.step();
        threads::pieces(self.walk.len(), 1000, |range| {
            self.walk.runs(range, |at, [offset], len| {
                for j in 0..len {
                    // SAFETY: the walk's offsets are elements of the input, its positions elements of the output.
                    unsafe {
                        let x = (from as *const A).offset(offset + j as isize * step).read_unaligned();
                        (to as *mut B).add(at + j).write_unaligned((self.f)(x));
                    }
                }
            });
        });
        Ok(())
    }
}

/// The kernel that copies elements' bytes.
pub fn kernel(x: &View) -> Option<Arc<dyn Kernel>> {
    match x.dtype.size() {
        1 => map(x, |x: u8| x),
        2 => map(x, |x: u16| x),
        4 => map(x, |x: u32| x),
        _ => map(x, |x: u64| x),
    }
}

/// The kernel that makes 8-bit floats of floats or floats of 8-bit floats.
pub fn fp8(x: &View, dtype: Dtype) -> Option<Arc<dyn Kernel>> {
    match (x.dtype, dtype) {
        (Dtype::F16, Dtype::U8) => map(x, |x: f16| to_e4m3(x.to_f32())),
        (Dtype::BF16, Dtype::U8) => map(x, |x: bf16| to_e4m3(x.to_f32())),
        (Dtype::F32, Dtype::U8) => map(x, to_e4m3),
        (Dtype::F64, Dtype::U8) => map(x, |x: f64| to_e4m3(to_odd(x))),
        (Dtype::U8, Dtype::F16) => map(x, |x: u8| f16::from_f32(e4m3(x))),
        (Dtype::U8, Dtype::BF16) => map(x, |x: u8| bf16::from_f32(e4m3(x))),
        (Dtype::U8, Dtype::F32) => map(x, e4m3),
        (Dtype::U8, Dtype::F64) => map(x, |x: u8| e4m3(x) as f64),
        _ => None,
    }
}

/// An f32 from which a narrower float is rounded as from `x` itself: what is lost makes the last bit odd.
fn to_odd(x: f64) -> f32 {
    let y = x as f32;
    if y as f64 == x || !y.is_finite() || y.to_bits() & 1 == 1 {
        return y;
    }
    // The neighbour towards x is odd.
    let away = (y as f64).abs() < x.abs();
    f32::from_bits(if away { y.to_bits() + 1 } else { y.to_bits() - 1 })
}

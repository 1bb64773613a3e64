//! Codes as numbers: a stretch of a row for other kernels, and whole arrays.

use super::codes::{CHUNK, Codes, Fp4, Whole, with_codes};
use crate::dtypes::with_type;
use crate::isa::fast;
use crate::matmul::vector::Real;
use crate::simd::{F32s, Job, at_best};
use crate::threads;
use crate::walk::Walk;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use lazulite_base::backend::{Address, Args, Kernel};
use lazulite_base::format::{GLOBAL, e4m3};
use lazulite_base::work::View;
use lazulite_base::{Dtype, Format, Result};
use std::marker::PhantomData;
use std::sync::Arc;

/// Numbers that quantized ones are expanded to.
pub trait Expanded: Real + std::ops::Mul<Output = Self> {
    /// Exact.
    fn exact(x: f32) -> Self;
    /// Exact for f64; stored scales of f64 are used with numbers of f64 only.
    fn scale(x: f64) -> Self;
}

impl Expanded for f32 {
    #[inline(always)]
    fn exact(x: f32) -> f32 {
        x
    }
    #[inline(always)]
    fn scale(x: f64) -> f32 {
        x as f32
    }
}

impl Expanded for f64 {
    #[inline(always)]
    fn exact(x: f32) -> f64 {
        x as f64
    }
    #[inline(always)]
    fn scale(x: f64) -> f64 {
        x
    }
}

fast! {
    /// `n` numbers of a row (a multiple of 8) from number `first` on (a multiple of 8): what a code stands for times its group's scale,
    /// plus, if there are any, its bias. The scales contain [`Codes::FACTOR`].
    ///
    /// # Safety
    /// The row's codes, its scales and biases lie there, and `out` has room.
    unsafe fn stretch[C: Codes, E: Expanded][C, E](
        row: *const u8, first: usize, n: usize, group: usize, scales: *const E, biases: *const E, out: *mut E,
    ) {
        for at in (0..n).step_by(CHUNK) {
            let some = (n - at).min(CHUNK);
            // SAFETY: the caller's promise.
            unsafe {
                let codes = row.add((first + at) / 8 * C::BITS);
                let numbers = if some == CHUNK { C::numbers(codes) } else { C::some(codes, some) };
                for i in (0..some).step_by(8) {
                    let g = (first + at + i) / group;
                    let (scale, out) = (*scales.add(g), out.add(at + i));
                    let bias = if biases.is_null() { None } else { Some(*biases.add(g)) };
                    for j in 0..8 {
                        let product = E::exact(numbers[i + j]) * scale;
                        *out.add(j) = match bias {
                            Some(b) => product + b,
                            None => product,
                        };
                    }
                }
            }
        }
    }
}

/// The same for f32 and codes of 4 bits, `first` a multiple of 16: a vector of words at a time, of which each lane takes its own bits.
struct Nibbles<C> {
    row: *const u8,
    first: usize,
    n: usize,
    group: usize,
    scales: *const f32,
    biases: *const f32,
    out: *mut f32,
    of: PhantomData<C>,
}

impl<C: Codes> Job for Nibbles<C> {
    #[inline(always)]
    unsafe fn run<V: F32s>(self) {
        let load = |list: [i32; 16]| {
            // SAFETY: there are as many integers as any vector has.
            unsafe { V::load(list.as_ptr().cast()) }.bits()
        };
        // Lane i of vector j is number `j * N + i`.
        let place: [(V::I, V::I); 8] = std::array::from_fn(|j| {
            let number = |i: usize| j * V::N + i % V::N;
            (load(std::array::from_fn(|i| number(i) as i32 / 8)), load(std::array::from_fn(|i| number(i) as i32 % 8 * 4)))
        });
        for at in (0..self.n).step_by(8 * V::N) {
            let some = (self.n - at).min(8 * V::N);
            let mut room = [0u8; 64];
            // SAFETY: the caller's promise; the rest of a last vector is stored number by number.
            unsafe {
                let mut codes = self.row.add((self.first + at) / 2);
                if some < 8 * V::N {
                    std::ptr::copy_nonoverlapping(codes, room.as_mut_ptr(), some / 2);
                    codes = room.as_ptr();
                }
                let words = V::load(codes.cast()).bits();
                for (j, &(lane, bits)) in place.iter().enumerate().take(some.div_ceil(V::N)) {
                    let g = (self.first + at + j * V::N) / self.group;
                    let mut number = C::lowest::<V>(V::srlv(V::permute(words, lane), bits)).mul(V::splat(*self.scales.add(g)));
                    if !self.biases.is_null() {
                        number = number.add(V::splat(*self.biases.add(g)));
                    }
                    let out = self.out.add(at + j * V::N);
                    if some - j * V::N >= V::N {
                        number.store(out);
                    } else {
                        let mut last = [0.0; 16];
                        number.store(last.as_mut_ptr());
                        std::ptr::copy_nonoverlapping(last.as_ptr(), out, some - j * V::N);
                    }
                }
            }
        }
    }
}

/// [`stretch`] for a format.
///
/// # Safety
/// Its.
#[allow(clippy::too_many_arguments)]
pub unsafe fn expand<E: Expanded>(format: Format, row: *const u8, first: usize, n: usize, scales: *const E, biases: *const E, out: *mut E) {
    let group = format.group();
    if format.bits() == 4 && first.is_multiple_of(16) && size_of::<E>() == size_of::<f32>() {
        let (scales, biases, out) = (scales.cast(), biases.cast(), out.cast());
        // SAFETY: the caller's promise; numbers of this size are f32.
        return unsafe {
            match format {
                Format::Affine { .. } => at_best(Nibbles::<Whole<4>> { row, first, n, group, scales, biases, out, of: PhantomData }, 16),
                _ => at_best(Nibbles::<Fp4> { row, first, n, group, scales, biases, out, of: PhantomData }, 16),
            }
        };
    }
    // SAFETY: the caller's promise.
    with_codes!(format, C => unsafe { stretch::<C, E>(row, first, n, group, scales, biases, out) });
}

/// Scales or biases as numbers, times `factor`.
///
/// # Safety
/// `n` of `dtype` lie from element `offset` of `from` on, next to each other.
pub unsafe fn widen<E: Expanded>(format: Format, dtype: Dtype, from: Address, offset: isize, factor: f32, to: &mut [E]) {
    macro_rules! typed {
        ($t:ty, $f:expr) => {{
            // SAFETY: the caller's promise.
            let from = unsafe { std::slice::from_raw_parts((from as *const $t).offset(offset), to.len()) };
            for (to, &x) in to.iter_mut().zip(from) {
                *to = $f(x);
            }
        }};
    }
    let factor = E::exact(factor);
    match dtype {
        Dtype::U8 if format == Format::Nvfp4 => typed!(u8, |x| E::exact(e4m3(x)) * factor),
        Dtype::U8 => typed!(u8, |x| E::exact(format.scale(x)) * factor),
        Dtype::BF16 => typed!(u16, |x: u16| E::exact(f32::from_bits((x as u32) << 16)) * factor),
        Dtype::F16 => typed!(f16, |x: f16| E::exact(x.to_f32()) * factor),
        Dtype::F32 => typed!(f32, |x| E::exact(x) * factor),
        _ => typed!(f64, |x| E::scale(x) * factor),
    }
}

/// What is multiplied into the scales of a format.
pub fn factor(format: Format) -> f32 {
    with_codes!(format, C => C::FACTOR)
}

/// A dtype of dequantized numbers.
trait Output: Copy + Send + Sync + 'static {
    /// What they are computed in.
    type E: Expanded;
    /// The products, rounded, plus the bias, rounded again.
    ///
    /// # Safety
    /// `out` has room.
    unsafe fn finish(products: &mut [Self::E], bias: Option<Self::E>, out: *mut Self);
}

macro_rules! whole {
    ($($t:ty)*) => {$(
        impl Output for $t {
            type E = $t;
            unsafe fn finish(products: &mut [$t], bias: Option<$t>, out: *mut $t) {
                // SAFETY: the caller's promise.
                let out = unsafe { std::slice::from_raw_parts_mut(out, products.len()) };
                match bias {
                    Some(b) => out.iter_mut().zip(products).for_each(|(o, p)| *o = *p + b),
                    None => out.copy_from_slice(products),
                }
            }
        }
    )*};
}
whole!(f32 f64);

macro_rules! halves {
    ($($t:ty)*) => {$(
        impl Output for $t {
            type E = f32;
            unsafe fn finish(products: &mut [f32], bias: Option<f32>, out: *mut $t) {
                // SAFETY: the caller's promise.
                let out = unsafe { std::slice::from_raw_parts_mut(out, products.len()) };
                out.convert_from_f32_slice(products);
                if let Some(b) = bias {
                    out.convert_to_f32_slice(products);
                    products.iter_mut().for_each(|p| *p += b);
                    out.convert_from_f32_slice(products);
                }
            }
        }
    )*};
}
halves!(f16 bf16);

struct Dequantize<T> {
    format: Format,
    global: bool,
    scales: Dtype,
    /// Rows of words, scales, biases and global scales.
    rows: Walk<4>,
    n: usize,
    of: PhantomData<fn() -> T>,
}

/// The kernel; `None` where a row is not contiguous.
pub fn kernel(
    words: &View,
    scales: &View,
    biases: Option<&View>,
    format: Format,
    global: Option<&View>,
    dtype: Dtype,
) -> Option<Arc<dyn Kernel>> {
    let last = words.dims.len() - 1;
    let biases = biases.unwrap_or(scales);
    if [words, scales, biases].iter().any(|v| v.dims[last] > 1 && v.strides[last] != 1) {
        return None;
    }
    let rows = Walk::new(&words.dims[..last], [words, scales, biases, global.unwrap_or(scales)].map(|v| &v.strides[..last]));
    let global = global.is_some();
    let (n, scales) = (format.numbers(words.dims[last]), scales.dtype);
    with_type!(dtype, T: float => Some(Arc::new(Dequantize::<T> { format, global, scales, rows, n, of: PhantomData })), else => None)
}

impl<T: Output> Kernel for Dequantize<T> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (format, group, affine) = (self.format, self.format.group(), self.format.is_affine());
        let groups = self.n / group;
        if groups == 0 {
            return Ok(());
        }
        let (words, scales, out) = (args.inputs[0], args.inputs[1], args.outputs[0]);
        let biases = if affine { args.inputs[2] } else { scales };
        let zero = T::E::default();
        let steps = self.rows.step();
        threads::pieces(self.rows.len(), self.n * 600, |range| {
            let (mut scale, mut bias) = (vec![zero; groups], vec![zero; groups]);
            let mut products = [zero; 128];
            let products = &mut products[..group];
            self.rows.runs(range, |at, offsets, len| {
                for j in 0..len {
                    let [w, s, b, g]: [isize; 4] = std::array::from_fn(|o| offsets[o] + j as isize * steps[o]);
                    // SAFETY: the operands' rows lie at these offsets, and no other thread writes the output's.
                    unsafe {
                        widen(format, self.scales, scales, s, factor(format), &mut scale);
                        if affine {
                            widen(format, self.scales, biases, b, 1.0, &mut bias);
                        }
                        if self.global {
                            let g = T::E::exact(*(args.inputs[2] as *const f32).offset(g) / GLOBAL);
                            scale.iter_mut().for_each(|s| *s = *s * g);
                        }
                        let row = (words as *const u32).offset(w).cast();
                        for g in 0..groups {
                            expand(format, row, g * group, group, scale.as_ptr(), std::ptr::null(), products.as_mut_ptr());
                            let to = (out as *mut T).add((at + j) * self.n + g * group);
                            T::finish(products, affine.then(|| bias[g]), to);
                        }
                    }
                }
            });
        });
        Ok(())
    }
}

//! Elementwise kernels on complex64: an element at a time in complex f64, as the meanings say.

use super::{F1, F2, Fun, Map1, Map2, Pick, at, portable};
use crate::simd::Level;
use lazulite_base::dtype::Dtype;
use lazulite_base::meaning::meaning;
use lazulite_base::{Complex32, Op};
use num_complex::Complex64;

fn wide(z: Complex32) -> Complex64 {
    Complex64::new(z.re as f64, z.im as f64)
}

fn narrow(z: Complex64) -> Complex32 {
    Complex32::new(z.re as f32, z.im as f32)
}

/// Sum, difference, product and absolute value, without a call an element.
struct Add;
struct Subtract;
struct Multiply;
struct Abs;
struct Negative;
struct Conjugate;
struct Real;
struct Imag;

impl F2<Complex32, Complex32> for Add {
    #[inline(always)]
    fn f(x: Complex32, y: Complex32) -> Complex32 {
        x + y
    }
}

impl F2<Complex32, Complex32> for Subtract {
    #[inline(always)]
    fn f(x: Complex32, y: Complex32) -> Complex32 {
        x - y
    }
}

impl F2<Complex32, Complex32> for Multiply {
    #[inline(always)]
    fn f(x: Complex32, y: Complex32) -> Complex32 {
        narrow(wide(x) * wide(y))
    }
}

impl F1<Complex32, f32> for Abs {
    #[inline(always)]
    fn f(x: Complex32) -> f32 {
        // Squares of f32 are exact in f64, and neither too large nor too small for it.
        let z = wide(x);
        let y = (z.re * z.re + z.im * z.im).sqrt() as f32;
        // Infinity beside NaN is infinite.
        if x.re.is_infinite() | x.im.is_infinite() { f32::INFINITY } else { y }
    }
}

impl F1<Complex32, Complex32> for Negative {
    #[inline(always)]
    fn f(x: Complex32) -> Complex32 {
        -x
    }
}

impl F1<Complex32, Complex32> for Conjugate {
    #[inline(always)]
    fn f(x: Complex32) -> Complex32 {
        x.conj()
    }
}

impl F1<Complex32, f32> for Real {
    #[inline(always)]
    fn f(x: Complex32) -> f32 {
        x.re
    }
}

impl F1<Complex32, f32> for Imag {
    #[inline(always)]
    fn f(x: Complex32) -> f32 {
        x.im
    }
}

/// The kernel of an operation on complex numbers.
pub fn pick(level: Level, op: Op) -> Pick {
    type C = Complex32;
    let f: Fun = match op {
        Op::Add => at::<Map2<C, C, Add, 0>>(level),
        Op::Subtract => at::<Map2<C, C, Subtract, 0>>(level),
        Op::Multiply => at::<Map2<C, C, Multiply, 0>>(level),
        Op::Abs => at::<Map1<C, f32, Abs>>(level),
        Op::Negative => at::<Map1<C, C, Negative>>(level),
        Op::Conjugate => at::<Map1<C, C, Conjugate>>(level),
        Op::Real => at::<Map1<C, f32, Real>>(level),
        Op::Imag => at::<Map1<C, f32, Imag>>(level),
        _ => match op.result_dtype(Dtype::C64) {
            Dtype::C64 => portable::<Slow<C>>,
            Dtype::Bool => portable::<Slow<u8>>,
            _ => portable::<Slow<f32>>,
        },
    };
    Pick { f, imm: op as u64 }
}

/// A meaning applied to each element; the word is the operation's place in the table.
struct Slow<U>(std::marker::PhantomData<U>);

trait Narrow {
    fn of(z: Complex64) -> Self;
}

impl Narrow for Complex32 {
    fn of(z: Complex64) -> Complex32 {
        narrow(z)
    }
}

impl Narrow for f32 {
    fn of(z: Complex64) -> f32 {
        z.re as f32
    }
}

impl Narrow for u8 {
    fn of(z: Complex64) -> u8 {
        (z.re != 0.0) as u8
    }
}

impl<U: Narrow> super::Body for Slow<U> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, b: *const u8, c: *const u8, imm: u64) {
        let op = Op::ALL[imm as usize];
        let (f, arity) = (meaning(op).complex, op.info().arity);
        let zero = Complex64::new(0.0, 0.0);
        // SAFETY: operands that the operation has are valid for n elements.
        unsafe {
            for i in 0..n {
                let at = |p: *const u8| wide(p.cast::<Complex32>().add(i).read_unaligned());
                let y = if arity > 1 { at(b) } else { zero };
                let z = if arity > 2 { at(c) } else { zero };
                d.cast::<U>().add(i).write_unaligned(U::of(f([at(a), y, z])));
            }
        }
    }
}

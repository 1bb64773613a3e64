//! How elements become states, the numbers that are computed in, and states results: by what lies in memory, whatever the operation.

use crate::halves::Half;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use num_complex::Complex32;
use std::marker::PhantomData;

/// What lies in memory, and the bits of a state.
pub trait Elements: Send + Sync + 'static {
    /// An element's bits.
    type Item: Copy + Send + Sync;
    /// The bits of a state.
    type State: Copy + Default + Send + Sync;
    /// Whether there are factors.
    const FACTORS: bool = false;
    /// Whether a state has its element's bits.
    const SAME: bool = false;
    /// An element, with its factor, as a state.
    fn enter(x: Self::Item, factor: Self::Item) -> Self::State;
    /// A state as a result.
    fn leave(s: Self::State) -> Self::Item;
    /// The same of as many as there are results.
    #[inline(always)]
    fn leave_all(states: &[Self::State], out: &mut [Self::Item]) {
        out.iter_mut().zip(states).for_each(|(o, &s)| *o = Self::leave(s));
    }
}

/// Eight bytes that are aligned like a complex number's.
pub type Eight = [u32; 2];

/// Elements that are computed in as they are.
pub struct Plain<T>(PhantomData<fn() -> T>);

impl<T: Copy + Default + Send + Sync + 'static> Elements for Plain<T> {
    type Item = T;
    type State = T;
    const SAME: bool = true;
    #[inline(always)]
    fn enter(x: T, _: T) -> T {
        x
    }
    #[inline(always)]
    fn leave(s: T) -> T {
        s
    }
}

/// Halves, computed in f32.
pub struct Halves<T>(PhantomData<fn() -> T>);

macro_rules! halves {
    ($($t:ty)*) => {$(
        impl Elements for Halves<$t> {
            type Item = $t;
            type State = f32;
            #[inline(always)]
            fn enter(x: $t, _: $t) -> f32 { x.wide() }
            #[inline(always)]
            fn leave(s: f32) -> $t { Half::narrow(s) }
            #[inline(always)]
            fn leave_all(states: &[f32], out: &mut [$t]) { out.convert_from_f32_slice(&states[..out.len()]) }
        }
    )*};
}
halves!(f16 bf16);

/// Two numbers side by side.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Pair<W>(pub W, pub W);

/// Elements with factors; a state is the factor and the element.
pub struct Factored<E>(PhantomData<fn() -> E>);

impl<E: Elements> Elements for Factored<E> {
    type Item = E::Item;
    type State = Pair<E::State>;
    const FACTORS: bool = true;
    #[inline(always)]
    fn enter(x: E::Item, factor: E::Item) -> Pair<E::State> {
        Pair(E::enter(factor, factor), E::enter(x, x))
    }
    #[inline(always)]
    fn leave(s: Pair<E::State>) -> E::Item {
        E::leave(s.1)
    }
}

/// A dtype's type: what its elements are, and values that leave others as they are.
pub trait Number: Copy {
    /// Its elements.
    type Elements: Elements;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// What no value is smaller than.
    const LOWEST: Self;
    /// What no value is larger than.
    const HIGHEST: Self;
    /// The logarithm of nothing.
    const NO_LOG: Self = Self::LOWEST;
}

macro_rules! numbers {
    ($($t:ty: $bits:ty, $zero:expr, $one:expr, $low:expr, $high:expr $(, $no_log:expr)?;)*) => {$(
        impl Number for $t {
            type Elements = $bits;
            const ZERO: $t = $zero;
            const ONE: $t = $one;
            const LOWEST: $t = $low;
            const HIGHEST: $t = $high;
            $(const NO_LOG: $t = $no_log;)?
        }
    )*};
}

macro_rules! integers {
    ($($t:ty: $bits:ty),*) => { numbers! { $($t: Plain<$bits>, 0, 1, <$t>::MIN, <$t>::MAX;)* } };
}
integers!(u8: u8, u16: u16, u32: u32, u64: Eight, i8: u8, i16: u16, i32: u32, i64: Eight);
numbers! {
    bool: Plain<u8>, false, true, false, true;
    f16: Halves<f16>, f16::ZERO, f16::ONE, f16::NEG_INFINITY, f16::INFINITY;
    bf16: Halves<bf16>, bf16::ZERO, bf16::ONE, bf16::NEG_INFINITY, bf16::INFINITY;
    f32: Plain<u32>, 0.0, 1.0, f32::NEG_INFINITY, f32::INFINITY;
    f64: Plain<Eight>, 0.0, 1.0, f64::NEG_INFINITY, f64::INFINITY;
    Complex32: Plain<Eight>, Complex32::new(0.0, 0.0), Complex32::new(1.0, 0.0), Complex32::new(f32::NEG_INFINITY, f32::NEG_INFINITY),
        Complex32::new(f32::INFINITY, f32::INFINITY), Complex32::new(f32::NEG_INFINITY, 0.0);
}

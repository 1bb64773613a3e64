//! The order of every dtype's values as the order of an integer: what sorting and arg-reductions compare.

use half::{bf16, f16};
use num_complex::Complex32;

/// A value with an integer key. Equal values (0 and -0) have equal keys; complex numbers go by real, then imaginary part.
pub trait Ordered: Copy + Send + Sync + 'static {
    /// The key's type.
    type Key: Copy + Ord + Send + Sync + std::ops::Not<Output = Self::Key> + 'static;
    /// A key that none precedes.
    const LEAST: Self::Key;
    /// Its key, NaN being larger than any other value.
    fn up(self) -> Self::Key;
    /// Its key in the opposite order, in which NaN is again larger than any other value.
    fn down(self) -> Self::Key;
    /// Whether values without NaN compare faster by themselves than by their keys.
    const DIRECT: bool = false;
    /// Whether it is larger; false where one is NaN. Only for [`Ordered::DIRECT`] types.
    #[inline(always)]
    fn above(self, o: Self) -> bool {
        self.up() > o.up()
    }
    /// Whether it is NaN. Only for [`Ordered::DIRECT`] types.
    #[inline(always)]
    fn odd(self) -> bool {
        false
    }
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Ordered for $t {
            type Key = $t;
            const LEAST: $t = <$t>::MIN;
            #[inline(always)]
            fn up(self) -> $t { self }
            #[inline(always)]
            fn down(self) -> $t { !self }
        }
    )*};
}
integers!(u8 u16 u32 u64 i8 i16 i32 i64);

macro_rules! floats {
    ($($t:ty, $i:ty, $bits:expr, $infinity:expr $(, $direct:literal)?;)*) => {$(
        impl Ordered for $t {
            type Key = $i;
            const LEAST: $i = <$i>::MIN;
            #[inline(always)]
            fn up(self) -> $i {
                let bits: $i = $bits(self);
                let magnitude = bits & <$i>::MAX;
                let key = if bits < 0 { -magnitude } else { magnitude };
                if magnitude > $infinity { <$i>::MAX } else { key }
            }
            #[inline(always)]
            fn down(self) -> $i {
                let bits: $i = $bits(self);
                let magnitude = bits & <$i>::MAX;
                let key = if bits < 0 { magnitude } else { -magnitude };
                if magnitude > $infinity { <$i>::MAX } else { key }
            }
            $(
                const DIRECT: bool = $direct;
                #[inline(always)]
                fn above(self, o: $t) -> bool { self > o }
                #[inline(always)]
                fn odd(self) -> bool { self.is_nan() }
            )?
        }
    )*};
}
floats! {
    f32, i32, |v: f32| v.to_bits() as i32, 0x7f80_0000, true;
    f64, i64, |v: f64| v.to_bits() as i64, 0x7ff0_0000_0000_0000, true;
    f16, i16, |v: f16| v.to_bits() as i16, 0x7c00;
    bf16, i16, |v: bf16| v.to_bits() as i16, 0x7f80;
}

fn pair(high: i32, low: i32) -> i64 {
    ((high as i64) << 32) | (low ^ i32::MIN) as u32 as i64
}

impl Ordered for Complex32 {
    type Key = i64;
    const LEAST: i64 = i64::MIN;
    #[inline(always)]
    fn up(self) -> i64 {
        if self.re.is_nan() || self.im.is_nan() { i64::MAX } else { pair(self.re.up(), self.im.up()) }
    }
    #[inline(always)]
    fn down(self) -> i64 {
        if self.re.is_nan() || self.im.is_nan() { i64::MAX } else { pair(self.re.down(), self.im.down()) }
    }
}

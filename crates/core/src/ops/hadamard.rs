//! The Hadamard transform: products with matrices of plus and minus ones.
//!
//! The matrix of a size `m 2^k` is the Kronecker product of one of size `m` and `k` of size 2, so the transform is a product along each
//! factor; factors of size 2 are taken together up to [`LARGEST`].

use crate::Array;
use crate::ops::{op, view};
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dims, Dtype};
use smallvec::smallvec;

/// The largest factor that is a power of two: products of this size are still cheaper than another pass through memory.
const LARGEST: u32 = 6;

/// The signs of the rows of the matrices whose size is no power of two, a bit a column, set for plus one.
const TWELVE: [u32; 12] = [0xffd, 0x554, 0xc37, 0x691, 0xdf, 0xa45, 0x373, 0x919, 0xdc3, 0x469, 0x70f, 0x1a5];
const TWENTY: [u32; 20] = [
    0x6cc21, 0xd1c42, 0xab884, 0x5f108, 0xb6610, 0x9c83e, 0x3945d, 0x7289b, 0xe5117, 0xca60f, 0xf05ac, 0xe8b58, 0xd92b1, 0xba163, 0x7c2c6,
    0x8592, 0x10b05, 0x2122a, 0x42074, 0x840c9,
];
const TWENTY_EIGHT: [u32; 28] = [
    0x3296181, 0x6528382, 0xc854704, 0x92a8e08, 0x2751c10, 0x4ca7820, 0x994b0c0, 0x4b980bc, 0x9534178, 0x2a6c271, 0x54d8463, 0xa9b0847,
    0x536500f, 0xa4ce01e, 0x7804cda, 0xf009935, 0xe21326a, 0xc6224d5, 0x8e409ab, 0x1e81356, 0x3d0262d, 0x30ed66, 0x41dacd, 0x83b51b,
    0x1072ab6, 0x20e15ec, 0x41c2b59, 0x81856b3,
];

/// The sizes of the factors of a transform of size `n`, the odd one first; `None` if there is none.
fn factors(n: usize) -> Option<(usize, Vec<u32>)> {
    let bits = n.trailing_zeros();
    let (m, bits) = match n >> bits {
        1 => (1, bits),
        3 if bits >= 2 => (12, bits - 2),
        5 if bits >= 2 => (20, bits - 2),
        7 if bits >= 2 => (28, bits - 2),
        _ => return None,
    };
    let parts = bits.div_ceil(LARGEST);
    Some((m, (0..parts).map(|i| bits / parts + (i < bits % parts) as u32).collect()))
}

fn matrix(n: usize) -> Result<Array> {
    let plus = |i: usize, j: usize| match n {
        12 => TWELVE[i] >> j & 1 == 1,
        20 => TWENTY[i] >> j & 1 == 1,
        28 => TWENTY_EIGHT[i] >> j & 1 == 1,
        _ => (i & j).count_ones().is_multiple_of(2),
    };
    let signs: Vec<f32> = (0..n * n).map(|at| if plus(at / n, at % n) { 1.0 } else { -1.0 }).collect();
    Array::from_slice(&signs, [n, n])
}

op! {
    /// The Hadamard transform along the last axis, times `scale`: one over the root of its size if `None`, which makes the transform
    /// orthogonal. The size is `m 2^k` for an `m` of 1, 12, 20 or 28. What is no half is computed in `float32`.
    ///
    /// # Errors
    /// A value error for another size, an array without elements, or `float64`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, 2.0].hadamard_transform(Some(1.0)).to_vec::<f32>().unwrap(), [3.0, -1.0]);
    /// assert!(ops::hadamard_transform(&array![1.0, 2.0, 3.0], None).is_err());
    /// ```
    pub fn hadamard_transform(x, scale: Option<f64>) -> Array {
        let n = x.shape().last().copied().unwrap_or(1);
        if x.size() == 0 || x.dtype() == Dtype::F64 {
            return Err(Error::value("hadamard_transform", format!("is not defined for {}{:?}", x.dtype(), x.dims())));
        }
        let Some((m, powers)) = factors(n) else {
            return Err(Error::value("hadamard_transform", format!("takes a size of m * 2^k with m in (1, 12, 20, 28), not {n}")));
        };
        let out = if x.dtype().is_half() { x.dtype() } else { Dtype::F32 };
        let lead: usize = x.size() / n;
        let mut y = crate::ops::astype(x, Dtype::F32)?;
        let sizes: Vec<usize> = std::iter::once(m).chain(powers.iter().map(|&p| 1 << p)).filter(|&s| s > 1).collect();
        let mut before = 1;
        for size in sizes {
            let after = n / before / size;
            let dims: Dims = smallvec![lead * before, size, after];
            y = match after {
                1 => crate::ops::matmul(&view::reshape_to(&y, dims[..2].into())?, &crate::ops::t(&matrix(size)?)?)?,
                _ => crate::ops::matmul(&matrix(size)?, &view::reshape_to(&y, dims)?)?,
            };
            before *= size;
        }
        let y = crate::ops::multiply(&y, scale.unwrap_or(1.0 / (n as f64).sqrt()))?;
        crate::ops::astype(&view::reshape_to(&y, x.shape().into())?, out)
    }
}

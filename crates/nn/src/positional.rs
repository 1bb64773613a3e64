//! Ways to tell attention where a token stands.

use crate::{Module, raised};
use lazulite_base::Dtype;
use lazulite_core::Array;
use lazulite_core::fast::{Rope, rope};
use lazulite_core::ops::IntoOperand;
use lazulite_core::panicking::concatenate;

/// Rotary positions (Su et al., RoFormer, 2021): turns pairs of features by the position times a rate, which falls from 1 to nearly
/// `1 / base` from the first pair to the last.
///
/// ```
/// use lazulite::nn::RoPE;
/// use lazulite::prelude::*;
/// let x = Array::ones([1, 8, 128, 64], Dtype::F32);
/// assert_eq!(RoPE::new(64).forward(&x, 12).shape(), [1, 8, 128, 64]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct RoPE {
    #[module(static)]
    dims: usize,
    #[module(static)]
    traditional: bool,
    #[module(static)]
    base: f64,
    #[module(static)]
    scale: f64,
}

impl RoPE {
    /// Of the first `dims` features, an even number, in pairs `dims / 2` apart; base 10000, scale 1.
    ///
    /// ```
    /// use lazulite::nn::RoPE;
    /// use lazulite::prelude::*;
    /// assert_eq!(RoPE::new(64).num_parameters(), 0);
    /// ```
    ///
    /// # Panics
    /// For an odd number.
    #[track_caller]
    pub fn new(dims: usize) -> RoPE {
        assert!(dims.is_multiple_of(2), "RoPE turns pairs of features: {dims} is odd");
        RoPE { dims, traditional: false, base: 10000.0, scale: 1.0 }
    }

    /// Whether neighbouring features are a pair, as in the paper.
    ///
    /// ```
    /// use lazulite::nn::RoPE;
    /// use lazulite::prelude::*;
    /// let y = RoPE::new(4).traditional(true).forward(&array![[[1.0, 0.0, 0.0, 0.0]]], 1);
    /// assert!((y.index((0, 0, 1)).item::<f32>().unwrap() - 1f32.sin()).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn traditional(self, on: bool) -> RoPE {
        RoPE { traditional: on, ..self }
    }

    /// What the rates are made of: `base^(-2 i / dims)`.
    ///
    /// ```
    /// use lazulite::nn::RoPE;
    /// use lazulite::prelude::*;
    /// assert_eq!(RoPE::new(2).base(100.0).forward(&array![[[1.0, 0.0]]], 0).to_vec::<f32>().unwrap(), [1.0, 0.0]);
    /// ```
    #[must_use]
    pub fn base(self, base: f64) -> RoPE {
        RoPE { base, ..self }
    }

    /// What positions are multiplied by.
    ///
    /// ```
    /// use lazulite::nn::RoPE;
    /// use lazulite::prelude::*;
    /// let x = array![[[1.0, 0.0]]];
    /// let (a, b) = (RoPE::new(2).scale(0.5).forward(&x, 4), RoPE::new(2).forward(&x, 2));
    /// assert_eq!(a.to_vec::<f32>().unwrap(), b.to_vec::<f32>().unwrap());
    /// ```
    #[must_use]
    pub fn scale(self, scale: f64) -> RoPE {
        RoPE { scale, ..self }
    }

    /// `(..., length, features)`, of three axes at least, to the same shape. The first position is `offset`: a number, or an array with one
    /// for each sequence of the batch.
    ///
    /// ```
    /// use lazulite::nn::RoPE;
    /// use lazulite::prelude::*;
    /// let x = Array::ones([2, 1, 3, 4], Dtype::F32);
    /// assert_eq!(RoPE::new(4).forward(&x, &array![0, 7]).shape(), [2, 1, 3, 4]);
    /// ```
    ///
    /// # Panics
    /// For fewer axes, fewer features than are to be turned, or what is no float.
    #[track_caller]
    pub fn forward(&self, x: &Array, offset: impl IntoOperand) -> Array {
        let how = Rope { dims: self.dims, traditional: self.traditional, base: Some(self.base), scale: self.scale, wavelengths: None };
        rope(x, &how, offset)
    }
}

/// Sines and cosines of a position at frequencies that fall geometrically (Vaswani et al. 2017).
///
/// ```
/// use lazulite::nn::SinusoidalPositionalEncoding;
/// use lazulite::prelude::*;
/// let encoding = SinusoidalPositionalEncoding::new(8);
/// assert_eq!(encoding.forward(&Array::arange(0, 16, 1, Dtype::I32)).shape(), [16, 8]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct SinusoidalPositionalEncoding {
    #[module(static)]
    dims: usize,
    #[module(static)]
    min_freq: f64,
    #[module(static)]
    max_freq: f64,
    #[module(static)]
    scale: f64,
    #[module(static)]
    cos_first: bool,
    #[module(static)]
    full_turns: bool,
}

impl SinusoidalPositionalEncoding {
    /// Of `dims` features, an even number, at frequencies from 1 down to 0.0001, scaled by √(2 / dims), which gives length 1.
    ///
    /// ```
    /// use lazulite::nn::SinusoidalPositionalEncoding;
    /// use lazulite::prelude::*;
    /// let y = SinusoidalPositionalEncoding::new(4).forward(&array![0]);
    /// assert_eq!(y.index((0, 0)).item::<f32>().unwrap(), 0.0);
    /// ```
    ///
    /// # Panics
    /// For an odd number, or none.
    #[track_caller]
    pub fn new(dims: usize) -> SinusoidalPositionalEncoding {
        assert!(dims > 0 && dims.is_multiple_of(2), "SinusoidalPositionalEncoding: dims must be positive and even, not {dims}");
        let scale = (2.0 / dims as f64).sqrt();
        SinusoidalPositionalEncoding { dims, min_freq: 1e-4, max_freq: 1.0, scale, cos_first: false, full_turns: false }
    }

    /// The lowest and the highest frequency.
    ///
    /// ```
    /// use lazulite::nn::SinusoidalPositionalEncoding;
    /// use lazulite::prelude::*;
    /// let y = SinusoidalPositionalEncoding::new(4).freqs(0.5, 2.0).scale(1.0).forward(&array![1.0]);
    /// assert!((y.index((0, 1)).item::<f32>().unwrap() - 0.5f32.sin()).abs() < 1e-6);
    /// ```
    ///
    /// # Panics
    /// If they are not positive.
    #[must_use]
    #[track_caller]
    pub fn freqs(self, min: f64, max: f64) -> SinusoidalPositionalEncoding {
        assert!(min > 0.0 && max > 0.0, "SinusoidalPositionalEncoding: frequencies must be positive, not {min} and {max}");
        SinusoidalPositionalEncoding { min_freq: min, max_freq: max, ..self }
    }

    /// What the encoding is multiplied by.
    ///
    /// ```
    /// use lazulite::nn::SinusoidalPositionalEncoding;
    /// use lazulite::prelude::*;
    /// let y = SinusoidalPositionalEncoding::new(2).scale(3.0).forward(&array![0]);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [0.0, 3.0]);
    /// ```
    #[must_use]
    pub fn scale(self, scale: f64) -> SinusoidalPositionalEncoding {
        SinusoidalPositionalEncoding { scale, ..self }
    }

    /// Whether the cosines come before the sines.
    ///
    /// ```
    /// use lazulite::nn::SinusoidalPositionalEncoding;
    /// use lazulite::prelude::*;
    /// let y = SinusoidalPositionalEncoding::new(2).cos_first(true).forward(&array![0]);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 0.0]);
    /// ```
    #[must_use]
    pub fn cos_first(self, on: bool) -> SinusoidalPositionalEncoding {
        SinusoidalPositionalEncoding { cos_first: on, ..self }
    }

    /// Whether frequencies count turns rather than radians.
    ///
    /// ```
    /// use lazulite::nn::SinusoidalPositionalEncoding;
    /// use lazulite::prelude::*;
    /// let y = SinusoidalPositionalEncoding::new(2).full_turns(true).forward(&array![0.25]);
    /// assert!((y.index((0, 0)).item::<f32>().unwrap() - 1.0).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn full_turns(self, on: bool) -> SinusoidalPositionalEncoding {
        SinusoidalPositionalEncoding { full_turns: on, ..self }
    }

    /// Positions `(...)` to `(..., dims)`.
    ///
    /// ```
    /// use lazulite::nn::SinusoidalPositionalEncoding;
    /// use lazulite::prelude::*;
    /// assert_eq!(SinusoidalPositionalEncoding::new(6).forward(&array![[1, 2]]).shape(), [1, 2, 6]);
    /// ```
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        let half = self.dims / 2;
        let (low, high) = (self.min_freq.ln(), self.max_freq.ln());
        let turn = if self.full_turns { std::f64::consts::TAU } else { 1.0 };
        let freq = |i: usize| (turn * ((1.0 - i as f64 / (half.max(2) - 1) as f64) * (high - low) + low).exp()) as f32;
        let freqs: Vec<f32> = (0..half).map(freq).collect();
        let angles = x.expand_dims(-1) * raised(Array::from_slice(&freqs, [half]));
        let (sin, cos) = (angles.sin(), angles.cos());
        concatenate(&if self.cos_first { [cos, sin] } else { [sin, cos] }, -1) * self.scale
    }
}

/// Attention with linear biases (Press et al. 2022): lowers a score by the distance of query and key, by a slope for each head. Nothing is
/// learned.
///
/// ```
/// use lazulite::nn::ALiBi;
/// use lazulite::prelude::*;
/// let y = ALiBi.forward(&Array::zeros([1, 1, 2, 2], Dtype::F32), 0, None);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [0.0, -0.00390625, -0.00390625, 0.0]);
/// ```
#[derive(Clone, Copy, Default, Debug, Module)]
pub struct ALiBi;

impl ALiBi {
    /// The slopes of the heads, `(num_heads, 1, 1)`: for a power of two `n` they are `2^(-8 k / n)` for `k` from 1 to `n`; other numbers of
    /// heads take those of the power below, then every second one of the power above.
    ///
    /// ```
    /// use lazulite::nn::ALiBi;
    /// use lazulite::prelude::*;
    /// assert_eq!(ALiBi::create_alibi_slope(2, Dtype::F32).to_vec::<f32>().unwrap(), [0.0625, 0.00390625]);
    /// ```
    ///
    /// # Panics
    /// If there is no head, or for a dtype that is no float.
    #[track_caller]
    pub fn create_alibi_slope(num_heads: usize, dtype: Dtype) -> Array {
        assert!(num_heads > 0, "ALiBi: there must be at least one head");
        assert!(dtype.is_float(), "ALiBi: slopes are floats, not {dtype}");
        let below = 1 << num_heads.ilog2();
        let first = (1..=below).map(|k| -8.0 * k as f32 / below as f32);
        let more = (1..2 * (num_heads - below)).step_by(2).map(|k| -4.0 * k as f32 / below as f32);
        let slopes: Vec<f32> = first.chain(more).map(f32::exp2).collect();
        raised(Array::from_slice(&slopes, [num_heads, 1, 1])).astype(dtype)
    }

    /// The biases, `(1, num_heads, queries - offset, keys)`: row `i` is the query at position `i + offset`, whose bias for the key at `j` is
    /// minus the slope times `|i + offset - j|`.
    ///
    /// ```
    /// use lazulite::nn::ALiBi;
    /// use lazulite::prelude::*;
    /// assert_eq!(ALiBi::create_alibi_matrix(2, 3, 4, 0, Dtype::F32).shape(), [1, 4, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// As [`ALiBi::create_alibi_slope`] does.
    #[track_caller]
    pub fn create_alibi_matrix(queries: usize, keys: usize, num_heads: usize, offset: usize, dtype: Dtype) -> Array {
        let positions = |first: usize, end: usize| Array::arange(first as i64, end as i64, 1, Dtype::I32);
        let distance = (positions(offset, queries).expand_dims(-1) - positions(0, keys)).abs().astype(dtype);
        (-distance * ALiBi::create_alibi_slope(num_heads, dtype)).expand_dims(0)
    }

    /// Scores `(batch, heads, queries, keys)` with the biases added, and `mask` where one is given, to the same shape. The first query is
    /// at position `offset`.
    ///
    /// ```
    /// use lazulite::nn::ALiBi;
    /// use lazulite::prelude::*;
    /// let scores = Array::ones([2, 4, 3, 5], Dtype::F32);
    /// assert_eq!(ALiBi.forward(&scores, 2, Some(&Array::zeros([3, 5], Dtype::F32))).shape(), [2, 4, 3, 5]);
    /// ```
    ///
    /// # Panics
    /// For other than four axes, what is no float, or a mask that does not broadcast.
    #[track_caller]
    pub fn forward(&self, scores: &Array, offset: usize, mask: Option<&Array>) -> Array {
        let &[_, heads, queries, keys] = scores.shape() else {
            panic!("ALiBi takes scores (batch, heads, queries, keys), not {:?}", scores.shape())
        };
        let bias = ALiBi::create_alibi_matrix(queries + offset, keys, heads, offset, scores.dtype());
        scores
            + match mask {
                Some(mask) => bias + mask,
                None => bias,
            }
    }
}

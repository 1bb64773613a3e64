//! Attention with several heads.

use crate::{Linear, Module};
use lazulite_base::Dtype;
use lazulite_core::fast::{Mask, attention};
use lazulite_core::{Array, random};

/// The sizes of a [`MultiHeadAttention`], where they are not `dims`, and whether its projections have biases.
///
/// ```
/// use lazulite::nn::{AttentionOptions, MultiHeadAttention};
/// use lazulite::prelude::*;
/// let how = AttentionOptions::default().query_input_dims(3).key_input_dims(5).value_input_dims(6).value_dims(2).value_output_dims(7);
/// let layer = MultiHeadAttention::new(4, 2, how.bias(true), &random::key(0));
/// let x = |features| Array::ones([1, 9, features], Dtype::F32);
/// assert_eq!(layer.forward(&x(3), &x(5), &x(6), lazulite::fast::Mask::None).shape(), [1, 9, 7]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct AttentionOptions {
    query_input_dims: Option<usize>,
    key_input_dims: Option<usize>,
    value_input_dims: Option<usize>,
    value_dims: Option<usize>,
    value_output_dims: Option<usize>,
    bias: bool,
}

impl AttentionOptions {
    /// The features of the queries; `dims` by default.
    #[must_use]
    pub fn query_input_dims(self, n: usize) -> AttentionOptions {
        AttentionOptions { query_input_dims: Some(n), ..self }
    }

    /// The features of the keys; `dims` by default.
    #[must_use]
    pub fn key_input_dims(self, n: usize) -> AttentionOptions {
        AttentionOptions { key_input_dims: Some(n), ..self }
    }

    /// The features of the values; those of the keys by default.
    #[must_use]
    pub fn value_input_dims(self, n: usize) -> AttentionOptions {
        AttentionOptions { value_input_dims: Some(n), ..self }
    }

    /// The size of the projected values; `dims` by default.
    #[must_use]
    pub fn value_dims(self, n: usize) -> AttentionOptions {
        AttentionOptions { value_dims: Some(n), ..self }
    }

    /// The features of the output; `dims` by default.
    #[must_use]
    pub fn value_output_dims(self, n: usize) -> AttentionOptions {
        AttentionOptions { value_output_dims: Some(n), ..self }
    }

    /// Whether the projections have biases; not by default.
    #[must_use]
    pub fn bias(self, on: bool) -> AttentionOptions {
        AttentionOptions { bias: on, ..self }
    }
}

/// Attention in several heads: queries, keys and values are projected and split into heads, attended to, joined and projected again.
///
/// ```
/// use lazulite::fast::Mask;
/// use lazulite::nn::{AttentionOptions, MultiHeadAttention};
/// use lazulite::prelude::*;
/// let attend = MultiHeadAttention::new(64, 4, AttentionOptions::default(), &random::key(0));
/// let x = Array::ones([2, 10, 64], Dtype::F32);
/// assert_eq!(attend.forward(&x, &x, &x, Mask::Causal).shape(), [2, 10, 64]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct MultiHeadAttention {
    /// From `query_input_dims` to `dims`.
    pub query_proj: Linear,
    /// From `key_input_dims` to `dims`.
    pub key_proj: Linear,
    /// From `value_input_dims` to `value_dims`.
    pub value_proj: Linear,
    /// From `value_dims` to `value_output_dims`.
    pub out_proj: Linear,
    #[module(static)]
    num_heads: usize,
}

impl MultiHeadAttention {
    /// With queries and keys of `dims` features in `num_heads` heads.
    ///
    /// ```
    /// use lazulite::nn::{AttentionOptions, MultiHeadAttention};
    /// use lazulite::prelude::*;
    /// let layer = MultiHeadAttention::new(8, 2, AttentionOptions::default(), &random::key(0));
    /// let names: Vec<String> = layer.parameters().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["query_proj.weight", "key_proj.weight", "value_proj.weight", "out_proj.weight"]);
    /// ```
    ///
    /// # Panics
    /// If the features of queries or values do not make so many heads.
    #[track_caller]
    pub fn new(dims: usize, num_heads: usize, how: AttentionOptions, key: &Array) -> MultiHeadAttention {
        let value_dims = how.value_dims.unwrap_or(dims);
        for n in [dims, value_dims] {
            assert!(num_heads > 0 && n.is_multiple_of(num_heads), "MultiHeadAttention: {n} features do not make {num_heads} heads");
        }
        let keys = random::split_n(key, 4);
        let linear = |i: i64, from: usize, to: usize| {
            let layer = Linear::new(from, to, &keys.index(i));
            if how.bias { layer } else { layer.without_bias() }
        };
        let key_dims = how.key_input_dims.unwrap_or(dims);
        MultiHeadAttention {
            query_proj: linear(0, how.query_input_dims.unwrap_or(dims), dims),
            key_proj: linear(1, key_dims, dims),
            value_proj: linear(2, how.value_input_dims.unwrap_or(key_dims), value_dims),
            out_proj: linear(3, value_dims, how.value_output_dims.unwrap_or(dims)),
            num_heads,
        }
    }

    /// Queries `(n, length, query_input_dims)`, keys `(n, keys, key_input_dims)` and values `(n, keys, value_input_dims)` to
    /// `(n, length, value_output_dims)`. A mask broadcasts to `(n, num_heads, length, keys)`.
    ///
    /// ```
    /// use lazulite::fast::Mask;
    /// use lazulite::nn::{AttentionOptions, MultiHeadAttention};
    /// use lazulite::prelude::*;
    /// let attend = MultiHeadAttention::new(8, 2, AttentionOptions::default(), &random::key(0));
    /// let (x, memory) = (Array::ones([1, 3, 8], Dtype::F32), Array::ones([1, 5, 8], Dtype::F32));
    /// let mask = array![true, true, false, true, true];
    /// assert_eq!(attend.forward(&x, &memory, &memory, Mask::Array(&mask)).shape(), [1, 3, 8]);
    /// ```
    ///
    /// # Panics
    /// For other than three axes, other features, keys and values of different lengths, or a mask that does not broadcast.
    #[track_caller]
    pub fn forward(&self, queries: &Array, keys: &Array, values: &Array, mask: Mask<'_>) -> Array {
        let (q, k, v) = (self.heads(&self.query_proj, queries), self.heads(&self.key_proj, keys), self.heads(&self.value_proj, values));
        let scale = 1.0 / (q.shape()[3] as f64).sqrt();
        let y = attention(&q, &k, &v, scale, mask, None);
        self.out_proj.forward(&y.swapaxes(1, 2).flatten(-2, -1))
    }

    /// `x`, projected, as `(n, heads, length, features)`.
    #[track_caller]
    fn heads(&self, projection: &Linear, x: &Array) -> Array {
        let &[n, length, _] = x.shape() else { panic!("MultiHeadAttention takes (n, length, features), not {:?}", x.shape()) };
        let y = projection.forward(x);
        let features = y.shape()[2] / self.num_heads;
        y.reshape([n, length, self.num_heads, features].map(|n| n as i64)).swapaxes(1, 2)
    }

    /// A mask `(n, n)` to be added, which lets position `i` see those up to `i`: zero there, the lowest number of a float `dtype` elsewhere.
    ///
    /// ```
    /// use lazulite::nn::MultiHeadAttention;
    /// use lazulite::prelude::*;
    /// let mask = MultiHeadAttention::create_additive_causal_mask(2, Dtype::F32);
    /// assert_eq!(mask.to_vec::<f32>().unwrap(), [0.0, f32::MIN, 0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// For a dtype that is no float.
    #[track_caller]
    pub fn create_additive_causal_mask(n: usize, dtype: Dtype) -> Array {
        let lowest = match dtype {
            Dtype::F16 => -65504.0,
            Dtype::BF16 => -3.389_531_389_251_535_5e38,
            Dtype::F32 => f32::MIN as f64,
            Dtype::F64 => f64::MIN,
            d => panic!("a mask to be added is of floats, not {d}"),
        };
        Array::full([n, n], lowest, dtype).triu(1)
    }
}

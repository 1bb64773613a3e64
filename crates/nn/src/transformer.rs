//! The transformer (Vaswani et al., Attention Is All You Need, 2017).

use crate::{AttentionOptions, Dropout, LayerNorm, Linear, Module, MultiHeadAttention, relu};
use lazulite_core::fast::Mask;
use lazulite_core::{Array, checkpoint, random};

/// The settings of a transformer's layers.
///
/// ```
/// use lazulite::nn::{self, TransformerEncoder, TransformerOptions};
/// use lazulite::prelude::*;
/// let how = TransformerOptions::default().mlp_dims(32).dropout(0.1).activation(nn::gelu).norm_first(false).checkpoint(true);
/// let model = TransformerEncoder::new(2, 16, 4, how, &random::key(0));
/// assert_eq!(model.layers[0].linear1.weight.shape(), [32, 16]);
/// ```
#[derive(Clone, Debug)]
pub struct TransformerOptions {
    mlp_dims: Option<usize>,
    dropout: f32,
    activation: fn(&Array) -> Array,
    norm_first: bool,
    checkpoint: bool,
}

impl Default for TransformerOptions {
    fn default() -> TransformerOptions {
        TransformerOptions { mlp_dims: None, dropout: 0.0, activation: relu, norm_first: true, checkpoint: false }
    }
}

impl TransformerOptions {
    /// The width of the perceptrons; four times the features by default.
    #[must_use]
    pub fn mlp_dims(self, n: usize) -> TransformerOptions {
        TransformerOptions { mlp_dims: Some(n), ..self }
    }

    /// The probability of dropping in training mode, after attention and within the perceptrons; zero by default.
    #[must_use]
    pub fn dropout(self, p: f32) -> TransformerOptions {
        TransformerOptions { dropout: p, ..self }
    }

    /// The perceptrons' activation; [`relu`] by default.
    #[must_use]
    pub fn activation(self, f: fn(&Array) -> Array) -> TransformerOptions {
        TransformerOptions { activation: f, ..self }
    }

    /// Whether attention and perceptron are normalised before (Xiong et al. 2020), as by default, or after the sum.
    #[must_use]
    pub fn norm_first(self, on: bool) -> TransformerOptions {
        TransformerOptions { norm_first: on, ..self }
    }

    /// Whether a gradient keeps the layers' inputs alone and computes their insides again; not by default. A single layer ignores it.
    #[must_use]
    pub fn checkpoint(self, on: bool) -> TransformerOptions {
        TransformerOptions { checkpoint: on, ..self }
    }
}

/// A mask as a tree: whether it is causal, and its array.
fn parts(mask: Mask<'_>) -> (bool, Option<Array>) {
    match mask {
        Mask::None => (false, None),
        Mask::Causal => (true, None),
        Mask::Array(m) => (false, Some(m.clone())),
    }
}

/// The mask that [`parts`] took apart.
fn joined(causal: bool, array: &Option<Array>) -> Mask<'_> {
    match array {
        Some(m) => Mask::Array(m),
        None if causal => Mask::Causal,
        None => Mask::None,
    }
}

/// Self-attention, then a perceptron of two layers, each with a normalisation and a shortcut around it.
///
/// ```
/// use lazulite::fast::Mask;
/// use lazulite::nn::{TransformerEncoderLayer, TransformerOptions};
/// use lazulite::prelude::*;
/// let layer = TransformerEncoderLayer::new(64, 4, TransformerOptions::default(), &random::key(0));
/// assert_eq!(layer.forward(&Array::ones([2, 10, 64], Dtype::F32), Mask::None).shape(), [2, 10, 64]);
/// ```
#[derive(Clone, Debug, Module)]
#[allow(missing_docs)]
pub struct TransformerEncoderLayer {
    pub attention: MultiHeadAttention,
    pub ln1: LayerNorm,
    pub ln2: LayerNorm,
    pub linear1: Linear,
    pub linear2: Linear,
    pub dropout1: Dropout,
    pub dropout2: Dropout,
    #[module(static)]
    activation: fn(&Array) -> Array,
    #[module(static)]
    norm_first: bool,
}

impl TransformerEncoderLayer {
    /// Of `dims` features, in `num_heads` heads.
    ///
    /// ```
    /// use lazulite::nn::{TransformerEncoderLayer, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let layer = TransformerEncoderLayer::new(8, 2, TransformerOptions::default(), &random::key(0));
    /// assert_eq!(layer.num_parameters(), 4 * 8 * 8 + 4 * 8 + (8 * 32 + 32) + (32 * 8 + 8));
    /// ```
    ///
    /// # Panics
    /// If the features do not make so many heads, or the probability of dropping is not in `0.0..1.0`.
    #[track_caller]
    pub fn new(dims: usize, num_heads: usize, how: TransformerOptions, key: &Array) -> TransformerEncoderLayer {
        let keys = random::split_n(key, 3);
        let width = how.mlp_dims.unwrap_or(4 * dims);
        TransformerEncoderLayer {
            attention: MultiHeadAttention::new(dims, num_heads, AttentionOptions::default(), &keys.index(0)),
            ln1: LayerNorm::new(dims),
            ln2: LayerNorm::new(dims),
            linear1: Linear::new(dims, width, &keys.index(1)),
            linear2: Linear::new(width, dims, &keys.index(2)),
            dropout1: Dropout::new(how.dropout),
            dropout2: Dropout::new(how.dropout),
            activation: how.activation,
            norm_first: how.norm_first,
        }
    }

    #[track_caller]
    fn attend(&self, x: &Array, mask: Mask<'_>) -> Array {
        self.dropout1.forward(&self.attention.forward(x, x, x, mask))
    }

    #[track_caller]
    fn mlp(&self, x: &Array) -> Array {
        self.linear2.forward(&self.dropout2.forward(&(self.activation)(&self.linear1.forward(x))))
    }

    /// `(n, length, dims)` to the same shape. A mask broadcasts to `(n, num_heads, length, length)`.
    ///
    /// ```
    /// use lazulite::fast::Mask;
    /// use lazulite::nn::{TransformerEncoderLayer, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let layer = TransformerEncoderLayer::new(8, 2, TransformerOptions::default(), &random::key(0));
    /// assert_eq!(layer.forward(&Array::ones([1, 3, 8], Dtype::F32), Mask::Causal).shape(), [1, 3, 8]);
    /// ```
    ///
    /// # Panics
    /// For an input or a mask that does not fit; with dropout in training mode outside of [`with_key`](crate::with_key).
    #[track_caller]
    pub fn forward(&self, x: &Array, mask: Mask<'_>) -> Array {
        if self.norm_first {
            let x = x + self.attend(&self.ln1.forward(x), mask);
            let y = self.mlp(&self.ln2.forward(&x));
            x + y
        } else {
            let x = self.ln1.forward(&(x + self.attend(x, mask)));
            self.ln2.forward(&(&x + self.mlp(&x)))
        }
    }
}

/// Encoder layers one after the other, and a normalisation at the end.
///
/// ```
/// use lazulite::fast::Mask;
/// use lazulite::nn::{TransformerEncoder, TransformerOptions};
/// use lazulite::prelude::*;
/// let encoder = TransformerEncoder::new(2, 16, 4, TransformerOptions::default(), &random::key(0));
/// assert_eq!(encoder.forward(&Array::ones([2, 5, 16], Dtype::F32), Mask::None).shape(), [2, 5, 16]);
/// ```
#[derive(Clone, Debug, Module)]
#[allow(missing_docs)]
pub struct TransformerEncoder {
    pub layers: Vec<TransformerEncoderLayer>,
    pub ln: LayerNorm,
    #[module(static)]
    checkpoint: bool,
}

impl TransformerEncoder {
    /// Of `num_layers` layers of `dims` features, in `num_heads` heads.
    ///
    /// ```
    /// use lazulite::nn::{TransformerEncoder, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let encoder = TransformerEncoder::new(1, 8, 2, TransformerOptions::default(), &random::key(0));
    /// assert_eq!(encoder.parameters()[0].0, "layers.0.attention.query_proj.weight");
    /// ```
    ///
    /// # Panics
    /// As [`TransformerEncoderLayer::new`] does.
    #[track_caller]
    pub fn new(num_layers: usize, dims: usize, num_heads: usize, how: TransformerOptions, key: &Array) -> TransformerEncoder {
        let keys = random::split_n(key, num_layers);
        // A loop, not a closure: the caller's line is known here.
        let mut layers = Vec::with_capacity(num_layers);
        for i in 0..num_layers {
            layers.push(TransformerEncoderLayer::new(dims, num_heads, how.clone(), &keys.index(i as i64)));
        }
        TransformerEncoder { layers, ln: LayerNorm::new(dims), checkpoint: how.checkpoint }
    }

    /// `(n, length, dims)` to the same shape. A mask broadcasts to `(n, num_heads, length, length)`.
    ///
    /// ```
    /// use lazulite::fast::Mask;
    /// use lazulite::nn::{TransformerEncoder, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let encoder = TransformerEncoder::new(1, 8, 2, TransformerOptions::default().checkpoint(true), &random::key(0));
    /// let g = grad(|x: &Array| encoder.forward(x, Mask::Causal).sum(..))(&Array::ones([1, 3, 8], Dtype::F32));
    /// assert_eq!(g.shape(), [1, 3, 8]);
    /// ```
    ///
    /// # Panics
    /// As [`TransformerEncoderLayer::forward`] does.
    #[track_caller]
    pub fn forward(&self, x: &Array, mask: Mask<'_>) -> Array {
        let mut x = x.clone();
        for layer in &self.layers {
            x = if self.checkpoint {
                let (causal, array) = parts(mask);
                type All = (TransformerEncoderLayer, Array, Option<Array>);
                checkpoint(|(layer, x, array): &All| layer.forward(x, joined(causal, array)))(&(layer.clone(), x, array))
            } else {
                layer.forward(&x, mask)
            };
        }
        self.ln.forward(&x)
    }
}

/// Self-attention, attention to an encoder's output, then a perceptron of two layers, each with a normalisation and a shortcut around it.
///
/// ```
/// use lazulite::fast::Mask;
/// use lazulite::nn::{TransformerDecoderLayer, TransformerOptions};
/// use lazulite::prelude::*;
/// let layer = TransformerDecoderLayer::new(16, 4, TransformerOptions::default(), &random::key(0));
/// let (x, memory) = (Array::ones([2, 10, 16], Dtype::F32), Array::ones([2, 7, 16], Dtype::F32));
/// assert_eq!(layer.forward(&x, &memory, Mask::Causal, Mask::None).shape(), [2, 10, 16]);
/// ```
#[derive(Clone, Debug, Module)]
#[allow(missing_docs)]
pub struct TransformerDecoderLayer {
    pub self_attention: MultiHeadAttention,
    pub cross_attention: MultiHeadAttention,
    pub ln1: LayerNorm,
    pub ln2: LayerNorm,
    pub ln3: LayerNorm,
    pub linear1: Linear,
    pub linear2: Linear,
    pub dropout1: Dropout,
    pub dropout2: Dropout,
    pub dropout3: Dropout,
    #[module(static)]
    activation: fn(&Array) -> Array,
    #[module(static)]
    norm_first: bool,
}

impl TransformerDecoderLayer {
    /// Of `dims` features, in `num_heads` heads.
    ///
    /// ```
    /// use lazulite::nn::{TransformerDecoderLayer, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let layer = TransformerDecoderLayer::new(8, 2, TransformerOptions::default(), &random::key(0));
    /// assert_eq!(layer.num_parameters(), 8 * 8 * 8 + 6 * 8 + (8 * 32 + 32) + (32 * 8 + 8));
    /// ```
    ///
    /// # Panics
    /// As [`TransformerEncoderLayer::new`] does.
    #[track_caller]
    pub fn new(dims: usize, num_heads: usize, how: TransformerOptions, key: &Array) -> TransformerDecoderLayer {
        let keys = random::split_n(key, 4);
        let width = how.mlp_dims.unwrap_or(4 * dims);
        TransformerDecoderLayer {
            self_attention: MultiHeadAttention::new(dims, num_heads, AttentionOptions::default(), &keys.index(0)),
            cross_attention: MultiHeadAttention::new(dims, num_heads, AttentionOptions::default(), &keys.index(1)),
            ln1: LayerNorm::new(dims),
            ln2: LayerNorm::new(dims),
            ln3: LayerNorm::new(dims),
            linear1: Linear::new(dims, width, &keys.index(2)),
            linear2: Linear::new(width, dims, &keys.index(3)),
            dropout1: Dropout::new(how.dropout),
            dropout2: Dropout::new(how.dropout),
            dropout3: Dropout::new(how.dropout),
            activation: how.activation,
            norm_first: how.norm_first,
        }
    }

    #[track_caller]
    fn attend(&self, x: &Array, mask: Mask<'_>) -> Array {
        self.dropout1.forward(&self.self_attention.forward(x, x, x, mask))
    }

    #[track_caller]
    fn look(&self, x: &Array, memory: &Array, mask: Mask<'_>) -> Array {
        self.dropout2.forward(&self.cross_attention.forward(x, memory, memory, mask))
    }

    #[track_caller]
    fn mlp(&self, x: &Array) -> Array {
        self.linear2.forward(&self.dropout3.forward(&(self.activation)(&self.linear1.forward(x))))
    }

    /// What has been decoded so far, `(n, length, dims)`, and the encoder's output, `(n, keys, dims)`, to `(n, length, dims)`; with a mask
    /// for each attention.
    ///
    /// ```
    /// use lazulite::fast::Mask;
    /// use lazulite::nn::{TransformerDecoderLayer, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let layer = TransformerDecoderLayer::new(8, 2, TransformerOptions::default().norm_first(false), &random::key(0));
    /// let x = Array::ones([1, 3, 8], Dtype::F32);
    /// assert_eq!(layer.forward(&x, &x, Mask::Causal, Mask::None).shape(), [1, 3, 8]);
    /// ```
    ///
    /// # Panics
    /// For inputs or masks that do not fit; with dropout in training mode outside of [`with_key`](crate::with_key).
    #[track_caller]
    pub fn forward(&self, x: &Array, memory: &Array, x_mask: Mask<'_>, memory_mask: Mask<'_>) -> Array {
        if self.norm_first {
            let x = x + self.attend(&self.ln1.forward(x), x_mask);
            let y = self.look(&self.ln2.forward(&x), memory, memory_mask);
            let x = x + y;
            let y = self.mlp(&self.ln3.forward(&x));
            x + y
        } else {
            let x = self.ln1.forward(&(x + self.attend(x, x_mask)));
            let x = self.ln2.forward(&(&x + self.look(&x, memory, memory_mask)));
            self.ln3.forward(&(&x + self.mlp(&x)))
        }
    }
}

/// Decoder layers one after the other, and a normalisation at the end.
///
/// ```
/// use lazulite::fast::Mask;
/// use lazulite::nn::{TransformerDecoder, TransformerOptions};
/// use lazulite::prelude::*;
/// let decoder = TransformerDecoder::new(2, 16, 4, TransformerOptions::default(), &random::key(0));
/// let (x, memory) = (Array::ones([2, 10, 16], Dtype::F32), Array::ones([2, 7, 16], Dtype::F32));
/// assert_eq!(decoder.forward(&x, &memory, Mask::Causal, Mask::None).shape(), [2, 10, 16]);
/// ```
#[derive(Clone, Debug, Module)]
#[allow(missing_docs)]
pub struct TransformerDecoder {
    pub layers: Vec<TransformerDecoderLayer>,
    pub ln: LayerNorm,
    #[module(static)]
    checkpoint: bool,
}

impl TransformerDecoder {
    /// Of `num_layers` layers of `dims` features, in `num_heads` heads.
    ///
    /// ```
    /// use lazulite::nn::{TransformerDecoder, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let decoder = TransformerDecoder::new(1, 8, 2, TransformerOptions::default(), &random::key(0));
    /// assert_eq!(decoder.parameters()[0].0, "layers.0.self_attention.query_proj.weight");
    /// ```
    ///
    /// # Panics
    /// As [`TransformerEncoderLayer::new`] does.
    #[track_caller]
    pub fn new(num_layers: usize, dims: usize, num_heads: usize, how: TransformerOptions, key: &Array) -> TransformerDecoder {
        let keys = random::split_n(key, num_layers);
        // A loop, not a closure: the caller's line is known here.
        let mut layers = Vec::with_capacity(num_layers);
        for i in 0..num_layers {
            layers.push(TransformerDecoderLayer::new(dims, num_heads, how.clone(), &keys.index(i as i64)));
        }
        TransformerDecoder { layers, ln: LayerNorm::new(dims), checkpoint: how.checkpoint }
    }

    /// What has been decoded so far, `(n, length, dims)`, and the encoder's output, `(n, keys, dims)`, to `(n, length, dims)`; with a mask
    /// for each attention.
    ///
    /// ```
    /// use lazulite::fast::Mask;
    /// use lazulite::nn::{TransformerDecoder, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let decoder = TransformerDecoder::new(1, 8, 2, TransformerOptions::default().checkpoint(true), &random::key(0));
    /// let x = Array::ones([1, 3, 8], Dtype::F32);
    /// let g = grad(|x: &Array| decoder.forward(x, x, Mask::Causal, Mask::None).sum(..))(&x);
    /// assert_eq!(g.shape(), [1, 3, 8]);
    /// ```
    ///
    /// # Panics
    /// As [`TransformerDecoderLayer::forward`] does.
    #[track_caller]
    pub fn forward(&self, x: &Array, memory: &Array, x_mask: Mask<'_>, memory_mask: Mask<'_>) -> Array {
        let mut x = x.clone();
        for layer in &self.layers {
            x = if self.checkpoint {
                let ((x_causal, x_array), (causal, array)) = (parts(x_mask), parts(memory_mask));
                type All = (TransformerDecoderLayer, Array, Array, Option<Array>, Option<Array>);
                let run =
                    |(layer, x, memory, x_array, array): &All| layer.forward(x, memory, joined(x_causal, x_array), joined(causal, array));
                checkpoint(run)(&(layer.clone(), x, memory.clone(), x_array, array))
            } else {
                layer.forward(&x, memory, x_mask, memory_mask)
            };
        }
        self.ln.forward(&x)
    }
}

/// An encoder, and a decoder that looks at what the encoder made. For another encoder or decoder write a model of the two.
///
/// ```
/// use lazulite::fast::Mask;
/// use lazulite::nn::{Transformer, TransformerOptions};
/// use lazulite::prelude::*;
/// let model = Transformer::new(16, 4, 1, 1, TransformerOptions::default(), &random::key(0));
/// let (source, target) = (Array::ones([2, 7, 16], Dtype::F32), Array::ones([2, 10, 16], Dtype::F32));
/// assert_eq!(model.forward(&source, &target, Mask::None, Mask::Causal, Mask::None).shape(), [2, 10, 16]);
/// ```
#[derive(Clone, Debug, Module)]
#[allow(missing_docs)]
pub struct Transformer {
    pub encoder: TransformerEncoder,
    pub decoder: TransformerDecoder,
}

impl Transformer {
    /// Of `dims` features (MLX's default: 512), in `num_heads` heads (8), with as many layers in encoder and decoder (6 each).
    ///
    /// ```
    /// use lazulite::nn::{Transformer, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let model = Transformer::new(8, 2, 2, 1, TransformerOptions::default(), &random::key(0));
    /// assert_eq!((model.encoder.layers.len(), model.decoder.layers.len()), (2, 1));
    /// ```
    ///
    /// # Panics
    /// As [`TransformerEncoderLayer::new`] does.
    #[track_caller]
    pub fn new(
        dims: usize,
        num_heads: usize,
        num_encoder_layers: usize,
        num_decoder_layers: usize,
        how: TransformerOptions,
        key: &Array,
    ) -> Transformer {
        let (a, b) = random::split(key);
        Transformer {
            encoder: TransformerEncoder::new(num_encoder_layers, dims, num_heads, how.clone(), &a),
            decoder: TransformerDecoder::new(num_decoder_layers, dims, num_heads, how, &b),
        }
    }

    /// A source `(n, keys, dims)` and a target `(n, length, dims)` to `(n, length, dims)`; with a mask for each attention.
    ///
    /// ```
    /// use lazulite::fast::Mask;
    /// use lazulite::nn::{Transformer, TransformerOptions};
    /// use lazulite::prelude::*;
    /// let model = Transformer::new(8, 2, 1, 1, TransformerOptions::default(), &random::key(0));
    /// let x = Array::ones([1, 3, 8], Dtype::F32);
    /// assert_eq!(model.forward(&x, &x, Mask::None, Mask::Causal, Mask::None).shape(), [1, 3, 8]);
    /// ```
    ///
    /// # Panics
    /// As [`TransformerDecoderLayer::forward`] does.
    #[track_caller]
    pub fn forward(&self, src: &Array, tgt: &Array, src_mask: Mask<'_>, tgt_mask: Mask<'_>, memory_mask: Mask<'_>) -> Array {
        let memory = self.encoder.forward(src, src_mask);
        self.decoder.forward(tgt, &memory, tgt_mask, memory_mask)
    }
}

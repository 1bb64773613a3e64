//! Models as structs: layers, activations, losses, initial values, and the trait [`Module`], which gives a model its named parameters
//! and its file.
//!
//! A model is a struct of arrays and layers that derives `Module`; its forward is a method. A gradient of it has its type.
//!
//! ```
//! use lazulite::nn::{self, Linear, losses};
//! use lazulite::prelude::*;
//!
//! #[derive(Clone, Module)]
//! struct Mlp {
//!     hidden: Linear,
//!     out: Linear,
//! }
//!
//! impl Mlp {
//!     fn forward(&self, x: &Array) -> Array {
//!         self.out.forward(&nn::relu(&self.hidden.forward(x)))
//!     }
//! }
//!
//! let (a, b) = random::split(&random::key(0));
//! let model = Mlp { hidden: Linear::new(4, 8, &a), out: Linear::new(8, 2, &b) };
//! let (x, y) = (Array::ones([3, 4], Dtype::F32), array![0, 1, 1]);
//! let (loss, g) = nn::value_and_grad(|m: &Mlp| losses::cross_entropy(&m.forward(&x), &y).mean(..))(&model);
//! assert!(loss.item::<f32>().unwrap() > 0.0);
//! assert_eq!(g.hidden.weight.shape(), [8, 4]);
//! ```
//!
//! A forward outside of a scope is one for evaluation. In training, [`with_key`] gives keys to the layers that draw random numbers, and
//! [`with_statistics`] gives back the model with the running averages of its [`BatchNorm`]s, which nothing else changes:
//!
//! ```
//! use lazulite::nn::{self, BatchNorm, Dropout, Linear, Sequential, losses};
//! use lazulite::optim::{AdamW, Optimizer};
//! use lazulite::prelude::*;
//!
//! let keys = random::split_n(&random::key(0), 2);
//! let mut model = Sequential::new()
//!     .then(Linear::new(4, 8, &keys.index(0)))
//!     .then(BatchNorm::new(8))
//!     .apply(nn::relu)
//!     .then(Dropout::new(0.1))
//!     .then(Linear::new(8, 2, &keys.index(1)));
//! let (x, y) = (random::normal([16, 4], &random::key(1)), Array::zeros([16], Dtype::I32));
//!
//! let opt = AdamW::new(1e-2);
//! let mut state = opt.init(&model);
//! let step = compile(move |(model, state, key): &(Sequential, <AdamW as Optimizer>::State, Array)| {
//!     let loss = |m: &Sequential| nn::with_statistics(m, |m| losses::cross_entropy(&m.forward(&x), &y).mean(..));
//!     let ((loss, next), grads) = nn::with_key(key, || value_and_grad(loss)(model));
//!     let (next, state) = opt.update(&next, &grads, state);
//!     (loss, next, state)
//! });
//! for i in 0..3 {
//!     let loss;
//!     (loss, model, state) = step(&(model, state, random::key(i)));
//!     assert!(loss.item::<f32>().unwrap().is_finite());
//! }
//! assert_eq!(model.forward(&Array::ones([1, 4], Dtype::F32)).shape(), [1, 2]);
//! ```
//!
//! A layer's `new` takes sizes, in MLX's order, and a key where it draws parameters, and has MLX's defaults; the rest is set by methods
//! (`without_bias`, `eps`, `stride`) that give the layer back. Settings that make no sense and inputs that do not fit panic with an
//! error that names the operation, shapes, dtypes and the line, as the methods of [`Array`](lazulite_core::Array) do; for a `Result`,
//! compose the fallible functions of `ops`.

extern crate self as lazulite;

mod activations;
mod attention;
mod batch_norm;
mod conv;
mod dropout;
mod frozen;
pub mod init;
mod layers;
pub mod losses;
mod mode;
mod module;
mod norm;
mod pooling;
mod positional;
mod quantized;
mod recurrent;
mod sequential;
mod transformer;
mod upsample;

pub use activations::{
    celu, elu, gelu, gelu_approx, gelu_fast_approx, glu, hard_shrink, hard_tanh, hardswish, leaky_relu, log_sigmoid, log_softmax, mish,
    prelu, relu, relu2, relu6, selu, sigmoid, silu, softmax, softmin, softplus, softshrink, softsign, step, tanh,
};
pub use attention::{AttentionOptions, MultiHeadAttention};
pub use batch_norm::BatchNorm;
pub use conv::{Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d};
pub use dropout::{Dropout, Dropout2d, Dropout3d};
pub use frozen::Frozen;
pub use layers::{Bilinear, Embedding, Identity, Linear, PReLU};
pub use mode::{is_training, next_key, training, with_key, with_statistics};
pub use module::Module;
pub use norm::{GroupNorm, InstanceNorm, LayerNorm, RMSNorm};
pub use pooling::{AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d, avg_pool, max_pool};
pub use positional::{ALiBi, RoPE, SinusoidalPositionalEncoding};
pub use quantized::{QQLinear, QuantizedEmbedding, QuantizedLinear};
pub use recurrent::{GRU, LSTM, RNN};
pub use sequential::{Activation, Layer, Sequential};
pub use transformer::{
    Transformer, TransformerDecoder, TransformerDecoderLayer, TransformerEncoder, TransformerEncoderLayer, TransformerOptions,
};
pub use upsample::{ScaleFactor, Upsample, UpsampleMode};

pub use lazulite_core::value_and_grad;
pub use lazulite_macros::Module;

/// The value, or a panic with the error.
#[track_caller]
pub(crate) fn raised<T>(r: lazulite_core::Result<T>) -> T {
    match r {
        Ok(x) => x,
        Err(e) => e.raise(),
    }
}

/// What derived code names.
#[doc(hidden)]
pub mod __private {
    pub use crate::Module;
    pub use lazulite_core::__private::*;
}

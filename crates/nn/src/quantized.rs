//! Layers whose weights are quantized and stay as they are, and one that quantizes what it multiplies.

use crate::norm::shifted;
use crate::{Embedding, Frozen, Linear, Module, raised};
use lazulite_base::Format;
use lazulite_core::Array;
use lazulite_core::ops::{self, Quantized};

/// The frozen parameters of quantized weights.
#[track_caller]
fn parts(weight: &Array, format: Format) -> (Frozen<Array>, Frozen<Array>, Frozen<Option<Array>>) {
    let q = weight.quantize(format, None);
    (Frozen::new(q.weight), Frozen::new(q.scales), Frozen::new(q.biases))
}

/// The weights again.
#[track_caller]
fn whole(weight: &Array, scales: &Array, biases: Option<&Array>, format: Format) -> Quantized {
    raised(Quantized::new(weight, scales, biases, format))
}

/// A [`Linear`] whose weights are quantized and frozen: `x Wᵀ + b`. Its parameters have MLX's names.
///
/// MLX's `nn.quantize` exchanges layers within a model. Here a field's type says whether it is quantized, so the exchange makes a model of
/// another type, by a function of the model's own; names stay, so that files fit:
///
/// ```
/// use lazulite::nn::{self, Layer, Linear, QuantizedLinear};
/// use lazulite::prelude::*;
///
/// #[derive(Clone, Module)]
/// struct Mlp<L> {
///     hidden: L,
///     out: L,
/// }
///
/// impl<L: Layer> Mlp<L> {
///     fn forward(&self, x: &Array) -> Array {
///         self.out.forward(&nn::relu(&self.hidden.forward(x)))
///     }
/// }
///
/// impl Mlp<Linear> {
///     fn quantize(&self, format: Format) -> Mlp<QuantizedLinear> {
///         let small = |layer| QuantizedLinear::from_linear(layer, format);
///         Mlp { hidden: small(&self.hidden), out: small(&self.out) }
///     }
/// }
///
/// let (a, b) = random::split(&random::key(0));
/// let model = Mlp { hidden: Linear::new(64, 128, &a), out: Linear::new(128, 8, &b) };
/// let (x, small) = (random::normal([4, 64], &random::key(1)), model.quantize(Format::default()));
/// let apart = (model.forward(&x) - small.forward(&x)).abs().max(..).item::<f32>().unwrap();
/// assert!(apart > 0.0 && apart < 0.3, "{apart}");
/// assert_eq!(small.parameters()[1].0, "hidden.scales");
/// ```
///
/// ```
/// use lazulite::nn::{Linear, QuantizedLinear};
/// use lazulite::prelude::*;
/// let layer = QuantizedLinear::from_linear(&Linear::new(64, 8, &random::key(0)), Format::default());
/// let names: Vec<String> = layer.parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["weight", "scales", "biases", "bias"]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct QuantizedLinear {
    /// The codes, `(output_dims, words)`, uint32.
    pub weight: Frozen<Array>,
    /// `(output_dims, groups)`.
    pub scales: Frozen<Array>,
    /// Of the scales' shape, for an affine format.
    pub biases: Frozen<Option<Array>>,
    /// `(output_dims,)`, if there is one; it is trained.
    pub bias: Option<Array>,
    #[module(static)]
    format: Format,
}

impl QuantizedLinear {
    /// The layer with its weights quantized.
    ///
    /// # Panics
    /// If the format's group does not divide the number of inputs.
    ///
    /// ```
    /// use lazulite::nn::{Linear, QuantizedLinear};
    /// use lazulite::prelude::*;
    /// let layer = QuantizedLinear::from_linear(&Linear::new(64, 8, &random::key(0)), Format::Mxfp8);
    /// assert_eq!(layer.weight.get().shape(), [8, 16]);
    /// ```
    #[track_caller]
    pub fn from_linear(layer: &Linear, format: Format) -> QuantizedLinear {
        let (weight, scales, biases) = parts(&layer.weight, format);
        QuantizedLinear { weight, scales, biases, bias: layer.bias.clone(), format }
    }

    /// `(..., input_dims)` to `(..., output_dims)`.
    ///
    /// # Panics
    /// If the last axis of `x` is not the weight's.
    ///
    /// ```
    /// use lazulite::nn::{Linear, QuantizedLinear};
    /// use lazulite::prelude::*;
    /// let plain = Linear { weight: Array::ones([8, 64], Dtype::F32), bias: None };
    /// let y = QuantizedLinear::from_linear(&plain, Format::default()).forward(&Array::ones([2, 64], Dtype::F32));
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [64.0; 16]);
    /// ```
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        let w = whole(&self.weight.get(), &self.scales.get(), self.biases.get().as_ref(), self.format);
        shifted(x.quantized_matmul(&w, true), self.bias.as_ref())
    }
}

/// An [`Embedding`] whose vectors are quantized and frozen. Its parameters have MLX's names.
///
/// ```
/// use lazulite::nn::{Embedding, QuantizedEmbedding};
/// use lazulite::prelude::*;
/// let table = QuantizedEmbedding::from_embedding(&Embedding::new(10, 64, &random::key(0)), Format::default());
/// assert_eq!(table.forward(&array![[1, 2, 3]]).shape(), [1, 3, 64]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct QuantizedEmbedding {
    /// The codes, `(num_embeddings, words)`, uint32.
    pub weight: Frozen<Array>,
    /// `(num_embeddings, groups)`.
    pub scales: Frozen<Array>,
    /// Of the scales' shape, for an affine format.
    pub biases: Frozen<Option<Array>>,
    #[module(static)]
    format: Format,
}

impl QuantizedEmbedding {
    /// The table with its vectors quantized.
    ///
    /// # Panics
    /// If the format's group does not divide the vectors' size.
    ///
    /// ```
    /// use lazulite::nn::{Embedding, QuantizedEmbedding};
    /// use lazulite::prelude::*;
    /// let table = QuantizedEmbedding::from_embedding(&Embedding::new(10, 64, &random::key(0)), Format::default());
    /// assert_eq!(table.scales.get().shape(), [10, 1]);
    /// ```
    #[track_caller]
    pub fn from_embedding(table: &Embedding, format: Format) -> QuantizedEmbedding {
        let (weight, scales, biases) = parts(&table.weight, format);
        QuantizedEmbedding { weight, scales, biases, format }
    }

    /// The vectors of integer `ids`, `(...)` to `(..., dims)`. Only they are made numbers again.
    ///
    /// # Panics
    /// If `ids` are no integers.
    ///
    /// ```
    /// use lazulite::nn::{Embedding, QuantizedEmbedding};
    /// use lazulite::prelude::*;
    /// let plain = Embedding { weight: Array::ones([3, 64], Dtype::F32) };
    /// let y = QuantizedEmbedding::from_embedding(&plain, Format::default()).forward(&array![2, 0]);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0; 128]);
    /// ```
    #[track_caller]
    pub fn forward(&self, ids: &Array) -> Array {
        // A matrix has two axes, whatever the ids have. The codes come first, so that what is wrong with the ids is said of this line.
        let codes = self.weight.get().take(ids, 0).expand_dims(-2);
        let row = |x: &Array| x.take(ids, 0).expand_dims(-2);
        let w = whole(&codes, &row(&self.scales.get()), self.biases.get().as_ref().map(row).as_ref(), self.format);
        raised(ops::dequantize(&w, None, None)).squeeze(-2)
    }

    /// The table as a linear map `(..., dims)` to `(..., num_embeddings)`: for output weights tied to it.
    ///
    /// # Panics
    /// If the last axis of `x` is not of the vectors' size.
    ///
    /// ```
    /// use lazulite::nn::{Embedding, QuantizedEmbedding};
    /// use lazulite::prelude::*;
    /// let table = QuantizedEmbedding::from_embedding(&Embedding::new(10, 64, &random::key(0)), Format::default());
    /// assert_eq!(table.as_linear(&Array::ones([2, 64], Dtype::F32)).shape(), [2, 10]);
    /// ```
    #[track_caller]
    pub fn as_linear(&self, x: &Array) -> Array {
        x.quantized_matmul(&whole(&self.weight.get(), &self.scales.get(), self.biases.get().as_ref(), self.format), true)
    }
}

/// A linear map without bias that quantizes its input as well as its weights: `x Wᵀ`.
///
/// While it is trained it keeps weights of floats, through which gradients flow as if nothing were quantized; [`QQLinear::quantize`] keeps
/// the quantized ones instead, which are not trained. Its parameters have MLX's names in both forms.
///
/// ```
/// use lazulite::nn::QQLinear;
/// use lazulite::prelude::*;
/// let (layer, x) = (QQLinear::new(32, 8, Format::Mxfp8, &random::key(0)), random::normal([4, 32], &random::key(1)));
/// let small = layer.clone().quantize();
/// assert_eq!((layer.num_parameters(), small.weight.dtype()), (8 * 32, Dtype::U32));
/// let apart = (layer.forward(&x) - small.forward(&x)).abs().max(..).item::<f32>().unwrap();
/// assert!(apart < 1e-5, "{apart}");
/// ```
#[derive(Clone, Debug, Module)]
pub struct QQLinear {
    /// `(output_dims, input_dims)`, or the codes, `(output_dims, words)`, uint32.
    pub weight: Array,
    /// `(output_dims, groups)`, uint8, of quantized weights.
    pub scales: Option<Array>,
    #[module(static)]
    format: Format,
}

impl QQLinear {
    /// From `input_dims` features to `output_dims`, with weights of floats, uniform in ±1/√`input_dims`. MLX's default is `Nvfp4`.
    ///
    /// # Panics
    /// For an affine format.
    ///
    /// ```
    /// use lazulite::nn::QQLinear;
    /// use lazulite::prelude::*;
    /// assert_eq!(QQLinear::new(32, 8, Format::Nvfp4, &random::key(0)).weight.shape(), [8, 32]);
    /// ```
    #[track_caller]
    pub fn new(input_dims: usize, output_dims: usize, format: Format, key: &Array) -> QQLinear {
        QQLinear::from_linear(&Linear::new(input_dims, output_dims, key).without_bias(), format)
    }

    /// With the weights of a layer without bias.
    ///
    /// # Panics
    /// For an affine format, or a layer with a bias.
    ///
    /// ```
    /// use lazulite::nn::{Linear, QQLinear};
    /// use lazulite::prelude::*;
    /// let layer = QQLinear::from_linear(&Linear::new(32, 8, &random::key(0)).without_bias(), Format::Mxfp4);
    /// assert_eq!(layer.parameters().len(), 1);
    /// ```
    #[track_caller]
    pub fn from_linear(layer: &Linear, format: Format) -> QQLinear {
        assert!(!matches!(format, Format::Affine { .. }), "QQLinear: products with both sides quantized take no {format} format");
        assert!(layer.bias.is_none(), "QQLinear has no bias, and the layer has one");
        QQLinear { weight: layer.weight.clone(), scales: None, format }
    }

    /// With quantized weights.
    ///
    /// # Panics
    /// If the format's group does not divide the number of inputs.
    ///
    /// ```
    /// use lazulite::nn::QQLinear;
    /// use lazulite::prelude::*;
    /// let names: Vec<String> =
    ///     QQLinear::new(32, 8, Format::Nvfp4, &random::key(0)).quantize().parameters().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["weight", "scales"]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn quantize(self) -> QQLinear {
        if self.scales.is_some() {
            return self;
        }
        let q = self.weight.quantize(self.format, None);
        QQLinear { weight: q.weight, scales: Some(q.scales), format: self.format }
    }

    /// With weights of floats, bfloat16, of what the codes stand for.
    ///
    /// ```
    /// use lazulite::nn::QQLinear;
    /// use lazulite::prelude::*;
    /// let layer = QQLinear::new(32, 8, Format::Nvfp4, &random::key(0)).quantize().dequantize();
    /// assert_eq!((layer.weight.shape(), layer.scales.is_none()), (&[8, 32][..], true));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn dequantize(self) -> QQLinear {
        let Some(scales) = &self.scales else { return self };
        let weight = raised(ops::dequantize(&whole(&self.weight, scales, None, self.format), None, None));
        QQLinear { weight, scales: None, format: self.format }
    }

    /// `(..., input_dims)` to `(..., output_dims)`.
    ///
    /// # Panics
    /// If the last axis of `x` is not of `input_dims`, or the format's group does not divide it.
    ///
    /// ```
    /// use lazulite::nn::{Linear, QQLinear};
    /// use lazulite::prelude::*;
    /// let plain = Linear { weight: Array::ones([8, 32], Dtype::F32), bias: None };
    /// let y = QQLinear::from_linear(&plain, Format::Mxfp8).forward(&Array::ones([2, 32], Dtype::F32));
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [32.0; 16]);
    /// ```
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        match &self.scales {
            Some(scales) => x.qqmm(&whole(&self.weight, scales, None, self.format), [None, None]),
            None => x.qqmm((&self.weight, self.format), [None, None]),
        }
    }
}

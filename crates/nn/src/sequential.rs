//! Layers one after the other, of any kinds.

use crate::{
    AvgPool1d, AvgPool2d, AvgPool3d, BatchNorm, Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, Dropout,
    Dropout2d, Dropout3d, Embedding, GRU, GroupNorm, Identity, InstanceNorm, LayerNorm, Linear, MaxPool1d, MaxPool2d, MaxPool3d, Module,
    PReLU, QQLinear, QuantizedEmbedding, QuantizedLinear, RMSNorm, RNN, RoPE, SinusoidalPositionalEncoding, Upsample,
};
use lazulite_base::Result;
use lazulite_base::key::KeyHasher;
use lazulite_core::tree::Path;
use lazulite_core::{Array, AxisTree, Tree};

/// A module from one array to one array: what [`Sequential`] is made of.
///
/// ```
/// use lazulite::nn::{Layer, Linear, Sequential};
/// use lazulite::prelude::*;
///
/// #[derive(Clone, Module)]
/// struct Residual(Linear);
///
/// impl Layer for Residual {
///     fn forward(&self, x: &Array) -> Array {
///         x + self.0.forward(x)
///     }
/// }
///
/// let model = Sequential::new().then(Residual(Linear::new(3, 3, &random::key(0))));
/// assert_eq!(model.forward(&Array::ones([2, 3], Dtype::F32)).shape(), [2, 3]);
/// ```
pub trait Layer: Erased + Send + Sync {
    /// The layer's output.
    ///
    /// # Panics
    /// If `x` has not the shape or dtype that the layer takes.
    fn forward(&self, x: &Array) -> Array;
}

mod sealed {
    use super::*;

    /// [`Tree`] for a layer of unknown type; every module has it.
    pub trait Erased {
        fn visit(&self, f: &mut dyn FnMut(&Array));
        fn map(&self, f: &mut dyn FnMut(&Array) -> Array) -> Box<dyn Layer>;
        fn copy(&self) -> Box<dyn Layer>;
        fn signature(&self, key: &mut KeyHasher);
        fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array));
        fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()>;
    }

    impl<T: Module + Layer + 'static> Erased for T {
        fn visit(&self, f: &mut dyn FnMut(&Array)) {
            Tree::visit(self, f);
        }
        fn map(&self, f: &mut dyn FnMut(&Array) -> Array) -> Box<dyn Layer> {
            Box::new(self.map_arrays(f))
        }
        fn copy(&self) -> Box<dyn Layer> {
            Box::new(self.clone())
        }
        fn signature(&self, key: &mut KeyHasher) {
            key.text(std::any::type_name::<T>());
            Tree::signature(self, key);
        }
        fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
            Tree::visit_named(self, path, f);
        }
        fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
            Tree::axes(self, spec, out)
        }
    }
}
use sealed::Erased;

/// Layers whose forward takes one array, or further arguments that have a default.
macro_rules! layers {
    ($($t:ty $(, with $default:expr)?);* $(;)?) => {$(
        impl Layer for $t {
            #[track_caller]
            fn forward(&self, x: &Array) -> Array {
                <$t>::forward(self, x $(, $default)?)
            }
        }
    )*};
}

layers!(Linear; Embedding; QuantizedLinear; QuantizedEmbedding; QQLinear; Activation; PReLU; Identity; Sequential);
layers!(Dropout; Dropout2d; Dropout3d; Upsample);
layers!(LayerNorm; RMSNorm; GroupNorm; InstanceNorm; BatchNorm);
layers!(RNN, with None; GRU, with None; RoPE, with 0; SinusoidalPositionalEncoding);
layers!(Conv1d; Conv2d; Conv3d; ConvTranspose1d; ConvTranspose2d; ConvTranspose3d);
layers!(MaxPool1d; MaxPool2d; MaxPool3d; AvgPool1d; AvgPool2d; AvgPool3d);

/// A function without parameters as a layer.
///
/// ```
/// use lazulite::nn::{self, Activation};
/// use lazulite::prelude::*;
/// let relu = Activation::new(nn::relu);
/// assert_eq!(relu.forward(&array![-1.0, 2.0]).to_vec::<f32>().unwrap(), [0.0, 2.0]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct Activation {
    #[module(static)]
    f: fn(&Array) -> Array,
}

impl Activation {
    /// The function as a layer.
    ///
    /// ```
    /// use lazulite::nn::{self, Activation};
    /// let _ = Activation::new(nn::silu);
    /// ```
    pub fn new(f: fn(&Array) -> Array) -> Activation {
        Activation { f }
    }

    /// The function of `x`.
    ///
    /// ```
    /// use lazulite::nn::Activation;
    /// use lazulite::prelude::*;
    /// assert_eq!(Activation::new(|x| x * 2).forward(&array![3]).item::<i32>().unwrap(), 6);
    /// ```
    pub fn forward(&self, x: &Array) -> Array {
        (self.f)(x)
    }
}

/// Layers one after the other. Parameters are named by the layer's place, as in MLX: `layers.0.weight`.
///
/// ```
/// use lazulite::nn::{self, Dropout, Linear, Sequential};
/// use lazulite::prelude::*;
///
/// let (a, b) = random::split(&random::key(0));
/// let model = Sequential::new().then(Linear::new(4, 8, &a)).apply(nn::relu).then(Dropout::new(0.1)).then(Linear::new(8, 2, &b));
/// assert_eq!(model.forward(&Array::ones([3, 4], Dtype::F32)).shape(), [3, 2]);
/// assert_eq!(model.parameters()[2].0, "layers.3.weight");
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<Box<dyn Layer>>,
}

impl Sequential {
    /// No layers: the identity.
    ///
    /// ```
    /// assert!(lazulite::nn::Sequential::new().is_empty());
    /// ```
    pub fn new() -> Sequential {
        Sequential::default()
    }

    /// With one more layer.
    ///
    /// ```
    /// use lazulite::nn::{LayerNorm, Sequential};
    /// assert_eq!(Sequential::new().then(LayerNorm::new(2)).len(), 1);
    /// ```
    #[must_use]
    pub fn then(mut self, layer: impl Layer + 'static) -> Sequential {
        self.layers.push(Box::new(layer));
        self
    }

    /// With a function as one more layer.
    ///
    /// ```
    /// use lazulite::nn::{self, Sequential};
    /// assert_eq!(Sequential::new().apply(nn::relu).len(), 1);
    /// ```
    #[must_use]
    pub fn apply(self, f: fn(&Array) -> Array) -> Sequential {
        self.then(Activation::new(f))
    }

    /// Number of layers.
    ///
    /// ```
    /// use lazulite::nn::{self, Sequential};
    /// assert_eq!(Sequential::new().apply(nn::relu).apply(nn::tanh).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are no layers.
    ///
    /// ```
    /// use lazulite::nn::{self, Sequential};
    /// assert!(!Sequential::new().apply(nn::relu).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The last layer's output.
    ///
    /// ```
    /// use lazulite::nn::{self, Sequential};
    /// use lazulite::prelude::*;
    /// let model = Sequential::new().apply(|x| x - 2).apply(nn::relu);
    /// assert_eq!(model.forward(&array![1.0, 5.0]).to_vec::<f32>().unwrap(), [0.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// As the layers do. Layers of this crate then name its line, not the caller's: of a boxed layer no caller is known.
    pub fn forward(&self, x: &Array) -> Array {
        self.layers.iter().fold(x.clone(), |x, layer| layer.forward(&x))
    }
}

impl Clone for Sequential {
    fn clone(&self) -> Sequential {
        Sequential { layers: self.layers.iter().map(|l| l.copy()).collect() }
    }
}

impl std::fmt::Debug for Sequential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sequential({} layers)", self.layers.len())
    }
}

impl Tree for Sequential {
    fn visit(&self, f: &mut dyn FnMut(&Array)) {
        self.layers.iter().for_each(|l| l.visit(f));
    }
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
        Sequential { layers: self.layers.iter().map(|l| l.map(f)).collect() }
    }
    fn signature(&self, key: &mut KeyHasher) {
        key.word(8 | (self.layers.len() as u64) << 8);
        self.layers.iter().for_each(|l| l.signature(key));
    }
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
        path.within("layers", |path| {
            for (i, l) in self.layers.iter().enumerate() {
                path.within(&i.to_string(), |p| l.visit_named(p, f));
            }
        });
    }
    fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
        self.layers.iter().enumerate().try_for_each(|(i, l)| l.axes(spec.child(i, self.layers.len())?, out))
    }
}

impl Module for Sequential {}

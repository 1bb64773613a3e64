//! Convolutions as layers. Channels come last; the weight's order is `(out_channels, kernel_size.., in_channels / groups)`.

use crate::norm::shifted;
use crate::{Module, init};
use lazulite_base::Dtype;
use lazulite_core::Array;
use lazulite_core::ops::{Conv, ConvTranspose};

/// A weight, uniform within one over the root of how many inputs an output has.
#[track_caller]
fn weight(layer: &str, inputs: usize, outputs: usize, kernel: &[usize], groups: usize, key: &Array) -> Array {
    assert!(groups > 0 && inputs.is_multiple_of(groups), "{layer}: {inputs} channels do not make {groups} groups");
    let channels = inputs / groups;
    let shape: Vec<usize> = [outputs].into_iter().chain(kernel.iter().copied()).chain([channels]).collect();
    init::by_root(channels * kernel.iter().product::<usize>(), shape, key)
}

macro_rules! layers {
    ($($(#[$doc:meta])* $name:ident, $axes:literal, $how:ident, $call:ident, $groups:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Module)]
        pub struct $name {
            /// `(out_channels, kernel_size.., in_channels / groups)`.
            pub weight: Array,
            /// `(out_channels,)`, if there is one.
            pub bias: Option<Array>,
            #[module(static)]
            how: $how,
        }

        impl $name {
            /// From `in_channels` to `out_channels`, with a bias of zeros; the weight is float32, uniform in ±1/√(inputs of an output).
            ///
            /// # Panics
            /// If the groups do not divide the channels.
            #[track_caller]
            pub fn new(in_channels: usize, out_channels: usize, kernel_size: [usize; $axes], how: $how, key: &Array) -> $name {
                let groups: fn(&$how) -> usize = $groups;
                let weight = weight(stringify!($name), in_channels, out_channels, &kernel_size, groups(&how), key);
                $name { weight, bias: Some(Array::zeros([out_channels], Dtype::F32)), how }
            }

            /// The same layer without its bias.
            #[must_use]
            pub fn without_bias(self) -> $name {
                $name { bias: None, ..self }
            }

            /// `(n, places.., in_channels)` to `(n, windows.., out_channels)`.
            ///
            /// # Panics
            /// If the shapes do not fit, as the operation does.
            #[track_caller]
            pub fn forward(&self, x: &Array) -> Array {
                shifted(x.$call(&self.weight, &self.how), self.bias.as_ref())
            }
        }
    )*};
}

layers! {
    /// A convolution along one axis.
    ///
    /// ```
    /// use lazulite::nn::Conv1d;
    /// use lazulite::ops::Conv;
    /// use lazulite::prelude::*;
    /// let layer = Conv1d::new(2, 4, [3], Conv::default().padding(1), &random::key(0));
    /// assert_eq!(layer.weight.shape(), [4, 3, 2]);
    /// assert_eq!(layer.forward(&Array::ones([1, 8, 2], Dtype::F32)).shape(), [1, 8, 4]);
    /// ```
    Conv1d, 1, Conv, conv1d, Conv::group_count;
    /// A convolution along two axes.
    ///
    /// ```
    /// use lazulite::nn::Conv2d;
    /// use lazulite::ops::Conv;
    /// use lazulite::prelude::*;
    /// let layer = Conv2d::new(4, 8, [3, 3], Conv::default().groups(2), &random::key(0)).without_bias();
    /// assert_eq!(layer.weight.shape(), [8, 3, 3, 2]);
    /// assert_eq!(layer.forward(&Array::ones([1, 5, 5, 4], Dtype::F32)).shape(), [1, 3, 3, 8]);
    /// ```
    Conv2d, 2, Conv, conv2d, Conv::group_count;
    /// A convolution along three axes.
    ///
    /// ```
    /// use lazulite::nn::Conv3d;
    /// use lazulite::ops::Conv;
    /// use lazulite::prelude::*;
    /// let layer = Conv3d::new(1, 2, [2, 2, 2], Conv::default().stride(2), &random::key(0));
    /// assert_eq!(layer.forward(&Array::ones([1, 4, 4, 4, 1], Dtype::F32)).shape(), [1, 2, 2, 2, 2]);
    /// ```
    Conv3d, 3, Conv, conv3d, Conv::group_count;
    /// A transposed convolution along one axis.
    ///
    /// ```
    /// use lazulite::nn::ConvTranspose1d;
    /// use lazulite::ops::ConvTranspose;
    /// use lazulite::prelude::*;
    /// let layer = ConvTranspose1d::new(2, 4, [2], ConvTranspose::default().stride(2), &random::key(0));
    /// assert_eq!(layer.forward(&Array::ones([1, 8, 2], Dtype::F32)).shape(), [1, 16, 4]);
    /// ```
    ConvTranspose1d, 1, ConvTranspose, conv_transpose1d, ConvTranspose::group_count;
    /// A transposed convolution along two axes.
    ///
    /// ```
    /// use lazulite::nn::ConvTranspose2d;
    /// use lazulite::ops::ConvTranspose;
    /// use lazulite::prelude::*;
    /// let layer = ConvTranspose2d::new(2, 4, [2, 2], ConvTranspose::default().stride(2), &random::key(0));
    /// assert_eq!(layer.forward(&Array::ones([1, 3, 3, 2], Dtype::F32)).shape(), [1, 6, 6, 4]);
    /// ```
    ConvTranspose2d, 2, ConvTranspose, conv_transpose2d, ConvTranspose::group_count;
    /// A transposed convolution along three axes.
    ///
    /// ```
    /// use lazulite::nn::ConvTranspose3d;
    /// use lazulite::ops::ConvTranspose;
    /// use lazulite::prelude::*;
    /// let layer = ConvTranspose3d::new(1, 1, [2, 2, 2], ConvTranspose::default(), &random::key(0));
    /// assert_eq!(layer.forward(&Array::ones([1, 2, 2, 2, 1], Dtype::F32)).shape(), [1, 3, 3, 3, 1]);
    /// ```
    ConvTranspose3d, 3, ConvTranspose, conv_transpose3d, ConvTranspose::group_count;
}

//! The module `fast`: layers and attention.

use super::args::{functions, outs};
use crate::array::{Out, PyArray};
use crate::convert::ArrayArg;
use crate::errors::{Raised, wrong_type};
use lazulite::ops::Rhs;
use lazulite::ops::fast::{self as core, Mask, Rope};
use lazulite::{Array, Element};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The array of an optional argument.
fn given(a: &Option<ArrayArg>) -> Option<&Array> {
    a.as_ref().map(|a| &a.0)
}

/// Where a sequence starts: a number, or an array with one for each sequence.
struct Offset(Rhs);

impl<'py> FromPyObject<'_, 'py> for Offset {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Offset> {
        if let Ok(a) = obj.cast::<PyArray>() {
            return Ok(Offset(Rhs::Array(a.get().get())));
        }
        let n: i64 = obj.extract().map_err(|_| wrong_type("an integer or an array", &obj))?;
        Ok(Offset(Rhs::Literal(n.scalar())))
    }
}

/// The argument `mask` of attention.
enum MaskArg {
    Named(String),
    Array(Array),
}

impl<'py> FromPyObject<'_, 'py> for MaskArg {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<MaskArg> {
        if let Ok(a) = obj.cast::<PyArray>() {
            return Ok(MaskArg::Array(a.get().get()));
        }
        obj.extract().map(MaskArg::Named).map_err(|_| wrong_type("an array, a string or None", &obj))
    }
}

mod layers {
    use super::*;

    functions! {
        /// Each vector along the last axis with mean zero and variance one, times `weight` plus `bias`.
        ///
        /// Shapes: `(..., n)`, and `(n,)` of the parameters; shape and dtype stay. Raises `ValueError` for parameters of another shape.
        ///
        /// >>> mx.fast.layer_norm(mx.array([[1.0, 3.0]]), None, None, 0.0)
        /// array([[-1, 1]], dtype=float32)
        [x, weight, bias, eps, *,] fn layer_norm(x: ArrayArg, weight: Option<ArrayArg>, bias: Option<ArrayArg>, eps: f64) -> Out {
            core::layer_norm(&x.0, given(&weight), given(&bias), eps).raised().map(Out)
        }

        /// Each vector along the last axis over the root of its mean square, times `weight`.
        ///
        /// Shapes: `(..., n)`, and `(n,)` of the weight; shape and dtype stay. Raises `ValueError` for a weight of another shape.
        ///
        /// >>> mx.fast.rms_norm(mx.array([[3.0, -3.0]]), None, 0.0)
        /// array([[1, -1]], dtype=float32)
        [x, weight, eps, *,] fn rms_norm(x: ArrayArg, weight: Option<ArrayArg>, eps: f64) -> Out {
            core::rms_norm(&x.0, given(&weight), eps).raised().map(Out)
        }

        /// Rotary positions: features of `(..., length, features)` turned in pairs by an angle that grows along the sequence. The result
        /// has the shape of `a`.
        ///
        /// The first `dims` features turn, by angles over powers of `base` or over `freqs`; positions start at `offset` and are multiplied
        /// by `scale`. The dtype stays. Raises `ValueError` for features that do not pair up.
        ///
        /// >>> mx.fast.rope(mx.ones((1, 2, 2)), 2, traditional=False, base=10000.0, scale=1.0, offset=0)
        /// array([[[1, 1],
        ///         [-0.301169, 1.38177]]], dtype=float32)
        [a, dims, *, traditional, base, scale, offset, freqs=None,]
        fn rope(a: ArrayArg, dims: usize, traditional: bool, base: Option<f64>, scale: f64, offset: Offset, freqs: Option<ArrayArg>) -> Out {
            let how = Rope { dims, traditional, base, scale, wavelengths: given(&freqs) };
            core::rope(&a.0, &how, offset.0).raised().map(Out)
        }

        /// `softmax(scale * q @ k.T + mask) @ v` of `(batch, heads, length, features)`. `mask` is "causal", bool (False leaves out) or
        /// added; the queries' heads may be a multiple of the keys'. `force_fused` changes nothing: it is always fused as far as it can.
        ///
        /// Shapes: `(b, h, n, d)`, `(b, g, m, d)` and `(b, g, m, e)`, g a divisor of h, give `(b, h, n, e)`; floats, whose dtypes promote.
        /// Raises `ValueError` for shapes that do not match or an unknown mask.
        ///
        /// >>> q = mx.ones((1, 4, 3, 8))
        /// >>> mx.fast.scaled_dot_product_attention(q, q, q, scale=8 ** -0.5, mask="causal").shape
        /// (1, 4, 3, 8)
        [q, k, v, *, scale, mask=None, sinks=None, force_fused=false,]
        fn scaled_dot_product_attention(
            q: ArrayArg, k: ArrayArg, v: ArrayArg, scale: f64, mask: Option<MaskArg>, sinks: Option<ArrayArg>, force_fused: bool,
        ) -> Out {
            let _ = force_fused;
            let mask = match &mask {
                None => Mask::None,
                Some(MaskArg::Array(m)) => Mask::Array(m),
                Some(MaskArg::Named(s)) if s.is_empty() => Mask::None,
                Some(MaskArg::Named(s)) if s == "causal" => Mask::Causal,
                Some(MaskArg::Named(s)) => {
                    return Err(PyValueError::new_err(format!("[scaled_dot_product_attention] Invalid mask type {s}.")));
                }
            };
            core::attention(&q.0, &k.0, &v.0, scale, mask, given(&sinks)).raised().map(Out)
        }

        /// The gated delta rule over `(batch, steps, heads, features)`: at each step a head's state fades, `S = S * gamma`, learns,
        /// `S = S + beta * outer(v - S @ k, k)`, and gives `S @ q`. Heads of `v` share those of `q` and `k` in groups; `gamma` may have a
        /// last axis of the keys' features. Returns the outputs, `(batch, steps, heads of v, features of v)`, and the last state,
        /// `(batch, heads of v, features of v, features of k)`. Where `mask`, `(batch, steps)`, is false the output is zero and the state
        /// stays.
        ///
        /// Floats. Raises `ValueError` for shapes that do not fit.
        ///
        /// >>> q, v, gate = mx.ones((1, 3, 2, 32)), mx.ones((1, 3, 2, 8)), mx.full((1, 3, 2), 0.5)
        /// >>> y, state = mx.fast.gated_delta_update(q, q, v, gate, gate)
        /// >>> y.shape, state.shape
        /// ((1, 3, 2, 8), (1, 2, 8, 32))
        [q, k, v, gamma, beta, initial_state=None, mask=None,]
        fn gated_delta_update(
            q: ArrayArg, k: ArrayArg, v: ArrayArg, gamma: ArrayArg, beta: ArrayArg, initial_state: Option<ArrayArg>, mask: Option<ArrayArg>,
        ) -> Vec<Out> {
            let list = core::gated_delta_update(&q.0, &k.0, &v.0, &gamma.0, &beta.0, given(&initial_state), given(&mask));
            list.raised().map(|l| outs(l.to_vec()))
        }

        /// `logsumexp(logits)` less the logit of the target class, for each vector along the last axis: `(..., classes)` and `(...)` give
        /// `(...)`.
        ///
        /// The dtype is that of the logits. Raises `ValueError` for targets that do not fit the logits' shape.
        ///
        /// >>> mx.fast.cross_entropy(mx.array([[0.0, 0.0]]), mx.array([1]))
        /// array([0.693147], dtype=float32)
        [logits, targets, *,] fn cross_entropy(logits: ArrayArg, targets: ArrayArg) -> Out {
            core::cross_entropy(&logits.0, &targets.0).raised().map(Out)
        }
    }
}

/// Adds the module.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let fast = crate::submodule(m, "fast")?;
    layers::register(&fast)?;
    super::kernels::register(&fast)
}

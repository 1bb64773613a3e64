//! The modules `fast` and `linalg`, as far as they compose from what there is.

use super::args::functions;
use crate::array::{Out, PyArray};
use crate::convert::{ArrayArg, AxesArg};
use crate::errors::{Raised, wrong_type};
use lazulite::ops::fast::{self as core, Mask, Rope};
use lazulite::ops::{self, Norm, Rhs};
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
        /// `layer_norm(mx.array([[1.0, 3.0]]), None, None, 0.0)` is `[[-1, 1]]`.
        [x, weight, bias, eps, *,] fn layer_norm(x: ArrayArg, weight: Option<ArrayArg>, bias: Option<ArrayArg>, eps: f64) -> Out {
            core::layer_norm(&x.0, given(&weight), given(&bias), eps).raised().map(Out)
        }

        /// Each vector along the last axis over the root of its mean square, times `weight`.
        /// `rms_norm(mx.array([[3.0, -3.0]]), None, 0.0)` is `[[1, -1]]`.
        [x, weight, eps, *,] fn rms_norm(x: ArrayArg, weight: Option<ArrayArg>, eps: f64) -> Out {
            core::rms_norm(&x.0, given(&weight), eps).raised().map(Out)
        }

        /// Rotary positions: features of `(..., length, features)` turned in pairs by an angle that grows along the sequence.
        /// The result has the shape of `a`.
        [a, dims, *, traditional, base, scale, offset, freqs=None,]
        fn rope(a: ArrayArg, dims: usize, traditional: bool, base: Option<f64>, scale: f64, offset: Offset, freqs: Option<ArrayArg>) -> Out {
            let how = Rope { dims, traditional, base, scale, wavelengths: given(&freqs) };
            core::rope(&a.0, &how, offset.0).raised().map(Out)
        }

        /// `softmax(scale * q @ k.T + mask) @ v` of `(batch, heads, length, features)`. `mask` is "causal", bool (False leaves out) or
        /// added; the queries' heads may be a multiple of the keys'. `force_fused` changes nothing: it is always fused as far as it can.
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

        /// `logsumexp(logits)` less the logit of the target class, for each vector along the last axis: `(..., classes)` and `(...)` give
        /// `(...)`. `cross_entropy(mx.array([[0.0, 0.0]]), mx.array([1]))` is `[0.693147]`.
        [logits, targets, *,] fn cross_entropy(logits: ArrayArg, targets: ArrayArg) -> Out {
            core::cross_entropy(&logits.0, &targets.0).raised().map(Out)
        }
    }
}

/// The argument `ord` of `norm`.
enum Order {
    Number(f64),
    Named(String),
}

impl<'py> FromPyObject<'_, 'py> for Order {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Order> {
        if let Ok(s) = obj.extract::<String>() {
            return Ok(Order::Named(s));
        }
        obj.extract().map(Order::Number).map_err(|_| wrong_type("a number or a string", &obj))
    }
}

mod algebra {
    use super::*;

    functions! {
        /// The norm of vectors along one axis, of matrices along two, or of all elements. `ord` is the order, "fro", or `None` for the root
        /// of the sum of squares. `norm(mx.array([3.0, 4.0]))` is `5.0`.
        [a, /, ord=None, axis=None, keepdims=false, *,] fn norm(a: ArrayArg, ord: Option<Order>, axis: Option<AxesArg>, keepdims: bool) -> Out {
            let axes = axis.unwrap_or_default();
            let count = axes.0.as_ref().map_or(a.0.ndim(), |l| l.len());
            if count > 2 && (ord.is_some() || axes.0.is_some()) {
                return Err(PyValueError::new_err("[linalg::norm] Received too many axes for norm."));
            }
            let order = match ord {
                None => Norm::Euclidean,
                Some(Order::Number(p)) => Norm::Order(p),
                Some(Order::Named(s)) if count != 2 => {
                    let text = format!("[linalg::norm] Norm '{s}' only supported for matrices, but received {count} axis/axes.");
                    return Err(PyValueError::new_err(text));
                }
                Some(Order::Named(s)) if matches!(&s[..], "f" | "fro") => Norm::Euclidean,
                Some(Order::Named(s)) => return Err(PyValueError::new_err(format!("[linalg::norm] Invalid ord value '{s}' for matrix norm."))),
            };
            ops::norm(&a.0, order, axes.axes(keepdims)).raised().map(Out)
        }

        /// The cross product of the vectors along `axis`, which has three elements, or two.
        /// `cross(mx.array([1, 0, 0]), mx.array([0, 1, 0]))` is `[0, 0, 1]`.
        [a, b, axis=-1, *,] fn cross(a: ArrayArg, b: ArrayArg, axis: i64) -> Out {
            ops::cross(&a.0, &b.0, axis).raised().map(Out)
        }
    }
}

/// Adds the modules.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let fast = crate::submodule(m, "fast")?;
    layers::register(&fast)?;
    super::kernels::register(&fast)?;
    let linalg = crate::submodule(m, "linalg")?;
    algebra::register(&linalg)?;
    m.add("matrix_norm", linalg.getattr("norm")?)
}

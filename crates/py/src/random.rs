//! `mx.random`: numbers from keys. Without a key, functions take one from the state, a list of one array that `compile` can capture.

use crate::array::{Out, PyArray};
use crate::convert::{ArrayArg, DtypeArg};
use crate::errors::{Raised, wrong_type};
use crate::ops::args::{Side, SizesArg, float, functions};
use lazulite::ops::{Rhs, random};
use lazulite::{Array, Dtype, Scalar};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyList};
use std::time::{SystemTime, UNIX_EPOCH};

static STATE: PyOnceLock<Py<PyList>> = PyOnceLock::new();

/// The state; seeded by the clock at first.
fn state(py: Python<'_>) -> PyResult<&Bound<'_, PyList>> {
    let seeded = || {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_nanos() as u64);
        PyList::new(py, [Out(random::key(seed).raised()?)]).map(Bound::unbind)
    };
    STATE.get_or_try_init(py, seeded).map(|s| s.bind(py))
}

/// An argument `key: array | None`.
type Key = Option<ArrayArg>;

/// The key that was passed, or the next one of the state: of the two that the state splits into, the first stays.
fn key(given: Key) -> PyResult<Array> {
    if let Some(k) = given {
        return Ok(k.0);
    }
    Python::attach(|py| {
        let state = state(py)?;
        let now: ArrayArg = state.get_item(0)?.extract()?;
        let (kept, drawn) = random::split(&now.0).raised()?;
        state.set_item(0, Bound::new(py, PyArray::from(kept))?)?;
        Ok(drawn)
    })
}

/// The shape that was passed, or that of a 0-d array.
fn sizes(shape: Option<SizesArg>) -> PyResult<Vec<usize>> {
    shape.map_or(Ok(vec![]), |s| s.sizes("bits"))
}

/// A number as an operand, if none was passed.
fn or(x: Option<Side>, v: f64) -> Rhs {
    x.map_or(Rhs::Literal(Scalar::new(v, Dtype::F64)), |x| x.0)
}

/// The shape of two operands together.
fn common(a: &Rhs, b: &Rhs) -> PyResult<Vec<usize>> {
    let dims = |x: &Rhs| match x {
        Rhs::Array(a) => a.shape().to_vec(),
        Rhs::Literal(_) => vec![],
    };
    let (a, b) = (dims(a), dims(b));
    let refuse = || PyValueError::new_err(format!("[broadcast_shapes] Shapes {a:?} and {b:?} cannot be broadcast."));
    lazulite_base::shape::broadcast(&a, &b).map(|d| d.to_vec()).ok_or_else(refuse)
}

/// A seed from 0 to below 2^64.
struct Seed(u64);

impl<'py> FromPyObject<'_, 'py> for Seed {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Seed> {
        let refuse = |_: PyErr| wrong_type("a seed from 0 to below 2**64", &obj);
        obj.cast::<PyInt>().map_err(PyErr::from).map_err(refuse)?.extract().map(Seed).map_err(refuse)
    }
}

/// What `permutation` puts in order: the numbers below one, or an array's slices.
enum Items {
    Below(i64),
    Array(Array),
}

impl<'py> FromPyObject<'_, 'py> for Items {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Items> {
        if let Ok(a) = obj.cast::<PyArray>() {
            return Ok(Items::Array(a.get().get()));
        }
        obj.extract().map(Items::Below).map_err(|_| wrong_type("an integer or an array", &obj))
    }
}

mod table {
    use super::*;

    functions! {
        /// Numbers uniform in [`low`, `high`), which may be arrays that broadcast to the shape.
        #[doc = about!(drawn)]
        ///
        /// >>> mx.random.uniform(shape=(2, 3), dtype=mx.float16).dtype == mx.float16
        /// True
        [low=None, high=None, shape=None, dtype=None, key=None,]
        fn uniform(low: Option<Side>, high: Option<Side>, shape: Option<SizesArg>, dtype: Option<DtypeArg>, key: Key) -> Out {
            let shape = sizes(shape)?;
            random::uniform_in(or(low, 0.0), or(high, 1.0), shape, float(dtype), &super::key(key)?).raised().map(Out)
        }

        /// Normal numbers around `loc` with the standard deviation `scale`, which may be arrays that broadcast to the shape.
        #[doc = about!(drawn)]
        ///
        /// >>> mx.random.normal((2, 3), key=mx.random.key(0)).shape
        /// (2, 3)
        [shape=None, dtype=None, loc=None, scale=None, key=None,]
        fn normal(shape: Option<SizesArg>, dtype: Option<DtypeArg>, loc: Option<Side>, scale: Option<Side>, key: Key) -> Out {
            let shape = sizes(shape)?;
            random::normal_with(or(loc, 0.0), or(scale, 1.0), shape, float(dtype), &super::key(key)?).raised().map(Out)
        }

        /// Normal vectors around `mean` with the covariances `cov`; the other axes broadcast to `shape`, or make it if none is given.
        ///
        /// Dtype: float32. Raises `ValueError` for shapes of mean and covariances that do not fit.
        ///
        /// >>> mx.random.multivariate_normal(mx.zeros((2,)), mx.eye(2), [4]).shape
        /// (4, 2)
        [mean, cov, shape=None, dtype=None, key=None,]
        fn multivariate_normal(mean: ArrayArg, cov: ArrayArg, shape: Option<SizesArg>, dtype: Option<DtypeArg>, key: Key) -> Out {
            if float(dtype) != Dtype::F32 {
                return Err(PyValueError::new_err("[multivariate_normal] dtype must be float32."));
            }
            let shape = shape.map(|s| s.sizes("multivariate_normal")).transpose()?.filter(|s| !s.is_empty());
            random::multivariate_normal(&mean.0, &cov.0, shape.as_deref(), &super::key(key)?).raised().map(Out)
        }

        /// Whether draws succeed that do with probability `p`; of the shape of `p` unless one is given.
        ///
        /// The dtype is bool. Raises `ValueError` for a key or a shape that does not fit.
        ///
        /// >>> mx.random.bernoulli(1.0, (4,))
        /// array([True, True, True, True], dtype=bool)
        [p=None, shape=None, key=None,] fn bernoulli(p: Option<Side>, shape: Option<SizesArg>, key: Key) -> Out {
            let p = or(p, 0.5);
            let shape = match (shape, &p) {
                (Some(s), _) => s.sizes("bits")?,
                (None, p) => common(p, p)?,
            };
            random::bernoulli(p, shape, &super::key(key)?).raised().map(Out)
        }

        /// Integers from `low` to below `high`, which may be arrays that broadcast to the shape.
        ///
        /// int32 unless a dtype is given. Raises `ValueError` for a key that is none, or a dtype of floats.
        ///
        /// >>> mx.random.randint(3, 4, (2,))
        /// array([3, 3], dtype=int32)
        [low, high, shape=None, dtype=None, key=None,]
        fn randint(low: Side, high: Side, shape: Option<SizesArg>, dtype: Option<DtypeArg>, key: Key) -> Out {
            let dtype = dtype.map_or(Dtype::I32, |d| d.0);
            random::randint(low.0, high.0, sizes(shape)?, dtype, &super::key(key)?).raised().map(Out)
        }

        /// Standard normal numbers kept between `lower` and `upper`; of the shape of the bounds unless one is given.
        #[doc = about!(drawn)]
        ///
        /// >>> mx.random.truncated_normal(-1, 1, (4,)).shape
        /// (4,)
        [lower, upper, shape=None, dtype=None, key=None,]
        fn truncated_normal(lower: Side, upper: Side, shape: Option<SizesArg>, dtype: Option<DtypeArg>, key: Key) -> Out {
            let shape = shape.map_or_else(|| common(&lower.0, &upper.0), |s| s.sizes("bits"))?;
            random::truncated_normal(lower.0, upper.0, shape, float(dtype), &super::key(key)?).raised().map(Out)
        }

        /// Standard Gumbel numbers.
        #[doc = about!(drawn)]
        ///
        /// >>> mx.random.gumbel((4,)).shape
        /// (4,)
        [shape=None, dtype=None, key=None,] fn gumbel(shape: Option<SizesArg>, dtype: Option<DtypeArg>, key: Key) -> Out {
            random::gumbel(sizes(shape)?, float(dtype), &super::key(key)?).raised().map(Out)
        }

        /// Laplace numbers around `loc` with the width `scale`.
        #[doc = about!(drawn)]
        ///
        /// >>> mx.random.laplace((4,)).shape
        /// (4,)
        [shape=None, dtype=None, loc=None, scale=None, key=None,]
        fn laplace(shape: Option<SizesArg>, dtype: Option<DtypeArg>, loc: Option<Side>, scale: Option<Side>, key: Key) -> Out {
            random::laplace(or(loc, 0.0), or(scale, 1.0), sizes(shape)?, float(dtype), &super::key(key)?).raised().map(Out)
        }

        /// Indices, uint32, drawn along `axis` with the probabilities `softmax(logits)`: one for each distribution, `num_samples` along a
        /// new last axis, or of a shape to which the distributions broadcast.
        ///
        /// Raises `ValueError` for a key or a shape that does not fit, `IndexError` for an axis that is not there.
        ///
        /// >>> mx.random.categorical(mx.zeros((2, 3))).shape
        /// (2,)
        [logits, axis=-1, shape=None, num_samples=None, key=None,]
        fn categorical(logits: ArrayArg, axis: i64, shape: Option<SizesArg>, num_samples: Option<i64>, key: Key) -> Out {
            match (shape, num_samples) {
                (Some(_), Some(_)) => Err(PyValueError::new_err("[categorical] At most one of shape or num_samples can be specified.")),
                (Some(s), None) => {
                    let shape = s.sizes("categorical")?;
                    random::categorical_shaped(&logits.0, axis, shape, &super::key(key)?).raised().map(Out)
                }
                (None, Some(n)) => {
                    let n = usize::try_from(n).map_err(|_| PyValueError::new_err("[categorical] Negative dimensions not allowed."))?;
                    random::categorical_n(&logits.0, axis, n, &super::key(key)?).raised().map(Out)
                }
                (None, None) => random::categorical(&logits.0, axis, &super::key(key)?).raised().map(Out),
            }
        }

        /// The numbers below `x`, uint32, or the slices of an array along `axis`, in random order.
        ///
        /// Shape and dtype of an array stay. Raises `ValueError` for a bad key, `IndexError` for an axis that is not there.
        ///
        /// >>> mx.sort(mx.random.permutation(4))
        /// array([0, 1, 2, 3], dtype=uint32)
        [x, axis=0, key=None,] fn permutation(x: Items, axis: i64, key: Key) -> Out {
            match x {
                Items::Array(a) => random::permutation_along(&a, axis, &super::key(key)?).raised().map(Out),
                Items::Below(n) => {
                    let n = usize::try_from(n).map_err(|_| PyValueError::new_err("[bits] Negative dimensions not allowed."))?;
                    random::permutation(n, &super::key(key)?).raised().map(Out)
                }
            }
        }

        /// `num` independent keys from one, as the rows of an array.
        ///
        /// Shape: `(num, 2)`, uint32. Raises `ValueError` for a key that is none.
        ///
        /// >>> mx.random.split(mx.random.key(0)).shape
        /// (2, 2)
        [key, num=2,] fn split(key: ArrayArg, num: i64) -> Out {
            let num = usize::try_from(num).map_err(|_| PyValueError::new_err("[bits] Negative dimensions not allowed."))?;
            random::split_n(&key.0, num).raised().map(Out)
        }
    }
}

/// The key of a seed: uint32 of shape `(2,)`.
///
/// Raises `TypeError` for what is no integer from 0 to below 2**64.
///
/// >>> mx.random.key(7)
/// array([0, 7], dtype=uint32)
#[pyfunction]
#[pyo3(name = "key")]
fn key_of(seed: Seed) -> PyResult<Out> {
    random::key(seed.0).raised().map(Out)
}

/// Sets the state to the key of a seed.
///
/// Raises `TypeError` for what is no integer from 0 to below 2**64.
///
/// >>> mx.random.seed(7)
/// >>> x = mx.random.uniform()
/// >>> mx.random.seed(7)
/// >>> x.item() == mx.random.uniform().item()
/// True
#[pyfunction]
fn seed(py: Python<'_>, seed: Seed) -> PyResult<()> {
    state(py)?.set_item(0, Out(random::key(seed.0).raised()?))
}

/// Adds the module.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let sub = crate::submodule(m, "random")?;
    table::register(&sub)?;
    sub.add_function(wrap_pyfunction!(key_of, &sub)?)?;
    sub.add_function(wrap_pyfunction!(seed, &sub)?)?;
    sub.add("state", state(m.py())?)
}

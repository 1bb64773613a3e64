//! Making arrays of Python objects: numbers, nested lists, arrays, and whatever exports its memory.

use crate::array::{Out, PyArray, dlpack, exchange};
use crate::convert::{DtypeArg, default_scalar, number};
use crate::errors::{Raised, type_name, wrong_type};
use crate::tree::below;
use lazulite::{Array, Complex32, Dtype, Element, Scalar, ops};
use lazulite_base::dtype::promote;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

/// `array(val, dtype)`: an array of its own memory.
pub fn construct(obj: &Bound<'_, PyAny>, dtype: Option<Dtype>) -> PyResult<Array> {
    if let Some(s) = number(obj)? {
        return Ok(Array::scalar(s.cast(dtype.unwrap_or(default_scalar(s).dtype()))));
    }
    if let Some(list) = items(obj) {
        return nested(&list, dtype);
    }
    let a = if let Ok(a) = obj.cast::<PyArray>() {
        a.get().get()
    } else if let Some(a) = stand_in(obj)? {
        a
    } else if let Some(a) = foreign(obj, dtype)? {
        a
    } else if obj.is_none() {
        return Err(wrong_type("a number, a list, an array or an object that exports its memory", obj));
    } else {
        return Err(invalid(obj));
    };
    cast(a, dtype)
}

fn cast(a: Array, dtype: Option<Dtype>) -> PyResult<Array> {
    match dtype {
        Some(d) if d != a.dtype() => ops::astype(&a, d).raised(),
        _ => Ok(a),
    }
}

/// The array that an argument stands for: itself, a number's, or one of exported memory.
pub fn array_of(obj: &Bound<'_, PyAny>) -> PyResult<Array> {
    if let Ok(a) = obj.cast::<PyArray>() {
        return Ok(a.get().get());
    }
    if let Some(s) = number(obj)? {
        return Ok(Array::scalar(default_scalar(s)));
    }
    match exported(obj)? {
        Some(a) => Ok(a),
        None => Err(invalid(obj)),
    }
}

/// The array that a stand-in gives or that an object's memory makes, if it is either.
pub fn exported(obj: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    match stand_in(obj)? {
        Some(a) => Ok(Some(a)),
        None => foreign(obj, None),
    }
}

/// The array that an object gives for itself with `__mlx_array__`.
pub fn stand_in(obj: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    if is_plain(obj) {
        return Ok(None);
    }
    let name = intern!(obj.py(), "__mlx_array__");
    match obj.getattr_opt(name)? {
        Some(method) => {
            let made = method.call0()?;
            match made.cast::<PyArray>() {
                Ok(a) => Ok(Some(a.get().get())),
                Err(_) => Err(wrong_type("an array of __mlx_array__", &made)),
            }
        }
        None => Ok(None),
    }
}

/// The array of a copy of an object's memory, if it exports it by the buffer protocol or DLPack. What has no dtype here (f64 unless
/// asked for, complex128) becomes the dtype below it.
pub fn foreign(obj: &Bound<'_, PyAny>, dtype: Option<Dtype>) -> PyResult<Option<Array>> {
    if is_plain(obj) {
        return Ok(None);
    }
    match exchange::import(obj, dtype)? {
        Some(a) => Ok(Some(a)),
        None => dlpack::import(obj, dtype, true),
    }
}

/// Objects of common types that neither stand for an array nor export memory.
fn is_plain(obj: &Bound<'_, PyAny>) -> bool {
    obj.is_none() || obj.cast::<PyString>().is_ok() || obj.cast::<PyList>().is_ok() || obj.cast::<PyTuple>().is_ok()
}

#[cold]
fn invalid(obj: &Bound<'_, PyAny>) -> PyErr {
    PyValueError::new_err(format!("Invalid type {} received in array initialization.", type_name(obj)))
}

/// The items of a list or a tuple.
fn items<'py>(obj: &Bound<'py, PyAny>) -> Option<Vec<Bound<'py, PyAny>>> {
    if let Ok(l) = obj.cast::<PyList>() {
        return Some(l.iter().collect());
    }
    obj.cast::<PyTuple>().ok().map(|t| t.iter().collect())
}

/// The array of a list's items: numbers, lists of one shape, or arrays of one shape among lists.
fn nested(list: &[Bound<'_, PyAny>], dtype: Option<Dtype>) -> PyResult<Array> {
    if holds_arrays(list)? {
        return below(|| stacked(list, dtype));
    }
    // The shape is that of the first items.
    let mut shape = vec![list.len()];
    let mut first = list.first().cloned();
    while let Some(inner) = first.take().and_then(|x| items(&x)) {
        shape.push(inner.len());
        first = inner.into_iter().next();
    }
    let mut numbers = Vec::with_capacity(shape.iter().product());
    collect(list, &shape[1..], &mut numbers)?;
    let found = numbers.iter().map(|&s| default_scalar(s).dtype()).reduce(promote);
    filled(&numbers, &shape, dtype.or(found).unwrap_or(Dtype::F32))
}

/// Whether an array is among the items, or among those of lists in them.
fn holds_arrays(list: &[Bound<'_, PyAny>]) -> PyResult<bool> {
    for x in list {
        if x.cast::<PyArray>().is_ok() || items(x).map_or(Ok(false), |l| below(|| holds_arrays(&l)))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Appends the numbers of nested lists whose sizes are `shape`.
fn collect(list: &[Bound<'_, PyAny>], shape: &[usize], out: &mut Vec<Scalar>) -> PyResult<()> {
    for x in list {
        match (number(x)?, shape.split_first()) {
            (Some(s), None) => out.push(s),
            (Some(_), Some(_)) => return Err(PyValueError::new_err("Initialization encountered non-uniform length.")),
            (None, split) => {
                let Some(inner) = items(x) else { return Err(invalid(x)) };
                let Some((&n, rest)) = split else { return Err(PyValueError::new_err("Initialization encountered extra dimension.")) };
                if inner.len() != n {
                    return Err(PyValueError::new_err("Initialization encountered non-uniform length."));
                }
                collect(&inner, rest, out)?;
            }
        }
    }
    Ok(())
}

/// The array of the items' arrays, one after the other.
fn stacked(list: &[Bound<'_, PyAny>], dtype: Option<Dtype>) -> PyResult<Array> {
    let parts = list.iter().map(|x| construct(x, None)).collect::<PyResult<Vec<Array>>>()?;
    let found = parts.iter().map(Array::dtype).reduce(promote);
    let d = dtype.or(found).unwrap_or(Dtype::F32);
    let parts = parts.into_iter().map(|a| cast(a, Some(d))).collect::<PyResult<Vec<Array>>>()?;
    ops::stack(&parts, 0).raised()
}

/// The numbers as elements of one dtype.
fn filled(numbers: &[Scalar], shape: &[usize], dtype: Dtype) -> PyResult<Array> {
    macro_rules! fill {
        ($($d:ident: $t:ty),*) => { match dtype { $(Dtype::$d => {
            let list: Vec<$t> = numbers.iter().map(|s| <$t as Element>::from_scalar(*s)).collect();
            Array::from_slice(&list, shape).raised()
        })* } };
    }
    fill!(Bool: bool, U8: u8, U16: u16, U32: u32, U64: u64, I8: i8, I16: i16, I32: i32, I64: i64, F16: half::f16, BF16: half::bf16,
          F32: f32, F64: f64, C64: Complex32)
}

/// An array of `a`: itself if it is one, else as `array(a, dtype)`. With `copy=True` its memory is its own; with `copy=False` it shares
/// the memory of `a`, which must be contiguous, of the dtype, and stay unchanged, or it is an error.
///
/// Shape and dtype: those of `a`, with Python's floats as float32, unless `dtype` is given. Raises `TypeError` or `ValueError` for what is
/// no array, number or memory, or cannot be shared.
///
/// >>> mx.asarray([[1, 2], [3, 4]])
/// array([[1, 2],
///        [3, 4]], dtype=int32)
#[pyfunction]
#[pyo3(signature = (a, dtype=None, *, copy=None))]
fn asarray(a: &Bound<'_, PyAny>, dtype: Option<DtypeArg>, copy: Option<bool>) -> PyResult<Out> {
    let dtype = dtype.map(|d| d.0);
    if copy != Some(false) {
        return construct(a, dtype).map(Out);
    }
    let refuse = |why: &str| Err(PyValueError::new_err(format!("Unable to avoid a copy: {why}.")));
    if number(a)?.is_some() || is_plain(a) {
        return refuse("the elements are Python objects");
    }
    let b = match a.cast::<PyArray>() {
        Ok(b) => Some(b.get().get()),
        Err(_) => match stand_in(a)? {
            Some(b) => Some(b),
            None => exchange::alias(a)?,
        },
    };
    match b {
        Some(b) if dtype.is_none_or(|d| d == b.dtype()) => Ok(Out(b)),
        Some(b) => refuse(&format!("the elements are {}", b.dtype())),
        None => Err(invalid(a)),
    }
}

/// An object that stands for an array by its method `__mlx_array__`; this class wraps what an array can be made of.
///
/// >>> class Two:
/// ...     def __mlx_array__(self):
/// ...         return mx.array([2, 2])
/// >>> mx.array(Two())
/// array([2, 2], dtype=int32)
#[pyclass(frozen, module = "lazulite.core")]
struct ArrayLike(Py<PyAny>);

#[pymethods]
impl ArrayLike {
    #[new]
    #[pyo3(signature = (value, /))]
    fn new(value: Bound<'_, PyAny>) -> ArrayLike {
        ArrayLike(value.unbind())
    }

    /// The array.
    fn __mlx_array__(&self, py: Python<'_>) -> PyResult<Out> {
        construct(self.0.bind(py), None).map(Out)
    }
}

/// Adds `asarray` and `ArrayLike`.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<ArrayLike>()?;
    m.add_function(wrap_pyfunction!(asarray, m)?)
}

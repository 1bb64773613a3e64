//! Dtypes, their categories, and what is known about them: `finfo`, `iinfo`, `issubdtype`, `isdtype`, `can_cast`, `result_type`.

use crate::array::PyArray;
use crate::enums::{self, python_enum};
use crate::errors::wrong_type;
use lazulite::Dtype;
use lazulite_base::dtype::{Category, promote};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};
use std::sync::OnceLock;

/// The type of an array's elements, such as `float32`.
///
/// >>> mx.float32.size
/// 4
#[pyclass(frozen, module = "lazulite.core", name = "Dtype")]
pub struct PyDtype(pub Dtype);

#[pymethods]
impl PyDtype {
    /// Bytes that an element takes.
    ///
    /// >>> mx.ones(2).itemsize
    /// 4
    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }

    fn __repr__(&self) -> String {
        let package = PACKAGE.get().map_or("lazulite", String::as_str);
        format!("{package}.core.{}", self.0)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyDtype>().is_ok_and(|d| d.get().0 == self.0)
    }

    fn __hash__(&self) -> isize {
        self.0 as isize + 1
    }

    /// Pickled by its name in the module.
    fn __reduce__(&self) -> &'static str {
        attribute(self.0)
    }
}

/// The package that dtypes print as members of, if not this one.
static PACKAGE: OnceLock<String> = OnceLock::new();

/// Makes dtypes print as members of another package: of `mlx`, for programs that were written for it.
#[pyfunction]
fn _print_as(package: String) {
    // The first caller decides.
    let _ = PACKAGE.set(package);
}

/// The name under which the module has a dtype.
fn attribute(d: Dtype) -> &'static str {
    if d == Dtype::Bool { "bool_" } else { d.name() }
}

static OBJECTS: PyOnceLock<Vec<Py<PyDtype>>> = PyOnceLock::new();

/// The one Python object of a dtype.
pub fn object(py: Python<'_>, d: Dtype) -> PyResult<Bound<'_, PyDtype>> {
    let all = OBJECTS.get_or_try_init(py, || Dtype::ALL.iter().map(|&d| Py::new(py, PyDtype(d))).collect::<PyResult<Vec<_>>>())?;
    Ok(all[d as usize].bind(py).clone())
}

/// A kind of dtype; the kinds make a tree with `generic` as its root.
///
/// >>> mx.issubdtype(mx.int8, mx.DtypeCategory.signedinteger)
/// True
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(non_camel_case_types)]
pub enum DtypeCategory {
    /// Complex numbers.
    complexfloating,
    /// Real floating-point numbers.
    floating,
    /// Floating-point numbers, real or complex.
    inexact,
    /// Integers with a sign.
    signedinteger,
    /// Integers without a sign.
    unsignedinteger,
    /// Integers.
    integer,
    /// Numbers: everything but `bool`.
    number,
    /// Every dtype.
    generic,
}

use DtypeCategory as C;

python_enum!(
    DtypeCategory,
    "A kind of dtype; the kinds make a tree with `generic` as its root.\n\n>>> mx.issubdtype(mx.int8, mx.DtypeCategory.signedinteger)\nTrue",
    [complexfloating, floating, inexact, signedinteger, unsignedinteger, integer, number, generic]
);

impl DtypeCategory {
    /// The kind that this one is part of.
    fn parent(self) -> Option<C> {
        match self {
            C::complexfloating | C::floating => Some(C::inexact),
            C::signedinteger | C::unsignedinteger => Some(C::integer),
            C::inexact | C::integer => Some(C::number),
            C::number => Some(C::generic),
            C::generic => None,
        }
    }

    /// The narrowest kind of a dtype.
    fn of(d: Dtype) -> C {
        match d.category() {
            Category::Bool => C::generic,
            Category::Integer if d.is_unsigned() => C::unsignedinteger,
            Category::Integer => C::signedinteger,
            Category::Float => C::floating,
            Category::Complex => C::complexfloating,
        }
    }

    /// Whether it is `other` or part of it.
    fn is_within(self, other: C) -> bool {
        self == other || self.parent().is_some_and(|p| p.is_within(other))
    }
}

/// A dtype or a kind.
enum Type {
    One(Dtype),
    Kind(C),
}

fn type_of(obj: &Bound<'_, PyAny>, which: &str) -> PyResult<Type> {
    if let Ok(d) = obj.cast::<PyDtype>() {
        return Ok(Type::One(d.get().0));
    }
    match enums::value(obj) {
        Some(c) => Ok(Type::Kind(c)),
        None => Err(PyValueError::new_err(format!("[issubdtype] Received invalid type for {which} input."))),
    }
}

/// Whether the first dtype or kind is the second or part of it.
///
/// Raises `ValueError` for what is no dtype or kind.
///
/// >>> mx.issubdtype(mx.float16, mx.floating)
/// True
#[pyfunction]
fn issubdtype(arg1: &Bound<'_, PyAny>, arg2: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(match (type_of(arg1, "first")?, type_of(arg2, "second")?) {
        (Type::One(a), Type::One(b)) => a == b,
        (Type::One(a), Type::Kind(c)) => C::of(a).is_within(c),
        (Type::Kind(_), Type::One(_)) => false,
        (Type::Kind(a), Type::Kind(b)) => a.is_within(b),
    })
}

/// Whether a dtype is of a kind: a dtype, a name of the array API ("bool", "signed integer", "unsigned integer", "integral", "real
/// floating", "complex floating", "numeric"), or a tuple of these, any of which may hold.
///
/// Raises `ValueError` for an unknown kind.
///
/// >>> mx.isdtype(mx.float16, "real floating"), mx.isdtype(mx.int8, (mx.int8, "bool"))
/// (True, True)
#[pyfunction]
fn isdtype(dtype: &Bound<'_, PyDtype>, kind: &Bound<'_, PyAny>) -> PyResult<bool> {
    let d = dtype.get().0;
    if let Ok(list) = kind.cast::<PyTuple>() {
        for one in list.iter() {
            if is_of(d, &one)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    is_of(d, kind)
}

fn is_of(d: Dtype, kind: &Bound<'_, PyAny>) -> PyResult<bool> {
    if let Ok(k) = kind.cast::<PyDtype>() {
        return Ok(k.get().0 == d);
    }
    let Ok(name) = kind.cast::<PyString>() else {
        return Err(PyValueError::new_err("[isdtype] `kind` must be a dtype, a string, or a tuple of dtypes and strings."));
    };
    Ok(match name.to_string().as_str() {
        "bool" => d == Dtype::Bool,
        "signed integer" => d.is_integer() && !d.is_unsigned(),
        "unsigned integer" => d.is_unsigned(),
        "integral" => d.is_integer(),
        "real floating" => d.is_float(),
        "complex floating" => d == Dtype::C64,
        "numeric" => d != Dtype::Bool,
        other => return Err(PyValueError::new_err(format!("[isdtype] Unknown data type kind: '{other}'."))),
    })
}

/// The dtype of an array, or the dtype itself.
fn dtype_of(obj: &Bound<'_, PyAny>) -> Option<Dtype> {
    match obj.cast::<PyArray>() {
        Ok(a) => Some(a.get().get().dtype()),
        Err(_) => obj.cast::<PyDtype>().ok().map(|d| d.get().0),
    }
}

/// Whether values of one dtype are converted to another by promotion.
///
/// `from_` is a dtype or an array of any shape. Raises `ValueError` for anything else.
///
/// >>> mx.can_cast(mx.int32, mx.float16), mx.can_cast(mx.float32, mx.int32)
/// (True, False)
#[pyfunction]
fn can_cast(from_: &Bound<'_, PyAny>, to: &Bound<'_, PyDtype>) -> PyResult<bool> {
    match dtype_of(from_) {
        Some(d) => Ok(promote(d, to.get().0) == to.get().0),
        None => Err(PyValueError::new_err("[can_cast] `from_` must be an array or a dtype.")),
    }
}

/// The dtype to which all of the arrays and dtypes promote.
///
/// Arrays of any shape. Raises `ValueError` if there are none.
///
/// >>> mx.result_type(mx.int32, mx.float16) == mx.float16
/// True
#[pyfunction]
#[pyo3(signature = (*arrays_and_dtypes))]
fn result_type<'py>(py: Python<'py>, arrays_and_dtypes: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyDtype>> {
    let mut met = None;
    for x in arrays_and_dtypes.iter() {
        let d = dtype_of(&x).ok_or_else(|| PyValueError::new_err("[result_type] Inputs must be arrays or dtypes."))?;
        met = Some(met.map_or(d, |m| promote(m, d)));
    }
    object(py, met.ok_or_else(|| PyValueError::new_err("[result_type] At least one array or dtype is required."))?)
}

/// The limits of a floating-point dtype; of a complex one, those of its parts.
///
/// Raises `ValueError` for a dtype of integers.
///
/// >>> f = mx.finfo(mx.float16)
/// >>> f.bits, f.max, f.min, f.eps, f.smallest_normal, f.dtype == mx.float16
/// (16, 65504.0, -65504.0, 0.0009765625, 6.103515625e-05, True)
#[pyclass(frozen, module = "lazulite.core", name = "finfo")]
struct Finfo(Dtype);

/// Exponent of the largest power of two, exponent of the smallest normal one, and bits after the point.
fn float_format(d: Dtype) -> (i32, i32, i32) {
    match d {
        Dtype::F16 => (15, -14, 10),
        Dtype::BF16 => (127, -126, 7),
        Dtype::F64 => (1023, -1022, 52),
        _ => (127, -126, 23),
    }
}

#[pymethods]
impl Finfo {
    #[new]
    #[pyo3(signature = (dtype, /))]
    fn new(dtype: &Bound<'_, PyAny>) -> PyResult<Finfo> {
        let d = dtype.cast::<PyDtype>().map_err(|_| wrong_type("a Dtype", dtype))?.get().0;
        if !d.is_inexact() {
            return Err(PyValueError::new_err(format!("[finfo] dtype {d} is not inexact.")));
        }
        Ok(Finfo(d))
    }

    /// The largest finite number.
    #[getter]
    fn max(&self) -> f64 {
        let (top, _, bits) = float_format(self.0);
        2f64.powi(top) * (2.0 - 2f64.powi(-bits))
    }

    /// The smallest finite number.
    #[getter]
    fn min(&self) -> f64 {
        -self.max()
    }

    /// The distance from 1 to the next number.
    #[getter]
    fn eps(&self) -> f64 {
        2f64.powi(-float_format(self.0).2)
    }

    /// The smallest positive number with full precision.
    #[getter]
    fn smallest_normal(&self) -> f64 {
        2f64.powi(float_format(self.0).1)
    }

    /// Bits that a number takes; for a complex dtype, each part.
    #[getter]
    fn bits(&self) -> usize {
        self.0.real().size() * 8
    }

    /// The dtype; for a complex one, that of its parts.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDtype>> {
        object(py, self.0.real())
    }

    fn __repr__(&self) -> String {
        let number = |v: f64| lazulite::Array::from(v).text(None).unwrap_or_default().replace("array(", "").replace(", dtype=float64)", "");
        format!("finfo(min={}, max={}, dtype={})", number(self.min()), number(self.max()), self.0.real())
    }
}

/// The limits of an integer dtype.
///
/// Raises `ValueError` for a dtype of floats.
///
/// >>> i = mx.iinfo(mx.int8)
/// >>> i.min, i.max, i.dtype == mx.int8
/// (-128, 127, True)
#[pyclass(frozen, module = "lazulite.core", name = "iinfo")]
struct Iinfo(Dtype);

#[pymethods]
impl Iinfo {
    #[new]
    #[pyo3(signature = (dtype, /))]
    fn new(dtype: &Bound<'_, PyAny>) -> PyResult<Iinfo> {
        let d = dtype.cast::<PyDtype>().map_err(|_| wrong_type("a Dtype", dtype))?.get().0;
        if !d.is_integer() {
            return Err(PyValueError::new_err(format!("[iinfo] Only integer types supported but {d} was provided")));
        }
        Ok(Iinfo(d))
    }

    /// The largest number.
    #[getter]
    fn max(&self) -> i128 {
        let bits = self.0.size() * 8 - !self.0.is_unsigned() as usize;
        (1 << bits) - 1
    }

    /// The smallest number.
    #[getter]
    fn min(&self) -> i128 {
        if self.0.is_unsigned() { 0 } else { -self.max() - 1 }
    }

    /// The dtype.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDtype>> {
        object(py, self.0)
    }

    fn __repr__(&self) -> String {
        format!("iinfo(min={}, max={}, dtype={})", self.min(), self.max(), self.0)
    }
}

/// Adds dtypes, kinds and what is known about them.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PyDtype>()?;
    enums::register::<DtypeCategory>(m)?;
    m.add_class::<Finfo>()?;
    m.add_class::<Iinfo>()?;
    for d in Dtype::ALL {
        m.add(attribute(d), object(m.py(), d)?)?;
    }
    m.add_function(wrap_pyfunction!(issubdtype, m)?)?;
    m.add_function(wrap_pyfunction!(_print_as, m)?)?;
    m.add_function(wrap_pyfunction!(isdtype, m)?)?;
    m.add_function(wrap_pyfunction!(can_cast, m)?)?;
    m.add_function(wrap_pyfunction!(result_type, m)?)
}

//! Reading values: `item`, `tolist`, conversion to Python's numbers, printing, pickling, copying, NumPy.

use crate::array::{Out, PyArray, exchange};
use crate::errors::{Raised, wrong_type};
use crate::evaluate::before_reading;
use crate::print::text;
use crate::tree::below;
use lazulite::{Array, Complex32, Dtype, Element, Scalar, bf16, f16};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex, PyDict, PyList, PyString, PyTuple};

/// The one element, without the interpreter's lock while it is computed.
fn scalar(py: Python<'_>, a: &Array) -> PyResult<Scalar> {
    if a.size() != 1 {
        return Err(PyValueError::new_err("[convert] Only length-1 arrays can be converted to Python scalars."));
    }
    before_reading(py, a)?;
    py.detach(|| a.item_scalar()).raised()
}

/// A Python number of an element.
trait Number: Element {
    fn python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;
}

macro_rules! numbers {
    ($($t:ty, |$v:ident| $to:expr;)*) => {$(
        impl Number for $t {
            fn python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
                let $v = self;
                $to.into_bound_py_any(py)
            }
        }
    )*};
}

use pyo3::IntoPyObjectExt;

numbers! {
    bool, |v| v;
    u8, |v| v;
    u16, |v| v;
    u32, |v| v;
    u64, |v| v;
    i8, |v| v;
    i16, |v| v;
    i32, |v| v;
    i64, |v| v;
    f16, |v| v.to_f64();
    bf16, |v| v.to_f64();
    f32, |v| v as f64;
    f64, |v| v;
}

impl Number for Complex32 {
    fn python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyComplex::from_doubles(py, self.re as f64, self.im as f64).into_any())
    }
}

/// Calls `$f::<T>(...)` with the Rust type of a dtype's elements.
macro_rules! by_dtype {
    ($d:expr, $f:ident($($arg:expr),*)) => {
        match $d {
            Dtype::Bool => $f::<bool>($($arg),*),
            Dtype::U8 => $f::<u8>($($arg),*),
            Dtype::U16 => $f::<u16>($($arg),*),
            Dtype::U32 => $f::<u32>($($arg),*),
            Dtype::U64 => $f::<u64>($($arg),*),
            Dtype::I8 => $f::<i8>($($arg),*),
            Dtype::I16 => $f::<i16>($($arg),*),
            Dtype::I32 => $f::<i32>($($arg),*),
            Dtype::I64 => $f::<i64>($($arg),*),
            Dtype::F16 => $f::<f16>($($arg),*),
            Dtype::BF16 => $f::<bf16>($($arg),*),
            Dtype::F32 => $f::<f32>($($arg),*),
            Dtype::F64 => $f::<f64>($($arg),*),
            Dtype::C64 => $f::<Complex32>($($arg),*),
        }
    };
}

fn one<T: Number>(py: Python<'_>, s: Scalar) -> PyResult<Bound<'_, PyAny>> {
    T::from_scalar(s).python(py)
}

/// Nested lists of an array's elements.
fn lists<'py, T: Number>(py: Python<'py>, a: &Array) -> PyResult<Bound<'py, PyAny>> {
    before_reading(py, a)?;
    let values = py.detach(|| a.to_vec::<T>()).raised()?;
    nest(py, &values, a.shape())
}

fn nest<'py, T: Number>(py: Python<'py>, values: &[T], dims: &[usize]) -> PyResult<Bound<'py, PyAny>> {
    let list = PyList::empty(py);
    match dims {
        [] => return values[0].python(py),
        [_] => values.iter().try_for_each(|v| list.append(v.python(py)?))?,
        [n, rest @ ..] => {
            let step: usize = rest.iter().product();
            below(|| (0..*n).try_for_each(|i| list.append(nest(py, &values[i * step..(i + 1) * step], rest)?)))?;
        }
    }
    Ok(list.into_any())
}

/// The one element as a Python number.
fn item<'py>(py: Python<'py>, a: &Array) -> PyResult<Bound<'py, PyAny>> {
    let s = scalar(py, a)?;
    by_dtype!(s.dtype(), one(py, s))
}

#[pymethods]
impl PyArray {
    /// The one element, as a Python number.
    ///
    /// Raises `ValueError` if there are more elements than one, or none.
    ///
    /// >>> mx.array([1.5]).item()
    /// 1.5
    fn item<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        item(py, &self.get())
    }

    /// The elements as nested lists of Python numbers; of a 0-d array, the number.
    ///
    /// Bfloat16 and float16 give floats. Raises what the work raises.
    ///
    /// >>> mx.ones((2, 2)).tolist()
    /// [[1.0, 1.0], [1.0, 1.0]]
    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let a = self.get();
        by_dtype!(a.dtype(), lists(py, &a))
    }

    fn __bool__(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(scalar(py, &self.get())?.cast(Dtype::Bool).bits() != 0)
    }

    fn __int__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.get_type::<pyo3::types::PyInt>().call1((item(py, &self.get())?,))
    }

    fn __float__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.get_type::<pyo3::types::PyFloat>().call1((item(py, &self.get())?,))
    }

    fn __complex__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.get_type::<PyComplex>().call1((item(py, &self.get())?,))
    }

    fn __index__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let a = self.get();
        if a.ndim() != 0 || !a.dtype().is_integer() {
            return Err(PyTypeError::new_err("Only 0-dimensional integer arrays can be converted to an index."));
        }
        item(py, &a)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        text(py, &self.get())
    }

    /// A number formats as Python's number; an array without a format as it prints.
    fn __format__<'py>(&self, py: Python<'py>, spec: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        let a = self.get();
        if a.ndim() == 0 {
            return item(py, &a)?.call_method1("__format__", (spec,));
        }
        if spec.len()? > 0 {
            return Err(PyTypeError::new_err("unsupported format string passed to array.__format__"));
        }
        text(py, &a)?.into_bound_py_any(py)
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &exchange::bytes(py, &self.get())?))
    }

    fn __copy__(&self) -> Out {
        Out(self.get())
    }

    fn __deepcopy__(&self, memo: &Bound<'_, PyDict>) -> Out {
        // Arrays do not change: another cell with the same array is as deep as a copy gets.
        let _ = memo;
        Out(self.get())
    }

    /// What pickling keeps: the bytes, the shape and the dtype.
    fn __getstate__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyTuple>, &'static str)> {
        let a = self.get();
        Ok((PyBytes::new(py, &exchange::bytes(py, &a)?), PyTuple::new(py, a.shape())?, a.dtype().name()))
    }

    fn __setstate__(&self, state: State) -> PyResult<()> {
        self.set(restored(state)?);
        Ok(())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let make = py.import("lazulite.core")?.getattr("_restore")?;
        Ok((make, PyTuple::new(py, [self.__getstate__(py)?])?))
    }

    /// A NumPy array over the same memory; converted, or copied with `copy=True`, it is another one.
    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<&Bound<'py, PyAny>>,
        copy: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if slf.get().get().dtype() == Dtype::BF16 {
            return Err(PyTypeError::new_err("bfloat16 arrays cannot be converted to NumPy."));
        }
        let numpy = py.import("numpy")?;
        let view = numpy.call_method1("asarray", (pyo3::types::PyMemoryView::from(slf.as_any())?,))?;
        let copies = match copy {
            Some(c) => c.is_truthy()?,
            None => false,
        };
        match dtype {
            Some(d) if !view.getattr("dtype")?.eq(numpy.call_method1("dtype", (d,))?)? => view.call_method1("astype", (d,)),
            _ if copies => view.call_method0("copy"),
            _ => Ok(view),
        }
    }

    /// The module whose functions take this array.
    #[pyo3(signature = (api_version=None))]
    fn __array_namespace__<'py>(&self, py: Python<'py>, api_version: Option<&str>) -> PyResult<Bound<'py, PyModule>> {
        match api_version {
            Some(_) => Err(PyValueError::new_err("Explicitly specifying api_version is not yet implemented.")),
            None => py.import("lazulite.core"),
        }
    }
}

/// What [`PyArray::__getstate__`] gives.
type State = (Vec<u8>, Vec<usize>, String);

fn restored((bytes, shape, name): State) -> PyResult<Array> {
    match Dtype::ALL.into_iter().find(|d| d.name() == name) {
        Some(d) => exchange::from_bytes(&bytes, shape, d),
        None => Err(PyValueError::new_err(format!("there is no dtype {name}"))),
    }
}

/// The array that was pickled.
#[pyfunction]
fn _restore(state: &Bound<'_, PyTuple>) -> PyResult<Out> {
    match state.extract() {
        Ok(s) => restored(s).map(Out),
        Err(_) => Err(wrong_type("the state of an array", state)),
    }
}

/// Adds what pickles call.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(_restore, m)?)
}

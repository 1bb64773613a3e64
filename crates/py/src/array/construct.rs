//! Making arrays of Python objects: numbers, nested lists, arrays, and whatever exports its memory.

use crate::array::PyArray;
use crate::convert::{default_scalar, number};
use crate::errors::Raised;
use lazulite::{Array, Complex32, Dtype, Scalar, ops};
use lazulite_base::dtype::promote;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// `array(val, dtype)`.
pub fn construct(obj: &Bound<'_, PyAny>, dtype: Option<Dtype>) -> PyResult<Array> {
    let a = if let Some(s) = number(obj)? {
        return Ok(Array::scalar(cast(s, dtype.unwrap_or(default_scalar(s).dtype()))));
    } else if obj.cast::<PyList>().is_ok() || obj.cast::<PyTuple>().is_ok() {
        return nested(obj, dtype);
    } else {
        array_of(obj)?
    };
    match dtype {
        Some(d) if d != a.dtype() => ops::astype(&a, d).raised(),
        _ => Ok(a),
    }
}

/// A number as an element: integers wrap, as in a cast.
fn cast(s: Scalar, dtype: Dtype) -> Scalar {
    s.cast(dtype)
}

/// The array that an object stands for: itself, a number's, or one of exported memory.
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

#[cold]
fn invalid(obj: &Bound<'_, PyAny>) -> PyErr {
    let name = obj.get_type().name().map_or_else(|_| "?".into(), |n| n.to_string());
    PyValueError::new_err(format!("Invalid type {name} received in array initialization."))
}

/// What a nested list holds, once it is walked.
struct Elements {
    numbers: Vec<Scalar>,
    arrays: Vec<Array>,
    dtype: Option<Dtype>,
}

/// The array of a nested list of numbers, or of arrays of one shape.
fn nested(obj: &Bound<'_, PyAny>, dtype: Option<Dtype>) -> PyResult<Array> {
    let mut shape = Vec::new();
    let mut found = Elements { numbers: vec![], arrays: vec![], dtype: None };
    walk(obj, 0, &mut shape, &mut found)?;
    let dtype = dtype.or(found.dtype).unwrap_or(Dtype::F32);
    if found.arrays.is_empty() {
        return filled(&found.numbers, &shape, dtype);
    }
    let _ = ops::stack;
    Err(invalid(obj))
}

fn walk(obj: &Bound<'_, PyAny>, depth: usize, shape: &mut Vec<usize>, found: &mut Elements) -> PyResult<()> {
    let items: Vec<Bound<'_, PyAny>> = match obj.cast::<PyList>() {
        Ok(l) => l.iter().collect(),
        Err(_) => match obj.cast::<PyTuple>() {
            Ok(t) => t.iter().collect(),
            Err(_) => return Err(invalid(obj)),
        },
    };
    if shape.len() == depth {
        shape.push(items.len());
    } else if shape[depth] != items.len() {
        return Err(PyValueError::new_err("Initialization encountered non-uniform length."));
    }
    for x in items {
        if let Some(s) = number(&x)? {
            let s = default_scalar(s);
            found.dtype = Some(found.dtype.map_or(s.dtype(), |d| promote(d, s.dtype())));
            found.numbers.push(s);
        } else {
            walk(&x, depth + 1, shape, found)?;
        }
    }
    Ok(())
}

/// The numbers as elements of one dtype.
fn filled(numbers: &[Scalar], shape: &[usize], dtype: Dtype) -> PyResult<Array> {
    macro_rules! fill {
        ($($d:ident: $t:ty),*) => { match dtype { $(Dtype::$d => {
            let list: Vec<$t> = numbers.iter().map(|s| <$t as lazulite::Element>::from_scalar(*s)).collect();
            Array::from_slice(&list, shape).raised()
        })* } };
    }
    fill!(Bool: bool, U8: u8, U16: u16, U32: u32, U64: u64, I8: i8, I16: i16, I32: i32, I64: i64, F16: half::f16, BF16: half::bf16,
          F32: f32, F64: f64, C64: Complex32)
}

/// An array of an object's memory, if it exports it.
pub fn exported(_obj: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    Ok(None)
}

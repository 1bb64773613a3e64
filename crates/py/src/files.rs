//! Files of arrays: `save`, `savez`, `save_safetensors`, `save_gguf` and `load`. A file is a name, a path, or an object opened in binary
//! mode.

use crate::array::{Out, PyArray};
use crate::device::StreamArg;
use crate::errors::{Raised, wrong_type};
use lazulite::io::{gguf, npy, npz};
use lazulite::{Array, io};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use std::path::PathBuf;

/// The argument `file`.
enum File<'py> {
    Path(PathBuf),
    Object(Bound<'py, PyAny>),
}

impl<'py> File<'py> {
    fn of(obj: &Bound<'py, PyAny>, method: &str, op: &str) -> PyResult<File<'py>> {
        if obj.is_instance_of::<PyString>() || obj.hasattr("__fspath__")? {
            return obj.extract().map(File::Path);
        }
        if obj.hasattr(method)? {
            return Ok(File::Object(obj.clone()));
        }
        Err(PyValueError::new_err(format!("[{op}] Input must be a file-like object opened in binary mode, or string")))
    }

    /// The file to write to; a name without the extension gets it.
    fn to_write(obj: &Bound<'py, PyAny>, extension: &str, op: &str) -> PyResult<File<'py>> {
        let mut file = File::of(obj, "write", op)?;
        if let File::Path(path) = &mut file
            && path.extension().is_none_or(|e| e != extension)
        {
            path.as_mut_os_string().push(format!(".{extension}"));
        }
        Ok(file)
    }

    /// Writes by one of these: to a path, or as bytes for an object.
    fn write(
        self,
        py: Python<'_>,
        to_path: impl Send + FnOnce(PathBuf) -> lazulite::Result<()>,
        to_bytes: impl Send + FnOnce() -> lazulite::Result<Vec<u8>>,
    ) -> PyResult<()> {
        match self {
            File::Path(path) => py.detach(|| to_path(path)).raised(),
            File::Object(object) => {
                let bytes = py.detach(to_bytes).raised()?;
                object.call_method1("write", (PyBytes::new(py, &bytes),)).map(|_| ())
            }
        }
    }

    /// Reads by one of these: from a path, or from an object's bytes.
    fn read<T: Send>(
        self,
        py: Python<'_>,
        from_path: impl Send + FnOnce(PathBuf) -> lazulite::Result<T>,
        from_bytes: impl Send + FnOnce(&[u8]) -> lazulite::Result<T>,
    ) -> PyResult<T> {
        match self {
            File::Path(path) => py.detach(|| from_path(path)).raised(),
            File::Object(object) => {
                let bytes = object.call_method0("read")?;
                let text = "[load] Input must be a file-like object opened in binary mode, or string";
                let bytes = bytes.cast::<PyBytes>().map_err(|_| PyValueError::new_err(text))?.as_bytes();
                py.detach(|| from_bytes(bytes)).raised()
            }
        }
    }
}

/// Arrays by name, in their order.
type Named = Vec<(String, Array)>;

fn named(dict: &Bound<'_, PyDict>, list: &mut Named) -> PyResult<()> {
    for (name, x) in dict.iter() {
        let a = x.cast::<PyArray>().map_err(|_| wrong_type("an array for each name", &x))?;
        list.push((name.extract()?, a.get().get()));
    }
    Ok(())
}

fn borrowed(list: &Named) -> impl Iterator<Item = (&str, &Array)> {
    list.iter().map(|(name, a)| (name.as_str(), a))
}

/// Writes an array as a `.npy` file. A name without the extension gets it.
#[doc = about!(written)]
///
/// >>> mx.save("x", mx.array([1, 2]))
/// >>> mx.load("x.npy")
/// array([1, 2], dtype=int32)
#[pyfunction]
fn save(py: Python<'_>, file: Bound<'_, PyAny>, arr: &Bound<'_, PyArray>) -> PyResult<()> {
    let a = arr.get().get();
    File::to_write(&file, "npy", "save")?.write(py, |path| npy::save(path, &a), || npy::to_bytes(&a))
}

/// Writes arrays as a `.npz` file: those without a name as `arr_0`, `arr_1`, and so on. A name of a file without the extension gets it.
#[doc = about!(written)]
///
/// >>> mx.savez("all", mx.array(1), w=mx.array(2))
/// >>> mx.load("all.npz")
/// {'arr_0': array(1, dtype=int32), 'w': array(2, dtype=int32)}
#[pyfunction]
#[pyo3(signature = (file, *args, **kwargs))]
fn savez(py: Python<'_>, file: Bound<'_, PyAny>, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    archive(py, file, args, kwargs, npz::Packing::Stored)
}

/// As `savez`, with the arrays compressed.
#[doc = about!(written)]
///
/// >>> mx.savez_compressed("small", w=mx.array(2))
/// >>> mx.load("small.npz")
/// {'w': array(2, dtype=int32)}
#[pyfunction]
#[pyo3(signature = (file, *args, **kwargs))]
fn savez_compressed(py: Python<'_>, file: Bound<'_, PyAny>, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    archive(py, file, args, kwargs, npz::Packing::Compressed)
}

fn archive(
    py: Python<'_>,
    file: Bound<'_, PyAny>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    packing: npz::Packing,
) -> PyResult<()> {
    let mut list = Named::new();
    kwargs.map_or(Ok(()), |k| named(k, &mut list))?;
    for (i, x) in args.iter().enumerate() {
        let a = x.cast::<PyArray>().map_err(|_| wrong_type("an array", &x))?;
        let name = format!("arr_{i}");
        if list.iter().any(|(n, _)| *n == name) {
            return Err(PyValueError::new_err(format!("[savez] Cannot use un-named variables and keyword {name}")));
        }
        list.push((name, a.get().get()));
    }
    let file = File::to_write(&file, "npz", "savez")?;
    file.write(py, |path| npz::save(path, borrowed(&list), packing), || npz::to_bytes(borrowed(&list), packing))
}

/// Writes a dict of arrays, with a dict of strings beside them, as a safetensors file. A name without the extension gets it.
#[doc = about!(written)]
///
/// >>> mx.save_safetensors("w", {"w": mx.array([1, 2])}, {"by": "me"})
/// >>> mx.load("w.safetensors", return_metadata=True)
/// ({'w': array([1, 2], dtype=int32)}, {'by': 'me'})
#[pyfunction]
#[pyo3(signature = (file, arrays, metadata=None))]
fn save_safetensors(
    py: Python<'_>,
    file: Bound<'_, PyAny>,
    arrays: Bound<'_, PyDict>,
    metadata: Option<Bound<'_, PyDict>>,
) -> PyResult<()> {
    let mut list = Named::new();
    named(&arrays, &mut list)?;
    let refuse = |_| PyValueError::new_err("[save_safetensors] Metadata must be a dictionary with string keys and values");
    let metadata: io::Metadata = metadata.map_or_else(|| Ok(io::Metadata::new()), |m| m.extract().map_err(refuse))?;
    let file = File::to_write(&file, "safetensors", "save_safetensors")?;
    file.write(py, |path| io::save_with(path, borrowed(&list), &metadata), || io::to_bytes(borrowed(&list), &metadata))
}

/// Writes a dict of arrays with a dict of settings (strings, lists of strings, and arrays of at most one axis) as a GGUF file. A name
/// without the extension gets it.
#[doc = about!(written)]
///
/// >>> mx.save_gguf("model", {"w": mx.array([1.0, 2.0])}, {"general.name": "tiny"})
/// >>> mx.load("model.gguf")
/// {'w': array([1, 2], dtype=float32)}
#[pyfunction]
#[pyo3(signature = (file, arrays, metadata=None))]
fn save_gguf(py: Python<'_>, file: Bound<'_, PyAny>, arrays: Bound<'_, PyDict>, metadata: Option<Bound<'_, PyDict>>) -> PyResult<()> {
    let mut list = Named::new();
    named(&arrays, &mut list)?;
    let mut settings = gguf::Metadata::new();
    for (name, value) in metadata.iter().flat_map(|m| m.iter()) {
        let value = if let Ok(a) = value.cast::<PyArray>() {
            gguf::Value::Array(a.get().get())
        } else if let Ok(text) = value.extract::<String>() {
            gguf::Value::Text(text)
        } else {
            gguf::Value::Texts(value.extract().map_err(|_| wrong_type("a string, a list of strings or an array", &value))?)
        };
        settings.insert(name.extract()?, value);
    }
    let file = File::to_write(&file, "gguf", "save_gguf")?;
    file.write(py, |path| gguf::save(path, borrowed(&list), &settings), || gguf::to_bytes(borrowed(&list), &settings))
}

/// What is in a file: the array of a `.npy`; a dict of the arrays of a `.npz`, `.safetensors` or `.gguf`, and for the latter two with
/// `return_metadata` a dict of what is said beside them as a second one. The format is that of the name's extension unless it is given.
///
/// Arrays of any shape and dtype. Raises `RuntimeError` for a file that is not there or not whole, `ValueError` for such a `.npz` or an
/// unknown format.
///
/// >>> mx.save_safetensors("weights", {"w": mx.array([1, 2])})
/// >>> mx.load("weights.safetensors")
/// {'w': array([1, 2], dtype=int32)}
#[pyfunction]
#[pyo3(signature = (file, /, format=None, return_metadata=false, *, stream=None))]
fn load<'py>(
    py: Python<'py>,
    file: Bound<'py, PyAny>,
    format: Option<String>,
    return_metadata: bool,
    stream: Option<StreamArg>,
) -> PyResult<Bound<'py, PyAny>> {
    // Reading a file makes data; nothing runs on a stream.
    let _ = stream;
    let source = File::of(&file, "read", "load")?;
    let format = match (format, &source) {
        (Some(f), _) => f,
        (None, File::Path(p)) => extension(p.clone())?,
        (None, File::Object(o)) => extension(o.getattr("name")?.extract()?)?,
    };
    if return_metadata && matches!(&format[..], "npy" | "npz") {
        return Err(PyValueError::new_err(format!("[load] metadata not supported for format {format}")));
    }
    let (arrays, metadata) = match &format[..] {
        "npy" => return source.read(py, npy::load, npy::from_bytes).map(Out)?.into_pyobject(py).map(Bound::into_any),
        "npz" => {
            // What is no such file is a wrong value here, as in MLX.
            let value = |e: PyErr| if e.is_instance_of::<PyRuntimeError>(py) { PyValueError::new_err(e.value(py).to_string()) } else { e };
            (source.read(py, npz::load, npz::from_bytes).map_err(value)?, None)
        }
        "safetensors" => {
            let (arrays, metadata) = source.read(py, io::load_with, io::from_bytes)?;
            (arrays, Some(metadata.into_pyobject(py)?))
        }
        "gguf" => {
            let (arrays, settings) = source.read(py, gguf::load, gguf::from_bytes)?;
            (arrays, Some(settings_dict(py, settings)?))
        }
        _ => return Err(PyValueError::new_err(format!("[load] Unknown file format {format}"))),
    };
    let dict = PyDict::new(py);
    arrays.into_iter().try_for_each(|(name, a)| dict.set_item(name, Out(a)))?;
    if return_metadata { Ok((dict, metadata).into_pyobject(py)?.into_any()) } else { Ok(dict.into_any()) }
}

fn extension(name: PathBuf) -> PyResult<String> {
    let unknown = || PyValueError::new_err("[load] Could not infer file format from extension");
    name.extension().map(|e| e.to_string_lossy().into_owned()).ok_or_else(unknown)
}

fn settings_dict(py: Python<'_>, settings: gguf::Metadata) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in settings {
        match value {
            gguf::Value::Text(t) => dict.set_item(name, t)?,
            gguf::Value::Texts(t) => dict.set_item(name, t)?,
            gguf::Value::Array(a) => dict.set_item(name, Out(a))?,
        }
    }
    Ok(dict)
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(save, m)?)?;
    m.add_function(wrap_pyfunction!(savez, m)?)?;
    m.add_function(wrap_pyfunction!(savez_compressed, m)?)?;
    m.add_function(wrap_pyfunction!(save_safetensors, m)?)?;
    m.add_function(wrap_pyfunction!(save_gguf, m)?)?;
    m.add_function(wrap_pyfunction!(load, m)?)
}

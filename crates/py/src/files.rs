//! Files of arrays: `save_safetensors` and `load`. A file is a name, a path, or an object opened in binary mode.

use crate::array::{Out, PyArray};
use crate::device::StreamArg;
use crate::errors::{Raised, wrong_type};
use lazulite::{Array, io};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
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
}

/// Writes a dict of arrays, with a dict of strings beside them, as a safetensors file. A name without the extension gets it.
/// `save_safetensors("weights", {"w": mx.ones((2, 3))})` writes `weights.safetensors`.
#[pyfunction]
#[pyo3(signature = (file, arrays, metadata=None))]
fn save_safetensors(
    py: Python<'_>,
    file: Bound<'_, PyAny>,
    arrays: Bound<'_, PyDict>,
    metadata: Option<Bound<'_, PyDict>>,
) -> PyResult<()> {
    let mut list: Vec<(String, Array)> = Vec::with_capacity(arrays.len());
    for (name, x) in arrays.iter() {
        let a = x.cast::<PyArray>().map_err(|_| wrong_type("a dict of arrays", &x))?;
        list.push((name.extract()?, a.get().get()));
    }
    let refuse = |_| PyValueError::new_err("[save_safetensors] Metadata must be a dictionary with string keys and values");
    let metadata: io::Metadata = metadata.map_or_else(|| Ok(io::Metadata::new()), |m| m.extract().map_err(refuse))?;
    match File::of(&file, "write", "save_safetensors")? {
        File::Path(mut path) => {
            if path.extension().is_none_or(|e| e != "safetensors") {
                path.as_mut_os_string().push(".safetensors");
            }
            py.detach(|| io::save_with(&path, list.iter().map(|(k, a)| (k.as_str(), a)), &metadata)).raised()
        }
        File::Object(object) => {
            let bytes = py.detach(|| io::to_bytes(list.iter().map(|(k, a)| (k.as_str(), a)), &metadata)).raised()?;
            object.call_method1("write", (PyBytes::new(py, &bytes),)).map(|_| ())
        }
    }
}

/// The arrays of a safetensors file as a dict, and with `return_metadata` the strings beside them as a second one. The format is that of
/// the name's extension unless it is given. `load("weights.safetensors")` is `{"w": array(...)}`.
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
    let extension = || {
        let name = match &source {
            File::Path(p) => Some(p.clone()),
            File::Object(o) => o.getattr("name").ok().and_then(|n| n.extract().ok()),
        };
        name.and_then(|p| p.extension().map(|e| e.to_string_lossy().into_owned()))
    };
    let unknown = || PyValueError::new_err("[load] Could not infer file format from extension");
    let format = format.or_else(extension).ok_or_else(unknown)?;
    if format != "safetensors" {
        return Err(PyValueError::new_err(format!("[load] Unknown file format {format}")));
    }
    let (arrays, metadata) = match source {
        File::Path(path) => py.detach(|| io::load_with(&path)).raised()?,
        File::Object(object) => {
            let bytes = object.call_method0("read")?;
            let bytes = bytes.cast::<PyBytes>().map_err(|_| PyRuntimeError::new_err("[load] the file is not opened in binary mode"))?;
            io::from_bytes(bytes.as_bytes()).raised()?
        }
    };
    let dict = PyDict::new(py);
    arrays.into_iter().try_for_each(|(name, a)| dict.set_item(name, Out(a)))?;
    if return_metadata { Ok((dict, metadata).into_pyobject(py)?.into_any()) } else { Ok(dict.into_any()) }
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(save_safetensors, m)?)?;
    m.add_function(wrap_pyfunction!(load, m)?)
}

//! Functions in files: `export_function`, `exporter`, `import_function`, and `export_to_dot`.

use crate::array::{Out, PyArray};
use crate::dtype::PyDtype;
use crate::errors::Raised;
use crate::transforms::{Callable, Flat, out, through};
use crate::tree::{self, Leaves};
use lazulite::Array;
use lazulite::export::{self, Described, Exporter, Functions};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use std::path::PathBuf;

/// The arrays of a call: positional ones, then those with keywords.
struct Call {
    arrays: Vec<Array>,
    names: Vec<String>,
}

impl Call {
    /// Reads the arguments: arrays, or one tuple or list and one dict of arrays, or one of these.
    fn of(op: &str, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Call> {
        let text = "Inputs can either be a variable number of positional and keyword arrays or a single tuple and/or dictionary of arrays.";
        let refuse = || PyValueError::new_err(format!("[{op}] {text}"));
        let mut call = Call { arrays: Vec::new(), names: Vec::new() };
        let none = kwargs.is_none_or(|k| k.is_empty());
        let mut items: Vec<Bound<'_, PyAny>> = args.iter().collect();
        let mut dict = kwargs.cloned();
        if none && items.len() <= 2 && items.last().is_some_and(|x| x.is_instance_of::<PyDict>()) {
            dict = items.pop().map(|d| d.cast_into().expect("it is a dict"));
            if items.len() == 1 {
                items = sequence(&items[0]).ok_or_else(refuse)?;
            }
        } else if none
            && items.len() == 1
            && let Some(list) = sequence(&items[0])
        {
            items = list;
        }
        let array = |x: &Bound<'_, PyAny>| x.cast::<PyArray>().map(|a| a.get().get()).map_err(|_| refuse());
        items.iter().try_for_each(|x| array(x).map(|a| call.arrays.push(a)))?;
        for (name, x) in dict.iter().flat_map(|d| d.iter()) {
            call.names.push(name.extract().map_err(|_| refuse())?);
            call.arrays.push(array(&x)?);
        }
        Ok(call)
    }

    /// Calls a Python function with these arrays.
    fn apply(&self, py: Python<'_>, function: &Py<PyAny>, arrays: &[Array]) -> PyResult<Flat> {
        let (positional, named) = arrays.split_at(arrays.len() - self.names.len());
        let args = PyTuple::new(py, positional.iter().map(|a| Out(a.clone())))?;
        let kwargs = PyDict::new(py);
        self.names.iter().zip(named).try_for_each(|(name, a)| kwargs.set_item(name, Out(a.clone())))?;
        let result = function.bind(py).call(args, Some(&kwargs))?;
        let refuse = || PyValueError::new_err("[export_function] Outputs can be either a single array, a tuple, or a list of arrays.");
        let items = if result.is_instance_of::<PyArray>() { vec![result] } else { sequence(&result).ok_or_else(refuse)? };
        let array = |x: &Bound<'_, PyAny>| x.cast::<PyArray>().map(|a| a.get().get()).map_err(|_| refuse());
        Ok(Flat::from(items.iter().map(array).collect::<PyResult<Vec<Array>>>()?))
    }

    /// Traces a Python function on arrays like these.
    fn trace(self, exporter: &mut Exporter, function: &Py<PyAny>) -> PyResult<()> {
        let run = |x: &Flat| Python::attach(|py| self.apply(py, function, &x.arrays)).map_err(through);
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        out(exporter.add_named(run, &Flat::from(self.arrays.clone()), &names))
    }
}

/// The items of a tuple or list.
fn sequence<'py>(x: &Bound<'py, PyAny>) -> Option<Vec<Bound<'py, PyAny>>> {
    match (x.cast::<PyTuple>(), x.cast::<PyList>()) {
        (Ok(t), _) => Some(t.iter().collect()),
        (_, Ok(l)) => Some(l.iter().collect()),
        _ => None,
    }
}

fn exporter_of(shapeless: bool, metadata: Option<String>) -> Exporter {
    Exporter::new().shapeless(shapeless).metadata(metadata.unwrap_or_default())
}

/// Traces a function on arrays like the arguments, and writes it to a file. The arguments are arrays, some of them with keywords, or one
/// tuple and one dict of arrays. With `shapeless` the trace holds for every shape of a rank. In place of a file a function may be given;
/// it is called with a dict for each part of what was traced.
///
/// Arrays of any shape and dtype. Raises `RuntimeError` where the file cannot be written, `ValueError` for a function of other results.
///
/// >>> mx.export_function("f.mlxfn", lambda x: x + 1, mx.array(1.0))
/// >>> mx.import_function("f.mlxfn")(mx.array(2.0))
/// (array(3, dtype=float32),)
#[pyfunction]
#[pyo3(signature = (file_or_callback, fun, *args, shapeless=false, metadata=None, **kwargs))]
fn export_function(
    py: Python<'_>,
    file_or_callback: Bound<'_, PyAny>,
    fun: Callable,
    args: &Bound<'_, PyTuple>,
    shapeless: bool,
    metadata: Option<String>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    let mut exporter = exporter_of(shapeless, metadata);
    let call = Call::of("export_function", args, kwargs)?;
    if file_or_callback.is_callable() {
        call.trace(&mut exporter, &fun.0)?;
        return tell(py, &exporter, &file_or_callback);
    }
    let path: PathBuf = file_or_callback.extract()?;
    call.trace(&mut exporter, &fun.0)?;
    py.detach(|| export::save(&path, &exporter)).raised()
}

fn described<'py>(py: Python<'py>, list: &[Described]) -> PyResult<Bound<'py, PyList>> {
    let each = list.iter().map(|(name, shape, dtype)| Ok((name, PyTuple::new(py, shape)?, PyDtype(*dtype))));
    PyList::new(py, each.collect::<PyResult<Vec<_>>>()?)
}

/// Calls `callback` with a dict for each part of what was traced.
fn tell(py: Python<'_>, exporter: &Exporter, callback: &Bound<'_, PyAny>) -> PyResult<()> {
    let send = |kind: &str, items: &[(&str, Bound<'_, PyAny>)]| {
        let dict = PyDict::new(py);
        items.iter().try_for_each(|(k, v)| dict.set_item(k, v))?;
        dict.set_item("type", kind)?;
        callback.call1((dict,)).map(|_| ())
    };
    for f in exporter.listings() {
        send("inputs", &[("inputs", described(py, &f.inputs)?.into_any())])?;
        send("keyword_inputs", &[("keywords", PyList::new(py, f.keywords)?.into_any())])?;
        send("outputs", &[("outputs", described(py, &f.outputs)?.into_any())])?;
        let constants: Vec<(String, Out)> = f.constants.into_iter().map(|(name, a)| (name, Out(a))).collect();
        send("constants", &[("constants", PyList::new(py, constants)?.into_any())])?;
        for step in f.steps {
            let arguments: Vec<String> = if step.arguments.is_empty() { Vec::new() } else { vec![step.arguments] };
            let name = step.name.into_pyobject(py)?.into_any();
            let (inputs, outputs) = (described(py, &step.inputs)?.into_any(), described(py, &step.outputs)?.into_any());
            let arguments = PyList::new(py, arguments)?.into_any();
            send("primitive", &[("name", name), ("inputs", inputs), ("outputs", outputs), ("arguments", arguments)])?;
        }
    }
    Ok(())
}

/// Traces of one function for several signatures, written to one file when this is closed: a context, called like the function.
///
/// Raises `RuntimeError` where the file cannot be written.
///
/// >>> exporter = mx.exporter("e.mlxfn", lambda x: x * 2)
/// >>> exporter(mx.ones((3,)))
/// >>> exporter.close()
/// >>> mx.import_function("e.mlxfn")(mx.ones((3,)))
/// (array([2, 2, 2], dtype=float32),)
#[pyclass(module = "lazulite.core")]
pub struct FunctionExporter {
    path: PathBuf,
    function: Py<PyAny>,
    /// None once it is closed.
    exporter: Option<Exporter>,
}

#[pymethods]
impl FunctionExporter {
    fn __enter__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    #[pyo3(signature = (exc_type=None, exc_value=None, traceback=None))]
    fn __exit__(
        &mut self,
        py: Python<'_>,
        exc_type: Option<Py<PyAny>>,
        exc_value: Option<Py<PyAny>>,
        traceback: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let _ = (exc_type, exc_value, traceback);
        self.close(py)
    }

    /// Traces the function on arrays like these.
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__(&mut self, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let closed = || PyRuntimeError::new_err("[export_function] Attempting to write after exporting is closed.");
        let exporter = self.exporter.as_mut().ok_or_else(closed)?;
        Call::of("export_function", args, kwargs)?.trace(exporter, &self.function)
    }

    /// Writes the file; there can be no more traces.
    fn close(&mut self, py: Python<'_>) -> PyResult<()> {
        let path = &self.path;
        match self.exporter.take() {
            Some(exporter) => py.detach(move || export::save(path, &exporter)).raised(),
            None => Ok(()),
        }
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        visit.call(&self.function)
    }
}

/// A context that traces a function for several signatures and writes all to one file.
///
/// Arrays of any shape and dtype. Raises `RuntimeError` where the file cannot be written.
///
/// >>> with mx.exporter("g.mlxfn", lambda x: x * 2) as exporter:
/// ...     exporter(mx.ones((1,)))
/// ...     exporter(mx.ones((2,)))
/// >>> mx.import_function("g.mlxfn")(mx.ones((2,)))
/// (array([2, 2], dtype=float32),)
#[pyfunction]
#[pyo3(signature = (file, fun, *, shapeless=false, metadata=None))]
fn exporter(file: PathBuf, fun: Callable, shapeless: bool, metadata: Option<String>) -> FunctionExporter {
    FunctionExporter { path: file, function: fun.0, exporter: Some(exporter_of(shapeless, metadata)) }
}

/// A function that was read from a file. It takes the arrays that it was traced with, by position or by name, and gives a tuple.
#[pyclass(frozen, module = "lazulite.core", name = "_ImportedFunction")]
pub struct ImportedFunction(Functions);

#[pymethods]
impl ImportedFunction {
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let call = Call::of("import_function::call", args, kwargs)?;
        let (positional, named) = call.arrays.split_at(call.arrays.len() - call.names.len());
        let named: Vec<(&str, Array)> = call.names.iter().map(String::as_str).zip(named.iter().cloned()).collect();
        let results = self.0.call(positional, &named).raised()?;
        PyTuple::new(py, results.into_iter().map(Out))
    }
}

/// The function in a file that `export_function` or an exporter wrote; with `return_metadata` the text beside it, too.
///
/// Arrays must have the shapes and dtypes of one of its traces. Raises `RuntimeError` for a file that is not there or not whole.
///
/// >>> mx.export_function("h.mlxfn", lambda x: x + 1, mx.array(1.0))
/// >>> mx.import_function("h.mlxfn")(mx.array(2.0))
/// (array(3, dtype=float32),)
#[pyfunction]
#[pyo3(signature = (file, return_metadata=false))]
fn import_function(py: Python<'_>, file: PathBuf, return_metadata: bool) -> PyResult<Bound<'_, PyAny>> {
    let functions = py.detach(|| export::load(&file)).raised()?;
    let metadata = functions.metadata().to_owned();
    let function = Bound::new(py, ImportedFunction(functions))?;
    if return_metadata { Ok((function, metadata).into_pyobject(py)?.into_any()) } else { Ok(function.into_any()) }
}

/// Writes the pending graph behind the arrays in `args`, which may be trees, as text of Graphviz's language DOT, to a name or an object
/// opened in text mode. Arrays with keywords have these names there.
///
/// Arrays of any shape and dtype. Raises `ValueError` for what is no file.
///
/// >>> import io; text = io.StringIO()
/// >>> mx.export_to_dot(text, y=mx.ones(2) + 1)
/// >>> text.getvalue().startswith("digraph")
/// True
#[pyfunction]
#[pyo3(signature = (file, *args, **kwargs))]
fn export_to_dot(file: Bound<'_, PyAny>, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let mut outputs = Vec::new();
    tree::flatten(args, Leaves::Arrays, &mut outputs)?;
    let mut names: Vec<(String, Array)> = Vec::new();
    for (name, x) in kwargs.iter().flat_map(|k| k.iter()) {
        let refuse = |_| PyValueError::new_err("[export_to_dot] only arrays have names");
        names.push((name.extract()?, x.cast::<PyArray>().map_err(refuse)?.get().get()));
    }
    let names: Vec<(&str, Array)> = names.iter().map(|(name, a)| (name.as_str(), a.clone())).collect();
    let text = export::dot(&outputs, &names);
    if let Ok(path) = file.extract::<PathBuf>() {
        return Ok(std::fs::write(path, text)?);
    }
    if !file.hasattr("write")? {
        let text = "[export_to_dot] Accepts file-like objects or strings to be used as filenames.";
        return Err(PyValueError::new_err(text));
    }
    file.call_method1("write", (text,)).map(|_| ())
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<FunctionExporter>()?;
    m.add_function(wrap_pyfunction!(export_function, m)?)?;
    m.add_function(wrap_pyfunction!(exporter, m)?)?;
    m.add_function(wrap_pyfunction!(import_function, m)?)?;
    m.add_function(wrap_pyfunction!(export_to_dot, m)?)
}

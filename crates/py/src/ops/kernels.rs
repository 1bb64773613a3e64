//! Kernels that a user writes: `fast.metal_kernel`, `fast.cuda_kernel` and `fast.precompiled_cuda_kernel`. As in MLX without the device:
//! a Metal kernel can be made and not called, a CUDA kernel cannot be made.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// A kernel for Metal, which is not there.
#[pyclass(frozen, module = "lazulite.core.fast", name = "_MetalKernel")]
pub struct MetalKernel(String);

#[pymethods]
impl MetalKernel {
    #[pyo3(signature = (*_args, **_kwargs))]
    fn __call__(&self, _args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        Err(PyRuntimeError::new_err(format!("[metal_kernel] No Metal back-end (kernel {}).", self.0)))
    }
}

/// A kernel from Metal source text. There is no Metal here: calling it is an error.
///
/// Raises `ValueError` without a name of an output; the call raises `RuntimeError`.
///
/// >>> kernel = mx.fast.metal_kernel("mine", ["x"], ["y"], "")
#[pyfunction]
#[pyo3(signature = (name, input_names, output_names, source, header="", ensure_row_contiguous=true, atomic_outputs=false,
    compile_options=None))]
#[allow(clippy::too_many_arguments)]
fn metal_kernel(
    name: String,
    input_names: Vec<String>,
    output_names: Vec<String>,
    source: &str,
    header: &str,
    ensure_row_contiguous: bool,
    atomic_outputs: bool,
    compile_options: Option<Py<PyAny>>,
) -> PyResult<MetalKernel> {
    let _ = (input_names, source, header, ensure_row_contiguous, atomic_outputs, compile_options);
    if output_names.is_empty() {
        return Err(PyValueError::new_err("[metal_kernel] Must specify at least one output."));
    }
    Ok(MetalKernel(name))
}

fn no_cuda(name: &str) -> PyErr {
    PyRuntimeError::new_err(format!("[cuda_kernel] No CUDA back-end takes a kernel from outside (kernel {name})."))
}

/// A kernel from CUDA source text. No backend takes one: an error.
///
/// Raises `RuntimeError`.
///
/// >>> mx.fast.cuda_kernel("mine", ["x"], ["y"], "")
/// Traceback (most recent call last):
///     ...
/// RuntimeError: [cuda_kernel] No CUDA back-end takes a kernel from outside (kernel mine).
#[pyfunction]
#[pyo3(signature = (name, input_names, output_names, source, header="", ensure_row_contiguous=true, shared_memory=0))]
fn cuda_kernel(
    name: &str,
    input_names: Vec<String>,
    output_names: Vec<String>,
    source: &str,
    header: &str,
    ensure_row_contiguous: bool,
    shared_memory: i64,
) -> PyResult<Py<PyAny>> {
    let _ = (input_names, output_names, source, header, ensure_row_contiguous, shared_memory);
    Err(no_cuda(name))
}

/// Runs compiled CUDA code. No backend takes it: an error.
///
/// Shapes and dtypes of the results are what the caller says. Raises `RuntimeError`.
///
/// >>> mx.fast.precompiled_cuda_kernel(
/// ...     name="mine", compiled_source=b"", inputs=[], output_shapes=[], output_dtypes=[], scalars=[], grid=(1, 1, 1), threadgroup=(1, 1, 1)
/// ... )
/// Traceback (most recent call last):
///     ...
/// RuntimeError: [cuda_kernel] No CUDA back-end takes a kernel from outside (kernel mine).
#[pyfunction]
#[pyo3(signature = (*, name, compiled_source, inputs, output_shapes, output_dtypes, scalars, grid, threadgroup, shared_memory=0,
    init_value=None, ensure_row_contiguous=false, stream=None))]
#[allow(clippy::too_many_arguments)]
fn precompiled_cuda_kernel(
    name: &str,
    compiled_source: Bound<'_, PyAny>,
    inputs: Bound<'_, PyAny>,
    output_shapes: Bound<'_, PyAny>,
    output_dtypes: Bound<'_, PyAny>,
    scalars: Bound<'_, PyAny>,
    grid: (i64, i64, i64),
    threadgroup: (i64, i64, i64),
    shared_memory: i64,
    init_value: Option<f64>,
    ensure_row_contiguous: bool,
    stream: Option<Bound<'_, PyAny>>,
) -> PyResult<Py<PyAny>> {
    let _ = (compiled_source, inputs, output_shapes, output_dtypes, scalars, grid, threadgroup);
    let _ = (shared_memory, init_value, ensure_row_contiguous, stream);
    Err(no_cuda(name))
}

/// Adds the functions to the module `fast`.
pub fn register(fast: &Bound<'_, PyModule>) -> PyResult<()> {
    fast.add_function(wrap_pyfunction!(metal_kernel, fast)?)?;
    fast.add_function(wrap_pyfunction!(cuda_kernel, fast)?)?;
    fast.add_function(wrap_pyfunction!(precompiled_cuda_kernel, fast)?)
}

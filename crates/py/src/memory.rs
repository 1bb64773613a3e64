//! Memory: what is in use, limits, and the submodules `metal` and `cuda` as they answer on a machine without either.

use crate::device::DeviceType;
use lazulite::memory;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Bytes that arrays take.
///
/// >>> x = mx.ones((1000,))
/// >>> mx.eval(x)
/// >>> mx.get_active_memory() >= 4000
/// False
#[pyfunction]
fn get_active_memory() -> usize {
    memory::active()
}

/// The most bytes that arrays took at once, since the start or `reset_peak_memory`.
///
/// >>> mx.get_peak_memory() >= mx.get_active_memory()
/// True
#[pyfunction]
fn get_peak_memory() -> usize {
    memory::peak()
}

/// Makes `get_peak_memory` count from now.
///
/// >>> mx.reset_peak_memory()
#[pyfunction]
fn reset_peak_memory() {
    memory::reset_peak();
}

/// Freed bytes that are kept for reuse.
///
/// >>> mx.get_cache_memory() >= 0
/// True
#[pyfunction]
fn get_cache_memory() -> usize {
    memory::cached()
}

/// The limit of `set_memory_limit`.
///
/// >>> mx.get_memory_limit() > 0
/// True
#[pyfunction]
fn get_memory_limit() -> usize {
    memory::limit()
}

/// A limit in bytes: an integer that is not negative.
struct Limit(usize);

impl<'py> FromPyObject<'_, 'py> for Limit {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Limit> {
        obj.extract::<usize>().map(Limit).map_err(|_| PyTypeError::new_err("a limit is a number of bytes, not negative"))
    }
}

/// Refuses allocations that would take active memory beyond `limit` bytes; returns the former limit.
///
/// Raises `TypeError` for what is no number of bytes.
///
/// >>> former = mx.set_memory_limit(1 << 34)
/// >>> mx.set_memory_limit(former)
/// 17179869184
#[pyfunction]
fn set_memory_limit(limit: Limit) -> usize {
    memory::set_limit(limit.0)
}

/// Keeps at most `limit` bytes of freed memory; returns the former limit.
///
/// Raises `TypeError` for what is no number of bytes.
///
/// >>> former = mx.set_cache_limit(1 << 20)
/// >>> mx.set_cache_limit(former)
/// 1048576
#[pyfunction]
fn set_cache_limit(limit: Limit) -> usize {
    memory::set_cache_limit(limit.0)
}

/// Sets how many bytes stay wired; there is nothing to wire here, so the former limit is always 0.
///
/// Raises `TypeError` for what is no number of bytes.
///
/// >>> mx.set_wired_limit(0)
/// 0
#[pyfunction]
fn set_wired_limit(limit: Limit) -> usize {
    let Limit(_) = limit;
    0
}

/// Gives kept memory back to the system.
///
/// >>> mx.clear_cache()
/// >>> mx.get_cache_memory() < mx.get_memory_limit()
/// True
#[pyfunction]
fn clear_cache() {
    memory::clear_cache();
}

/// Whether the backend of this submodule is there.
///
/// >>> mx.metal.is_available()
/// False
#[pyfunction]
#[pyo3(name = "is_available")]
fn metal_is_available() -> bool {
    false
}

/// Whether a CUDA device is there.
///
/// >>> mx.cuda.is_available() == (mx.device_count(mx.gpu) > 0)
/// True
#[pyfunction]
#[pyo3(name = "is_available")]
fn cuda_is_available() -> bool {
    DeviceType::gpu.count() > 0
}

/// What is known about the Metal device: nothing where there is none.
///
/// >>> mx.metal.device_info()
/// {}
#[pyfunction]
#[pyo3(name = "device_info")]
fn metal_device_info(py: Python<'_>) -> Bound<'_, PyDict> {
    PyDict::new(py)
}

/// Starts a capture of Metal's work; there is none to capture here.
///
/// >>> mx.metal.start_capture("trace")
#[pyfunction]
fn start_capture(path: &str) {
    let _nothing_to_capture = path;
}

/// Ends a capture of Metal's work.
///
/// >>> mx.metal.stop_capture()
#[pyfunction]
fn stop_capture() {}

/// Adds what the module and its submodule `metal` have in common.
fn shared(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(get_active_memory, m)?)?;
    m.add_function(wrap_pyfunction!(get_peak_memory, m)?)?;
    m.add_function(wrap_pyfunction!(reset_peak_memory, m)?)?;
    m.add_function(wrap_pyfunction!(get_cache_memory, m)?)?;
    m.add_function(wrap_pyfunction!(set_memory_limit, m)?)?;
    m.add_function(wrap_pyfunction!(set_cache_limit, m)?)?;
    m.add_function(wrap_pyfunction!(set_wired_limit, m)?)?;
    m.add_function(wrap_pyfunction!(clear_cache, m)?)
}

/// Adds memory's functions and the submodules.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    shared(m)?;
    m.add_function(wrap_pyfunction!(get_memory_limit, m)?)?;
    let metal = crate::submodule(m, "metal")?;
    shared(&metal)?;
    metal.add_function(wrap_pyfunction!(metal_is_available, &metal)?)?;
    metal.add_function(wrap_pyfunction!(metal_device_info, &metal)?)?;
    metal.add_function(wrap_pyfunction!(start_capture, &metal)?)?;
    metal.add_function(wrap_pyfunction!(stop_capture, &metal)?)?;
    let cuda = crate::submodule(m, "cuda")?;
    cuda.add_function(wrap_pyfunction!(cuda_is_available, &cuda)?)
}

//! Devices, streams and their contexts.

use crate::errors::{Raised, wrong_type};
use lazulite::{Device, Stream};
use pyo3::prelude::*;

/// The kind of a device.
#[pyclass(frozen, eq, hash, module = "lazulite.core", name = "DeviceType")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[allow(non_camel_case_types)]
pub enum DeviceType {
    /// The CPU.
    cpu,
    /// A GPU.
    gpu,
}

impl DeviceType {
    /// The device of this kind and number.
    fn device(self, index: u16) -> PyResult<Device> {
        let backend = if self == DeviceType::cpu { "cpu" } else { "cuda" };
        Device::named(backend, index).raised()
    }
}

/// A place where work runs.
#[pyclass(frozen, module = "lazulite.core", name = "Device")]
pub struct PyDevice(pub Device);

/// A queue of work on a device.
#[pyclass(frozen, module = "lazulite.core", name = "Stream")]
pub struct PyStream(pub Stream);

/// The argument `stream`: a stream, a device or a kind of device.
#[derive(Clone, Copy)]
pub struct StreamArg(pub Stream);

impl<'py> FromPyObject<'_, 'py> for StreamArg {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<StreamArg> {
        if let Ok(s) = obj.cast::<PyStream>() {
            return Ok(StreamArg(s.get().0));
        }
        if let Ok(d) = obj.cast::<PyDevice>() {
            return Ok(StreamArg(Stream { device: d.get().0, id: 0 }));
        }
        if let Ok(t) = obj.cast::<DeviceType>() {
            return Ok(StreamArg(Stream { device: t.get().device(0)?, id: 0 }));
        }
        Err(wrong_type("a stream, a device or a kind of device", &obj))
    }
}

/// Runs `f` with the stream that was passed, if one was.
#[inline]
pub fn on<T>(stream: Option<StreamArg>, f: impl FnOnce() -> T) -> T {
    match stream {
        None => f(),
        Some(s) => lazulite::with_stream(s.0, f),
    }
}

/// Adds the classes and functions of devices and streams.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<DeviceType>()?;
    m.add_class::<PyDevice>()?;
    m.add_class::<PyStream>()?;
    m.add("cpu", DeviceType::cpu)?;
    m.add("gpu", DeviceType::gpu)
}

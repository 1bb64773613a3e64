//! Devices, streams and their contexts.

use crate::enums::{self, python_enum};
use crate::errors::{Raised, wrong_type};
use lazulite::{Device, Stream};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The kind of a device.
///
/// >>> mx.DeviceType.cpu == mx.cpu, mx.DeviceType.gpu == mx.gpu
/// (True, True)
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(non_camel_case_types)]
pub enum DeviceType {
    /// The CPU.
    cpu,
    /// A GPU.
    gpu,
}

python_enum!(DeviceType, "The kind of a device.\n\n>>> mx.DeviceType.cpu == mx.cpu\nTrue", [cpu, gpu]);

impl DeviceType {
    /// The name of the backend that drives such devices.
    const fn backend(self) -> &'static str {
        match self {
            DeviceType::cpu => "cpu",
            DeviceType::gpu => "cuda",
        }
    }

    /// The kind of device that a backend of this name drives: a GPU, if not the CPU.
    fn of(backend: &str) -> DeviceType {
        if backend == DeviceType::cpu.backend() { DeviceType::cpu } else { DeviceType::gpu }
    }

    /// How many there are.
    pub fn count(self) -> usize {
        Device::count(self.backend())
    }
}

/// A place where work runs: `Device(cpu)`, `Device(gpu, 1)`.
///
/// >>> mx.Device(mx.cpu).type == mx.cpu
/// True
#[pyclass(frozen, module = "lazulite.core", name = "Device")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PyDevice {
    kind: DeviceType,
    index: u16,
}

#[pymethods]
impl PyDevice {
    #[new]
    #[pyo3(signature = (r#type, index=0))]
    fn new(r#type: DeviceType, index: u16) -> PyDevice {
        PyDevice { kind: r#type, index }
    }

    /// The device's kind.
    #[getter]
    fn r#type(&self) -> DeviceType {
        self.kind
    }

    fn __repr__(&self) -> String {
        format!("Device({:?}, {})", self.kind, self.index)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        place(other).is_some_and(|d| d == *self)
    }

    fn __hash__(&self) -> u64 {
        hash_of(self)
    }
}

fn hash_of(x: &impl Hash) -> u64 {
    let mut h = DefaultHasher::new();
    x.hash(&mut h);
    h.finish()
}

impl PyDevice {
    /// The engine's device.
    fn device(self, what: &str) -> PyResult<Device> {
        if (self.index as usize) < self.kind.count() {
            return Device::named(self.kind.backend(), self.index).raised();
        }
        let text = match self.kind.count() {
            0 => format!("[{what}] there is no {:?} device here", self.kind),
            n => format!("[{what}] there is no {:?} device {}: there are {n}", self.kind, self.index),
        };
        Err(PyValueError::new_err(text))
    }

    fn of(d: Device) -> PyDevice {
        PyDevice { kind: DeviceType::of(d.backend()), index: d.index() }
    }
}

/// The device that a device or a kind stands for.
fn place(obj: &Bound<'_, PyAny>) -> Option<PyDevice> {
    if let Ok(d) = obj.cast::<PyDevice>() {
        return Some(*d.get());
    }
    enums::value(obj).map(|kind| PyDevice { kind, index: 0 })
}

fn place_of(obj: &Bound<'_, PyAny>) -> PyResult<PyDevice> {
    place(obj).ok_or_else(|| wrong_type("a Device or a DeviceType", obj))
}

/// A queue of work on a device.
///
/// >>> mx.default_stream(mx.cpu).device == mx.Device(mx.cpu)
/// True
#[pyclass(frozen, module = "lazulite.core", name = "Stream")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PyStream(pub Stream);

#[pymethods]
impl PyStream {
    /// The device that it is on.
    #[getter]
    fn device(&self) -> PyDevice {
        PyDevice::of(self.0.device)
    }

    fn __repr__(&self) -> String {
        format!("Stream({}, {})", self.device().__repr__(), self.0.id)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyStream>().is_ok_and(|s| s.get().0 == self.0)
    }

    fn __hash__(&self) -> u64 {
        hash_of(self)
    }
}

/// A stream a thread: in each thread it stands for a stream of that thread's own.
///
/// >>> mx.new_thread_local_stream(mx.cpu).device == mx.Device(mx.cpu)
/// True
#[pyclass(frozen, module = "lazulite.core")]
pub struct ThreadLocalStream {
    device: PyDevice,
    number: u32,
}

thread_local! {
    /// The streams that this thread has for thread-local streams, and its default streams, by device.
    static OWN: RefCell<Vec<(u32, Stream)>> = const { RefCell::new(Vec::new()) };
    static DEFAULTS: RefCell<Vec<Stream>> = const { RefCell::new(Vec::new()) };
}

#[pymethods]
impl ThreadLocalStream {
    /// The device that it is on.
    #[getter]
    fn device(&self) -> PyDevice {
        self.device
    }

    fn __repr__(&self) -> String {
        format!("ThreadLocalStream({}, {})", self.device.__repr__(), self.number)
    }
}

impl ThreadLocalStream {
    /// This thread's stream.
    fn stream(&self) -> PyResult<Stream> {
        let device = self.device.device("stream")?;
        Ok(OWN.with_borrow_mut(|own| match own.iter().find(|o| o.0 == self.number) {
            Some(o) => o.1,
            None => {
                let s = Stream::new(device);
                own.push((self.number, s));
                s
            }
        }))
    }
}

/// The default stream of a device in this thread.
fn default_of(device: Device) -> Stream {
    DEFAULTS.with_borrow(|list| list.iter().find(|s| s.device == device).copied().unwrap_or(Stream { device, id: 0 }))
}

/// The argument `stream`: a stream, a thread-local stream, a device or a kind of device.
#[derive(Clone, Copy)]
pub struct StreamArg(pub Stream);

impl<'py> FromPyObject<'_, 'py> for StreamArg {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<StreamArg> {
        if let Ok(s) = obj.cast::<PyStream>() {
            return Ok(StreamArg(s.get().0));
        }
        if let Some(d) = place(&obj) {
            return Ok(StreamArg(default_of(d.device("default_stream")?)));
        }
        match obj.cast::<ThreadLocalStream>() {
            Ok(s) => s.get().stream().map(StreamArg),
            Err(_) => Err(wrong_type("a Stream, a Device or a DeviceType", &obj)),
        }
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

/// The device of ops for which no stream is named.
///
/// >>> x = mx.ones(2, stream=mx.default_device())
#[pyfunction]
fn default_device() -> PyDevice {
    PyDevice::of(Stream::current().device)
}

/// Makes a device the one of ops for which no stream is named.
///
/// Raises `ValueError` if there is no such device.
///
/// >>> mx.set_default_device(mx.default_device())
#[pyfunction]
fn set_default_device(device: &Bound<'_, PyAny>) -> PyResult<()> {
    place_of(device)?.device("set_default_device")?.set_default();
    Stream::replace_current(None);
    Ok(())
}

/// The stream of a device that ops in this thread use when they name none.
///
/// Raises `TypeError` for what is no device.
///
/// >>> mx.default_stream(mx.cpu).device == mx.Device(mx.cpu)
/// True
#[pyfunction]
fn default_stream(device: &Bound<'_, PyAny>) -> PyResult<PyStream> {
    let device = place_of(device)?.device("default_stream")?;
    let now = Stream::current();
    Ok(PyStream(if now.device == device { now } else { default_of(device) }))
}

/// Makes a stream the default one of its device in this thread.
///
/// Raises `TypeError` for what is no stream.
///
/// >>> mx.set_default_stream(mx.default_stream(mx.cpu))
#[pyfunction]
fn set_default_stream(stream: &Bound<'_, PyStream>) {
    let s = stream.get().0;
    DEFAULTS.with_borrow_mut(|list| {
        list.retain(|d| d.device != s.device);
        list.push(s);
    });
    if Stream::current().device == s.device {
        Stream::replace_current(Some(s));
    }
}

/// A new stream of a device.
///
/// Raises `ValueError` if there is no such device.
///
/// >>> s = mx.new_stream(mx.cpu)
/// >>> mx.exp(mx.array([0.0]), stream=s)
/// array([1], dtype=float32)
#[pyfunction]
fn new_stream(device: &Bound<'_, PyAny>) -> PyResult<PyStream> {
    Ok(PyStream(Stream::new(place_of(device)?.device("new_stream")?)))
}

/// A new stream of a device; here every stream may be used by any thread.
///
/// Raises `ValueError` if there is no such device.
///
/// >>> s = mx.new_thread_unsafe_stream(mx.cpu)
/// >>> mx.exp(mx.array([0.0]), stream=s)
/// array([1], dtype=float32)
#[pyfunction]
#[pyo3(name = "new_thread_unsafe_stream")]
fn another_stream(device: &Bound<'_, PyAny>) -> PyResult<PyStream> {
    new_stream(device)
}

/// A stream that stands for another stream of the device in each thread.
///
/// Raises `ValueError` if there is no such device.
///
/// >>> s = mx.new_thread_local_stream(mx.cpu)
/// >>> mx.exp(mx.array([0.0]), stream=s)
/// array([1], dtype=float32)
#[pyfunction]
fn new_thread_local_stream(device: &Bound<'_, PyAny>) -> PyResult<ThreadLocalStream> {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let device = place_of(device)?;
    device.device("new_thread_local_stream")?;
    Ok(ThreadLocalStream { device, number: NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) })
}

/// Forgets the streams that this thread was given.
///
/// >>> mx.clear_streams()
#[pyfunction]
fn clear_streams() {
    OWN.take();
    DEFAULTS.take();
    Stream::replace_current(None);
}

/// Makes a stream or device the default within a `with` block.
///
/// >>> with mx.stream(mx.cpu):
/// ...     x = mx.ones(2)
/// >>> x
/// array([1, 1], dtype=float32)
#[pyclass(frozen, module = "lazulite.core")]
struct StreamContext {
    stream: Py<PyAny>,
    /// What was current when the block was entered, innermost last.
    former: std::sync::Mutex<Vec<Option<Stream>>>,
}

#[pymethods]
impl StreamContext {
    #[new]
    fn new(s: Bound<'_, PyAny>) -> PyResult<StreamContext> {
        if place(&s).is_none() && s.cast::<PyStream>().is_err() && s.cast::<ThreadLocalStream>().is_err() {
            return Err(wrong_type("a Stream, a Device or a DeviceType", &s));
        }
        Ok(StreamContext { stream: s.unbind(), former: Default::default() })
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<()> {
        let s: StreamArg = self.stream.bind(py).extract()?;
        let former = Stream::replace_current(Some(s.0));
        self.former.lock().unwrap_or_else(|e| e.into_inner()).push(former);
        Ok(())
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        match self.former.lock().unwrap_or_else(|e| e.into_inner()).pop() {
            Some(former) => {
                Stream::replace_current(former);
                Ok(())
            }
            None => Err(PyRuntimeError::new_err("the stream context was not entered")),
        }
    }
}

/// A context in which a stream or device is the default: `with stream(cpu): ...`
///
/// Raises `TypeError` for anything else.
///
/// >>> with mx.stream(mx.cpu):
/// ...     x = mx.ones(2)
/// >>> x
/// array([1, 1], dtype=float32)
#[pyfunction]
fn stream(s: Bound<'_, PyAny>) -> PyResult<StreamContext> {
    StreamContext::new(s)
}

/// Waits until everything submitted to a stream so far has run; `None` is the default stream.
///
/// Raises `TypeError` for what is no stream, and what the work raises.
///
/// >>> mx.synchronize()
#[pyfunction]
#[pyo3(signature = (stream=None))]
fn synchronize(py: Python<'_>, stream: Option<StreamArg>) -> PyResult<()> {
    let s = stream.map_or_else(Stream::current, |s| s.0);
    py.detach(|| s.synchronize()).raised()
}

/// How many devices of a kind there are.
///
/// >>> mx.device_count(mx.cpu)
/// 1
#[pyfunction]
fn device_count(device_type: DeviceType) -> usize {
    device_type.count()
}

/// Whether a device is there.
///
/// >>> mx.is_available(mx.cpu)
/// True
#[pyfunction]
fn is_available(device: &Bound<'_, PyAny>) -> PyResult<bool> {
    let d = place_of(device)?;
    Ok((d.index as usize) < d.kind.count())
}

/// What is known about a device: its name, its architecture, and of a GPU its memory; nothing of a device that is not there.
///
/// >>> "device_name" in mx.device_info(mx.cpu)
/// True
#[pyfunction]
#[pyo3(signature = (d=None))]
fn device_info<'py>(py: Python<'py>, d: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyDict>> {
    let device = d.map_or_else(|| Ok(default_device()), place_of)?;
    let info = PyDict::new(py);
    if (device.index as usize) < device.kind.count() {
        for (name, value) in device.device("device_info")?.info() {
            match value.parse::<u64>() {
                Ok(number) => info.set_item(name, number)?,
                Err(_) => info.set_item(name, value)?,
            }
        }
    }
    Ok(info)
}

/// Adds the classes and functions of devices and streams.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    enums::register::<DeviceType>(m)?;
    m.add_class::<PyDevice>()?;
    m.add_class::<PyStream>()?;
    m.add_class::<ThreadLocalStream>()?;
    m.add_class::<StreamContext>()?;
    m.add_function(wrap_pyfunction!(default_device, m)?)?;
    m.add_function(wrap_pyfunction!(set_default_device, m)?)?;
    m.add_function(wrap_pyfunction!(default_stream, m)?)?;
    m.add_function(wrap_pyfunction!(set_default_stream, m)?)?;
    m.add_function(wrap_pyfunction!(new_stream, m)?)?;
    m.add_function(wrap_pyfunction!(another_stream, m)?)?;
    m.add_function(wrap_pyfunction!(new_thread_local_stream, m)?)?;
    m.add_function(wrap_pyfunction!(clear_streams, m)?)?;
    m.add_function(wrap_pyfunction!(stream, m)?)?;
    m.add_function(wrap_pyfunction!(synchronize, m)?)?;
    m.add_function(wrap_pyfunction!(device_count, m)?)?;
    m.add_function(wrap_pyfunction!(is_available, m)?)?;
    m.add_function(wrap_pyfunction!(device_info, m)?)
}

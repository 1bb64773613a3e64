//! DLPack, both ways: capsules of host memory.

use crate::array::exchange::{Foreign, Memory};
use crate::array::{Out, PyArray};
use crate::errors::{Raised, wrong_type};
use lazulite::{Array, Dtype, HostData};
use pyo3::exceptions::{PyBufferError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::ffi::{CStr, c_void};

/// The device type of host memory.
const CPU: i32 = 1;
const PLAIN: &CStr = c"dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";
/// The flag of a tensor that was copied for the export.
const COPIED: u64 = 1 << 1;

#[repr(C)]
struct Device {
    kind: i32,
    id: i32,
}

#[repr(C)]
struct DataType {
    code: u8,
    bits: u8,
    lanes: u16,
}

/// A tensor, as DLPack lays it out.
#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device: Device,
    ndim: i32,
    dtype: DataType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

/// A tensor and who owns it, before DLPack 1.
#[repr(C)]
struct Managed {
    tensor: Tensor,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Managed)>,
}

/// A tensor and who owns it, from DLPack 1 on.
#[repr(C)]
struct ManagedVersioned {
    major: u32,
    minor: u32,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut ManagedVersioned)>,
    flags: u64,
    tensor: Tensor,
}

/// DLPack's code of a dtype.
fn code(d: Dtype) -> u8 {
    match d {
        Dtype::Bool => 6,
        Dtype::C64 => 5,
        Dtype::BF16 => 4,
        d if d.is_float() => 2,
        d if d.is_unsigned() => 1,
        _ => 0,
    }
}

/// The elements of a tensor.
fn element(t: &DataType) -> Option<Foreign> {
    if t.lanes != 1 {
        return None;
    }
    if (t.code, t.bits) == (5, 128) {
        return Some(Foreign::Complex128);
    }
    Dtype::ALL.into_iter().find(|&d| code(d) == t.code && d.size() * 8 == t.bits as usize).map(Foreign::Known)
}

/// The memory of a tensor.
///
/// # Safety
/// The tensor is one that a capsule holds, with its lists.
unsafe fn memory(t: &Tensor) -> PyResult<Memory> {
    if t.device.kind != CPU {
        return Err(PyBufferError::new_err(format!("a tensor on a device of DLPack's kind {} has no host memory to read", t.device.kind)));
    }
    let Some(element) = element(&t.dtype) else {
        let text = format!("DLPack's type {} of {} bits and {} lanes is no dtype", t.dtype.code, t.dtype.bits, t.dtype.lanes);
        return Err(PyRuntimeError::new_err(text));
    };
    let n = t.ndim as usize;
    // SAFETY: DLPack promises `ndim` entries behind a list that is there.
    let list = |p: *mut i64| if p.is_null() || n == 0 { &[][..] } else { unsafe { std::slice::from_raw_parts(p, n) } };
    let shape: Vec<usize> = list(t.shape).iter().map(|&d| d as usize).collect();
    let item = match element {
        Foreign::Complex128 => 16,
        Foreign::Known(d) => d.size() as isize,
    };
    let strides = match list(t.strides) {
        [] => lazulite_base::shape::contiguous(&shape).iter().map(|s| s * item).collect(),
        given => given.iter().map(|&s| s as isize * item).collect(),
    };
    // SAFETY: the offset lies within the tensor's memory.
    let address = unsafe { t.data.cast::<u8>().add(t.byte_offset as usize) };
    Ok(Memory { address, element, shape, strides })
}

/// The capsule that an object gives of itself, and whether it has a version.
fn capsule<'py>(obj: &Bound<'py, PyAny>) -> PyResult<Option<(Bound<'py, PyAny>, bool)>> {
    let py = obj.py();
    let Some(method) = obj.getattr_opt(intern!(py, "__dlpack__"))? else { return Ok(None) };
    let version = PyDict::new(py);
    version.set_item("max_version", (1, 0))?;
    // Older exporters do not know the argument.
    let made = match method.call((), Some(&version)) {
        Err(e) if e.is_instance_of::<PyTypeError>(py) => method.call0(),
        made => made,
    }?;
    let is = |name: &CStr| {
        // SAFETY: the object is alive and the name ends with zero.
        unsafe { ffi::PyCapsule_IsValid(made.as_ptr(), name.as_ptr()) != 0 }
    };
    let versioned = is(VERSIONED);
    if !versioned && !is(PLAIN) {
        return Err(wrong_type("a DLPack capsule that nobody has used", &made));
    }
    Ok(Some((made, versioned)))
}

/// An array of the tensor that an object exports by DLPack: a copy, or over the same memory; `None` if it exports none.
pub fn import(obj: &Bound<'_, PyAny>, dtype: Option<Dtype>, copy: bool) -> PyResult<Option<Array>> {
    let Some((capsule, versioned)) = capsule(obj)? else { return Ok(None) };
    let name = if versioned { VERSIONED } else { PLAIN };
    // SAFETY: the capsule is valid under this name, just checked.
    let pointer = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), name.as_ptr()) };
    // SAFETY: a capsule of either name holds the struct of that name, alive while the capsule has not been used.
    let memory = unsafe {
        match versioned {
            true => memory(&(*pointer.cast::<ManagedVersioned>()).tensor),
            false => memory(&(*pointer.cast::<Managed>()).tensor),
        }
    }?;
    // The capsule stays unused: when it goes, with the interpreter's lock held, it deletes the tensor itself.
    if copy {
        // SAFETY: the capsule keeps the tensor's memory.
        return unsafe { memory.copied(dtype) }.map(Some);
    }
    // SAFETY: the array keeps the capsule; that nothing changes the memory is what the caller of `copy=False` promises.
    match unsafe { memory.borrowed(capsule.unbind()) } {
        Ok(a) => Ok(Some(a)),
        Err(why) => Err(PyValueError::new_err(format!("Unable to avoid a copy: {why}."))),
    }
}

/// What an exported tensor keeps: the memory and the lists.
struct Kept {
    _host: HostData,
    shape: Vec<i64>,
    strides: Vec<i64>,
}

/// The tensor of an array's memory, and what it keeps.
fn tensor(a: &Array, host: HostData) -> (Tensor, Box<Kept>) {
    let data = host.address().cast_mut().cast();
    let (shape, strides) = (a.shape().iter().map(|&n| n as i64).collect(), host.strides().iter().map(|&s| s as i64).collect());
    let mut kept = Box::new(Kept { _host: host, shape, strides });
    let dtype = DataType { code: code(a.dtype()), bits: a.dtype().size() as u8 * 8, lanes: 1 };
    let (shape, strides) = (kept.shape.as_mut_ptr(), kept.strides.as_mut_ptr());
    let device = Device { kind: CPU, id: 0 };
    (Tensor { data, device, ndim: a.ndim() as i32, dtype, shape, strides, byte_offset: 0 }, kept)
}

unsafe extern "C" fn delete(m: *mut Managed) {
    // SAFETY: the deleter gets, once, the struct that `export` made with its context.
    unsafe {
        drop(Box::from_raw((*m).context.cast::<Kept>()));
        drop(Box::from_raw(m));
    }
}

unsafe extern "C" fn delete_versioned(m: *mut ManagedVersioned) {
    // SAFETY: as for `delete`.
    unsafe {
        drop(Box::from_raw((*m).context.cast::<Kept>()));
        drop(Box::from_raw(m));
    }
}

/// A capsule's own end: deletes the tensor unless a consumer has taken it (and renamed the capsule).
unsafe extern "C" fn end(capsule: *mut ffi::PyObject) {
    // SAFETY: Python passes the capsule that ends; under an unused name it holds the struct of that name.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, PLAIN.as_ptr()) != 0 {
            delete(ffi::PyCapsule_GetPointer(capsule, PLAIN.as_ptr()).cast());
        } else if ffi::PyCapsule_IsValid(capsule, VERSIONED.as_ptr()) != 0 {
            delete_versioned(ffi::PyCapsule_GetPointer(capsule, VERSIONED.as_ptr()).cast());
        }
    }
}

/// A capsule of an array's memory.
fn export<'py>(py: Python<'py>, a: &Array, host: HostData, versioned: bool, copied: bool) -> PyResult<Bound<'py, PyAny>> {
    let (tensor, kept) = tensor(a, host);
    let context = Box::into_raw(kept).cast();
    let (pointer, name): (*mut c_void, &CStr) = match versioned {
        true => {
            let flags = if copied { COPIED } else { 0 };
            let m = ManagedVersioned { major: 1, minor: 0, context, deleter: Some(delete_versioned), flags, tensor };
            (Box::into_raw(Box::new(m)).cast(), VERSIONED)
        }
        false => (Box::into_raw(Box::new(Managed { tensor, context, deleter: Some(delete) })).cast(), PLAIN),
    };
    // SAFETY: the pointer is not null, the name is static, and the destructor deletes what is behind it.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyCapsule_New(pointer, name.as_ptr(), Some(end))) }
}

#[pymethods]
impl PyArray {
    /// A DLPack capsule of the array's memory, which the consumer shares unless `copy` is true.
    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<&Bound<'py, PyAny>>,
        max_version: Option<&Bound<'py, PyTuple>>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // Host memory is complete when it is given out, so there is no stream to wait on.
        let _ = stream;
        if let Some((kind, _)) = dl_device
            && kind != CPU
        {
            return Err(PyBufferError::new_err(format!("arrays are given out in host memory (kind {CPU}), not in memory of kind {kind}")));
        }
        let versioned = match max_version {
            Some(v) => v.get_item(0)?.extract::<u32>()? >= 1,
            None => false,
        };
        let (mut a, mut host) = self.share(py)?;
        let backwards = host.strides().iter().any(|&s| s < 0);
        if backwards || copy == Some(true) {
            if copy == Some(false) {
                return Err(PyBufferError::new_err("an array that lies backwards in memory is given out as a copy only"));
            }
            a = own(py, &a)?;
            host = a.host().raised()?;
        }
        export(py, &a, host, versioned, copy == Some(true))
    }

    /// DLPack's kind and number of the device whose memory `__dlpack__` gives out.
    fn __dlpack_device__(&self) -> (i32, i32) {
        (CPU, 0)
    }
}

/// An array of a copy of the elements, in row-major order.
fn own(py: Python<'_>, a: &Array) -> PyResult<Array> {
    crate::array::exchange::from_bytes(&crate::array::exchange::bytes(py, a)?, a.shape().to_vec(), a.dtype())
}

/// An array of what `x` exports by DLPack: a copy, or with `copy=False` over the same memory, which must stay unchanged.
///
/// Shape and dtype are those of `x`. Raises `TypeError` for what exports nothing, `ValueError` for what cannot be shared.
///
/// >>> mx.from_dlpack(mx.array([1, 2]))
/// array([1, 2], dtype=int32)
#[pyfunction]
#[pyo3(signature = (x, /, *, copy=None))]
fn from_dlpack(x: &Bound<'_, PyAny>, copy: Option<bool>) -> PyResult<Out> {
    match import(x, None, copy != Some(false))? {
        Some(a) => Ok(Out(a)),
        None => Err(wrong_type("an object with __dlpack__", x)),
    }
}

/// Adds `from_dlpack`.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(from_dlpack, m)?)
}

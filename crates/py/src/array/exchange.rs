//! The buffer protocol, both ways: arrays of the memory of NumPy arrays and other exporters, and arrays' memory for them.

use crate::array::PyArray;
use crate::errors::Raised;
use crate::evaluate::before_reading;
use half::{bf16, f16};
use lazulite::{Array, Complex32, Dtype, HostData};
use pyo3::exceptions::{PyBufferError, PyRuntimeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;
use std::ffi::{CStr, c_int, c_void};
use std::sync::Arc;

/// Someone's memory, while this lives.
struct View(ffi::Py_buffer);

impl View {
    /// The memory that an object exports, if it does.
    fn of(obj: &Bound<'_, PyAny>) -> PyResult<Option<View>> {
        // SAFETY: the object is alive; the function looks at its type only.
        if unsafe { ffi::PyObject_CheckBuffer(obj.as_ptr()) } == 0 {
            return Ok(None);
        }
        let mut view = ffi::Py_buffer::new();
        // SAFETY: the object is alive and the view is fresh; it is released once, on drop.
        match unsafe { ffi::PyObject_GetBuffer(obj.as_ptr(), &mut view, ffi::PyBUF_FULL_RO) } {
            0 => Ok(Some(View(view))),
            _ => Err(PyErr::fetch(obj.py())),
        }
    }

    /// A list of the view, `ndim` long.
    fn list(&self, p: *mut isize) -> &[isize] {
        if p.is_null() || self.0.ndim == 0 {
            return &[];
        }
        // SAFETY: the protocol promises `ndim` entries behind a list that is there.
        unsafe { std::slice::from_raw_parts(p, self.0.ndim as usize) }
    }

    fn shape(&self) -> Vec<usize> {
        self.list(self.0.shape).iter().map(|&n| n as usize).collect()
    }

    /// Steps in bytes.
    fn strides(&self) -> Vec<isize> {
        let given = self.list(self.0.strides);
        if !given.is_empty() {
            return given.to_vec();
        }
        lazulite_base::shape::contiguous(&self.shape()).iter().map(|s| s * self.0.itemsize).collect()
    }

    fn format(&self) -> &str {
        if self.0.format.is_null() {
            return "B";
        }
        // SAFETY: a format that is there ends with zero and lives with the view.
        unsafe { CStr::from_ptr(self.0.format) }.to_str().unwrap_or("?")
    }

    /// What the elements are.
    fn element(&self) -> Option<Foreign> {
        let format = self.format();
        let bare = format.strip_prefix(['@', '=', '<']).unwrap_or(format);
        let size = self.0.itemsize as usize;
        Some(match (bare, size) {
            ("?", 1) => Foreign::Known(Dtype::Bool),
            ("b" | "h" | "i" | "l" | "q" | "n", _) => Foreign::Known(*[Dtype::I8, Dtype::I16, Dtype::I32, Dtype::I64].get(log2(size)?)?),
            ("B" | "H" | "I" | "L" | "Q" | "N", _) => Foreign::Known(*[Dtype::U8, Dtype::U16, Dtype::U32, Dtype::U64].get(log2(size)?)?),
            ("e", 2) => Foreign::Known(Dtype::F16),
            ("bfloat16", 2) => Foreign::Known(Dtype::BF16),
            ("f", 4) => Foreign::Known(Dtype::F32),
            ("d", 8) => Foreign::Known(Dtype::F64),
            ("Zf", 8) => Foreign::Known(Dtype::C64),
            ("Zd", 16) => Foreign::Complex128,
            _ => return None,
        })
    }
}

fn log2(size: usize) -> Option<usize> {
    size.is_power_of_two().then_some(size.trailing_zeros() as usize)
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: the view was filled by `PyObject_GetBuffer` and is released once; views live on the stack of functions that Python calls.
        unsafe { ffi::PyBuffer_Release(&mut self.0) }
    }
}

/// Elements of foreign memory.
#[derive(Clone, Copy)]
pub enum Foreign {
    /// Of a dtype that arrays have.
    Known(Dtype),
    /// Pairs of f64.
    Complex128,
}

/// Foreign memory: where, of which elements, shape and strides (in bytes).
pub struct Memory {
    pub address: *const u8,
    pub element: Foreign,
    pub shape: Vec<usize>,
    pub strides: Vec<isize>,
}

impl Memory {
    /// The elements in row-major order.
    ///
    /// # Safety
    /// The memory holds elements of `T`'s size at every index, alive and unchanged meanwhile.
    unsafe fn read<T: Copy>(&self) -> Vec<T> {
        let size = lazulite_base::shape::size(&self.shape);
        let mut out = Vec::with_capacity(size);
        if size == 0 {
            return out;
        }
        let rows = lazulite_base::shape::contiguous(&self.shape);
        if self.shape.iter().zip(&self.strides).zip(&rows).all(|((&n, &s), &r)| n == 1 || s == r * size_of::<T>() as isize) {
            // SAFETY: the memory holds `size` elements one after the other, and there is room for them.
            unsafe {
                std::ptr::copy_nonoverlapping(self.address, out.as_mut_ptr().cast::<u8>(), size * size_of::<T>());
                out.set_len(size);
            }
            return out;
        }
        let inner = self.shape.last().copied().unwrap_or(1);
        let step = self.strides.last().copied().unwrap_or(0);
        let mut index = vec![0usize; self.shape.len().saturating_sub(1)];
        loop {
            let row: isize = index.iter().zip(&self.strides).map(|(&i, &s)| i as isize * s).sum();
            for i in 0..inner as isize {
                // SAFETY: the caller promises elements at every index; they need not be aligned.
                out.push(unsafe { self.address.offset(row + i * step).cast::<T>().read_unaligned() });
            }
            let mut axis = index.len();
            loop {
                if axis == 0 {
                    return out;
                }
                axis -= 1;
                index[axis] += 1;
                if index[axis] < self.shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
    }

    /// An array of a copy of the elements. Pairs of f64 become `complex64`, f64 becomes `float32` unless `dtype` is another.
    ///
    /// # Safety
    /// As for [`Memory::read`].
    pub unsafe fn copied(&self, dtype: Option<Dtype>) -> PyResult<Array> {
        macro_rules! copy {
            ($t:ty) => {
                // SAFETY: the caller's promise; the element has this type's size.
                Array::from_slice(&unsafe { self.read::<$t>() }, &self.shape[..]).raised()
            };
        }
        match self.element {
            Foreign::Complex128 => {
                // SAFETY: as above; an element is two f64.
                let pairs = unsafe { self.read::<[f64; 2]>() };
                let list: Vec<Complex32> = pairs.into_iter().map(|[re, im]| Complex32::new(re as f32, im as f32)).collect();
                Array::from_slice(&list, &self.shape[..]).raised()
            }
            Foreign::Known(Dtype::F64) if dtype.is_none_or(|d| d == Dtype::F32) => {
                // SAFETY: as above.
                let list: Vec<f32> = unsafe { self.read::<f64>() }.into_iter().map(|v| v as f32).collect();
                Array::from_slice(&list, &self.shape[..]).raised()
            }
            // Any byte but zero is true, which Rust's own type does not allow.
            Foreign::Known(Dtype::Bool) => {
                // SAFETY: as above.
                let list: Vec<bool> = unsafe { self.read::<u8>() }.into_iter().map(|v| v != 0).collect();
                Array::from_slice(&list, &self.shape[..]).raised()
            }
            Foreign::Known(d) => match d {
                Dtype::Bool => unreachable!("taken above"),
                Dtype::U8 => copy!(u8),
                Dtype::U16 => copy!(u16),
                Dtype::U32 => copy!(u32),
                Dtype::U64 => copy!(u64),
                Dtype::I8 => copy!(i8),
                Dtype::I16 => copy!(i16),
                Dtype::I32 => copy!(i32),
                Dtype::I64 => copy!(i64),
                Dtype::F16 => copy!(f16),
                Dtype::BF16 => copy!(bf16),
                Dtype::F32 => copy!(f32),
                Dtype::F64 => copy!(f64),
                Dtype::C64 => copy!(Complex32),
            },
        }
    }

    /// An array over the memory itself, which `keep` keeps alive; the reason if that cannot be.
    ///
    /// # Safety
    /// The memory holds elements at every index, alive while `keep` is, and nothing changes them.
    pub unsafe fn borrowed(&self, keep: Py<PyAny>) -> Result<Array, &'static str> {
        let Foreign::Known(d) = self.element else { return Err("there is no dtype of two f64") };
        let rows = lazulite_base::shape::contiguous(&self.shape);
        let dense = self.shape.iter().zip(&self.strides).zip(&rows).all(|((&n, &s), &r)| n == 1 || s == r * d.size() as isize);
        if !dense && !self.shape.contains(&0) {
            return Err("the memory is not contiguous");
        }
        if d == Dtype::Bool {
            return Err("bytes other than 0 and 1 may be among the truth values");
        }
        if !(self.address as usize).is_multiple_of(d.size()) {
            return Err("the memory is not aligned");
        }
        // SAFETY: contiguous, aligned memory of the dtype; the caller promises the rest.
        Ok(unsafe { Array::borrow(self.address, &self.shape, d, Arc::new(keep)) })
    }
}

/// The memory of a view.
fn memory(view: &View) -> PyResult<Memory> {
    match view.element() {
        Some(element) => Ok(Memory { address: view.0.buf.cast(), element, shape: view.shape(), strides: view.strides() }),
        None => Err(PyRuntimeError::new_err(format!("[array] elements of format '{}' have no dtype", view.format()))),
    }
}

/// An array of a copy of the memory that an object exports; `None` if it exports none.
pub fn import(obj: &Bound<'_, PyAny>, dtype: Option<Dtype>) -> PyResult<Option<Array>> {
    let view = match View::of(obj) {
        Ok(Some(view)) => view,
        Ok(None) => return Ok(None),
        Err(e) => return bfloat16(obj, e).map(Some),
    };
    // SAFETY: the exporter keeps the memory of the view as its format, shape and strides say, while the view lives.
    unsafe { memory(&view)?.copied(dtype) }.map(Some)
}

/// An array of a NumPy array whose dtype has the name `bfloat16`, for which NumPy has no format; else the error that it gave.
fn bfloat16(obj: &Bound<'_, PyAny>, e: PyErr) -> PyResult<Array> {
    let name = obj.getattr("dtype").and_then(|d| d.getattr("name")).and_then(|n| n.extract::<String>());
    if name.is_ok_and(|n| n == "bfloat16")
        && let Some(view) = View::of(&obj.call_method1("view", ("uint16",))?)?
    {
        let bits = Memory { element: Foreign::Known(Dtype::BF16), ..memory(&view)? };
        // SAFETY: the view's elements have two bytes; the exporter keeps them while the view lives.
        return unsafe { bits.copied(None) };
    }
    Err(e)
}

/// An array over the memory that an object exports.
pub fn alias(obj: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    let Some(view) = View::of(obj)? else { return crate::array::dlpack::import(obj, None, false) };
    // The memory view holds the export; dropping it needs no lock of ours.
    let keep = PyMemoryView::from(obj)?.into_any().unbind();
    // SAFETY: the memory view keeps the memory; that nothing changes it is what the caller of `copy=False` promises.
    match unsafe { memory(&view)?.borrowed(keep) } {
        Ok(a) => Ok(Some(a)),
        Err(why) => Err(pyo3::exceptions::PyValueError::new_err(format!("Unable to avoid a copy: {why}."))),
    }
}

/// What an export holds: the memory, and the lists that the consumer reads.
struct Export {
    _host: HostData,
    shape: Vec<isize>,
    strides: Vec<isize>,
}

impl PyArray {
    /// The array's memory for others, who may write to it: then this array sees it, and no other one does.
    pub fn share(&self, py: Python<'_>) -> PyResult<(Array, HostData)> {
        let a = self.get();
        before_reading(py, &a)?;
        py.detach(move || a.host().map(drop)).raised()?;
        // Computed, so that the cell is not locked for long; the interpreter's lock is held throughout.
        self.with_cell(|cell| {
            let (b, host) = cell.exported().raised()?;
            *cell = b.clone();
            Ok((b, host))
        })
    }
}

/// The format of a dtype's elements.
fn format(d: Dtype) -> &'static CStr {
    match d {
        Dtype::Bool => c"?",
        Dtype::U8 => c"B",
        Dtype::U16 => c"H",
        Dtype::U32 => c"I",
        Dtype::U64 => c"Q",
        Dtype::I8 => c"b",
        Dtype::I16 => c"h",
        Dtype::I32 => c"i",
        Dtype::I64 => c"q",
        Dtype::F16 => c"e",
        Dtype::BF16 => c"bfloat16",
        Dtype::F32 => c"f",
        Dtype::F64 => c"d",
        Dtype::C64 => c"Zf",
    }
}

#[pymethods]
impl PyArray {
    /// Fills a view of the array's memory.
    ///
    /// # Safety
    /// `view` is what Python passes.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let py = slf.py();
        if view.is_null() {
            return Err(PyBufferError::new_err("there is no view to fill"));
        }
        let (a, host) = slf.get().share(py)?;
        let item = a.dtype().size() as isize;
        let strides: Vec<isize> = host.strides().iter().map(|s| s * item).collect();
        let wants = |flag: c_int| flags & flag == flag;
        if !wants(ffi::PyBUF_STRIDES) && !lazulite_base::shape::is_contiguous(a.shape(), host.strides()) {
            return Err(PyBufferError::new_err("the array is not contiguous; ask for its strides"));
        }
        let address = host.address();
        let mut export = Box::new(Export { _host: host, shape: a.shape().iter().map(|&n| n as isize).collect(), strides });
        // SAFETY: Python passes a view to fill; the lists live in `internal` until the view is released, and `obj` owns a reference.
        unsafe {
            (*view).buf = if address.is_null() { std::ptr::NonNull::<u64>::dangling().as_ptr().cast() } else { address.cast_mut().cast() };
            (*view).len = a.nbytes() as isize;
            (*view).itemsize = item;
            (*view).readonly = 0;
            (*view).format = if wants(ffi::PyBUF_FORMAT) { format(a.dtype()).as_ptr().cast_mut() } else { std::ptr::null_mut() };
            (*view).ndim = a.ndim() as c_int;
            (*view).shape = if wants(ffi::PyBUF_ND) { export.shape.as_mut_ptr() } else { std::ptr::null_mut() };
            (*view).strides = if wants(ffi::PyBUF_STRIDES) { export.strides.as_mut_ptr() } else { std::ptr::null_mut() };
            (*view).suboffsets = std::ptr::null_mut();
            (*view).internal = Box::into_raw(export).cast::<c_void>();
            (*view).obj = slf.into_any().into_ptr();
        }
        Ok(())
    }

    /// Lets go of a view.
    ///
    /// # Safety
    /// `view` was filled by `__getbuffer__`.
    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: `internal` is the box that `__getbuffer__` made; Python releases a view once.
        drop(unsafe { Box::from_raw((*view).internal.cast::<Export>()) });
    }
}

/// The bytes of the elements in row-major order.
pub fn bytes(py: Python<'_>, a: &Array) -> PyResult<Vec<u8>> {
    before_reading(py, a)?;
    let host = py.detach(|| a.host()).raised()?;
    let item = a.dtype().size();
    if a.size() > 0 && lazulite_base::shape::is_contiguous(a.shape(), host.strides()) {
        // SAFETY: the elements lie one after the other and `host` keeps them.
        return Ok(unsafe { std::slice::from_raw_parts(host.address(), a.nbytes()) }.to_vec());
    }
    let strides = host.strides().iter().map(|s| s * item as isize).collect();
    let memory = Memory { address: host.address(), element: Foreign::Known(a.dtype()), shape: a.shape().to_vec(), strides };
    macro_rules! raw {
        ($t:ty) => {
            // SAFETY: `host` keeps the elements, which have this type's size.
            unsafe { memory.read::<$t>() }.into_iter().flat_map(<$t>::to_ne_bytes).collect()
        };
    }
    Ok(match item {
        1 => raw!(u8),
        2 => raw!(u16),
        4 => raw!(u32),
        _ => raw!(u64),
    })
}

/// The elements that bytes hold, in row-major order.
pub fn from_bytes(bytes: &[u8], shape: Vec<usize>, dtype: Dtype) -> PyResult<Array> {
    if bytes.len() != lazulite_base::shape::size(&shape) * dtype.size() {
        return Err(pyo3::exceptions::PyValueError::new_err(format!("{} bytes do not fill {shape:?} of {dtype}", bytes.len())));
    }
    let strides = lazulite_base::shape::contiguous(&shape).iter().map(|s| s * dtype.size() as isize).collect();
    let memory = Memory { address: bytes.as_ptr(), element: Foreign::Known(dtype), shape, strides };
    // SAFETY: the slice holds as many elements as the shape has, just checked.
    unsafe { memory.copied(Some(dtype)) }
}

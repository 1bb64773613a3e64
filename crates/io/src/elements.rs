//! Elements as bytes: what files hold of an array, little-endian as the machine's memory.

use lazulite_base::{Dtype, Error, ErrorKind, Result};
use lazulite_core::{Array, HostData};
use std::ops::Deref;

#[cfg(target_endian = "big")]
compile_error!("files hold little-endian elements, and are read and written as they lie in memory");

/// The bytes of an array's elements where they lie in memory, in an order that the maker chose.
pub struct Bytes {
    host: HostData,
    len: usize,
}

impl Bytes {
    /// The elements in row-major order; evaluates the array.
    pub fn row_major(a: &Array) -> Result<Bytes> {
        let host = lazulite_core::ops::contiguous(a)?.host()?;
        Ok(Bytes { host, len: a.nbytes() })
    }

    /// The elements in column-major order if that is how they lie; evaluates the array.
    pub fn column_major(a: &Array) -> Result<Option<Bytes>> {
        let host = a.host()?;
        let mut step = 1;
        for (&n, &stride) in a.shape().iter().zip(host.strides()) {
            if n > 1 && stride != step && a.size() > 0 {
                return Ok(None);
            }
            step *= n as isize;
        }
        Ok(Some(Bytes { host, len: a.nbytes() }))
    }
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the layout was checked to cover `len` bytes from the address, complete and kept by `host`, which nobody writes to: an
        // evaluation writes only to memory that it has the only reference to.
        unsafe { std::slice::from_raw_parts(self.host.address(), self.len) }
    }
}

/// An error of kind `Io`.
#[track_caller]
pub fn failed(op: &str, text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Io, op, text)
}

/// The bytes that elements of a declared shape take; an error where no memory could hold them. Axes without elements count as one, so
/// that strides are safe, too.
pub fn declared(shape: &[usize], dtype: Dtype) -> Result<usize> {
    let room = shape.iter().try_fold(dtype.size(), |n, &d| n.checked_mul(d.max(1))).filter(|&n| n <= isize::MAX as usize);
    let room = room.ok_or_else(|| failed("load", format!("the shape {shape:?} is too large")))?;
    Ok(if shape.contains(&0) { 0 } else { room })
}

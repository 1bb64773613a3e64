//! Elements where they lie in host memory: for readers that need no copy (NumPy, DLPack, printing).

use crate::Array;
use crate::graph::array::leaf;
use crate::graph::node::Aval;
use crate::runtime::buffer::{Buffer, Data, Layout};
use crate::runtime::sync::Ordering;
use lazulite_base::backend;
use lazulite_base::error::Result;
use lazulite_base::{Dtype, Scalar, Strides};
use std::sync::Arc;

/// An array's elements in host memory, which stays while this lives.
///
/// ```
/// use lazulite::prelude::*;
/// let host: lazulite::HostData = array![1.5, 2.5].host().unwrap();
/// // SAFETY: there are two f32 at the address while `host` lives.
/// assert_eq!(unsafe { host.address().cast::<f32>().add(1).read() }, 2.5);
/// ```
pub struct HostData {
    data: Data,
    address: usize,
    dtype: Dtype,
}

impl HostData {
    /// Where the first element is. For an array without elements the address means nothing.
    pub fn address(&self) -> *const u8 {
        self.address as *const u8
    }

    /// Steps along each axis, in elements.
    pub fn strides(&self) -> &Strides {
        &self.data.layout.strides
    }

    /// The element `at` elements after the first.
    pub(crate) fn scalar(&self, at: isize) -> Scalar {
        let address = self.address as isize + at * self.dtype.size() as isize;
        // SAFETY: callers pass the position of an element of the array; its memory is complete and lives with `data`.
        let bits = unsafe {
            match self.dtype.size() {
                1 => (address as *const u8).read() as u64,
                2 => (address as *const u16).read() as u64,
                4 => (address as *const u32).read() as u64,
                _ => (address as *const u64).read_unaligned(),
            }
        };
        Scalar::from_bits(self.dtype, bits)
    }
}

impl Array {
    /// The elements in host memory, without a copy if they are there; evaluates the array.
    ///
    /// # Errors
    /// What evaluation reports; a tracer error in `vmap` and `compile`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1, 2], [3, 4]].t();
    /// let host = x.host().unwrap();
    /// assert_eq!(host.strides()[..], [1, 2]);
    /// ```
    #[track_caller]
    pub fn host(&self) -> Result<HostData> {
        let data = self.data()?;
        let address = if self.aval().size() == 0 { 0 } else { data.host(self.dtype().size())? };
        Ok(HostData { data, address, dtype: self.dtype() })
    }

    /// This array with its elements in memory that others may write to: no other array reads it so far. That is the array itself if this
    /// is its only handle and it shares its memory with no other, else a copy. From then on the memory is the outside's, too: it is
    /// never reused or written by the engine.
    ///
    /// # Errors
    /// As for [`Array::host`]; out of memory.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![1.0, 2.0];
    /// let y = x.clone();
    /// let (z, host) = y.exported().unwrap();
    /// // SAFETY: the memory is ours to write.
    /// unsafe { host.address().cast_mut().cast::<f32>().write(5.0) };
    /// assert_eq!((z.to_vec::<f32>().unwrap(), x.to_vec::<f32>().unwrap()), (vec![5.0, 2.0], vec![1.0, 2.0]));
    /// ```
    #[track_caller]
    pub fn exported(&self) -> Result<(Array, HostData)> {
        let host = self.host()?;
        let handles = self.node().held.load(Ordering::Relaxed);
        // Who reads the buffer: the slot and `host`, and earlier exports.
        // What a device has is no memory for the outside: only its copy here is.
        let here = backend::backend(host.data.buffer.home().raw())?.host_visible();
        if here && handles <= 1 && (Arc::strong_count(&host.data.buffer) <= 2 || host.data.buffer.is_shared()) {
            host.data.buffer.share();
            return Ok((self.clone(), host));
        }
        let copy = self.copied()?;
        let host = copy.host()?;
        host.data.buffer.share();
        Ok((copy, host))
    }

    /// An array over a copy of the elements, in row-major order.
    #[track_caller]
    fn copied(&self) -> Result<Array> {
        let data = self.data()?;
        let dims = self.dims();
        let buffer = match self.dtype().size() {
            1 => Buffer::from_slice(&data.to_vec::<u8>(dims)?),
            2 => Buffer::from_slice(&data.to_vec::<u16>(dims)?),
            4 => Buffer::from_slice(&data.to_vec::<u32>(dims)?),
            _ => Buffer::from_slice(&data.to_vec::<u64>(dims)?),
        }?;
        let data = Data { buffer: Arc::new(buffer), layout: Layout::contiguous(dims), ticket: None };
        Ok(leaf(data, Aval::new(self.aval().shape.clone(), self.dtype())))
    }
}

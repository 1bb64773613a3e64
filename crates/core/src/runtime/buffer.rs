//! Buffers: memory with an owner, and where its contents are valid.
//!
//! A buffer is written once, by the step that makes it, and read from then on; a copy made on another device stays valid. Writing again
//! (donation) needs the only reference.

use crate::runtime::memory::{self, Block};
use crate::runtime::stream::Device;
use crate::runtime::ticket::Ticket;
use lazulite_base::backend::{self, Address};
use lazulite_base::error::Result;
use lazulite_base::{Dims, Element, Strides, shape};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Memory that arrays share.
pub(crate) struct Buffer {
    home: Device,
    address: Address,
    bytes: usize,
    owner: Owner,
    /// Given out to be written from outside.
    shared: AtomicBool,
    /// Copies on other devices, made when a step there first asked.
    copies: Mutex<Vec<Block>>,
}

enum Owner {
    /// From the pool, which gets it back.
    Pool(Block),
    /// Host memory of someone else; never donated, pooled or folded.
    Borrowed { _keep: Arc<dyn std::any::Any + Send + Sync> },
}

impl Buffer {
    /// A fresh buffer from the device's pool.
    #[track_caller]
    pub fn allocate(device: Device, bytes: usize) -> Result<Buffer> {
        let block = memory::allocate(device, bytes)?;
        Ok(Buffer {
            home: device,
            address: block.address,
            bytes,
            owner: Owner::Pool(block),
            shared: AtomicBool::new(false),
            copies: Mutex::new(Vec::new()),
        })
    }

    /// Host memory of someone else, valid while `keep` lives.
    pub fn borrow(address: Address, bytes: usize, keep: Arc<dyn std::any::Any + Send + Sync>) -> Buffer {
        let owner = Owner::Borrowed { _keep: keep };
        Buffer { home: Device::cpu(), address, bytes, owner, shared: AtomicBool::new(true), copies: Mutex::new(Vec::new()) }
    }

    /// A host buffer with a copy of `values`.
    #[track_caller]
    pub fn from_slice<T: Element>(values: &[T]) -> Result<Buffer> {
        let bytes = std::mem::size_of_val(values);
        let device = Device::cpu();
        let buffer = Buffer::allocate(device, bytes)?;
        backend::backend(device.raw())?;
        // SAFETY: the block is fresh host memory of at least `bytes` bytes.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr().cast::<u8>(), buffer.address as *mut u8, bytes) };
        Ok(buffer)
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a step may write into it, given the only reference.
    pub fn is_pooled(&self) -> bool {
        matches!(self.owner, Owner::Pool(_)) && !self.is_shared()
    }

    /// Says that the outside may write to it from now on.
    pub fn share(&self) {
        self.shared.store(true, Ordering::Relaxed);
    }

    /// Whether the outside may write to it.
    pub fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Relaxed)
    }

    /// The device whose memory it was made in.
    pub fn home(&self) -> Device {
        self.home
    }

    /// The address at which `device` can read it; copies it over when it is not there yet. Runs where the device's tasks run.
    pub fn on(&self, device: Device) -> Result<Address> {
        if device == self.home {
            return Ok(self.address);
        }
        let (from, to) = (backend::backend(self.home.raw())?, backend::backend(device.raw())?);
        if from.host_visible() && to.host_visible() {
            return Ok(self.address);
        }
        let mut copies = self.copies.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(block) = copies.iter().find(|b| b.device == device) {
            return Ok(block.address);
        }
        let block = memory::allocate(device, self.bytes)?;
        // SAFETY: both ranges are at least `bytes` long and belong to this buffer; the host range of the last case is a fresh vector.
        let moved = unsafe {
            if from.host_visible() {
                to.upload(device.0.index, self.address as *const u8, block.address, self.bytes)
            } else if to.host_visible() {
                from.download(self.home.0.index, self.address, block.address as *mut u8, self.bytes)
            } else {
                let mut staging = vec![0u8; self.bytes];
                from.download(self.home.0.index, self.address, staging.as_mut_ptr(), self.bytes)
                    .and_then(|()| to.upload(device.0.index, staging.as_ptr(), block.address, self.bytes))
            }
        };
        if let Err(e) = moved {
            memory::release(block);
            return Err(e);
        }
        copies.push(block);
        Ok(block.address)
    }

    /// Forgets copies on other devices: the buffer is about to be written again.
    pub fn forget_copies(&self) {
        self.copies.lock().unwrap_or_else(|e| e.into_inner()).drain(..).for_each(memory::release);
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.forget_copies();
        if let Owner::Pool(block) = self.owner {
            memory::release(block);
        }
    }
}

/// How a value lies in its buffer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Layout {
    pub strides: Strides,
    /// In elements.
    pub offset: usize,
}

impl Layout {
    pub fn contiguous(dims: &[usize]) -> Layout {
        Layout { strides: shape::contiguous(dims), offset: 0 }
    }
}

/// A value that exists, or will once its ticket is done.
#[derive(Clone)]
pub(crate) struct Data {
    pub buffer: Arc<Buffer>,
    pub layout: Layout,
    pub ticket: Option<Arc<Ticket>>,
}

impl Data {
    /// Waits until the contents are there, and returns the host address of the first element.
    pub fn host(&self, itemsize: usize) -> Result<Address> {
        if let Some(t) = &self.ticket {
            t.wait()?;
        }
        Ok(self.buffer.on(Device::cpu())? + self.layout.offset * itemsize)
    }

    /// A copy of the elements, in row-major order.
    pub fn to_vec<T: Element>(&self, dims: &[usize]) -> Result<Vec<T>> {
        let size = shape::size(dims);
        let mut out = Vec::with_capacity(size);
        if size == 0 {
            return Ok(out);
        }
        let base = self.host(std::mem::size_of::<T>())? as *const T;
        if shape::is_contiguous(dims, &self.layout.strides) {
            // SAFETY: the layout covers `size` elements of the buffer from `base`, whose contents are complete.
            out.extend_from_slice(unsafe { std::slice::from_raw_parts(base, size) });
            return Ok(out);
        }
        let mut index: Dims = smallvec::smallvec![0; dims.len()];
        for _ in 0..size {
            let at: isize = index.iter().zip(&self.layout.strides).map(|(&i, &s)| i as isize * s).sum();
            // SAFETY: every index within `dims` addresses an element of the buffer; its contents are complete.
            out.push(unsafe { *base.offset(at) });
            for axis in (0..dims.len()).rev() {
                index[axis] += 1;
                if index[axis] < dims[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        Ok(out)
    }
}

//! Buffers: memory with an owner, and where its contents are valid.
//!
//! A buffer is written once, by the step that makes it, and read from then on; a copy made on another device stays valid. Writing again
//! (donation) needs the only reference. On a device whose work outlasts its tasks a buffer also knows which streams used it: its memory
//! may be used again on its own stream at once, elsewhere when those have come so far.

use crate::runtime::memory::{self, ANY, Block};
use crate::runtime::stream::{Device, Stream};
use crate::runtime::ticket::Ticket;
use lazulite_base::backend::{self, Address};
use lazulite_base::error::Result;
use lazulite_base::{Dims, Element, Strides, shape};
use smallvec::SmallVec;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A block of some device's memory, and the streams that used it besides its own.
struct Held {
    block: Block,
    others: Mutex<SmallVec<[u32; 2]>>,
}

impl Held {
    fn new(block: Block) -> Held {
        Held { block, others: Mutex::new(SmallVec::new()) }
    }

    /// Notes that a stream uses it; says whether that is new.
    #[inline]
    fn note(&self, stream: u32) -> bool {
        if self.block.stream == ANY || self.block.stream == stream {
            return false;
        }
        let mut others = lock(&self.others);
        let fresh = !others.contains(&stream);
        if fresh {
            others.push(stream);
        }
        fresh
    }

    fn release(&self) {
        memory::release(self.block, &lock(&self.others));
    }
}

fn lock<T>(m: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

/// Makes what `then` gets from now on run after what `first` got so far; both are streams of one device.
fn order(device: Device, first: u32, then: u32) -> Result<()> {
    if let Some(event) = backend::backend(device.raw())?.record(device.0.index, first)? {
        event.before(device.0.index, then)?;
    }
    Ok(())
}

/// Memory that arrays share.
pub(crate) struct Buffer {
    home: Device,
    address: Address,
    bytes: usize,
    owner: Owner,
    /// Given out to be written from outside.
    shared: AtomicBool,
    /// Copies on other devices, made when a step there first asked.
    copies: Mutex<Vec<Held>>,
}

enum Owner {
    /// From the pool, which gets it back.
    Pool(Held),
    /// Host memory that the pool doesn't own; never donated, pooled or folded.
    Borrowed { _keep: Arc<dyn std::any::Any + Send + Sync> },
}

impl Buffer {
    /// A fresh buffer from the place's pool.
    #[track_caller]
    pub fn allocate(place: (Device, u32), bytes: usize) -> Result<Buffer> {
        let block = memory::allocate(place, bytes)?;
        Ok(Buffer {
            home: place.0,
            address: block.address,
            bytes,
            owner: Owner::Pool(Held::new(block)),
            shared: AtomicBool::new(false),
            copies: Mutex::new(Vec::new()),
        })
    }

    /// Host memory of someone else, valid while `keep` lives.
    pub fn borrow(address: Address, bytes: usize, keep: Arc<dyn std::any::Any + Send + Sync>) -> Buffer {
        let buffer = Buffer::adopt(address, bytes, keep);
        buffer.share();
        buffer
    }

    /// Host memory that came from elsewhere, valid while `keep` lives, and that nobody else writes to.
    pub fn adopt(address: Address, bytes: usize, keep: Arc<dyn std::any::Any + Send + Sync>) -> Buffer {
        let owner = Owner::Borrowed { _keep: keep };
        Buffer { home: Device::cpu(), address, bytes, owner, shared: AtomicBool::new(false), copies: Mutex::new(Vec::new()) }
    }

    /// A host buffer with a copy of `values`.
    #[track_caller]
    pub fn from_slice<T: Element>(values: &[T]) -> Result<Buffer> {
        let bytes = std::mem::size_of_val(values);
        let device = Device::cpu();
        let buffer = Buffer::allocate((device, ANY), bytes)?;
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

    /// The address at which a task of `stream` can read it; copies it over when it is not on the stream's device yet. Runs within the
    /// task.
    pub fn on(&self, stream: Stream) -> Result<Address> {
        if stream.device == self.home {
            if let Owner::Pool(held) = &self.owner {
                held.note(stream.id);
            }
            return Ok(self.address);
        }
        self.copied(stream)
    }

    /// The address of the copy that a task of `stream` reads.
    fn copied(&self, stream: Stream) -> Result<Address> {
        let device = stream.device;
        let (from, to) = (backend::backend(self.home.raw())?, backend::backend(device.raw())?);
        if from.host_visible() && to.host_visible() {
            return Ok(self.address);
        }
        let mut copies = lock(&self.copies);
        // The outside may have written to the memory since it was copied.
        if self.is_shared() {
            copies.drain(..).for_each(|h| h.release());
        }
        if let Some(held) = copies.iter().find(|h| h.block.device == device) {
            if held.note(stream.id) {
                // The copy was made in its stream's order.
                order(device, held.block.stream, stream.id)?;
            }
            return Ok(held.block.address);
        }
        let block = memory::allocate(memory::place(stream)?, self.bytes)?;
        let (there, index) = (block.address, device.0.index);
        // SAFETY: both ranges are at least `bytes` long and belong to this buffer; the host range of the last case is a fresh vector.
        let moved = unsafe {
            if from.host_visible() {
                to.upload(index, stream.id, self.address as *const u8, there, self.bytes)
            } else if to.host_visible() {
                from.download(self.home.0.index, self.address, there as *mut u8, self.bytes)
            } else {
                let mut staging = vec![0u8; self.bytes];
                from.download(self.home.0.index, self.address, staging.as_mut_ptr(), self.bytes)
                    .and_then(|()| to.upload(index, stream.id, staging.as_ptr(), there, self.bytes))
            }
        };
        if let Err(e) = moved {
            memory::release(block, &[]);
            return Err(e);
        }
        copies.push(Held::new(block));
        Ok(there)
    }

    /// Makes what `stream` gets from now on run after every use of the memory so far: the buffer is about to be written again there.
    pub fn after_uses(&self, stream: Stream) -> Result<()> {
        let Owner::Pool(held) = &self.owner else { return Ok(()) };
        if held.block.stream == ANY || self.home != stream.device {
            return Ok(());
        }
        let mut before = lock(&held.others).clone();
        before.push(held.block.stream);
        before.iter().filter(|&&s| s != stream.id).try_for_each(|&s| order(self.home, s, stream.id))
    }

    /// Forgets copies on other devices: the buffer is about to be written again.
    pub fn forget_copies(&self) {
        lock(&self.copies).drain(..).for_each(|h| h.release());
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.forget_copies();
        if let Owner::Pool(held) = &self.owner {
            held.release();
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
        Ok(self.buffer.on(Stream { device: Device::cpu(), id: 0 })? + self.layout.offset * itemsize)
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

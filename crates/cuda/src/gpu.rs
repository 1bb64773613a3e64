//! One device: its memory, streams, events and kernels, and the fault that ended it, if one did.

use crate::compiler::Programs;
use crate::driver::{Driver, Fault, Handle, OUT_OF_MEMORY, Outcome, Properties};
use crate::memory::{allocator::Allocator, staging::Staging};
use crate::streams::Stream;
use lazulite_base::backend::{Address, Event};
use lazulite_base::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock};

/// A device.
pub struct Gpu {
    /// The driver.
    pub driver: Arc<dyn Driver>,
    /// The device's number.
    pub index: usize,
    /// What is known of it.
    pub properties: Properties,
    /// Its kernels.
    pub programs: Programs,
    allocator: Mutex<Allocator>,
    staging: Mutex<Staging>,
    streams: RwLock<HashMap<u32, Arc<Stream>>>,
    /// The stream of downloads, which wait for nothing but their data.
    copies: Handle,
    /// A stream on which a library's calls are captured, made when the first is.
    captures: Mutex<Option<Handle>>,
    events: Mutex<Vec<Handle>>,
    /// The first fault after which the driver refuses everything.
    lost: OnceLock<String>,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

impl Gpu {
    /// Device `index` of the driver.
    ///
    /// # Errors
    /// The driver's.
    pub fn new(driver: Arc<dyn Driver>, index: usize, properties: Properties, programs: Programs) -> Outcome<Gpu> {
        driver.bind(index)?;
        Ok(Gpu {
            allocator: Mutex::new(Allocator::new(driver.clone())),
            staging: Mutex::new(Staging::new(driver.clone())),
            streams: RwLock::default(),
            copies: driver.stream()?,
            captures: Mutex::default(),
            events: Mutex::default(),
            lost: OnceLock::new(),
            driver,
            index,
            properties,
            programs,
        })
    }

    /// The driver's fault as an error; one that ends the device is kept.
    pub fn error(&self, fault: Fault) -> Error {
        if fault.code == OUT_OF_MEMORY {
            return Error::new(ErrorKind::OutOfMemory, "cuda", format!("{fault} on cuda:{}", self.index));
        }
        if fault.sticky() {
            let _ = self.lost.set(fault.to_string());
        }
        Error::runtime("cuda", format!("{fault} on cuda:{}", self.index))
    }

    /// Refuses work on a device that a fault has ended; else makes it current on this thread.
    ///
    /// # Errors
    /// The fault.
    pub fn bind(&self) -> Result<()> {
        if let Some(fault) = self.lost.get() {
            return Err(Error::runtime("cuda", format!("cuda:{} is lost until the process ends: {fault}", self.index)));
        }
        self.driver.bind(self.index).map_err(|f| self.error(f))
    }

    /// Whether a fault has ended it.
    pub fn is_lost(&self) -> bool {
        self.lost.get().is_some()
    }

    /// The stream of a number, made when it is first seen.
    ///
    /// # Errors
    /// The driver's.
    pub fn stream(&self, number: u32) -> Result<Arc<Stream>> {
        if let Some(s) = self.streams.read().unwrap_or_else(|e| e.into_inner()).get(&number) {
            return Ok(s.clone());
        }
        self.bind()?;
        let mut all = self.streams.write().unwrap_or_else(|e| e.into_inner());
        if let Some(s) = all.get(&number) {
            return Ok(s.clone());
        }
        let stream = Arc::new(Stream::new(self.driver.stream().map_err(|f| self.error(f))?));
        all.insert(number, stream.clone());
        Ok(stream)
    }

    /// Memory for a stream; `None` when there is none.
    ///
    /// # Errors
    /// The driver's, but for out of memory.
    pub fn allocate(&self, stream: u32, bytes: usize) -> Result<Option<Address>> {
        self.bind()?;
        match lock(&self.allocator).allocate(stream, bytes) {
            Ok(address) => Ok(Some(address as Address)),
            Err(f) if f.code == OUT_OF_MEMORY => Ok(None),
            Err(f) => Err(self.error(f)),
        }
    }

    /// Takes memory back that these streams used, the one it was allocated for first.
    pub fn free(&self, streams: &[u32], address: Address) {
        // The memory of a lost device is gone with it.
        if self.bind().is_err() {
            return;
        }
        let others: Result<Vec<Handle>> = streams[1..].iter().map(|&s| Ok(self.stream(s)?.handle)).collect();
        let freed = others.and_then(|o| lock(&self.allocator).free(address as u64, &o).map_err(|f| self.error(f)));
        // A fault is kept, and the next work tells of it.
        drop(freed);
    }

    /// Bytes of freed memory that are kept.
    pub fn kept(&self) -> usize {
        lock(&self.allocator).kept()
    }

    /// Keeps at most so many bytes.
    pub fn keep_at_most(&self, bytes: usize) {
        if self.bind().is_ok() {
            let kept = lock(&self.allocator).keep_at_most(bytes).map_err(|f| self.error(f));
            drop(kept);
        }
    }

    /// Copies host memory to the device in a stream's order.
    ///
    /// # Safety
    /// Both ranges are valid.
    pub unsafe fn upload(&self, stream: u32, from: *const u8, to: Address, bytes: usize) -> Result<()> {
        let stream = self.stream(stream)?;
        self.bind()?;
        // SAFETY: the caller's promise.
        unsafe { lock(&self.staging).upload(from, to as u64, bytes, stream.handle) }.map_err(|f| self.error(f))
    }

    /// Copies complete device memory to the host.
    ///
    /// # Safety
    /// Both ranges are valid.
    pub unsafe fn download(&self, from: Address, to: *mut u8, bytes: usize) -> Result<()> {
        self.bind()?;
        // SAFETY: the caller's promise.
        unsafe { lock(&self.staging).download(from as u64, to, bytes, self.copies) }.map_err(|f| self.error(f))
    }

    /// Waits for a stream's tasks and for what they started.
    ///
    /// # Errors
    /// A fault of the work.
    pub fn synchronize(&self, stream: u32) -> Result<()> {
        let stream = self.stream(stream)?;
        stream.drain();
        self.bind()?;
        self.driver.finish(stream.handle).map_err(|f| self.error(f))
    }

    /// The point that a stream has reached.
    ///
    /// # Errors
    /// The driver's.
    pub fn record(self: &Arc<Gpu>, stream: u32) -> Result<Mark> {
        let stream = self.stream(stream)?;
        self.bind()?;
        let known = lock(&self.events).pop();
        let made = known.map_or_else(|| self.driver.event(), Ok).and_then(|e| self.driver.record(e, stream.handle).map(|()| e));
        Ok(Mark { gpu: self.clone(), handle: made.map_err(|f| self.error(f))? })
    }

    /// Captures what `calls` enqueues on the stream that it is given.
    ///
    /// # Errors
    /// Those of `calls`, or the driver's.
    pub fn capture(&self, calls: impl FnOnce(Handle) -> Result<()>) -> Result<Handle> {
        self.bind()?;
        let mut made = lock(&self.captures);
        let stream = match *made {
            Some(stream) => stream,
            None => *made.insert(self.driver.stream().map_err(|f| self.error(f))?),
        };
        self.driver.capture(stream).map_err(|f| self.error(f))?;
        let called = calls(stream);
        // The capture ends whatever the calls met.
        let captured = self.driver.captured(stream).map_err(|f| self.error(f))?;
        if called.is_err() {
            self.driver.discard(captured).map_err(|f| self.error(f))?;
        }
        called.map(|()| captured)
    }

    /// Bytes free on the device and in all.
    pub fn memory(&self) -> Option<(usize, usize)> {
        self.bind().ok()?;
        self.driver.memory().ok()
    }
}

/// A point in a stream's order.
pub struct Mark {
    gpu: Arc<Gpu>,
    handle: Handle,
}

impl Mark {
    /// Makes a stream of a device run what it gets from now on after this point.
    pub fn hold(&self, other: &Gpu, stream: u32) -> Result<()> {
        let stream = other.stream(stream)?;
        other.bind()?;
        other.driver.after(stream.handle, self.handle).map_err(|f| self.gpu.error(f))
    }
}

impl Event for Mark {
    fn wait(&self) -> Result<()> {
        self.gpu.bind()?;
        self.gpu.driver.wait(self.handle).map_err(|f| self.gpu.error(f))
    }

    fn is_done(&self) -> bool {
        self.gpu.bind().is_ok() && self.gpu.driver.come(self.handle).unwrap_or(false)
    }

    fn before(&self, device: u16, stream: u32) -> Result<()> {
        match crate::backend::gpu(device).filter(|g| g.index != self.gpu.index) {
            Some(other) => self.hold(&other, stream),
            None => self.hold(&self.gpu, stream),
        }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        lock(&self.gpu.events).push(self.handle);
    }
}

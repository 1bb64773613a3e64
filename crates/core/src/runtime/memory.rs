//! Memory: a size-classed cache of freed blocks in front of the backends' allocators, with MLX's accounting. A backend whose work
//! outlasts its tasks keeps its freed memory itself, by stream; it counts here all the same.

use crate::plan::replay;
use crate::runtime::stream::{Device, Stream};
use lazulite_base::backend::{self, Address};
use lazulite_base::error::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A block of a device's memory; its owner gives it back with [`release`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub device: Device,
    /// The stream that uses it first; [`ANY`] in memory that the host sees.
    pub stream: u32,
    pub address: Address,
    pub bytes: usize,
}

/// The stream of memory that is free for all as soon as it is free: the host's.
pub(crate) const ANY: u32 = u32::MAX;

/// Whose memory a step on `stream` writes to: its device, and its stream if reuse is a matter of streams there.
pub(crate) fn place(stream: Stream) -> Result<(Device, u32)> {
    let host = backend::backend(stream.device.raw())?.host_visible();
    Ok((stream.device, if host { ANY } else { stream.id }))
}

/// The bookkeeping of cached blocks and of totals, free of any allocator so that a model checker can drive it.
pub(crate) struct Pool {
    cached: BTreeMap<(u16, u16, usize), Vec<Address>>,
    active: usize,
    peak: usize,
    cache: usize,
    /// Bytes that plans keep between their runs.
    parked: usize,
    cache_limit: usize,
    memory_limit: usize,
}

impl Pool {
    pub const fn new() -> Pool {
        Pool { cached: BTreeMap::new(), active: 0, peak: 0, cache: 0, parked: 0, cache_limit: usize::MAX, memory_limit: usize::MAX }
    }

    /// A cached block of exactly this class, counted as active.
    pub fn take(&mut self, device: Device, bytes: usize) -> Option<Block> {
        let list = self.cached.get_mut(&(device.0.backend, device.0.index, bytes))?;
        let address = list.pop()?;
        self.cache -= bytes;
        self.add(bytes);
        Some(Block { device, stream: ANY, address, bytes })
    }

    /// Counts `bytes` of a fresh block as active.
    pub fn add(&mut self, bytes: usize) {
        self.active += bytes;
        self.peak = self.peak.max(self.active);
    }

    /// Takes a block back: into the cache (`None`), or returned to be freed.
    pub fn put(&mut self, block: Block) -> Option<Block> {
        self.active -= block.bytes;
        if self.cache + block.bytes > self.cache_limit {
            return Some(block);
        }
        self.cache += block.bytes;
        self.cached.entry((block.device.0.backend, block.device.0.index, block.bytes)).or_default().push(block.address);
        None
    }

    /// Empties the cache; the blocks are the caller's to free.
    pub fn drain(&mut self) -> Vec<Block> {
        self.cache = 0;
        let lists = std::mem::take(&mut self.cached);
        lists
            .into_iter()
            .flat_map(|((b, i, bytes), list)| {
                let device = Device(backend::Device { backend: b, index: i });
                list.into_iter().map(move |address| Block { device, stream: ANY, address, bytes })
            })
            .collect()
    }
}

static POOL: Mutex<Pool> = Mutex::new(Pool::new());

fn pool() -> std::sync::MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(|e| e.into_inner())
}

/// The size class of a request: four steps to each power of two, pages beyond a mebibyte, so that at most a quarter is lost.
pub(crate) fn class(bytes: usize) -> Option<usize> {
    let bytes = bytes.max(64);
    let step = (bytes.checked_next_power_of_two()? / 8).clamp(64, 1 << 16);
    bytes.checked_next_multiple_of(step)
}

/// A block of at least `bytes` bytes: cached, or fresh, or, after freeing the cache, fresh once more.
///
/// # Errors
/// Out of memory, with requested, active and cached bytes.
#[track_caller]
pub(crate) fn allocate((device, stream): (Device, u32), bytes: usize) -> Result<Block> {
    let refuse = |active: usize, cached: usize, limit: usize| {
        let limit = if limit == usize::MAX { String::new() } else { format!(", limit {limit}") };
        Error::new(
            ErrorKind::OutOfMemory,
            "allocate",
            format!("out of memory on {device}: {bytes} bytes requested, {active} active, {cached} cached{limit}"),
        )
    };
    let Some(size) = class(bytes).filter(|&s| s <= isize::MAX as usize) else {
        let p = pool();
        return Err(refuse(p.active, p.cache + p.parked, p.memory_limit));
    };
    {
        let mut p = pool();
        if stream == ANY
            && let Some(block) = p.take(device, size)
        {
            return Ok(block);
        }
        if p.active.saturating_add(size) > p.memory_limit {
            return Err(refuse(p.active, p.cache + p.parked, p.memory_limit));
        }
        p.add(size);
    }
    let fresh = || -> Result<_> {
        let backend = backend::backend(device.raw())?;
        match backend.allocate(device.0.index, stream, size)? {
            None => {
                clear_cache();
                Ok((backend.allocate(device.0.index, stream, size)?, backend.kept()))
            }
            address => Ok((address, 0)),
        }
    };
    match fresh() {
        Ok((Some(address), _)) => Ok(Block { device, stream, address, bytes: size }),
        Err(e) => {
            pool().active -= size;
            Err(e)
        }
        Ok((None, kept)) => {
            let mut p = pool();
            p.active -= size;
            Err(refuse(p.active, p.cache + p.parked + kept, p.memory_limit))
        }
    }
}

/// Gives a block back to the cache, or beyond the cache's limit to its backend. `others` are the streams besides its own that used it.
pub(crate) fn release(block: Block, others: &[u32]) {
    if block.stream != ANY {
        pool().active -= block.bytes;
        return free(block, others);
    }
    let out = pool().put(block);
    if let Some(block) = out {
        free(block, &[]);
    }
}

fn free(block: Block, others: &[u32]) {
    if let Ok(backend) = backend::backend(block.device.raw()) {
        let streams: smallvec::SmallVec<[u32; 4]> = std::iter::once(block.stream).chain(others.iter().copied()).collect();
        // SAFETY: the pool hands a block out once; its owner gave it back, so nothing that is yet to be submitted uses it.
        unsafe { backend.free(block.device.0.index, &streams, block.address, block.bytes) };
    }
}

/// Counts active bytes as cached: a plan keeps them for its next run.
pub(crate) fn park(bytes: usize) {
    let mut p = pool();
    p.active -= bytes;
    p.parked += bytes;
}

/// Counts bytes as active again.
pub(crate) fn unpark(bytes: usize) {
    let mut p = pool();
    p.parked -= bytes;
    p.add(bytes);
}

/// Whether the cache's limit lets a plan keep so many bytes.
pub(crate) fn may_park(bytes: usize) -> bool {
    let p = pool();
    p.parked.saturating_add(bytes) <= p.cache_limit
}

/// Bytes in use by arrays, in all devices' memory.
///
/// ```
/// use lazulite::prelude::*;
/// let x = Array::arange(0, 1 << 20, 1, Dtype::F32);
/// let before = memory::active();
/// eval([&x]).unwrap();
/// assert!(memory::active() >= before + (4 << 20));
/// ```
pub fn active() -> usize {
    pool().active
}

/// The most bytes that were ever in use at once, since the start or [`reset_peak`].
///
/// ```
/// assert!(lazulite::memory::peak() >= lazulite::memory::active());
/// ```
pub fn peak() -> usize {
    pool().peak
}

/// Makes [`peak`] count from now.
///
/// ```
/// lazulite::memory::reset_peak();
/// ```
pub fn reset_peak() {
    let mut p = pool();
    p.peak = p.active;
}

/// Freed bytes that are kept for reuse.
///
/// ```
/// let _bytes: usize = lazulite::memory::cached();
/// ```
pub fn cached() -> usize {
    let kept: usize = backend::backends().iter().map(|b| b.kept()).sum();
    let p = pool();
    p.cache + p.parked + kept
}

/// Keeps at most `bytes` of freed memory from now on; returns the former limit.
///
/// ```
/// let former = lazulite::memory::set_cache_limit(1 << 30);
/// lazulite::memory::set_cache_limit(former);
/// ```
pub fn set_cache_limit(bytes: usize) -> usize {
    let former = std::mem::replace(&mut pool().cache_limit, bytes);
    if pool().parked > bytes {
        replay::evict();
    }
    if pool().cache > bytes {
        pool().drain().into_iter().for_each(|b| free(b, &[]));
    }
    backend::backends().iter().for_each(|b| b.keep_at_most(bytes));
    former
}

/// Refuses allocations that would take active memory beyond `bytes`; returns the former limit.
///
/// ```
/// let former = lazulite::memory::set_limit(8 << 30);
/// lazulite::memory::set_limit(former);
/// ```
pub fn set_limit(bytes: usize) -> usize {
    std::mem::replace(&mut pool().memory_limit, bytes)
}

/// The limit of active memory; `usize::MAX` is none.
///
/// ```
/// assert!(lazulite::memory::limit() > 0);
/// ```
pub fn limit() -> usize {
    pool().memory_limit
}

/// Gives all kept memory back to the system.
///
/// ```
/// lazulite::memory::clear_cache();
/// ```
pub fn clear_cache() {
    replay::evict();
    let (blocks, limit) = {
        let mut p = pool();
        (p.drain(), p.cache_limit)
    };
    blocks.into_iter().for_each(|b| free(b, &[]));
    for b in backend::backends() {
        b.keep_at_most(0);
        b.keep_at_most(limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_lose_at_most_a_quarter() {
        for bytes in [1, 64, 65, 100, 1000, 5000, 1 << 16, (1 << 20) + 1, 64 << 20, (64 << 20) + 1] {
            let c = class(bytes).unwrap();
            assert!(c >= bytes && (c as f64) <= (bytes.max(64) as f64) * 1.26 + 64.0, "{bytes} {c}");
        }
        assert_eq!(class(64 << 20), Some(64 << 20));
        assert_eq!(class(usize::MAX), None);
    }

    #[test]
    fn the_pool_hands_a_block_out_once() {
        let mut p = Pool::new();
        p.add(64);
        let b = Block { device: Device::default(), stream: ANY, address: 4096, bytes: 64 };
        assert_eq!(p.put(b), None);
        assert_eq!(p.take(Device::default(), 64), Some(b));
        assert_eq!(p.take(Device::default(), 64), None);
        assert_eq!((p.active, p.peak, p.cache), (64, 64, 0));
    }
}

//! Working memory of products, kept from launch to launch.

use crate::backend::Cpu;
use lazulite_base::backend::{Address, Backend};
use lazulite_base::{Error, ErrorKind, Result};
use std::sync::Mutex;

/// Blocks that are kept, and the most bytes of one that is.
const KEPT: usize = 16;
const LARGEST: usize = 96 << 20;

static CACHE: Mutex<Vec<(Address, usize)>> = Mutex::new(Vec::new());

/// Memory aligned to 64, of undefined content, given back when dropped.
pub struct Scratch {
    address: Address,
    bytes: usize,
}

impl Scratch {
    /// At least so many bytes.
    pub fn new(bytes: usize) -> Result<Scratch> {
        // A lock that is taken now, perhaps by a thread that a fork left behind, is not waited for.
        if let Ok(mut cache) = CACHE.try_lock() {
            let fitting = (0..cache.len()).filter(|&i| cache[i].1 >= bytes).min_by_key(|&i| cache[i].1);
            if let Some(i) = fitting {
                let (address, bytes) = cache.swap_remove(i);
                return Ok(Scratch { address, bytes });
            }
        }
        let bytes = bytes.next_power_of_two().min(bytes.next_multiple_of(1 << 20)).max(1 << 12);
        let memory = Cpu.allocate(0, 0, bytes).ok().flatten().map(|address| Scratch { address, bytes });
        memory.ok_or_else(|| Error::new(ErrorKind::OutOfMemory, "matmul", format!("no {bytes} bytes of working memory")))
    }

    /// Its start.
    pub fn start<T>(&self) -> *mut T {
        self.address as *mut T
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.bytes <= LARGEST
            && let Ok(mut cache) = CACHE.try_lock()
        {
            if cache.len() == KEPT {
                let least = (0..KEPT).min_by_key(|&i| cache[i].1).expect("not empty");
                let (address, bytes) = cache.swap_remove(least);
                // SAFETY: allocated with this size, and nobody's now.
                unsafe { Cpu.free(0, &[0], address, bytes) };
            }
            cache.push((self.address, self.bytes));
            return;
        }
        // SAFETY: allocated with this size, and nobody's now.
        unsafe { Cpu.free(0, &[0], self.address, self.bytes) };
    }
}

/// A pointer that tasks share, each using a part of its own.
pub struct Shared<T>(pub *mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        *self
    }
}
impl<T> Copy for Shared<T> {}

// SAFETY: tasks read inputs, and write to different elements.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// Element `offset`.
    pub fn at(&self, offset: usize) -> *mut T {
        self.0.wrapping_add(offset)
    }
}

/// Working memory, cut into pieces that start at cache lines.
pub struct Pieces<E> {
    _memory: Scratch,
    next: *mut E,
}

impl<E> Pieces<E> {
    /// Room for pieces of these sizes.
    pub fn new(sizes: &[usize]) -> Result<Pieces<E>> {
        let memory = Scratch::new(sizes.iter().map(|&n| padded(n) * size_of::<E>()).sum())?;
        let next = memory.start();
        Ok(Pieces { _memory: memory, next })
    }

    /// The next piece, of `n` numbers as it was asked for.
    pub fn take(&mut self, n: usize) -> *mut E {
        let piece = self.next;
        self.next = piece.wrapping_add(padded(n));
        piece
    }
}

/// So many numbers, and more for what stores spill, in whole cache lines.
pub fn padded(n: usize) -> usize {
    (n + 16).next_multiple_of(16)
}

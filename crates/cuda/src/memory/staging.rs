//! Pinned memory for transfers: a ring whose parts are used again when their copies are done. Host memory is copied into the ring and
//! from there asynchronously, so that the caller's memory is free as soon as the call returns.

use crate::driver::{Driver, Handle, Outcome};
use std::sync::Arc;

/// Bytes of a part: larger transfers go through several, one filled while the other is copied.
const PART: usize = 4 << 20;
/// Bytes up to which a transfer takes a slot of the small ring.
const SLOT: usize = 64 << 10;
const SLOTS: usize = 32;
const PARTS: usize = 2;

/// A piece of pinned memory and the event after its last copy.
struct Piece {
    address: usize,
    event: Handle,
    used: bool,
}

/// The rings.
pub struct Staging {
    driver: Arc<dyn Driver>,
    slots: Vec<Piece>,
    parts: Vec<Piece>,
    next: [usize; 2],
}

impl Staging {
    /// No memory yet.
    pub fn new(driver: Arc<dyn Driver>) -> Staging {
        Staging { driver, slots: Vec::new(), parts: Vec::new(), next: [0; 2] }
    }

    /// The next piece, once its last copy is done.
    fn piece(&mut self, large: bool) -> Outcome<usize> {
        let (list, count, bytes) = if large { (&mut self.parts, PARTS, PART) } else { (&mut self.slots, SLOTS, SLOT) };
        if list.is_empty() {
            let start = self.driver.allocate_host(count * bytes)?;
            for k in 0..count {
                list.push(Piece { address: start + k * bytes, event: self.driver.event()?, used: false });
            }
        }
        let at = self.next[large as usize];
        self.next[large as usize] = (at + 1) % count;
        if std::mem::replace(&mut list[at].used, true) {
            self.driver.wait(list[at].event)?;
        }
        Ok(at)
    }

    /// Copies host memory to the device in the stream's order. The host memory has been read when this returns.
    ///
    /// # Errors
    /// The driver's.
    ///
    /// # Safety
    /// Both ranges are valid.
    pub unsafe fn upload(&mut self, from: *const u8, to: u64, bytes: usize, stream: Handle) -> Outcome {
        let large = bytes > SLOT;
        for at in (0..bytes).step_by(if large { PART } else { SLOT }) {
            let n = (bytes - at).min(if large { PART } else { SLOT });
            let k = self.piece(large)?;
            let piece = if large { &self.parts[k] } else { &self.slots[k] };
            // SAFETY: the piece has room for `n` bytes and no copy uses it; the caller's promise for the rest.
            unsafe {
                std::ptr::copy_nonoverlapping(from.add(at), piece.address as *mut u8, n);
                self.driver.upload(to + at as u64, piece.address, n, stream)?;
            }
            self.driver.record(piece.event, stream)?;
        }
        Ok(())
    }

    /// Copies device memory, whose contents are complete, to the host, and waits for it.
    ///
    /// # Errors
    /// The driver's.
    ///
    /// # Safety
    /// Both ranges are valid.
    pub unsafe fn download(&mut self, from: u64, to: *mut u8, bytes: usize, stream: Handle) -> Outcome {
        let large = bytes > SLOT;
        let step = if large { PART } else { SLOT };
        // One part is on its way while the one before is copied out.
        let mut before: Option<(usize, usize, usize)> = None;
        let starts = (0..bytes).step_by(step).map(Some).chain([None]);
        for at in starts {
            let now = match at {
                None => None,
                Some(at) => {
                    let n = (bytes - at).min(step);
                    let k = self.piece(large)?;
                    let piece = if large { &self.parts[k] } else { &self.slots[k] };
                    // SAFETY: the piece has room for `n` bytes and no copy uses it; the caller's promise for the rest.
                    unsafe { self.driver.download(piece.address, from + at as u64, n, stream)? };
                    self.driver.record(piece.event, stream)?;
                    Some((at, n, k))
                }
            };
            if let Some((at, n, k)) = before {
                let piece = if large { &self.parts[k] } else { &self.slots[k] };
                self.driver.wait(piece.event)?;
                // SAFETY: the copy into the piece is done; the caller's promise for the rest.
                unsafe { std::ptr::copy_nonoverlapping(piece.address as *const u8, to.add(at), n) };
            }
            before = now;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::fake::Fake;

    #[test]
    fn bytes_go_there_and_back() {
        let fake = Arc::new(Fake::new(1 << 30));
        let mut staging = Staging::new(fake.clone());
        for bytes in [1, 1000, SLOT, SLOT + 1, PART, 3 * PART + 17] {
            let from: Vec<u8> = (0..bytes).map(|i| (i * 7 + i / 255) as u8).collect();
            let mut to = vec![0u8; bytes];
            let block = fake.allocate(bytes).unwrap();
            // SAFETY: both vectors and the block have `bytes` bytes.
            unsafe {
                staging.upload(from.as_ptr(), block, bytes, 1).unwrap();
                staging.download(block, to.as_mut_ptr(), bytes, 1).unwrap();
            }
            assert_eq!(from, to);
        }
    }
}

//! The caching allocator of one device. Segments come from the driver; blocks are cut from them and merged again. A free block belongs to
//! a stream: on that stream it may be used again at once, since work there runs in order. A block that other streams used, too, waits for
//! their events first.

use crate::driver::{Driver, Fault, Handle, OUT_OF_MEMORY, Outcome};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Every block's size is a multiple of it, and every block is aligned to it.
const UNIT: usize = 512;
/// Requests up to this size share segments of [`SMALL_SEGMENT`].
const SMALL: usize = 1 << 20;
const SMALL_SEGMENT: usize = 2 << 20;
/// Requests below this size share segments of [`MIDDLE_SEGMENT`]; larger ones have their own, rounded to [`LARGE_UNIT`].
const MIDDLE: usize = 10 << 20;
const MIDDLE_SEGMENT: usize = 20 << 20;
const LARGE_UNIT: usize = 2 << 20;

#[derive(Clone, Copy, Debug)]
struct Block {
    bytes: usize,
    stream: u32,
    /// Where its segment starts.
    segment: u64,
    free: bool,
}

/// The allocator.
pub struct Allocator {
    driver: Arc<dyn Driver>,
    /// Every block of every segment, by address.
    blocks: BTreeMap<u64, Block>,
    /// Free blocks by stream, smallest first; small ones apart from others, since their segments are.
    free: HashMap<(u32, bool), BTreeSet<(usize, u64)>>,
    segments: BTreeMap<u64, usize>,
    /// Freed blocks that streams may still use, with events at those streams' ends.
    waiting: Vec<(u64, Vec<Handle>)>,
    /// Events to be used again.
    events: Vec<Handle>,
    kept: usize,
    limit: usize,
}

fn small(bytes: usize) -> bool {
    bytes <= SMALL
}

impl Allocator {
    /// Nothing yet.
    pub fn new(driver: Arc<dyn Driver>) -> Allocator {
        Allocator {
            driver,
            blocks: BTreeMap::new(),
            free: HashMap::new(),
            segments: BTreeMap::new(),
            waiting: Vec::new(),
            events: Vec::new(),
            kept: 0,
            limit: usize::MAX,
        }
    }

    /// Free bytes, those that wait for streams included.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Bytes that the driver gave.
    pub fn reserved(&self) -> usize {
        self.segments.values().sum()
    }

    /// A block for a stream.
    ///
    /// # Errors
    /// The driver's, out of memory after everything that can be given back was.
    pub fn allocate(&mut self, stream: u32, bytes: usize) -> Outcome<u64> {
        let bytes = bytes.max(1).next_multiple_of(UNIT);
        self.reclaim(false)?;
        if let Some(address) = self.take(stream, bytes) {
            return Ok(address);
        }
        let segment = match bytes {
            b if small(b) => SMALL_SEGMENT,
            b if b < MIDDLE => MIDDLE_SEGMENT,
            b => b.next_multiple_of(LARGE_UNIT),
        };
        let address = match self.driver.allocate(segment) {
            Err(e) if e.code == OUT_OF_MEMORY => {
                self.reclaim(true)?;
                if let Some(address) = self.take(stream, bytes) {
                    return Ok(address);
                }
                self.trim(0)?;
                self.driver.allocate(segment)?
            }
            other => other?,
        };
        self.segments.insert(address, segment);
        self.blocks.insert(address, Block { bytes: segment, stream, segment: address, free: true });
        self.list(stream, bytes).insert((segment, address));
        self.kept += segment;
        self.take(stream, bytes).ok_or(Fault { call: "allocate", code: OUT_OF_MEMORY, text: "a fresh segment is too small".into() })
    }

    fn list(&mut self, stream: u32, bytes: usize) -> &mut BTreeSet<(usize, u64)> {
        self.free.entry((stream, small(bytes))).or_default()
    }

    /// Whether a block is in a segment for small requests.
    fn of_small(&self, b: &Block) -> bool {
        self.segments[&b.segment] == SMALL_SEGMENT
    }

    /// The smallest free block that is large enough, cut to size.
    fn take(&mut self, stream: u32, bytes: usize) -> Option<u64> {
        let (size, address) = *self.list(stream, bytes).range((bytes, 0)..).next()?;
        // A block much larger than a large request would be wasted on it.
        if !small(bytes) && bytes >= MIDDLE && size > bytes + bytes / 4 + LARGE_UNIT {
            return None;
        }
        self.list(stream, bytes).remove(&(size, address));
        let rest = size - bytes;
        let b = self.blocks.get_mut(&address).expect("a free block is a block");
        b.free = false;
        let segment = b.segment;
        if rest >= if small(bytes) { UNIT } else { SMALL } {
            b.bytes = bytes;
            self.blocks.insert(address + bytes as u64, Block { bytes: rest, stream, segment, free: true });
            self.list(stream, bytes).insert((rest, address + bytes as u64));
            self.kept -= bytes;
        } else {
            self.kept -= size;
        }
        Some(address)
    }

    /// Takes a block back. `others` are streams besides its own that used it, with the driver's handle of each.
    ///
    /// # Errors
    /// The driver's; the block is lost then.
    pub fn free(&mut self, address: u64, others: &[Handle]) -> Outcome {
        let bytes = self.blocks.get(&address).expect("only what was allocated is freed").bytes;
        self.kept += bytes;
        if others.is_empty() {
            self.settle(address);
        } else {
            let mut events = Vec::with_capacity(others.len());
            for &stream in others {
                let event = match self.events.pop() {
                    Some(e) => e,
                    None => self.driver.event()?,
                };
                self.driver.record(event, stream)?;
                events.push(event);
            }
            self.waiting.push((address, events));
        }
        if self.kept > self.limit { self.trim(self.limit) } else { Ok(()) }
    }

    /// Makes freed blocks free whose streams have come so far; with `wait` all of them.
    fn reclaim(&mut self, wait: bool) -> Outcome {
        let mut still = Vec::new();
        for (address, mut events) in std::mem::take(&mut self.waiting) {
            while let Some(&event) = events.last() {
                if wait {
                    self.driver.wait(event)?;
                } else if !self.driver.come(event)? {
                    break;
                }
                self.events.push(event);
                events.pop();
            }
            if events.is_empty() { self.settle(address) } else { still.push((address, events)) }
        }
        self.waiting = still;
        Ok(())
    }

    /// Lists a block as free, merged with its free neighbours.
    fn settle(&mut self, address: u64) {
        let mut b = self.blocks[&address];
        let class = if self.of_small(&b) { 1 } else { MIDDLE };
        let mut start = address;
        if let Some((&before, &p)) = self.blocks.range(..address).next_back()
            && p.free
            && p.segment == b.segment
            && p.stream == b.stream
        {
            self.list(p.stream, class).remove(&(p.bytes, before));
            self.blocks.remove(&address);
            start = before;
            b.bytes += p.bytes;
        }
        let next = start + b.bytes as u64;
        if let Some(&n) = self.blocks.get(&next)
            && n.free
            && n.segment == b.segment
            && n.stream == b.stream
        {
            self.list(n.stream, class).remove(&(n.bytes, next));
            self.blocks.remove(&next);
            b.bytes += n.bytes;
        }
        b.free = true;
        self.blocks.insert(start, b);
        self.list(b.stream, class).insert((b.bytes, start));
    }

    /// Keeps at most `bytes` from now on, as far as whole segments can be given back.
    ///
    /// # Errors
    /// The driver's.
    pub fn keep_at_most(&mut self, bytes: usize) -> Outcome {
        self.limit = bytes;
        if self.kept > bytes { self.trim(bytes) } else { Ok(()) }
    }

    /// Gives free segments back until no more than `keep` bytes are free.
    fn trim(&mut self, keep: usize) -> Outcome {
        self.reclaim(true)?;
        let whole: Vec<(u64, usize)> = self.segments.iter().map(|(&a, &b)| (a, b)).collect();
        for (address, bytes) in whole {
            let b = self.blocks[&address];
            if self.kept <= keep || !b.free || b.bytes != bytes {
                continue;
            }
            let class = if self.of_small(&b) { 1 } else { MIDDLE };
            self.list(b.stream, class).remove(&(bytes, address));
            self.blocks.remove(&address);
            self.segments.remove(&address);
            self.kept -= bytes;
            self.driver.free(address)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::fake::{Call, Fake};

    fn new(capacity: usize) -> (Arc<Fake>, Allocator) {
        let mut fake = Fake::new(capacity);
        fake.slow = true;
        let fake = Arc::new(fake);
        (fake.clone(), Allocator::new(fake))
    }

    #[test]
    fn small_blocks_share_a_segment_and_merge_again() {
        let (fake, mut a) = new(1 << 30);
        let blocks: Vec<u64> = (0..10).map(|_| a.allocate(0, 1000).unwrap()).collect();
        assert_eq!(fake.take().iter().filter(|c| matches!(c, Call::Allocate { .. })).count(), 1);
        assert!(blocks.windows(2).all(|w| w[1] == w[0] + 1024));
        for i in [3, 1, 2, 0, 9, 5, 7, 8, 6, 4] {
            a.free(blocks[i], &[]).unwrap();
        }
        assert_eq!((a.kept(), a.blocks.len()), (SMALL_SEGMENT, 1));
        assert_eq!(a.allocate(0, SMALL).unwrap(), blocks[0]);
        a.keep_at_most(0).unwrap();
        assert_eq!(fake.used(), SMALL_SEGMENT);
    }

    #[test]
    fn a_stream_uses_its_block_again_at_once_and_another_does_not() {
        let (_, mut a) = new(1 << 30);
        let x = a.allocate(0, 64 << 20).unwrap();
        a.free(x, &[]).unwrap();
        assert_ne!(a.allocate(1, 64 << 20).unwrap(), x);
        assert_eq!(a.allocate(0, 64 << 20).unwrap(), x);
    }

    #[test]
    fn a_block_that_another_stream_used_waits_for_it() {
        let (fake, mut a) = new(100 << 20);
        let x = a.allocate(0, 64 << 20).unwrap();
        a.free(x, &[77]).unwrap();
        let [.., Call::Record { event, stream: 77 }] = fake.take()[..] else { panic!("an event on the other stream") };
        // There is no room for another, so it must wait for the event.
        assert_eq!(a.allocate(0, 64 << 20).unwrap(), x);
        assert!(fake.take().contains(&Call::Wait { event }));
    }

    #[test]
    fn exhaustion_gives_unused_segments_back_and_then_fails() {
        let (fake, mut a) = new(100 << 20);
        let x = a.allocate(0, 60 << 20).unwrap();
        a.free(x, &[]).unwrap();
        let y = a.allocate(1, 80 << 20).unwrap();
        assert_eq!(fake.used(), 80 << 20);
        assert_eq!(a.allocate(1, 40 << 20).unwrap_err().code, OUT_OF_MEMORY);
        a.free(y, &[]).unwrap();
        a.allocate(1, 40 << 20).unwrap();
    }

    #[test]
    fn random_use_never_overlaps() {
        let (_, mut a) = new(1 << 30);
        let mut live: Vec<(u64, usize)> = Vec::new();
        let mut seed = 1u64;
        let mut random = |n: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % n
        };
        for _ in 0..3000 {
            if live.len() > 40 || (!live.is_empty() && random(2) == 0) {
                let (x, _) = live.swap_remove(random(live.len() as u64) as usize);
                let others: &[Handle] = if random(3) == 0 { &[5, 6] } else { &[] };
                a.free(x, others).unwrap();
            } else {
                let most = if random(4) == 0 { 12 << 20 } else { 50_000 };
                let bytes = 1 + random(most) as usize;
                let x = a.allocate(random(3) as u32, bytes).unwrap();
                assert!(live.iter().all(|&(y, n)| x + bytes as u64 <= y || y + n as u64 <= x), "blocks overlap");
                assert_eq!(x % UNIT as u64, 0);
                live.push((x, bytes));
            }
        }
        for (x, _) in live {
            a.free(x, &[]).unwrap();
        }
        a.keep_at_most(0).unwrap();
        assert_eq!((a.kept(), a.reserved(), a.blocks.len()), (0, 0, 0));
    }
}

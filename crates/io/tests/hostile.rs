//! Files that are cut short, changed at random or lie: each is an error or some arrays, never a panic, never an allocation out of
//! proportion to the file, never an endless loop.
//!
//! `LAZULITE_FUZZ=10000000 cargo test -p lazulite-io --test hostile` tries more.

use lazulite::io::{self, gguf, npy, npz};
use lazulite::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, which notes the largest request.
struct Noting;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(p, layout) }
    }
    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(p, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Noting = Noting;

/// Numbers that look random (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Changes a file in one of the ways in which files break.
fn mutate(bytes: &mut Vec<u8>, r: &mut Random) {
    const NUMBERS: [u64; 8] = [0, 1, 0x7f, 0xff, u32::MAX as u64, 1 << 31, u64::MAX, 1 << 62];
    for _ in 0..1 + r.below(4) {
        if bytes.is_empty() {
            return;
        }
        let at = r.below(bytes.len());
        match r.below(7) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << r.below(8),
            2 => bytes[at] = r.next() as u8,
            3 => {
                let number = NUMBERS[r.below(NUMBERS.len())].to_le_bytes();
                let n = [1, 2, 4, 8][r.below(4)].min(bytes.len() - at);
                bytes[at..at + n].copy_from_slice(&number[..n]);
            }
            4 => {
                bytes.remove(at);
            }
            5 => bytes.insert(at, b"0123456789(),'\"{}[]:-"[r.below(21)]),
            _ => {
                let end = at + r.below(bytes.len() - at + 1);
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
}

/// Reads bytes, and reads what was found.
type Read = fn(&[u8]) -> bool;

fn all(arrays: impl IntoIterator<Item = Array>) -> bool {
    // What was read can be computed with.
    arrays.into_iter().all(|a| (a.astype(Dtype::F32) + 1.0).sum(..).item::<f32>().is_ok())
}

fn seeds() -> Vec<(&'static str, Vec<u8>, Read)> {
    let x = Array::arange(0, 12, 1, Dtype::F32).reshape([3, 4]);
    let (h, b, n) = (x.astype(Dtype::BF16), x.astype(Dtype::Bool), array![1, 2, 3]);
    let about = io::Metadata::from([("k".to_string(), "v".to_string())]);
    let list = [("x", &x), ("h", &h), ("b", &b)];
    let settings = gguf::Metadata::from([
        ("a".to_string(), gguf::Value::Array(n.clone())),
        ("t".to_string(), gguf::Value::Texts(vec!["one".into(), "two".into()])),
        ("general.name".to_string(), gguf::Value::Text("x".into())),
    ]);
    let safetensors: Read = |b| io::from_bytes(b).is_ok_and(|(a, _)| all(a.into_values()));
    let npy: Read = |b| npy::from_bytes(b).is_ok_and(|a| all([a]));
    let npz: Read = |b| npz::from_bytes(b).is_ok_and(|a| all(a.into_values()));
    let gguf: Read = |b| gguf::from_bytes(b).is_ok_and(|(a, _)| all(a.into_values()));
    let mut quantized = gguf::to_bytes([("q", &Array::zeros([2, 128], Dtype::I8))], &gguf::Metadata::new()).unwrap();
    // 256 elements of the type Q6_K instead, in 210 bytes of the 256.
    let kind = 24 + 8 + 1 + 4 + 16;
    quantized[kind] = 14;
    quantized[kind - 16..kind - 8].copy_from_slice(&256u64.to_le_bytes());
    quantized[kind - 8..kind].copy_from_slice(&1u64.to_le_bytes());
    let seeds = vec![
        ("safetensors", io::to_bytes(list, &about).unwrap(), safetensors),
        ("npy", npy::to_bytes(&x).unwrap(), npy),
        ("npy, column-major", npy::to_bytes(&x.t()).unwrap(), npy),
        ("npz", npz::to_bytes([("x", &x), ("n", &n)], npz::Packing::Stored).unwrap(), npz),
        ("npz, compressed", npz::to_bytes([("x", &x), ("n", &n)], npz::Packing::Compressed).unwrap(), npz),
        ("gguf", gguf::to_bytes([("x", &x), ("h", &h)], &settings).unwrap(), gguf),
        ("gguf, quantized", quantized, gguf),
    ];
    for (name, bytes, read) in &seeds {
        assert!(read(bytes), "{name} reads as it is");
    }
    seeds
}

#[test]
fn mutated_files_are_errors_or_arrays() {
    let count = std::env::var("LAZULITE_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000usize);
    let mut r = Random(7);
    let (seeds, mut good) = (seeds(), 0);
    for i in 0..count {
        let (name, seed, read) = &seeds[i % seeds.len()];
        let mut bytes = seed.clone();
        mutate(&mut bytes, &mut r);
        LARGEST.store(0, Ordering::Relaxed);
        good += read(&bytes) as usize;
        let largest = LARGEST.load(Ordering::Relaxed);
        // Deflate makes up to 1032 bytes of one; everything else is as large as the file, or the engine's own.
        assert!(largest <= (1 << 20) + 2048 * bytes.len(), "{name}: {largest} bytes at once for a file of {}: {bytes:?}", bytes.len());
    }
    assert!(good > 0 && good < count, "{good} of {count} were readable");
}

#[test]
fn cut_files_are_errors_at_every_length() {
    for (name, bytes, read) in seeds() {
        // A quantized tensor takes less than the array that it was made from.
        let needed = if name == "gguf, quantized" { bytes.len() - 46 } else { bytes.len() };
        for n in 0..needed {
            assert!(!read(&bytes[..n]), "{name} cut to {n} of {} bytes", bytes.len());
        }
    }
}

#[test]
fn declared_sizes_are_checked_before_anything_is_allocated() {
    let npy_of = |shape: &str, descr: &str| {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
        let mut b = b"\x93NUMPY\x01\x00".to_vec();
        b.extend((header.len() as u16).to_le_bytes());
        b.extend_from_slice(header.as_bytes());
        b
    };
    let mut strings = gguf::to_bytes([("x", &array![1.0])], &gguf::Metadata::from([("t".into(), gguf::Value::Texts(vec![]))])).unwrap();
    let n = strings.windows(4).position(|w| w == [9, 0, 0, 0]).unwrap() + 8;
    strings[n..n + 8].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    assert!(npy::from_bytes(&npy_of("0, 3", "<f4")).is_ok());
    LARGEST.store(0, Ordering::Relaxed);
    for shape in ["1000000000000,", "4294967296, 4294967296, 4", "0, 9223372036854775807, 4", "99999999999999999999,", "-1,", "1e3,", "3 4"]
    {
        assert_eq!(npy::from_bytes(&npy_of(shape, "<f4")).unwrap_err().kind(), ErrorKind::Io, "{shape}");
    }
    assert_eq!(gguf::from_bytes(&strings).unwrap_err().kind(), ErrorKind::Io);
    assert!(LARGEST.load(Ordering::Relaxed) < 1 << 20);
    for descr in ["<c16", "|S3", "<U1", "<f16", "é4", ""] {
        assert_eq!(npy::from_bytes(&npy_of("0,", descr)).unwrap_err().kind(), ErrorKind::Type, "{descr}");
    }
}

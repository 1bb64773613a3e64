//! The backend: memory from the global allocator, streams, and the kernel of each kind of work.

use crate::quantized::{decode, encode, product};
use crate::{arg_reduce, attention, conv, delta, gather, matmul, random, reinterpret, scan, scatter, search, sort, streams};
use lazulite_base::Result;
use lazulite_base::backend::{Address, Backend, Kernel, Linked, Start, Task};
use lazulite_base::tape::Tape;
use lazulite_base::work::Work;
use std::alloc::{Layout, alloc, dealloc};
use std::sync::Arc;

/// The host's processors: one device.
#[derive(Clone, Copy, Default, Debug)]
pub struct Cpu;

#[linkme::distributed_slice(lazulite_base::backend::LINKED)]
static LINKED: Linked = Linked { rank: 100, make: || Some(Arc::new(Cpu)) };

/// Every block's alignment.
const ALIGN: usize = 64;
/// Blocks of this size or more lie on huge pages where the system has some.
const HUGE: usize = 4 << 20;
const HUGE_PAGE: usize = 2 << 20;

fn layout(bytes: usize) -> Option<Layout> {
    let align = if bytes >= HUGE { HUGE_PAGE } else { ALIGN };
    Layout::from_size_align(bytes.max(1), align).ok()
}

fn tape_kernel(tape: &Tape) -> Option<Arc<dyn Kernel>> {
    Some(Arc::new(crate::tape::Compiled::new(tape)))
}

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn is_host(&self) -> bool {
        true
    }

    fn devices(&self) -> usize {
        1
    }

    fn host_visible(&self) -> bool {
        true
    }

    fn info(&self, _: u16) -> Vec<(&'static str, String)> {
        let listed = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = listed.lines().find(|l| l.starts_with("model name")).and_then(|l| l.split_once(':'));
        let name = model.map_or("cpu", |(_, name)| name.trim());
        vec![("device_name", name.to_string()), ("architecture", std::env::consts::ARCH.to_string())]
    }

    fn allocate(&self, _: u16, _: u32, bytes: usize) -> Result<Option<Address>> {
        let Some(layout) = layout(bytes) else { return Ok(None) };
        // SAFETY: the layout's size is not zero.
        let block = unsafe { alloc(layout) };
        if block.is_null() {
            return Ok(None);
        }
        #[cfg(target_os = "linux")]
        if bytes >= HUGE {
            // SAFETY: advice on memory that is ours and starts at a page; a refusal changes nothing.
            unsafe { libc::madvise(block.cast(), bytes & !(HUGE_PAGE - 1), libc::MADV_HUGEPAGE) };
        }
        Ok(Some(block as Address))
    }

    unsafe fn free(&self, _: u16, _: &[u32], address: Address, bytes: usize) {
        let layout = layout(bytes).expect("it was allocated");
        // SAFETY: the caller's promise: `allocate` gave this block, of this layout, out.
        unsafe { dealloc(address as *mut u8, layout) };
    }

    unsafe fn upload(&self, _: u16, _: u32, from: *const u8, to: Address, bytes: usize) -> Result<()> {
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from, to as *mut u8, bytes) };
        Ok(())
    }

    unsafe fn download(&self, _: u16, from: Address, to: *mut u8, bytes: usize) -> Result<()> {
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from as *const u8, to, bytes) };
        Ok(())
    }

    fn compile(&self, _: u16, work: &Work) -> Result<Option<Arc<dyn Kernel>>> {
        Ok(match work {
            Work::Tape(tape) => tape_kernel(tape),
            Work::MatMul { a, b } => matmul::kernel(a, b),
            Work::Conv { x, w, windows, turned } => conv::kernel(x, w, windows, *turned),
            Work::ArgReduce { x, axis, op } => arg_reduce::kernel(x, *axis, *op),
            Work::ArgSort { x } => sort::indices(x),
            Work::Sort { x } => sort::values(x),
            Work::ArgPartition { x, kth } => sort::places(x, *kth),
            Work::SearchSorted { sorted, values, right } => search::kernel(sorted, values, *right),
            Work::Scan { x, factors, axis, op, reverse, exclusive } => {
                scan::kernel(x, factors.as_ref(), *axis, *op, scan::Direction { reverse: *reverse, exclusive: *exclusive })
            }
            Work::Gather { x, axes, indices } => gather::kernel(x, axes, indices),
            Work::Scatter { out, updates, axes, indices, mode } => scatter::kernel(out, updates, axes, indices, *mode),
            Work::GatherAlong { x, index, axis } => gather::along(x, index, *axis),
            Work::ScatterAlong { out, updates, index, axis, mode } => scatter::along(out, updates, index, *axis, *mode),
            Work::RandomBits { keys, n, width } => random::kernel(*keys, *n, *width),
            Work::Attention(a) => attention::kernel(a),
            Work::AttentionGrad(g) => attention::gradient(g),
            Work::GatedDelta(g) => delta::kernel(g),
            Work::GatedDeltaGrad(g) => delta::gradient(g),
            Work::Reinterpret { x } => reinterpret::kernel(x),
            #[cfg(feature = "fft")]
            Work::Fft { x, axis, n, transform, divisor } => crate::fft::kernel(x, *axis, *n, *transform, *divisor),
            #[cfg(not(feature = "fft"))]
            Work::Fft { .. } => None,
            #[cfg(feature = "linalg")]
            Work::Linalg { op, inputs } => crate::linalg::kernel(*op, inputs),
            #[cfg(not(feature = "linalg"))]
            Work::Linalg { .. } => None,
            Work::Quantize { x, format, global } => encode::kernel(x, *format, global.as_ref()),
            Work::Dequantize { words, scales, biases, format, global, dtype } => {
                decode::kernel(words, scales, biases.as_ref(), *format, global.as_ref(), *dtype)
            }
            Work::Fp8 { x, dtype } => reinterpret::fp8(x, *dtype),
            Work::QuantizedMatMul { x, words, scales, biases, format, transpose, gather } => {
                product::kernel(x, words, scales, biases.as_ref(), *format, *transpose, gather.as_ref())
            }
            Work::GatherMatMul { a, b, gather } => matmul::grouped::kernel(a, b, gather),
        })
    }

    fn submit(&self, _: u16, stream: u32, task: Task, start: Start) {
        streams::submit(stream, task, start == Start::Waited);
    }

    fn synchronize(&self, _: u16, stream: u32) -> Result<()> {
        streams::synchronize(stream)
    }
}

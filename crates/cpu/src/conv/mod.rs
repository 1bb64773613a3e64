//! Convolutions.
//!
//! A convolution is the product of a matrix of patches, which is never in memory, with a matrix of kernels. [`product`] multiplies them:
//! where channels lie side by side, patches are read in place, as pointers to their parts; else [`source`] packs them straight into the
//! panels of a product. [`depthwise`] does groups of one channel without packing.
//!
//! # Phases
//! An input that is spread apart holds zeros between its elements. Outputs fall into phases, each an ordinary convolution with some of the
//! kernel's elements, so no zero is multiplied.
//!
//! # Order
//! As for products: the steps of a sum (a phase's elements of the kernel and the channels) are cut into blocks and runs. So an element's
//! bits depend on the windows and the channels alone. Depthwise sums have an order of their own, which the layout chooses.

mod depthwise;
mod product;
mod source;

use crate::dtypes::with_type;
use crate::isa::isa;
use crate::matmul::pack::Kind;
use crate::matmul::tile::Tiled;
use crate::threads;
use crate::walk::Walk;
use depthwise::{Depthwise, Plain};
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::dtype::Dtype;
use lazulite_base::window::{outputs, phases};
use lazulite_base::work::{Phase, View, Window};
use lazulite_base::{Error, ErrorKind, Result};
use num_complex::Complex32;
use product::Product;
use smallvec::SmallVec;
use source::{Axis, Source, merged};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Outputs of a group up to which patches are columns of the product rather than rows.
const FEW: usize = 4;

/// The kernel; `None` for dtypes without products.
pub fn kernel(x: &View, w: &View, windows: &[Window], turned: bool) -> Option<Arc<dyn Kernel>> {
    match x.dtype {
        Dtype::C64 => Some(general::<Complex32>(x, w, windows, turned)),
        d => with_type!(d, T: float => Some(real::<T>(x, w, windows, turned)), else => None),
    }
}

fn real<K: Plain>(x: &View, w: &View, windows: &[Window], turned: bool) -> Arc<dyn Kernel> {
    match Depthwise::<K>::new(x, w, windows, turned) {
        Some(kernel) => Arc::new(kernel),
        None => general::<K>(x, w, windows, turned),
    }
}

/// Axis `d` of the spatial ones.
fn spatial(size: usize, step: isize, d: usize, places: isize) -> Axis {
    Axis { size, step: step * places, along: Some((d, places)) }
}

/// A convolution by products.
struct Conv<K: Kind> {
    /// A product for each phase; offsets are within an item.
    phases: Vec<Product<K>>,
    /// Batch and groups: x, w, out.
    items: Walk<3>,
    size: usize,
    /// Multiply-adds of an item, and whether it is small enough to be one task.
    work: usize,
    small: bool,
}

fn general<K: Kind>(x: &View, w: &View, windows: &[Window], turned: bool) -> Arc<dyn Kernel> {
    let d = windows.len();
    let (n, c, o) = (x.dims[1], x.dims[3 + d], w.dims[2]);
    let (total, [ob, og, on, oo], os) = outputs(x, w, windows, turned);
    let (xs, ws) = (&x.strides[2..2 + d], &w.strides[3..3 + d]);
    let items = Walk::new(&[x.dims[0], x.dims[2 + d]], [&[x.strides[0], x.strides[2 + d]], &[w.strides[0], w.strides[1]], &[ob, og]]);
    let phase = |p: &SmallVec<[Phase; 3]>| -> Product<K> {
        let each = |f: &dyn Fn(usize, &Phase) -> Axis| p.iter().enumerate().map(|(i, l)| f(i, l)).collect::<SmallVec<[Axis; 3]>>();
        let windows = each(&|i, l| spatial(l.outputs, xs[i], i, l.stride));
        let elements = each(&|i, l| spatial(l.elements, xs[i], i, l.dilation));
        let of_w = each(&|i, l| Axis::plain(l.elements, ws[i] * l.skip as isize));
        let of_out = each(&|i, l| Axis::plain(l.outputs, os[i] * l.period as isize));
        let outer = |first: Axis, rest: &[Axis]| merged([first].into_iter().chain(rest.iter().copied()));
        let inner = |rest: &[Axis], last: Axis| merged(rest.iter().copied().chain([last]));
        let (xn, xc) = (Axis::plain(n, x.strides[1]), Axis::plain(c, x.strides[3 + d]));
        let (wo, wc) = (Axis::plain(o, w.strides[2]), Axis::plain(c, w.strides[3 + d]));
        let (yn, yo) = (Axis::plain(n, on), Axis::plain(o, oo));
        let sum = |f: &dyn Fn(usize, &Phase) -> isize| p.iter().enumerate().map(|(i, l)| f(i, l)).sum::<isize>();
        let from = sum(&|i, l| xs[i] * l.start);
        let spans = p.iter().enumerate().map(|(i, l)| (x.dims[2 + i], l.start)).collect();
        let of_kernel = sum(&|i, l| if l.elements > 0 { ws[i] * l.kernel as isize } else { 0 });
        let to = sum(&|i, l| os[i] * l.out as isize);
        let tiles = K::E::tiles(isa());
        if turned {
            let patches = Source::new(inner(&windows, xn), outer(xc, &elements), from, spans);
            let kernels = Source::new(merged([wo]), outer(wc, &of_w), of_kernel, SmallVec::new());
            Product::new(tiles, kernels, patches, merged([yo]), inner(&of_out, yn), to, true)
        } else {
            let patches = Source::new(outer(xn, &windows), inner(&elements, xc), from, spans);
            let kernels = Source::new(merged([wo]), inner(&of_w, wc), of_kernel, SmallVec::new());
            let rows = outer(yn, &of_out);
            if o * K::PLANES <= FEW {
                Product::new(tiles, kernels, patches, merged([yo]), rows, to, true)
            } else {
                Product::new(tiles, patches, kernels, rows, merged([yo]), to, false)
            }
        }
    };
    let phases: Vec<Product<K>> = phases(windows, &w.dims[3..3 + d]).iter().map(phase).collect();
    let work = phases.iter().map(|p| p.work()).sum();
    let small = phases.iter().all(|p| p.small());
    Arc::new(Conv { phases, items, size: if x.dims[0] * x.dims[2 + d] == 0 { 0 } else { total }, work, small })
}

impl<K: Kind> Conv<K> {
    /// One item, each phase by all threads unless this runs in a task.
    unsafe fn item(&self, x: *const K, w: *const K, out: *mut K) -> Result<()> {
        // SAFETY: the caller's promise.
        self.phases.iter().try_for_each(|p| unsafe { p.run(x, w, out) })
    }
}

/// The error of missing working memory.
fn memory() -> Error {
    Error::new(ErrorKind::OutOfMemory, "conv", "no working memory")
}

impl<K: Kind> Kernel for Conv<K> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, w, out) = (args.inputs[0] as *const K, args.inputs[1] as *const K, args.outputs[0] as *mut K);
        if self.size == 0 {
            return Ok(());
        }
        let count = self.items.len();
        let [sx, sw, so] = self.items.step();
        let shared = crate::matmul::Shared(out);
        let (x, w) = (x as usize, w as usize);
        let failed = AtomicBool::new(false);
        let each = |range: std::ops::Range<usize>| {
            self.items.runs(range, |_, [ox, ow, oy], len| {
                for j in 0..len as isize {
                    let x = (x as *const K).wrapping_offset(ox + j * sx);
                    let w = (w as *const K).wrapping_offset(ow + j * sw);
                    // SAFETY: the caller's promise; items have outputs of their own.
                    if unsafe { self.item(x, w, shared.at(0).wrapping_offset(oy + j * so)) }.is_err() {
                        failed.store(true, Relaxed);
                    }
                }
            });
        };
        if self.small && count >= 8 {
            threads::pieces(count, self.work.saturating_mul(30), each);
        } else {
            each(0..count);
        }
        if failed.into_inner() { Err(memory()) } else { Ok(()) }
    }
}

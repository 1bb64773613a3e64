//! The bytes of elements in row-major order, for another dtype to take them.

use crate::walk::Walk;
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::work::View;
use std::sync::Arc;

struct Reinterpret {
    walk: Walk<1>,
    size: usize,
}

/// The kernel.
pub fn kernel(x: &View) -> Option<Arc<dyn Kernel>> {
    Some(Arc::new(Reinterpret { walk: Walk::new(&x.dims, [&x.strides]), size: x.dtype.size() }))
}

impl Reinterpret {
    /// Copies the elements, of `T`'s size, one after the other.
    ///
    /// # Safety
    /// The addresses are those of a launch of this kernel.
    unsafe fn copy<T: Copy>(&self, from: *const T, to: *mut T) {
        let [step] = self.walk.step();
        self.walk.runs(0..self.walk.len(), |at, [offset], len| {
            for i in 0..len {
                // SAFETY: the walk's offsets are elements of the input, its positions elements of the output.
                unsafe { to.add(at + i).write_unaligned(from.offset(offset + i as isize * step).read_unaligned()) };
            }
        });
    }
}

impl Kernel for Reinterpret {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (from, to) = (args.inputs[0], args.outputs[0]);
        // SAFETY: the caller's promise, and each type has the elements' size.
        unsafe {
            match self.size {
                1 => self.copy(from as *const u8, to as *mut u8),
                2 => self.copy(from as *const u16, to as *mut u16),
                4 => self.copy(from as *const u32, to as *mut u32),
                _ => self.copy(from as *const u64, to as *mut u64),
            }
        }
        Ok(())
    }
}

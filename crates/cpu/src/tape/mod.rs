//! The interpreter of tapes. `lower` turns a tape into programs of kernel calls over tiles; `run` executes them.
//!
//! A tile is a run of elements of the *tile side* of the space, walked for every index of the *loop side*. Row-wise, the row is the tile
//! side and the outer axes are looped over; *vertically*, outer elements are the tile side and the row is looped over, which suits
//! reductions over axes other than the last. Without a row, the whole space is the tile side.

mod emit;
pub mod kernels;
mod lower;
mod run;
mod space;

pub use lower::Compiled;

use lazulite_base::backend::{Args, Kernel};

impl Kernel for Compiled {
    unsafe fn launch(&self, args: Args<'_>) -> lazulite_base::Result<()> {
        // SAFETY: the caller's promise is the same.
        unsafe { self.run(args) };
        Ok(())
    }
}

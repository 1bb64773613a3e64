//! Attention with the products of warp groups (`wgmma`, sm_90a): the kernels of `kernels/attention_groups*.cu`, which know their sizes, and
//! the text of the instructions for the widths that each needs.

use super::{Form, Shape};
use crate::launch::Launch;
use crate::work::Target;
use lazulite_base::Dtype;
use std::fmt::Write;

/// What the kernels share.
const SHARED: &str = include_str!("../../kernels/attention_groups.cuh");
/// Threads of a block, and rows that it has.
const THREADS: usize = 384;
const HIGH: usize = 128;
/// Bytes of the other side of some heads, which blocks that run together read again and again.
const TOGETHER: usize = 16 << 20;

/// A kernel's sizes.
pub(super) struct Sizes {
    /// Rows of the other side that pass by at a time, and for how many such there is room.
    pub block: usize,
    pub places: usize,
    /// For how many blocks' own rows there is room: two, where a block of threads goes on to the next rows.
    pub own: usize,
    /// Whether groups take turns at products and weights.
    pub turns: bool,
}

/// A kernel's text and what its work is.
pub(super) struct Work<'a> {
    pub text: &'a str,
    pub sizes: Sizes,
    /// Operands that lie in shared memory for all of an item's work: queries, or also their cotangents.
    pub operands: usize,
    /// Rows of a head, heads, and rows of the other side that a head's meet.
    pub rows: usize,
    pub outer: usize,
    pub others: usize,
}

/// The instructions of 64 rows, `n` columns and 16 steps: with both sides in shared memory, whose rows lie along steps; and with the left side
/// in registers and the other's rows along columns. "wgmma.mma_async" has its operands in this order: sums, left side, right side, whether
/// it adds to the sums, signs, whether sides are transposed.
fn product(text: &mut String, n: usize, dtype: Dtype) {
    let t = if dtype == Dtype::BF16 { "bf16" } else { "f16" };
    let sums: Vec<String> = (0..n / 2).map(|i| format!("%{i}")).collect();
    let operands: Vec<String> = (0..n / 2).map(|i| format!("\"+f\"(d[{}][{}])", i / 4, i % 4)).collect();
    let (sums, operands, k, tiles) = (sums.join(", "), operands.join(", "), n / 2, n / 8);
    // The upper word of every descriptor: 1024 bytes between groups of eight rows, swizzled by 128 bytes.
    let upper = 1u32 << 30 | 1024 >> 4;
    let name = format!("wgmma.mma_async.sync.aligned.m64n{n}k16.f32.{t}.{t}");
    let _ = writeln!(
        text,
        "METHOD static void product(float (&d)[{tiles}][4], u32 a, u32 b, bool more) {{
  asm volatile(\"{{ .reg .pred p; .reg .b64 x, y; setp.ne.b32 p, %{}, 0; mov.b64 x, {{%{k}, {upper}}}; mov.b64 y, {{%{}, {upper}}};\"
    \"{name} {{{sums}}}, x, y, p, 1, 1, 0, 0; }}\" : {operands} : \"r\"(a), \"r\"(b), \"r\"((int)more) : \"memory\");
}}
METHOD static void product(float (&d)[{tiles}][4], const u32 (&a)[4], u32 b) {{
  asm volatile(\"{{ .reg .b64 y; mov.b64 y, {{%{}, {upper}}}; {name} {{{sums}}}, {{%{k}, %{}, %{}, %{}}}, y, 1, 1, 1, 1; }}\"
    : {operands} : \"r\"(a[0]), \"r\"(a[1]), \"r\"(a[2]), \"r\"(a[3]), \"r\"(b) : \"memory\");
}}",
        k + 2,
        k + 1,
        k + 4,
        k + 1,
        k + 2,
        k + 3
    );
}

impl Form {
    /// A launch of one of the kernels.
    pub(super) fn grouped(&self, work: Work<'_>, on: Target) -> Option<Launch> {
        let Work { text, sizes, operands, rows, outer, others } = work;
        let blocks = rows.div_ceil(HIGH);
        let items = blocks * outer;
        let each = (2 * others * self.head * 2).max(1);
        // What few features need stays in the cache anyway.
        let together = if self.head > 64 { (TOGETHER / each).clamp(1, outer.max(1)) } else { outer.max(1) };
        let width = self.head.div_ceil(64) * 128;
        let shared = 1024 + width * (operands * sizes.own * HIGH + 2 * sizes.places * sizes.block);
        let grid = if sizes.own > 1 { items.min(on.processors) } else { items };
        let mut products = String::from("struct Products_@ {\n");
        product(&mut products, sizes.block, self.of.q.dtype);
        if self.head != sizes.block {
            product(&mut products, self.head, self.of.q.dtype);
        }
        products.push_str("};\n");
        let blanks = [("$BLOCK$", sizes.block), ("$PLACES$", sizes.places), ("$OWN$", sizes.own), ("$TURNS$", sizes.turns as usize)];
        let words = self.words(Shape { blocks, together, items, ..Shape::default() });
        self.launch(&[SHARED, &products, text].concat(), &blanks, words, [grid, 1], THREADS, shared)
    }
}

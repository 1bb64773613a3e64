//! Attention and its gradient: the kernels of `kernels/attention*.cu`. Halves go through the tensor cores, a block of queries or keys in
//! shared memory at a time, on Hopper with the products of warp groups; f32 and f64 through plain arithmetic. Nobody adds to what another
//! block adds to, so two runs give equal bits.

mod groups;

use super::{Target, filled};
use crate::launch::{Launch, Plan, Word, Words};
use crate::tape::text::memory;
use groups::Sizes;
use lazulite_base::Dtype;
use lazulite_base::shape::size;
use lazulite_base::work::{Attention, AttentionGrad, View};

/// What all texts start with.
const SHARED: &str = include_str!("../kernels/attention.cuh");
/// Threads of a block of the plain kernels, and rows that it has.
const PLAIN: (u32, usize) = (128, 16);
/// Blocks below which the keys of few queries are shared out; keys of a block then.
const BLOCKS: usize = 512;
const KEYS: usize = 64;

/// A tile of the tensor cores' kernels: rows of 16 that a warp has, what passes by at a time, blocks that share a processor, and for how
/// many blocks that pass by there is room (gradients only).
struct Tile {
    tiles: usize,
    block: usize,
    least: usize,
    places: usize,
}

/// How work is cut, as kernels are told: a head's blocks; parts of the keys of few queries, and keys of a part; heads whose blocks run
/// together, and blocks of all heads.
#[derive(Default)]
struct Shape {
    blocks: usize,
    parts: usize,
    part: usize,
    together: usize,
    items: usize,
}

/// Bytes of shared memory that kernels have besides what they are launched with, at most.
const BESIDES: usize = 3 << 10;
/// Warps of a block.
const WARPS: usize = 4;

/// Strides of the batch, the heads, and the rows of (batch, rows, heads, features), then the features.
fn rows_first(v: &View) -> [isize; 4] {
    [v.strides[0], v.strides[2], v.strides[1], v.strides[3]]
}

fn as_is<const N: usize>(v: &View) -> [isize; N] {
    std::array::from_fn(|i| v.strides.get(i).copied().unwrap_or(0))
}

/// What the texts depend on, and the words of their arguments.
struct Form {
    of: Attention,
    /// Batch, heads, heads of a group, queries, keys, features, features of the values.
    sizes: [usize; 7],
    q: [isize; 4],
    mask: [isize; 4],
    sinks: [isize; 3],
    out: [isize; 4],
    rows: [[isize; 3]; 2],
    cotangent: [isize; 4],
    causal: bool,
    /// The features of a head, rounded up.
    head: usize,
    /// Which input or output each of the first words is.
    places: [Option<Word>; 14],
    /// Bytes of shared memory that a block may have.
    most: usize,
}

impl Form {
    fn new(a: &Attention, on: Target) -> Option<Form> {
        let [batch, heads, queries, features] = std::array::from_fn(|i| a.q.dims[i]);
        let (groups, keys, values) = (a.k.dims[1], a.k.dims[2], a.v.dims[3]);
        let sizes = [batch, heads, heads / groups.max(1), queries, keys, features, values];
        let wide = sizes[5].max(values);
        if !a.q.dtype.is_float() || wide > 256 || sizes.iter().any(|&n| n >= 1 << 30) {
            return None;
        }
        let input = |i: usize| Some(Word::Input(i));
        let own = 3 + a.mask.is_some() as usize;
        let mut places = [None; 14];
        places[..5].copy_from_slice(&[
            input(0),
            input(1),
            input(2),
            input(3).filter(|_| a.mask.is_some()),
            input(own).filter(|_| a.sinks.is_some()),
        ]);
        Some(Form {
            sizes,
            q: as_is(&a.q),
            mask: a.mask.as_ref().map_or([0; 4], as_is),
            sinks: a.sinks.as_ref().map_or([0; 3], |s| [s.strides[0], s.strides[1], 0]),
            out: [0; 4],
            rows: [[0; 3]; 2],
            cotangent: [0; 4],
            causal: a.causal,
            head: wide.next_multiple_of(16),
            places,
            most: on.shared.saturating_sub(BESIDES),
            of: a.clone(),
        })
    }

    fn half(&self) -> bool {
        self.of.q.dtype.is_half()
    }

    fn outer(&self) -> usize {
        self.sizes[0] * self.sizes[1]
    }

    /// The arguments, by the numbers of the texts' enumeration.
    fn words(&self, shape: Shape) -> Words {
        let [batch, heads, each, queries, keys, features, values] = self.sizes;
        let mut w: Vec<Word> = self.places.iter().map(|p| p.unwrap_or(Word::Value(0))).collect();
        let mut number = |n: isize| w.push(Word::Value(n as u64));
        [heads, each, queries, keys, features, values].into_iter().for_each(|n| number(n as isize));
        let inputs = [self.q, as_is(&self.of.k), as_is(&self.of.v), self.mask].concat();
        let rest = [&self.sinks[..], &self.out, &self.rows[0], &self.rows[1], &self.cotangent].concat();
        inputs.into_iter().chain(rest).for_each(&mut number);
        let scale = self.of.scale.as_f64();
        for s in [scale * std::f64::consts::LOG2_E, scale] {
            number(if self.of.q.dtype == Dtype::F64 { s.to_bits() as isize } else { (s as f32).to_bits() as isize });
        }
        let Shape { blocks, parts, part, together, items } = shape;
        [blocks, parts, part, batch * heads * queries, together, items].into_iter().for_each(|n| number(n as isize));
        Words(w)
    }

    fn launch(
        &self,
        text: &str,
        blanks: &[(&str, usize)],
        words: Words,
        grid: [usize; 2],
        threads: usize,
        shared: usize,
    ) -> Option<Launch> {
        let mask = self.of.mask.as_ref().map_or(0, |m| if m.dtype == Dtype::Bool { 1 } else { 2 });
        let d = self.of.q.dtype;
        let own =
            [("$MASK$", mask), ("$CAUSAL$", self.causal as usize), ("$SINKS$", self.of.sinks.is_some() as usize), ("$HEAD$", self.head)];
        let mut all: Vec<(&str, String)> = own.iter().chain(blanks).map(|&(name, n)| (name, n.to_string())).collect();
        all.push(("$WARPS$", (threads / 32).to_string()));
        all.push(("$TYPE$", memory(d).into()));
        all.push(("$WIDE$", memory(d.accumulator()).into()));
        let text = filled(&[SHARED, text].concat(), &all, &words);
        if shared > self.most {
            return None;
        }
        let grid = [u32::try_from(grid[0]).ok().filter(|&n| n < 1 << 31)?, grid[1] as u32];
        Some(Launch { source: text, grid, block: threads as u32, shared: shared as u32, words })
    }

    /// A kernel of the tensor cores for `own` rows of a head, of which it has `operands` in shared memory, and numbers for each row that
    /// passes by.
    fn tiled(&self, text: &str, tile: Tile, own: usize, outer: usize, operands: usize, numbers: usize) -> Option<Launch> {
        let high = tile.tiles * 16 * WARPS;
        let blocks = own.div_ceil(high);
        let passing = tile.places * tile.block;
        let shared = (operands * high + 2 * passing) * (self.head + 8) * 2 + numbers * passing * 4;
        let blanks = [("$TILES$", tile.tiles), ("$BLOCK$", tile.block), ("$LEAST$", tile.least), ("$PLACES$", tile.places), ("$SPLIT$", 0)];
        self.launch(text, &blanks, self.words(Shape { blocks, ..Shape::default() }), [blocks * outer, 1], WARPS * 32, shared)
    }

    /// A kernel in plain arithmetic with `own` rows.
    fn plain(&self, text: &str, of_keys: bool, own: usize, outer: usize, rows: [usize; 2]) -> Option<Launch> {
        let blocks = own.div_ceil(PLAIN.1);
        let (x, y) = (self.sizes[5] + 1, self.sizes[6] + 1);
        let shared = (rows[0] * x + rows[1] * y) * self.of.q.dtype.accumulator().size();
        self.launch(
            text,
            &[("$OF_KEYS$", of_keys as usize)],
            self.words(Shape { blocks, ..Shape::default() }),
            [blocks * outer, 1],
            PLAIN.0 as usize,
            shared,
        )
    }

    /// So many lanes for each query.
    fn by_rows(&self, text: &str, lanes: usize, parts: usize) -> Option<Launch> {
        let rows = self.outer() * self.sizes[3];
        self.launch(text, &[], self.words(Shape { parts, ..Shape::default() }), [rows.div_ceil(256 / lanes), 1], 256, 0)
    }
}

/// The result, and two numbers for each query.
pub fn plan(a: &Attention, on: Target) -> Option<Plan> {
    let mut f = Form::new(a, on)?;
    let [_, heads, each, queries, keys, _, values] = f.sizes;
    let (h, t, v) = (heads as isize, queries as isize, values as isize);
    for (i, place) in [(5, 0), (6, 1), (7, 2)] {
        f.places[i] = Some(Word::Output(place));
    }
    f.out = [t * h * v, v, h * v, 1];
    f.rows = [[h * t, t, 1]; 2];
    if f.outer() * queries == 0 {
        return Some(Plan::default());
    }
    if queries == 1 {
        // A group's heads are queries of one head; the only query sees every key.
        let turn = |s: &mut [isize]| (s[1], s[2]) = (s[1] * each as isize, s[1]);
        turn(&mut f.q);
        turn(&mut f.mask);
        turn(&mut f.sinks);
        turn(&mut f.out);
        f.rows.iter_mut().for_each(|s| turn(s));
        (f.sizes[1], f.sizes[2], f.sizes[3], f.causal) = (heads / each, 1, each, false);
    }
    let (outer, queries) = (f.outer(), f.sizes[3]);
    if !f.half() {
        return f.plain(include_str!("../kernels/attention_plain.cu"), false, queries, outer, [48, 32]).map(Plan::one);
    }
    let text = include_str!("../kernels/attention.cu");
    if queries > 16 && on.groups {
        let sizes = match f.head {
            ..=64 => Sizes { block: 128, places: 2, own: 2, turns: true },
            65..=128 => Sizes { block: 128, places: 2, own: 1, turns: false },
            _ => Sizes { block: 64, places: 2, own: 1, turns: false },
        };
        let text = include_str!("../kernels/attention_groups.cu");
        let others = keys.div_ceil(each);
        return f.grouped(groups::Work { text, sizes, operands: 1, rows: queries, outer, others }, on).map(Plan::one);
    }
    if queries > 16 {
        let tile = match (f.head, f.causal) {
            (..=64, true) => Tile { tiles: 1, block: 64, least: 4, places: 1 },
            (65..=128, _) | (..=64, false) => Tile { tiles: 2, block: 64, least: 2, places: 1 },
            _ => Tile { tiles: 1, block: 32, least: 1, places: 1 },
        };
        return f.tiled(text, tile, queries, outer, 1, 0).map(Plan::one);
    }
    // Few queries: one warp a block, and the keys shared out if there are few blocks.
    let blocks = keys.div_ceil(KEYS);
    let parts = (BLOCKS / outer).min(blocks / 4).max(1);
    let part = blocks.div_ceil(parts) * KEYS;
    let parts = keys.div_ceil(part);
    f.places[13] = Some(Word::Scratch(0));
    let blanks = [("$TILES$", 1), ("$BLOCK$", KEYS), ("$LEAST$", 1), ("$SPLIT$", (parts > 1) as usize)];
    let shared = (16 + 2 * KEYS) * (f.head + 8) * 2;
    let mut launches =
        vec![f.launch(text, &blanks, f.words(Shape { blocks: 1, parts, part, ..Shape::default() }), [outer, parts], 32, shared)?];
    if parts > 1 {
        launches.push(f.by_rows(include_str!("../kernels/attention_combine.cu"), 32, parts)?);
    }
    let scratch = if parts > 1 { outer * queries * parts * (values + 2) * 4 } else { 0 };
    Some(Plan { launches, scratch, ..Plan::default() })
}

/// The cotangents of q, k and v.
pub fn gradient(g: &AttentionGrad, on: Target) -> Option<Plan> {
    let mut f = Form::new(&g.of, on)?;
    let [batch, heads, each, queries, keys, ..] = f.sizes;
    let first = 3 + g.of.mask.is_some() as usize + g.of.sinks.is_some() as usize;
    for i in 0..4 {
        f.places[5 + i] = Some(Word::Input(first + i));
        f.places[9 + i] = Some(Word::Output(i)).filter(|_| i < 3 || g.of.sinks.is_some());
    }
    f.places[13] = Some(Word::Scratch(0));
    f.out = rows_first(&g.outs[0]);
    f.rows = [as_is(&g.outs[1]), as_is(&g.outs[2])];
    f.cotangent = rows_first(&g.cotangent);
    if size(&g.of.q.dims) * keys == 0 {
        return None;
    }
    let (outer, groups) = (batch * heads, batch * heads / each);
    let rows = f.by_rows(include_str!("../kernels/attention_rows.cu"), 8, 1)?;
    let [of_keys, of_queries] = if f.half() && on.groups && f.head <= 128 {
        let (by_keys, by_queries) = match f.head {
            ..=64 => (Sizes { block: 128, places: 3, own: 1, turns: false }, Sizes { block: 128, places: 3, own: 2, turns: false }),
            _ => (Sizes { block: 64, places: 4, own: 1, turns: false }, Sizes { block: 64, places: 4, own: 1, turns: false }),
        };
        let text = include_str!("../kernels/attention_groups_keys.cu");
        let of_keys = groups::Work { text, sizes: by_keys, operands: 2, rows: keys, outer: groups, others: queries * each };
        let text = include_str!("../kernels/attention_groups_queries.cu");
        let others = keys.div_ceil(each);
        let of_queries = groups::Work { text, sizes: by_queries, operands: 2, rows: queries, outer, others };
        [f.grouped(of_keys, on)?, f.grouped(of_queries, on)?]
    } else if f.half() {
        // Two blocks are to fit into one processor's shared memory.
        let (by_keys, by_queries) = match f.head {
            ..=64 => (Tile { tiles: 1, block: 64, least: 2, places: 2 }, Tile { tiles: 2, block: 64, least: 2, places: 2 }),
            65..=128 => (Tile { tiles: 1, block: 64, least: 2, places: 1 }, Tile { tiles: 1, block: 32, least: 2, places: 2 }),
            _ => (Tile { tiles: 1, block: 16, least: 1, places: 1 }, Tile { tiles: 1, block: 16, least: 1, places: 1 }),
        };
        [
            f.tiled(include_str!("../kernels/attention_grad_keys.cu"), by_keys, keys, groups, 2, 3)?,
            f.tiled(include_str!("../kernels/attention_grad_queries.cu"), by_queries, queries, outer, 2, 0)?,
        ]
    } else {
        let text = include_str!("../kernels/attention_plain_grad.cu");
        [f.plain(text, true, keys, groups, [48, 48])?, f.plain(text, false, queries, outer, [48, 48])?]
    };
    let scratch = 3 * outer * queries * g.of.q.dtype.accumulator().size();
    Some(Plan { launches: vec![rows, of_keys, of_queries], scratch, ..Plan::default() })
}

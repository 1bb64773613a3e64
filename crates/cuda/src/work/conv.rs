//! Convolutions: the kernels of `kernels/conv_*.cu`. Patches are never in memory. A launch a phase; long sums with few results are cut
//! into parts, by their sizes alone, which are then added in order: the same bits every time.

use super::{THREADS, coordinates, launch, offset};
use crate::launch::{Launch, Plan, Word, Words};
use crate::tape::text::memory;
use lazulite_base::Dtype;
use lazulite_base::window::{Phase, Window, outputs, phases};
use lazulite_base::work::View;
use smallvec::SmallVec;

/// Lines of a tile, and steps that go through shared memory at once.
const LINES: usize = 128;
const STEPS: usize = 8;
/// Blocks that keep the device busy, and threads.
const BUSY: usize = 264;
const BUSY_THREADS: usize = BUSY * 1024;
/// The fewest steps of a part.
const SHARE: usize = 256;
/// The most bytes of parts.
const PARTS: usize = 256 << 20;
/// The most phases; of more, the host makes the convolution.
const PHASES: usize = 64;
/// Channels and outputs of a group up to which a thread makes a sum.
const FEW: usize = 4;

/// An axis as the two operands and the output see it, and the spatial axis that it runs along with the places from an index to the next.
#[derive(Clone, Copy, Default)]
struct Axis {
    size: usize,
    x: isize,
    w: isize,
    y: isize,
    along: Option<(usize, isize)>,
}

fn sizes(axes: &[Axis]) -> Vec<usize> {
    axes.iter().map(|a| a.size).collect()
}

fn steps_of(axes: &[Axis], which: fn(&Axis) -> isize) -> Vec<isize> {
    axes.iter().map(which).collect()
}

/// The text of coordinates `name*` over axes.
fn at(words: &mut Words, name: &str, from: &str, axes: &[Axis]) -> String {
    coordinates(words, name, from, &sizes(axes))
}

/// Texts that assign to `to[d]` the place of coordinates `name*` along every spatial axis.
fn places(words: &mut Words, to: &str, name: &str, axes: &[Axis], starts: &[isize]) -> String {
    let mut text = String::new();
    for (i, a) in axes.iter().enumerate() {
        if let Some((d, step)) = a.along {
            let (step, start) = (words.value(step as u64), words.value(starts.get(d).copied().unwrap_or(0) as u64));
            text.push_str(&format!("{to}[{d}] = (int)((i64){name}{i} * (i64){step} + (i64){start}); "));
        }
    }
    text
}

/// One phase of a convolution.
struct Part<'a> {
    dtype: Dtype,
    spatial: &'a [usize],
    starts: Vec<isize>,
    /// Batch and groups.
    items: [Axis; 2],
    /// Patches, in the order of memory or of the output.
    lines: SmallVec<[Axis; 4]>,
    /// The sum.
    steps: SmallVec<[Axis; 4]>,
    outs: Axis,
    /// Offsets of the first elements.
    base: [isize; 3],
    turned: bool,
}

impl Part<'_> {
    fn register(&self) -> (&'static str, &'static str) {
        if self.dtype == Dtype::F64 { ("double", "__fma_rn") } else { ("float", "__fmaf_rn") }
    }

    fn based(&self, words: &mut Words, text: String, which: usize) -> String {
        format!("{text} + (i64){}", words.value(self.base[which] as u64))
    }

    /// Adds up parts that a launch left in scratch memory: `(parts, items, lines, outs)`.
    fn sum(&self, parts: usize, items: &[Axis], lines: &[Axis], outs: Axis) -> Launch {
        let count = |axes: &[Axis]| sizes(axes).iter().product::<usize>();
        let all = count(items) * count(lines) * outs.size;
        let numbers = [all, parts, outs.size, count(lines), outs.y as usize].map(|v| Word::Value(v as u64));
        let mut w = Words([&[Word::Scratch(0), Word::Output(0)][..], &numbers].concat());
        let item = at(&mut w, "i", "item", items);
        let of_item = offset(&mut w, "i", &steps_of(items, |a| a.y));
        let y_item = self.based(&mut w, of_item, 2);
        let line = at(&mut w, "l", "line", lines);
        let y_line = offset(&mut w, "l", &steps_of(lines, |a| a.y));
        let blanks = [
            ("Y_ITEM", y_item),
            ("ITEM", item),
            ("OUT_LINE", line),
            ("Y_LINE", y_line),
            ("REG", self.register().0.into()),
            ("TYPE", memory(self.dtype).into()),
        ];
        launch(include_str!("../kernels/conv_sum.cu"), &blanks, w, all)
    }

    /// By tiles of patches and outputs; the launches, and the scratch memory that they need.
    fn tiled(&self) -> Option<(Vec<Launch>, usize)> {
        let count = |axes: &[Axis]| sizes(axes).iter().product::<usize>();
        let (lines, depth, items, outs) = (count(&self.lines), count(&self.steps), count(&self.items), self.outs.size);
        let columns = [32, 64].into_iter().find(|&c| outs <= c).unwrap_or(128);
        let (across, down) = (lines.div_ceil(LINES), outs.div_ceil(columns));
        let blocks = across.checked_mul(down)?.checked_mul(items)?;
        let (register, fma) = self.register();
        let bytes = if self.dtype == Dtype::F64 { 8 } else { 4 };
        let room = (PARTS / (items * lines * outs * bytes).max(1)).max(1);
        let wanted = (BUSY / blocks).clamp(1, (depth / SHARE).max(1)).min(room);
        let share = depth.div_ceil(wanted).next_multiple_of(STEPS).max(STEPS);
        let parts = depth.div_ceil(share).max(1);
        let grid = u32::try_from(blocks.checked_mul(parts)?).ok().filter(|&g| g < 1 << 31)?;
        let to = if parts > 1 { Word::Scratch(0) } else { Word::Output(0) };
        let numbers = [lines, outs, depth, share, across, down, items, self.outs.w as usize, self.outs.y as usize];
        let numbers = numbers.map(|v| Word::Value(v as u64));
        let mut w = Words([&[Word::Input(0), Word::Input(1), to][..], &numbers].concat());
        let item = at(&mut w, "i", "item", &self.items);
        let [x_item, k_item, y_item] =
            [|a: &Axis| a.x, |a: &Axis| a.w, |a: &Axis| a.y].map(|which| offset(&mut w, "i", &steps_of(&self.items, which)));
        let (x_item, k_item, y_item) = (self.based(&mut w, x_item, 0), self.based(&mut w, k_item, 1), self.based(&mut w, y_item, 2));
        let line = at(&mut w, "l", "line", &self.lines);
        let (x_line, y_line) = (offset(&mut w, "l", &steps_of(&self.lines, |a| a.x)), offset(&mut w, "l", &steps_of(&self.lines, |a| a.y)));
        let line_at = places(&mut w, "place", "l", &self.lines, &self.starts);
        let step = at(&mut w, "s", "s", &self.steps);
        let (x_step, k_step) = (offset(&mut w, "s", &steps_of(&self.steps, |a| a.x)), offset(&mut w, "s", &steps_of(&self.steps, |a| a.w)));
        let step_at = places(&mut w, "at[slot][tid]", "s", &self.steps, &[]);
        let inside = self.inside(&mut w, |d| format!("place[{d}] + q[{d}]"));
        // Neighbouring threads fetch what lies side by side.
        let last = |axes: &[Axis]| axes.iter().rev().find(|a| a.size > 1).map_or(0, |a| a.x);
        let by_lines = last(&self.lines) == 1 && last(&self.steps) != 1;
        let (p_line, p_step) = if by_lines { ("tid & 127", "(tid >> 7) * 4") } else { ("tid >> 1", "(tid & 1) * 4") };
        let (k_line, k_at) = if self.outs.w == 1 { ("tid % COLUMNS", "tid / COLUMNS * E") } else { ("tid / (8 / E)", "tid % (8 / E) * E") };
        let blanks = [
            ("X_ITEM", x_item),
            ("K_ITEM", k_item),
            ("Y_ITEM", y_item),
            ("ITEM", item),
            ("OUT_LINE", line.clone()),
            ("X_LINE", x_line),
            ("Y_LINE", y_line),
            ("P_LINE", p_line.into()),
            ("K_LINE", k_line.into()),
            ("LINE_AT", line_at),
            ("LINE", line),
            ("X_STEP", x_step),
            ("K_STEP", k_step),
            ("P_STEP", p_step.into()),
            ("STEP_AT", step_at),
            ("STEP", step),
            ("K_AT", k_at.into()),
            ("INSIDE", inside),
            ("COLUMNS", columns.to_string()),
            ("AXES", self.spatial.len().to_string()),
            ("PARTS", u8::from(parts > 1).to_string()),
            ("MAD", fma.into()),
            ("REG", register.into()),
            ("TYPE", memory(self.dtype).into()),
        ];
        let mut tile = launch(include_str!("../kernels/conv_tile.cu"), &blanks, w, THREADS as usize);
        tile.grid = [grid, 1];
        if parts == 1 {
            return Some((vec![tile], 0));
        }
        Some((vec![tile, self.sum(parts, &self.items, &self.lines, self.outs)], parts * items * lines * outs * bytes))
    }

    /// The text that tells in `inside` whether a place lies within the input.
    fn inside(&self, words: &mut Words, place: impl Fn(usize) -> String) -> String {
        let each =
            self.spatial.iter().enumerate().map(|(d, &n)| format!("inside &= (u32)({}) < (u32){}; ", place(d), words.value(n as u64)));
        each.collect()
    }

    /// A thread a sum.
    fn direct(&self) -> Option<(Vec<Launch>, usize)> {
        let [b, g] = self.items;
        let all: SmallVec<[Axis; 8]> = if self.turned {
            [b, g, self.outs].into_iter().chain(self.lines.iter().copied()).collect()
        } else {
            // As the output lies: n comes before the spatial axes.
            [b].into_iter().chain(self.lines.iter().copied()).chain([g, self.outs]).collect()
        };
        let count: usize = sizes(&all).iter().product();
        let (channels, taps): (Vec<Axis>, Vec<Axis>) = self.steps.iter().partition(|a| a.along.is_none());
        let channels = channels[0];
        let (register, fma) = self.register();
        let bytes = if self.dtype == Dtype::F64 { 8 } else { 4 };
        let wanted = if self.turned { (BUSY_THREADS / count.max(1)).clamp(1, channels.size.max(1)) } else { 1 };
        let share = channels.size.div_ceil(wanted).max(1);
        let parts = channels.size.div_ceil(share).max(1);
        u32::try_from(count.checked_mul(parts)?.div_ceil(THREADS as usize)).ok().filter(|&n| n < 1 << 31)?;
        let to = if parts > 1 { Word::Scratch(0) } else { Word::Output(0) };
        let numbers = [count, parts, share, channels.size].map(|v| Word::Value(v as u64));
        let mut w = Words([&[Word::Input(0), Word::Input(1), to][..], &numbers].concat());
        let position = at(&mut w, "u", "unit", &all);
        let [x_at, k_at, y_at] = [|a: &Axis| a.x, |a: &Axis| a.w, |a: &Axis| a.y].map(|which| offset(&mut w, "u", &steps_of(&all, which)));
        let (x_at, k_at, y_at) = (self.based(&mut w, x_at, 0), self.based(&mut w, k_at, 1), self.based(&mut w, y_at, 2));
        let start = places(&mut w, "place", "u", &all, &self.starts);
        let over = format!(
            "for (u64 c = first; c < end; ++c) {{ const i64 xc = (i64)c * (i64){}, kc = (i64)c * (i64){}; ",
            w.value(channels.x as u64),
            w.value(channels.w as u64)
        );
        let (mut open, mut close) = (String::new(), String::new());
        let (mut xs, mut ks) = (String::from("xc"), String::from("kc"));
        for (d, a) in taps.iter().enumerate() {
            let (n, step, size) = (w.value(a.size as u64), w.value(a.along.map_or(0, |(_, f)| f) as u64), w.value(self.spatial[d] as u64));
            open.push_str(&format!(
                "for (int q{d} = 0; q{d} < (int){n}; ++q{d}) {{ if ((u32)(place[{d}] + q{d} * (int){step}) >= (u32){size}) continue; "
            ));
            xs.push_str(&format!(" + q{d} * (i64){}", w.value(a.x as u64)));
            ks.push_str(&format!(" + q{d} * (i64){}", w.value(a.w as u64)));
            close.push_str(" }");
        }
        let body = format!("sum = {fma}(get(x[{xs}]), get(k[{ks}]), sum);");
        let loops = if self.turned { format!("{over}{open}{body}{close} }}") } else { format!("{open}{over}{body} }}{close}") };
        let blanks = [
            ("POSITION", position),
            ("X_AT", x_at),
            ("K_AT", k_at),
            ("Y_AT", y_at),
            ("PLACES", start),
            ("LOOPS", loops),
            ("AXES", self.spatial.len().to_string()),
            ("PARTS", u8::from(parts > 1).to_string()),
            ("REG", register.into()),
            ("TYPE", memory(self.dtype).into()),
        ];
        let made = launch(include_str!("../kernels/conv_direct.cu"), &blanks, w, count * parts);
        if parts == 1 {
            return Some((vec![made], 0));
        }
        let single = Axis { size: 1, ..Axis::default() };
        Some((vec![made, self.sum(parts, &[single], &all, single)], parts * count * bytes))
    }
}

/// A convolution; `None` for dtypes other than floats, and for sizes that are not worth a kernel.
pub fn plan(x: &View, w: &View, windows: &[Window], turned: bool) -> Option<Plan> {
    let d = windows.len();
    let small = |n: usize| n < 1 << 29;
    let reach = |w: &Window, k: usize| {
        w.out.saturating_mul(w.stride).saturating_add(k.saturating_mul(w.dilation)).saturating_add(w.low.unsigned_abs())
    };
    if !x.dtype.is_float()
        || !windows.iter().zip(&w.dims[3..]).all(|(w, &k)| small(reach(w, k)))
        || !x.dims[2..2 + d].iter().all(|&n| small(n))
    {
        return None;
    }
    let (total, [ob, og, on, oo], os) = outputs(x, w, windows, turned);
    if total == 0 {
        return Some(Plan::default());
    }
    let list = phases(windows, &w.dims[3..3 + d]);
    if list.len() > PHASES {
        return None;
    }
    let mut plan = Plan::default();
    for phase in &list {
        let each = |f: &dyn Fn(usize, &Phase) -> Axis| phase.iter().enumerate().map(|(i, p)| f(i, p)).collect::<SmallVec<[Axis; 4]>>();
        let places = each(&|i, p| Axis {
            size: p.outputs,
            x: x.strides[2 + i] * p.stride,
            w: 0,
            y: os[i] * p.period as isize,
            along: Some((i, p.stride)),
        });
        let taps = each(&|i, p| Axis {
            size: p.elements,
            x: x.strides[2 + i] * p.dilation,
            w: w.strides[3 + i] * p.skip as isize,
            y: 0,
            along: Some((i, p.dilation)),
        });
        let images = Axis { size: x.dims[1], x: x.strides[1], y: on, ..Axis::default() };
        let channels = Axis { size: x.dims[3 + d], x: x.strides[3 + d], w: w.strides[3 + d], ..Axis::default() };
        let join = |first: &[Axis], then: &[Axis]| first.iter().chain(then).copied().collect::<SmallVec<[Axis; 4]>>();
        let sum = |f: &dyn Fn(usize, &Phase) -> isize| phase.iter().enumerate().map(|(i, p)| f(i, p)).sum::<isize>();
        let part = Part {
            dtype: x.dtype,
            spatial: &x.dims[2..2 + d],
            starts: phase.iter().map(|p| p.start).collect(),
            items: [
                Axis { size: x.dims[0], x: x.strides[0], w: w.strides[0], y: ob, along: None },
                Axis { size: x.dims[2 + d], x: x.strides[2 + d], w: w.strides[1], y: og, along: None },
            ],
            lines: if turned { join(&places, &[images]) } else { join(&[images], &places) },
            steps: if turned { join(&[channels], &taps) } else { join(&taps, &[channels]) },
            outs: Axis { size: w.dims[2], w: w.strides[2], y: oo, ..Axis::default() },
            base: [
                sum(&|i, p| x.strides[2 + i] * p.start),
                sum(&|i, p| if p.elements > 0 { w.strides[3 + i] * p.kernel as isize } else { 0 }),
                sum(&|i, p| os[i] * p.out as isize),
            ],
            turned,
        };
        let few = w.dims[2] <= FEW && if turned { x.dims[1] } else { x.dims[3 + d] } <= FEW;
        let (launches, scratch) = if few { part.direct()? } else { part.tiled()? };
        plan.launches.extend(launches);
        plan.scratch = plan.scratch.max(scratch);
    }
    Some(plan)
}

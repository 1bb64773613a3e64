//! Rows that are kept close while several passes go over them: in registers, a warp a row, or in shared memory, a block a row. What
//! is loaded or costs much is computed once; the lanes of one warp accumulate each reduction in the tape's order. Rows that are too long for
//! that are a block's, too, which reads them in every pass: the second one finds them in the cache.

use super::rows::Rows;
use super::space::Space;
use super::stream::function;
use super::text::{any_order, combine, complex, expensive, identity, needed, register, slow_count};
use crate::launch::{Launch, Source};
use lazulite_base::tape::{Inst, LANE_BLOCK, Tape, Varies};
use std::fmt::Write;

/// Longest row that a warp keeps in registers.
pub const REGISTERS: usize = 1024;
/// Bytes of shared memory that a block may ask for: what every device of capability 8.0 or more has.
pub const SHARED: usize = 96 << 10;
const THREADS: u32 = 256;
const WARPS: usize = 8;

/// Registers for what the last pass loads.
const FRESH: usize = 32;

/// Which values are kept, and in which pass each is made and last used. Pass s makes the reductions after s others; the last pass
/// writes what each element gives.
struct Kept {
    /// Instruction, pass in which it is made, pass in which it is last used.
    list: Vec<(usize, usize, usize)>,
    /// What each pass is for: operands of reductions, at last outputs.
    targets: Vec<Vec<usize>>,
}

fn kept(r: &Rows<'_>) -> Kept {
    let last = r.last();
    let mut targets: Vec<Vec<usize>> = (0..last).map(|s| r.reductions(s).iter().map(|l| l.2).collect()).collect();
    targets.push(r.outputs(true).iter().map(|o| o.1).collect());
    let costly = |i: usize| matches!(r.tape.code[i].inst, Inst::Apply(op, _) if expensive(op)) && r.tape.code[i].varies == Varies::Element;
    let load = |i: usize| matches!(r.tape.code[i].inst, Inst::Load(_)) && r.tape.code[i].varies == Varies::Element;
    // By instruction: the passes of its first and last use. What a pass before has made is not made again.
    let mut span: Vec<Option<(usize, usize)>> = vec![None; r.tape.code.len()];
    for (pass, targets) in targets.iter().enumerate() {
        let made: Vec<bool> = span.iter().enumerate().map(|(i, s)| costly(i) && s.is_some_and(|s| s.0 < pass)).collect();
        let inside = needed(r.tape, targets, &|i| made[i]);
        let sources = inside.iter().flat_map(|&i| Tape::sources(&r.tape.code[i].inst).map(|s| s as usize));
        for i in targets.iter().copied().chain(sources).chain(inside.iter().copied()).filter(|&i| costly(i) || load(i)) {
            span[i] = Some((span[i].map_or(pass, |s| s.0), pass));
        }
    }
    let spans = span.into_iter().enumerate().filter_map(|(i, s)| s.map(|(first, end)| (i, first, end)));
    let list = spans.filter(|&(_, first, end)| end > first || first < last).collect();
    Kept { list, targets }
}

fn launch(tape: &Tape, r: Rows<'_>, blocks: usize, shared: usize) -> Launch {
    let mut source = Source::kernel("", r.words.0.len(), THREADS, &r.body);
    source.slow = slow_count(tape);
    source.complex = complex(tape);
    Launch { source, grid: [blocks.max(1) as u32, 1], block: THREADS, shared: shared as u32, words: r.words }
}

/// A warp a row, elements in registers; `None` if there would be too many.
pub fn registers(tape: &Tape, space: &Space) -> Option<Launch> {
    let n = space.row().div_ceil(32).max(1);
    let n = if n <= 4 { n } else { n.next_multiple_of(4) };
    let mut r = Rows::new(tape, space);
    let Kept { list, targets } = kept(&r);
    let words: usize = list.iter().map(|&(i, _, _)| tape.code[i].dtype.size().div_ceil(4)).sum();
    if space.row() > REGISTERS || words * n > 128 {
        return None;
    }
    let index = r.index;
    let _ =
        writeln!(r.body, "  const u32 lane = threadIdx.x & 31;\n  const {index} row = ({index})blockIdx.x * {WARPS} + (threadIdx.x >> 5);");
    r.body.push_str("  if (row >= rows) return;\n");
    r.locate();
    for &(i, _, _) in &list {
        let _ = writeln!(r.body, "  {} k{i}[{n}];", register(tape.code[i].dtype));
    }
    let inside = if space.row() == 32 * n { String::new() } else { format!("if (({index})j < len)") };
    let each = format!("#pragma unroll\n  for (i32 k = 0; k < {n}; k++) {{ const {} j = (i32)lane + 32 * k; {inside} {{\n", r.signed);
    let loads: Vec<usize> = list.iter().map(|l| l.0).filter(|&i| matches!(tape.code[i].inst, Inst::Load(_))).collect();
    if !loads.is_empty() {
        let text = r.element(&loads, &|_| None);
        let _ = write!(r.body, "{each}{text}");
        for i in &loads {
            let _ = writeln!(r.body, "k{i}[k] = r{i};");
        }
        r.body.push_str("  } }\n");
    }
    for (pass, targets) in targets.iter().enumerate() {
        r.outer(pass);
        let made: Vec<usize> = list.iter().filter(|l| l.1 == pass && !loads.contains(&l.0)).map(|l| l.0).collect();
        let before = |i: usize| list.iter().any(|l| l.0 == i && (l.1 < pass || loads.contains(&i))).then(|| format!("k{i}[k]"));
        let all: Vec<usize> = targets.iter().copied().chain(made.iter().copied()).collect();
        let text = r.element(&all, &before);
        let reductions = r.reductions(pass);
        for &(i, op, _) in &reductions {
            let d = tape.code[i].dtype;
            let _ = writeln!(r.body, "  {} r{i} = {};", register(d), identity(op, d));
        }
        if targets.is_empty() {
            continue;
        }
        if pass == r.last() {
            // What only this pass loads comes some elements at a time: a load behind a store would wait for it.
            let fresh = r.loads(&all, &before);
            let some = [8, 4, n.min(4)].into_iter().find(|c| n.is_multiple_of(*c) && fresh.len() * c <= FRESH).unwrap_or(1);
            let place = |i: usize| fresh.contains(&i).then(|| format!("f{i}[e]")).or_else(|| before(i));
            let each = |body: &str| {
                format!(
                    "#pragma unroll\n  for (i32 e = 0; e < {some}; e++) {{ const i32 k = c + e; const {} j = (i32)lane + 32 * k; {inside} {{\n{body}  }} }}\n",
                    r.signed
                )
            };
            let (mut lists, mut keep) = (String::new(), r.element(&fresh, &before));
            for &i in &fresh {
                let _ = writeln!(lists, "  {} f{i}[{some}];", register(tape.code[i].dtype));
                let _ = writeln!(keep, "f{i}[e] = r{i};");
            }
            let loaded = if fresh.is_empty() { String::new() } else { each(&keep) };
            let stored = each(&(r.element(&all, &place) + &r.store(&r.outputs(true))));
            let _ = writeln!(r.body, "#pragma unroll\n  for (i32 c = 0; c < {n}; c += {some}) {{\n{lists}{loaded}{stored}  }}");
            continue;
        }
        let _ = write!(r.body, "{each}{text}");
        for i in made {
            let _ = writeln!(r.body, "k{i}[k] = r{i};");
        }
        for &(i, op, v) in &reductions {
            let _ = writeln!(r.body, "r{i} = {};", combine(op, &format!("r{i}"), &format!("r{v}")));
        }
        r.body.push_str("  } }\n");
        for &(i, op, _) in &reductions {
            let _ = writeln!(r.body, "  LZ_FOLD({}, r{i}, {})\n  r{i} = lane_first(r{i});", register(tape.code[i].dtype), function(op));
        }
    }
    let text = r.store_outer();
    let _ = writeln!(r.body, "  if (lane == 0) {{\n{text}  }}");
    Some(launch(tape, r, space.rows().div_ceil(WARPS), 0))
}

/// A block a row, elements in shared memory if they fit; `None` if there is nothing to keep.
pub fn shared(tape: &Tape, space: &Space) -> Option<Launch> {
    let len = space.row();
    let mut r = Rows::new(tape, space);
    let Kept { mut list, targets } = kept(&r);
    let (index, blocks) = (r.index, len.div_ceil(LANE_BLOCK).max(1));
    // A place for each kept value; one that is made takes the place of one that is used for the last time by whoever makes it.
    let mut places: Vec<(usize, usize, usize)> = Vec::new(); // instruction, size, slot
    let mut slots: Vec<usize> = Vec::new();
    for &(i, first, _) in &list {
        // As wide as the register: places are shared element by element.
        let size = if tape.code[i].dtype.is_half() { 4 } else { tape.code[i].dtype.size() };
        let load = matches!(tape.code[i].inst, Inst::Load(_));
        let known = |x: usize| list.iter().any(|l| l.0 == x && l.1 <= first);
        let frontier: Vec<usize> = {
            let inside = needed(tape, &targets[first], &known);
            let sources = inside.iter().flat_map(|&n| Tape::sources(&tape.code[n].inst).map(|s| s as usize));
            targets[first].iter().copied().chain(sources).collect()
        };
        let free = places.iter().position(|&(x, s, _)| {
            let end = list.iter().find(|l| l.0 == x).map_or(usize::MAX, |l| l.2);
            let others = list.iter().filter(|l| l.1 == first && l.0 != i && !matches!(tape.code[l.0].inst, Inst::Load(_))).count();
            s == size && !load && others == 0 && (end < first || end == first && !frontier.contains(&x))
        });
        match free {
            Some(p) => {
                let slot = places[p].2;
                places.push((i, size, slot));
                places[p].1 = 0;
            }
            None => {
                slots.push(size);
                places.push((i, size, slots.len() - 1));
            }
        }
    }
    let mut at = 0;
    let starts: Vec<usize> = slots
        .iter()
        .map(|size| {
            let start = at;
            at += (size * len).next_multiple_of(64);
            start
        })
        .collect();
    if list.is_empty() {
        return None;
    }
    let parts = |warps: usize| (0..r.last()).map(|s| r.reductions(s).len() * blocks.max(warps) * 8).sum::<usize>();
    // Warps of a block, and blocks side by side to hide one another's waits: of a row that does not fit each pass finds what the last one
    // read in the cache, if there are few.
    let (warps, beside) = if at + parts(WARPS) <= SHARED { (WARPS, 5) } else { (2 * WARPS, 2) };
    if warps > WARPS {
        (list, places, at) = (Vec::new(), Vec::new(), 0);
    }
    let slots_of_parts = blocks.max(warps);
    let total = at + parts(warps);
    if total > SHARED {
        return None;
    }
    r.body.push_str("  extern __shared__ __align__(16) u8 near_[];\n");
    let _ = writeln!(r.body, "  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;\n  const {index} row = blockIdx.x;");
    r.locate();
    let word = r.words.value(at as u64);
    for &(i, _, slot) in &places {
        let t = register(tape.code[i].dtype);
        let place = if slot == 0 { "0".into() } else { r.words.value(starts[slot] as u64) };
        let _ = writeln!(r.body, "  {t}* k{i} = ({t}*)(near_ + {place});");
    }
    let (start, step) = ("threadIdx.x", 32 * warps);
    let keep = |made: &[usize]| made.iter().map(|i| format!("k{i}[j] = r{i};\n")).collect::<String>();
    let loads: Vec<usize> = list.iter().map(|l| l.0).filter(|&i| matches!(tape.code[i].inst, Inst::Load(_))).collect();
    if !loads.is_empty() {
        r.batched(start, step, 8, "len", &loads, &|_| None, &|_| keep(&loads));
    }
    let mut partial = 0;
    let blocks_ = format!("(u32){}", r.words.value(blocks as u64));
    for (pass, targets) in targets.iter().enumerate() {
        r.outer(pass);
        let made: Vec<usize> = list.iter().filter(|l| l.1 == pass && !loads.contains(&l.0)).map(|l| l.0).collect();
        let known = |i: usize, made: bool| list.iter().any(|l| l.0 == i && (l.1 < pass || made && l.1 == pass || loads.contains(&i)));
        if pass == r.last() {
            if !targets.is_empty() {
                let outputs = r.outputs(true);
                r.batched(start, step, 8, "len", targets, &|i| known(i, false).then(|| format!("k{i}[j]")), &|r| r.store(&outputs));
            }
            continue;
        }
        if !made.is_empty() {
            r.batched(start, step, 8, "len", &made, &|i| known(i, false).then(|| format!("k{i}[j]")), &|_| keep(&made));
        }
        let reductions = r.reductions(pass);
        r.body.push_str("  __syncthreads();\n");
        let parts = r.words.value(slots_of_parts as u64);
        for (q, &(i, op, v)) in reductions.iter().enumerate() {
            let d = tape.code[i].dtype;
            let t = register(d);
            let place = format!("(({t}*)(near_ + {word} + {partial} * {parts} * 8))");
            partial += 1;
            // All threads where the order is free; else a warp a block of the row, in lane order.
            let free = any_order(op, d);
            let (head, start, step) = if free {
                (format!("const u32 b = warp; const {index} from = 0, to = len;"), "from + threadIdx.x", 32 * warps)
            } else {
                let first = warps - q % warps;
                let head = format!(
                    "for (u32 b = (warp + {first}) % {warps}; b < {blocks_}; b += {warps}) {{ const {index} from = b * {LANE_BLOCK}, to = len - from < \
                     {LANE_BLOCK} ? len : from + {LANE_BLOCK};"
                );
                (head, "from + lane", 32)
            };
            let _ = writeln!(r.body, "  {{ {head} {t} l = {};", identity(op, d));
            let next = combine(op, "l", &format!("r{v}"));
            r.batched(start, step, 16, "to", &[v], &|i| known(i, true).then(|| format!("k{i}[j]")), &|_| format!("l = {next};\n"));
            let _ = writeln!(
                r.body,
                "  LZ_FOLD({t}, l, {})\n  if (lane == 0) {place}[b] = l; }}{}",
                function(op),
                if free { "" } else { " }" }
            );
        }
        r.body.push_str("  __syncthreads();\n");
        partial -= reductions.len();
        for &(i, op, _) in &reductions {
            let d = tape.code[i].dtype;
            let t = register(d);
            let place = format!("(({t}*)(near_ + {word} + {partial} * {parts} * 8))");
            let count = if any_order(op, d) { format!("{warps}") } else { blocks_.clone() };
            let _ = writeln!(
                r.body,
                "  {t} r{i} = {place}[0]; for (u32 b = 1; b < {count}; b++) {{ const {t} v = {place}[b]; r{i} = {}; }}",
                combine(op, &format!("r{i}"), "v")
            );
            partial += 1;
        }
    }
    let text = r.store_outer();
    let _ = writeln!(r.body, "  if (threadIdx.x == 0) {{\n{text}  }}");
    let mut launch = launch(tape, r, space.rows(), total);
    launch.block = 32 * warps as u32;
    let bounds = format!("__launch_bounds__({}, {beside})", launch.block);
    launch.source.text = launch.source.text.replace("__launch_bounds__(256)", &bounds);
    Some(launch)
}

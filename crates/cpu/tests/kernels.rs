//! Kernels against naive references, on every dtype and random layouts, with one thread and with several.

mod common;

use common::*;
use lazulite_base::dtype::Category;
use lazulite_base::meaning::apply;
use lazulite_base::shape::{Dims, size};
use lazulite_base::tape::ReduceOp;
use lazulite_base::work::{Combine, Work};
use lazulite_base::{Complex32, Dtype, Element, Op, Scalar};
use std::cmp::Ordering;

/// Few distinct values, so that there are ties; NaN, zeros of both signs and infinities among floats.
fn tied(rng: &mut Rng, dtype: Dtype) -> Scalar {
    let special = [f64::NAN, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY];
    let real = |rng: &mut Rng| if rng.below(40) == 0 { special[rng.below(5)] } else { rng.below(9) as f64 - 4.0 };
    match dtype.category() {
        Category::Complex => Complex32::new(real(rng) as f32, real(rng) as f32).scalar(),
        Category::Float => Scalar::new(real(rng), dtype),
        _ => Scalar::new(rng.below(9) as f64 - 4.0, dtype),
    }
}

/// Ascending, NaN last.
fn compare(a: Scalar, b: Scalar) -> Ordering {
    if a.dtype().is_inexact() {
        let (a, b) = (a.as_complex(), b.as_complex());
        match (a.is_nan(), b.is_nan()) {
            (false, false) => (a.re, a.im).partial_cmp(&(b.re, b.im)).unwrap(),
            (x, y) => x.cmp(&y),
        }
    } else {
        a.as_i128().cmp(&b.as_i128())
    }
}

#[test]
fn arg_reductions_find_the_first_extreme() {
    let _alone = alone();
    let mut rng = Rng(1);
    for round in 0..400 {
        let dtype = Dtype::ALL[round % 14];
        let rank = 1 + rng.below(4);
        let most = [5, 9, 70, 150][rng.below(4)].min(if rank > 2 { 9 } else { 150 });
        let dims = rng.dims(rank, most);
        let axis = rng.below(rank);
        let x = Operand::scattered(&mut rng, dtype, &dims, true).fill(|| Scalar::new(0.0, dtype));
        let x = x.fill(|| tied(&mut rng, dtype));
        let out_dims: Dims = (0..rank).filter(|&i| i != axis).map(|i| dims[i]).collect();
        if dims[axis] == 0 {
            continue;
        }
        let values = x.values();
        for op in [ReduceOp::Min, ReduceOp::Max] {
            let out = run(&Work::ArgReduce { x: x.view.clone(), axis, op }, &[&x], &Operand::zeros(Dtype::U32, &out_dims)).values();
            for (p, got) in out.iter().enumerate() {
                let mut at = coordinates(p, &out_dims);
                at.insert(axis, 0);
                let line: Vec<Scalar> = (0..dims[axis])
                    .map(|i| {
                        at[axis] = i;
                        values[position(&at, &dims)]
                    })
                    .collect();
                let beats = |a: Scalar, b: Scalar| match (a.as_complex().is_nan(), b.as_complex().is_nan()) {
                    (false, false) => compare(a, b) == if op == ReduceOp::Max { Ordering::Greater } else { Ordering::Less },
                    (x, y) => x && !y,
                };
                let expected = (1..line.len()).fold(0, |best, i| if beats(line[i], line[best]) { i } else { best });
                assert_eq!(got.as_i128(), expected as i128, "{op:?} {dtype} {:?} axis {axis} of {line:?}", x.view);
            }
        }
    }
}

#[test]
fn arg_reductions_of_one_long_row() {
    let _alone = alone();
    let n = 1_000_003;
    let mut x = Operand::of(Dtype::F32, &[n], (0..n).map(|i| (i as f64 * 0.37).sin()));
    for (at, v) in [(700_001, 3.0), (900_000, 3.0), (200_000, -3.0), (200_001, -3.0)] {
        x.set(at, Scalar::new(v, Dtype::F32));
    }
    for (op, expected) in [(ReduceOp::Max, 700_001), (ReduceOp::Min, 200_000)] {
        let out = run(&Work::ArgReduce { x: x.view.clone(), axis: 0, op }, &[&x], &Operand::zeros(Dtype::U32, &[]));
        assert_eq!(out.get(0).as_i128(), expected);
    }
}

#[test]
fn argsort_is_stable_with_nan_last() {
    let _alone = alone();
    let mut rng = Rng(2);
    for round in 0..250 {
        let dtype = Dtype::ALL[round % 14];
        let rank = 1 + rng.below(3);
        let mut dims = rng.dims(rank, 12);
        dims[rank - 1] = [0, 1, 2, 7, 33, 300, 1024, 3000][rng.below(8)];
        let x = Operand::scattered(&mut rng, dtype, &dims, true).fill(|| tied(&mut rng, dtype));
        let out = run(&Work::ArgSort { x: x.view.clone() }, &[&x], &Operand::zeros(Dtype::U32, &dims)).values();
        let (values, n) = (x.values(), dims[rank - 1].max(1));
        for (row, got) in values.chunks(n).zip(out.chunks(n)) {
            let mut expected: Vec<usize> = (0..row.len()).collect();
            expected.sort_by(|&i, &j| compare(row[i], row[j]));
            assert!(got.iter().map(|s| s.as_i128() as usize).eq(expected), "{dtype} {:?}", x.view);
        }
    }
}

/// Whether sorted values are equal: zeros of either sign are.
fn equal(a: Scalar, b: Scalar) -> bool {
    let (x, y) = (a.as_complex(), b.as_complex());
    if a.dtype().is_inexact() { x == y || x.is_nan() && y.is_nan() } else { a.bits() == b.bits() }
}

#[test]
fn sorting_and_partitioning_agree_with_argsort() {
    let _alone = alone();
    let mut rng = Rng(21);
    for round in 0..400 {
        let dtype = Dtype::ALL[round % 14];
        let rank = 1 + rng.below(3);
        let most = [3, 40][rng.below(2)];
        let mut dims = rng.dims(rank, most);
        dims[rank - 1] = [0, 1, 2, 7, 8, 9, 33, 257, 300, 520, 1100][rng.below(11)];
        if size(&dims) > 40_000 {
            continue;
        }
        let x = Operand::scattered(&mut rng, dtype, &dims, true).fill(|| tied(&mut rng, dtype));
        let n = dims[rank - 1];
        let out = run(&Work::Sort { x: x.view.clone() }, &[&x], &Operand::zeros(dtype, &dims)).values();
        let kth = rng.below(n.max(1));
        let parts = run(&Work::ArgPartition { x: x.view.clone(), kth }, &[&x], &Operand::zeros(Dtype::U32, &dims)).values();
        let values = x.values();
        for ((row, sorted), parts) in values.chunks(n.max(1)).zip(out.chunks(n.max(1))).zip(parts.chunks(n.max(1))) {
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|&i, &j| compare(row[i], row[j]));
            assert!(order.iter().zip(sorted).all(|(&i, &s)| equal(row[i], s)), "{dtype} {:?}: {sorted:?} of {row:?}", x.view);
            order[..kth].sort();
            order[(kth + 1).min(n)..].sort();
            assert!(parts.iter().map(|s| s.as_i128() as usize).eq(order), "{dtype} {:?} place {kth}", x.view);
        }
    }
}

#[test]
fn searches_count_what_comes_before() {
    let _alone = alone();
    let mut rng = Rng(22);
    for round in 0..300 {
        let dtype = Dtype::ALL[round % 14];
        let batch = rng.below(3);
        let mut dims = rng.dims(batch, 4);
        let n = [0, 1, 2, 3, 8, 9, 100][rng.below(7)];
        dims.push(n);
        let mut rows: Vec<Scalar> = (0..size(&dims)).map(|_| tied(&mut rng, dtype)).collect();
        rows.chunks_mut(n.max(1)).for_each(|r| r.sort_by(|&a, &b| compare(a, b)));
        let mut next = rows.iter().copied();
        let sorted = Operand::scattered(&mut rng, dtype, &dims, false).fill(|| next.next().unwrap());
        let extra = rng.below(3);
        let dims: Dims = dims[..batch].iter().copied().chain(rng.dims(extra, 9)).collect();
        let values = Operand::scattered(&mut rng, dtype, &dims, true).fill(|| Scalar::new(0.0, dtype)).fill(|| tied(&mut rng, dtype));
        for right in [false, true] {
            let work = Work::SearchSorted { sorted: sorted.view.clone(), values: values.view.clone(), right };
            let out = run(&work, &[&sorted, &values], &Operand::zeros(Dtype::U32, &dims)).values();
            let each = size(&dims[batch..]);
            for (p, (&v, got)) in values.values().iter().zip(out).enumerate() {
                let row = &rows[p / each * n..][..n];
                let before = |&&s: &&Scalar| compare(s, v) == Ordering::Less || right && compare(s, v) == Ordering::Equal;
                assert_eq!(got.as_i128(), row.iter().filter(before).count() as i128, "{work:?}: {v:?} in {row:?}");
            }
        }
    }
}

const INDICES: [Dtype; 8] = [Dtype::I32, Dtype::U32, Dtype::I64, Dtype::U64, Dtype::I8, Dtype::U8, Dtype::I16, Dtype::U16];

/// Index arrays into axes of these extents, some out of bounds if `wild`.
fn draw_indices(rng: &mut Rng, dims: &[usize], extents: &[usize], wild: bool) -> Vec<Operand> {
    let index = |&n: &usize| {
        let dtype = INDICES[rng.below(8)];
        let new = Operand::scattered(rng, dtype, dims, true);
        new.fill(|| {
            let low = if dtype.is_unsigned() { 0 } else { -(n as i64) - 2 * wild as i64 };
            let v = low + rng.below((n as i64 + 3 * wild as i64 - low).max(1) as usize) as i64;
            Scalar::new(v as f64, dtype)
        })
    };
    extents.iter().map(index).collect()
}

/// The place an index stands for, if it is within the axis.
fn resolve(index: Scalar, n: usize) -> Option<usize> {
    let v = index.as_i128();
    let v = if v < 0 { v + n as i128 } else { v };
    (0..n as i128).contains(&v).then_some(v as usize)
}

fn clamp(index: Scalar, n: usize) -> usize {
    let v = index.as_i128();
    (if v < 0 { v + n as i128 } else { v }).clamp(0, n as i128 - 1) as usize
}

/// Some of the axes, rising, and the others.
fn split_axes(rng: &mut Rng, rank: usize) -> (Dims, Vec<usize>) {
    let axes: Dims = (0..rank).filter(|_| rng.below(2) == 0).collect();
    let others = (0..rank).filter(|a| !axes.contains(a)).collect();
    (axes, others)
}

#[test]
fn gathers_pick_slices() {
    let _alone = alone();
    let mut rng = Rng(3);
    for round in 0..500 {
        let dtype = Dtype::ALL[round % 14];
        let rank = 1 + rng.below(4);
        let dims = rng.dims(rank, if round % 10 == 0 && rank == 2 { 300 } else { 6 });
        let (axes, others) = split_axes(&mut rng, rank);
        let extents: Vec<usize> = axes.iter().map(|&a| dims[a]).collect();
        let index_rank = if axes.is_empty() { 0 } else { rng.below(3) };
        let index_dims = rng.dims(index_rank, if round % 7 == 0 { 400 } else { 7 });
        if extents.contains(&0) {
            continue;
        }
        let x = Operand::scattered(&mut rng, dtype, &dims, true).fill(|| tied(&mut rng, dtype));
        let indices = draw_indices(&mut rng, &index_dims, &extents, true);
        let slice: Dims = others.iter().map(|&a| dims[a]).collect();
        let out_dims: Dims = index_dims.iter().chain(&slice).copied().collect();
        let work = Work::Gather { x: x.view.clone(), axes: axes.clone(), indices: indices.iter().map(|o| o.view.clone()).collect() };
        let inputs: Vec<&Operand> = std::iter::once(&x).chain(&indices).collect();
        let out = run(&work, &inputs, &Operand::zeros(dtype, &out_dims)).values();
        let (values, picks): (_, Vec<Vec<Scalar>>) = (x.values(), indices.iter().map(|o| o.values()).collect());
        for (p, got) in out.iter().enumerate() {
            let at = coordinates(p, &out_dims);
            let i = position(&at[..index_dims.len()], &index_dims);
            let mut from = vec![0; rank];
            axes.iter().zip(&picks).for_each(|(&a, v)| from[a] = clamp(v[i], dims[a]));
            others.iter().zip(&at[index_dims.len()..]).for_each(|(&a, &c)| from[a] = c);
            assert_eq!(got.bits(), values[position(&from, &dims)].bits(), "{work:?} at {at:?}");
        }
    }
}

#[test]
fn a_gather_of_long_rows_is_split() {
    let _alone = alone();
    let (rows, n) = (5, 100_000);
    let x = Operand::of(Dtype::F32, &[rows, n], (0..rows * n).map(|i| i as f64));
    let index = Operand::of(Dtype::I32, &[3], [4.0, -5.0, 2.0]);
    let work = Work::Gather { x: x.view.clone(), axes: [0].as_slice().into(), indices: vec![index.view.clone()] };
    let out = run(&work, &[&x, &index], &Operand::zeros(Dtype::F32, &[3, n])).values();
    for (row, from) in out.chunks(n).zip([4, 0, 2]) {
        assert!(row.iter().enumerate().all(|(i, v)| v.as_f64() == (from * n + i) as f64));
    }
}

#[test]
fn gathering_from_nothing_is_an_error() {
    let x = Operand::zeros(Dtype::F32, &[0, 3]);
    let index = Operand::zeros(Dtype::I32, &[2]);
    let work = Work::Gather { x: x.view.clone(), axes: [0].as_slice().into(), indices: vec![index.view.clone()] };
    assert!(try_run(&work, &[&x, &index], &mut [Operand::zeros(Dtype::F32, &[2, 3])]).is_err());
}

const MODES: [Combine; 5] = [Combine::Set, Combine::Add, Combine::Prod, Combine::Max, Combine::Min];

fn combined(mode: Combine, there: Scalar, update: Scalar) -> Scalar {
    let op = match mode {
        Combine::Set => return update,
        Combine::Add => Op::Add,
        Combine::Prod => Op::Multiply,
        Combine::Max => Op::Maximum,
        Combine::Min => Op::Minimum,
    };
    apply(op, &[there, update])
}

fn same(a: Scalar, b: Scalar) -> bool {
    let (x, y) = (a.as_complex(), b.as_complex());
    let part = |x: f64, y: f64| x == y || (x.is_nan() && y.is_nan());
    a.bits() == b.bits() || (a.dtype().is_inexact() && (part(x.re, y.re) && part(x.im, y.im) || x.is_nan() && y.is_nan()))
}

#[test]
fn scatters_combine_in_order() {
    let _alone = alone();
    let mut rng = Rng(4);
    for round in 0..700 {
        let (dtype, mode) = (Dtype::ALL[round % 14], MODES[round % 5]);
        let rank = 1 + rng.below(3);
        let dims = rng.dims(rank, if round % 9 == 0 { 300 } else { 6 });
        let dims: Dims = if size(&dims) > 40_000 { [6, 300].as_slice().into() } else { dims };
        let rank = dims.len();
        let (axes, others) = split_axes(&mut rng, rank);
        let extents: Vec<usize> = axes.iter().map(|&a| dims[a]).collect();
        let index_rank = if axes.is_empty() { 0 } else { rng.below(3) };
        let index_dims = rng.dims(index_rank, if round % 7 == 0 { 40 } else { 6 });
        let slice: Dims = others.iter().map(|&a| dims[a]).collect();
        let update_dims: Dims = index_dims.iter().chain(&slice).copied().collect();
        let start = Operand::zeros(dtype, &dims).fill(|| tied(&mut rng, dtype));
        let updates = Operand::scattered(&mut rng, dtype, &update_dims, true).fill(|| tied(&mut rng, dtype));
        let indices = draw_indices(&mut rng, &index_dims, &extents, true);
        let views = indices.iter().map(|o| o.view.clone()).collect();
        let (out, updates_view) = (start.view.clone(), updates.view.clone());
        let work = Work::Scatter { out, updates: updates_view, axes: axes.clone(), indices: views, mode };
        let inputs: Vec<&Operand> = std::iter::once(&updates).chain(&indices).collect();
        let got = run(&work, &inputs, &start).values();
        let mut expected = start.values();
        let picks: Vec<Vec<Scalar>> = indices.iter().map(|o| o.values()).collect();
        for (p, &update) in updates.values().iter().enumerate() {
            let at = coordinates(p, &update_dims);
            let i = position(&at[..index_dims.len()], &index_dims);
            let mut to = vec![0; rank];
            let inside = axes.iter().zip(&picks).all(|(&a, v)| resolve(v[i], dims[a]).map(|c| to[a] = c).is_some());
            others.iter().zip(&at[index_dims.len()..]).for_each(|(&a, &c)| to[a] = c);
            if inside {
                let place = &mut expected[position(&to, &dims)];
                *place = combined(mode, *place, update);
            }
        }
        for (g, e) in got.iter().zip(&expected) {
            assert!(same(*g, *e), "{g:?} for {e:?}: {work:?}");
        }
    }
}

#[test]
fn many_scalar_updates_are_split_by_place() {
    let _alone = alone();
    let mut rng = Rng(5);
    let (n, places) = (200_000, 5000);
    let updates = Operand::zeros(Dtype::F32, &[n]).fill(|| Scalar::new(rng.unit(), Dtype::F32));
    let mut rng = Rng(6);
    let index = Operand::zeros(Dtype::I32, &[n]).fill(|| Scalar::new(rng.below(places + 1) as f64, Dtype::I32));
    let start = Operand::zeros(Dtype::F32, &[places]);
    let (axes, indices) = ([0].as_slice().into(), vec![index.view.clone()]);
    let work = Work::Scatter { out: start.view.clone(), updates: updates.view.clone(), axes, indices, mode: Combine::Add };
    let got = run(&work, &[&updates, &index], &start).values();
    let mut expected = vec![0f32; places];
    for (u, i) in updates.values().iter().zip(index.values()) {
        if let Some(place) = expected.get_mut(i.as_i128() as usize) {
            *place += u.as_f64() as f32;
        }
    }
    assert!(got.iter().zip(expected).all(|(g, e)| g.as_f64() as f32 == e));
}

#[test]
fn gathers_and_scatters_along_an_axis() {
    let _alone = alone();
    let mut rng = Rng(7);
    for round in 0..600 {
        let (dtype, mode) = (Dtype::ALL[round % 14], MODES[round % 5]);
        let rank = 1 + rng.below(3);
        let dims = rng.dims(rank, if round % 9 == 0 { 150 } else { 6 });
        let dims: Dims = if size(&dims) > 40_000 { [6, 300].as_slice().into() } else { dims };
        let rank = dims.len();
        let axis = rng.below(rank);
        let mut index_dims = dims.clone();
        index_dims[axis] = rng.below(9);
        let index = draw_indices(&mut rng, &index_dims, &[dims[axis]], true).remove(0);
        let picks = index.values();
        if dims[axis] > 0 {
            let x = Operand::scattered(&mut rng, dtype, &dims, true).fill(|| tied(&mut rng, dtype));
            let work = Work::GatherAlong { x: x.view.clone(), index: index.view.clone(), axis };
            let out = run(&work, &[&x, &index], &Operand::zeros(dtype, &index_dims)).values();
            let values = x.values();
            for (p, got) in out.iter().enumerate() {
                let mut at = coordinates(p, &index_dims);
                at[axis] = clamp(picks[p], dims[axis]);
                assert_eq!(got.bits(), values[position(&at, &dims)].bits(), "{work:?}");
            }
        }
        let start = Operand::zeros(dtype, &dims).fill(|| tied(&mut rng, dtype));
        let updates = Operand::scattered(&mut rng, dtype, &index_dims, true).fill(|| tied(&mut rng, dtype));
        let (out, index_view) = (start.view.clone(), index.view.clone());
        let work = Work::ScatterAlong { out, updates: updates.view.clone(), index: index_view, axis, mode };
        let got = run(&work, &[&updates, &index], &start).values();
        let mut expected = start.values();
        for (p, &update) in updates.values().iter().enumerate() {
            let mut at = coordinates(p, &index_dims);
            if let Some(c) = resolve(picks[p], dims[axis]) {
                at[axis] = c;
                let place = &mut expected[position(&at, &dims)];
                *place = combined(mode, *place, update);
            }
        }
        for (g, e) in got.iter().zip(&expected) {
            assert!(same(*g, *e), "{g:?} for {e:?}: {work:?}");
        }
    }
}

fn bits(keys: &[u32], n: usize, width: usize) -> Vec<u64> {
    let dims: Dims = [keys.len() / 2, 2].as_slice().into();
    let input = Operand::of(Dtype::U32, &dims, keys.iter().map(|&k| k as f64));
    let dtype = [Dtype::U8, Dtype::U16, Dtype::U32][width / 2];
    let out = run(&Work::RandomBits { keys: keys.len() / 2, n, width }, &[&input], &Operand::zeros(dtype, &[keys.len() / 2, n]));
    out.values().iter().map(|s| s.bits()).collect()
}

#[test]
fn random_bits_are_those_of_the_fixtures() {
    let _alone = alone();
    assert_eq!(bits(&[0, 0], 1, 4), [1797259609]);
    assert_eq!(bits(&[0, 0], 2, 4), [928981903, 3453687069]);
    assert_eq!(bits(&[0, 0], 3, 4), [4146024105, 1351547692, 2718843009]);
    assert_eq!(bits(&[0, 0], 4, 4), [4146024105, 967050713, 2718843009, 1272950319]);
    assert_eq!(bits(&[0, 0], 5, 4), [2467461003, 428148500, 1688610540, 3840466878, 2562233961]);
    assert_eq!(bits(&[0, 0], 7, 4), [2285895361, 1501764800, 1518642379, 3098264785, 433833334, 4221794875, 839183663]);
}

#[test]
fn long_draws_have_the_checksums_of_an_independent_implementation() {
    let _alone = alone();
    let sums = [
        ([0, 42], 1000, 16876641586253229221),
        ([0, 42], 4097, 3382122215216058106),
        ([0, 42], 100001, 1209892718274152158),
        ([7, 123456789], 1000, 12791613402206225304),
        ([7, 123456789], 4097, 164661100998107261),
        ([7, 123456789], 100001, 8637562865321122155),
    ];
    for (key, n, sum) in sums {
        assert_eq!(bits(&key, n, 4).iter().fold(0u64, |s, &w| s.wrapping_mul(31).wrapping_add(w)), sum, "{key:?} {n}");
    }
}

#[test]
fn narrow_and_batched_draws_are_cut_from_single_words() {
    let _alone = alone();
    for n in (0..70).chain([1000, 4099, 100_001]) {
        let words = |bytes: usize| bits(&[7, 9], bytes.div_ceil(4), 4).into_iter().flat_map(|w| (w as u32).to_le_bytes()).take(bytes);
        assert!(bits(&[7, 9], n, 1).into_iter().eq(words(n).map(u64::from)));
        let pairs: Vec<u8> = words(2 * n).collect();
        assert!(bits(&[7, 9], n, 2).into_iter().eq(pairs.chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]]) as u64)));
    }
    for width in [1, 2, 4] {
        let keys: Vec<u32> = (0..40).map(|i| i * 77).collect();
        let one_by_one = keys.chunks(2).flat_map(|key| bits(key, 37, width));
        assert!(bits(&keys, 37, width).into_iter().eq(one_by_one));
    }
}

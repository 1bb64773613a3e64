//! Memory, in a process of its own: accounting, peaks, donation, limits, out of memory. The tests take turns.

use lazulite::prelude::*;
use lazulite::{Rules, linalg};
use std::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    let guard = TURN.lock().unwrap_or_else(|e| e.into_inner());
    memory::clear_cache();
    guard
}

const MIB: usize = 1 << 20;

/// 64 MiB of data.
fn large() -> Array {
    let x = Array::from_slice(&vec![0.5f32; 16 << 20], [16 << 20]).unwrap();
    eval([&x]).unwrap();
    x
}

#[test]
fn building_allocates_nothing() {
    let _turn = turn();
    let x = large();
    let before = memory::active();
    memory::reset_peak();
    let y = (0..100).fold(&x + 1.0, |y, _| (&y * 0.5).sin());
    assert_eq!((memory::active(), memory::peak()), (before, before));
    drop(y);
}

#[test]
fn a_hundred_chained_ops_peak_at_two_arrays() {
    let _turn = turn();
    for fusion in [true, false] {
        let was = lazulite::set_fusion(fusion);
        let x = large();
        memory::clear_cache();
        memory::reset_peak();
        let before = memory::active();
        let y = (0..50).fold(x.clone(), |y, _| (&y + 1.0) * 0.5);
        eval([&y]).unwrap();
        let above = memory::peak() - before;
        println!("fusion {fusion}: peak {} MiB above the input", above / MIB);
        assert!(above <= 128 * MIB, "{above}");
        assert_eq!(memory::active() - before, 64 * MIB);
        drop((x, y));
        lazulite::set_fusion(was);
    }
    assert!(memory::cached() > 0);
    memory::clear_cache();
    assert_eq!(memory::cached(), 0);
}

#[test]
fn dropping_gives_memory_back() {
    let _turn = turn();
    let before = memory::active();
    let x = large();
    let y = &x * 2.0;
    let z = y.reshape([4096, 4096]).t();
    eval([&z]).unwrap();
    drop((x, y));
    assert_eq!(memory::active() - before, 64 * MIB, "the view keeps its base's memory");
    drop(z);
    assert_eq!(memory::active(), before);
}

#[test]
fn a_loop_over_one_variable_writes_in_place() {
    let _turn = turn();
    let mut x = large();
    memory::reset_peak();
    let before = memory::active();
    for _ in 0..5 {
        x = x * 0.5 + 1.0;
        eval([&x]).unwrap();
    }
    assert_eq!(memory::peak(), before, "the old value's memory is the new one's");
    assert_eq!(x.index_of(3), 1.953125);
}

trait At {
    fn index_of(&self, i: usize) -> f32;
}

impl At for Array {
    fn index_of(&self, i: usize) -> f32 {
        self.to_vec::<f32>().unwrap()[i]
    }
}

#[test]
fn a_training_loop_does_not_grow() {
    let _turn = turn();
    let x = Array::from_slice(&vec![0.25f32; 64 * 64], [64, 64]).unwrap();
    let mut w = Array::from_slice(&vec![0.5f32; 64 * 64], [64, 64]).unwrap();
    let step = |w: &Array| w - grad(|w: &Array| (w * &x).sin().square().mean(..))(w) * 0.01;
    let mut after_first = 0;
    for i in 0..200 {
        w = step(&w);
        eval([&w]).unwrap();
        match i {
            5 => after_first = memory::active(),
            199 => assert_eq!(memory::active(), after_first),
            _ => {}
        }
    }
}

/// Training with momentum, as one compiled call of three outputs.
struct Training {
    state: (Array, Array),
    losses: Vec<Array>,
}

/// Elements of the parameters.
const SIZE: usize = 128 * 128;

/// `n` steps, of which every `often`-th is evaluated, with its loss if `read`; all losses are kept if `keep`. The most memory that the
/// second half held, and the memory that was active at the half and at the end.
fn train(n: usize, often: usize, read: bool, keep: bool) -> (Training, [usize; 3]) {
    let step = compile(|(w, m, x): &(Array, Array, Array)| {
        let (loss, g) = value_and_grad(|w: &Array| (x.matmul(w) - x).square().mean(..))(w);
        let m = m * 0.9 + g;
        (loss, w - &m * 0.1, m)
    });
    let x = (ops::iota([128, 128], 1, Dtype::F32).unwrap() * 0.01).sin();
    let mut t = Training { state: (Array::full([128, 128], 0.5, Dtype::F32), Array::zeros([128, 128], Dtype::F32)), losses: vec![] };
    eval([&x]).unwrap();
    let mut half = 0;
    for i in 1..=n {
        let (loss, w, m) = step(&(t.state.0, t.state.1, x.clone()));
        t.state = (w, m);
        if i % often == 0 {
            eval([&t.state.0, &t.state.1].into_iter().chain(read.then_some(&loss))).unwrap();
        }
        if keep {
            t.losses.push(loss);
        }
        if i == n / 2 {
            half = memory::active();
            memory::reset_peak();
        }
    }
    (t, [memory::peak(), half, memory::active()])
}

#[test]
fn losses_that_are_kept_hold_no_step_though_nobody_evaluates_them() {
    let _turn = turn();
    let values = |t: &Training| -> Vec<f32> { t.losses.iter().map(|l| l.item().unwrap()).collect() };
    let (read, _) = train(300, 1, true, true);
    let expected = values(&read);
    assert!(expected.windows(2).take(5).all(|v| v[1] < v[0]));
    // A loss takes the smallest block that there is.
    let (few, small) = (4 * SIZE, 150 * 1024);
    for often in [1, 10] {
        let (dropped, [alone, ..]) = train(300, often, false, false);
        drop(dropped);
        let (kept, [peak, half, end]) = train(300, often, false, true);
        println!("every {often}: peak {peak} with losses, {alone} without; active {half}, then {end}");
        assert!(end <= half + small, "every {often}: {half} bytes after 150 steps, {end} after 300");
        // The next step writes over this one's state, as it does when no loss is kept.
        assert!(peak < alone + small + few, "every {often}: {peak} bytes at most, {alone} without losses");
        assert!(kept.losses.iter().all(Array::is_ready), "they are there with the state");
        assert_eq!(values(&kept), expected);
        let same = |a: &Array, b: &Array| assert_eq!(a.to_vec::<f32>().unwrap(), b.to_vec::<f32>().unwrap());
        same(&kept.state.0, &read.state.0);
        same(&kept.state.1, &read.state.1);
    }
}

#[test]
fn a_compiled_loss_does_not_keep_what_its_gradient_was_taken_at() {
    let _turn = turn();
    let loss = compile(|(w, x): &(Array, Array)| (x.matmul(w) - x).square().mean(..));
    let aux = compile(|(w, x): &(Array, Array)| ((x.matmul(w) - x).square().mean(..), w.sum(..)));
    let x = (ops::iota([128, 128], 1, Dtype::F32).unwrap() * 0.01).sin();
    eval([&x]).unwrap();
    let run = |read: bool, both: bool| {
        let (mut w, mut losses, mut half) = (Array::full([128, 128], 0.5, Dtype::F32), Vec::new(), 0);
        for i in 0..60 {
            let at = (w.clone(), x.clone());
            let g = if both {
                let ((l, a), g) = value_and_grad(&aux)(&at);
                losses.extend([l, a]);
                g
            } else {
                let (l, g) = value_and_grad(&loss)(&at);
                losses.push(l);
                g
            };
            w -= g.0 * 0.1;
            drop(at);
            eval(losses.last().filter(|_| read).into_iter().chain([&w])).unwrap();
            if i == 30 {
                half = memory::active();
            }
        }
        assert!(memory::active() < half + SIZE, "{half} bytes, then {}", memory::active());
        losses.iter().map(|l| l.item::<f32>().unwrap()).collect::<Vec<_>>()
    };
    for both in [false, true] {
        assert_eq!(run(false, both), run(true, both));
    }
}

#[test]
fn one_output_of_several_holds_nothing_of_the_others() {
    let _turn = turn();
    let x = (ops::iota([256, 256], 1, Dtype::F32).unwrap() * 0.3).sin() + Array::eye(256, 256, 0, Dtype::F32);
    eval([&x]).unwrap();
    let bytes = 256 * 256 * 4;
    let before = memory::active();
    let compiled = compile(|x: &Array| (x.sum(..), x + 1.0, x * 2.0));
    let custom = |x: &Array| {
        let rules = Rules { vjp: Some(std::sync::Arc::new(|_x, _y, ct| Ok(vec![&ct[0] * 10.0]))), ..Rules::default() };
        rules.apply(std::slice::from_ref(x), &[x.sum(..), x + 1.0, x * 2.0])
    };
    type Three<'a> = &'a dyn Fn() -> (Array, Array, Array);
    let ways: [(&str, Three); 4] = [
        ("compiled", &|| compiled(&x)),
        ("custom", &|| {
            let mut y = custom(&x);
            let last = y.pop().unwrap();
            (y.remove(0), y.remove(0), last)
        }),
        ("a batch of a compiled function", &|| {
            let (s, a, b) = vmap(&compiled)(&x.reshape([4, 64, 256]));
            (s, a, b)
        }),
        ("singular values", &|| {
            let (u, s, vt) = linalg::svd(&x);
            (s, u, vt)
        }),
    ];
    for (name, make) in ways {
        // One that is not evaluated, and one that is.
        for read in [false, true] {
            let (small, a, b) = make();
            eval([&a].into_iter().chain(read.then_some(&small))).unwrap();
            assert!(small.is_ready() && b.is_ready(), "{name}: it ran once, for all that were held");
            drop(b);
            assert!(memory::active() < before + bytes + 8192, "{name}: {}", memory::active() - before);
            drop(a);
            assert!(memory::active() < before + 8192, "{name}: {}", memory::active() - before);
            assert!(small.sum(..).item::<f32>().unwrap().is_finite());
        }
        // What nobody holds is not made.
        let (small, ..) = make();
        memory::reset_peak();
        eval([&small]).unwrap();
        assert!(memory::active() < before + 8192, "{name}: {}", memory::active() - before);
        drop(small);
        assert_eq!(memory::active(), before, "{name}");
    }
}

#[test]
fn limits_refuse_and_nothing_is_lost() {
    let _turn = turn();
    let x = large();
    let y = &x + 1.0;
    let former = memory::set_limit(memory::active() + MIB);
    let e = eval([&y]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::OutOfMemory);
    assert!(e.to_string().contains("67108864 bytes requested") && e.to_string().contains("memory.rs"), "{e}");
    assert!(!y.is_ready());
    memory::set_limit(former);
    assert_eq!(y.index_of(0), 1.5);
}

#[test]
fn a_call_that_finds_no_memory_is_pending_in_all_of_its_outputs() {
    let _turn = turn();
    let x = large();
    let f = compile(|x: &Array| (x.sum(..), x + 1.0, x.sin()));
    let (s, a, b) = f(&x);
    drop(b);
    let former = memory::set_limit(memory::active() + MIB);
    let e = eval([&a]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::OutOfMemory);
    assert!(!a.is_ready() && !s.is_ready());
    memory::set_limit(former);
    assert_eq!((s.item::<f32>().unwrap(), a.is_ready()), (8388608.0, true));
    assert_eq!(a.index_of(0), 1.5);
}

#[test]
fn an_impossible_allocation_is_an_error() {
    let _turn = turn();
    let e = ops::full([usize::MAX / 8, 4], 0, Dtype::F32).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::OutOfMemory);
    // Lazily possible, never in memory.
    let y = Array::ones([1 << 44], Dtype::F32) + Array::arange(0, 1u64 << 44, 1, Dtype::F32);
    let e = eval([&y]).unwrap_err();
    assert!(e.kind() == ErrorKind::OutOfMemory && e.message().contains("out of memory"), "{e}");
    let f = compile(|x: &Array| x * 2.0);
    let e = eval([&f(&y)]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::OutOfMemory);
    assert_eq!((array![1.0] + 1.0).item::<f32>().unwrap(), 2.0);
}

#[test]
fn the_cache_limit_holds() {
    let _turn = turn();
    let former = memory::set_cache_limit(MIB);
    drop(large());
    assert!(memory::cached() <= MIB);
    memory::set_cache_limit(former);
}

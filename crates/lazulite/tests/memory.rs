//! Memory, in a process of its own: accounting, peaks, donation, limits, out of memory. The tests take turns.

use lazulite::prelude::*;
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

//! With a GPU: work that moves between devices, equal bits of two runs, and running out of memory. Without one these tests say so.
#![cfg(feature = "cuda")]

use lazulite::prelude::*;

fn gpu() -> Option<Device> {
    let found = Device::named("cuda", 0).ok();
    if found.is_none() {
        eprintln!("skipped: {}", lazulite_cuda::why_not().unwrap_or_default());
    }
    found
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

/// Random steps over shared arrays on random streams; every operation is exact, so the bits are those of any device.
fn walk(steps: usize, streams: &[Stream]) -> Vec<Vec<f32>> {
    let mut dice = Dice(5);
    let mut arrays: Vec<Array> = (0..8).map(|i| Array::arange(i, i + 1000, 1, Dtype::F32).reshape([10, 100])).collect();
    for step in 0..steps {
        let (i, j, k) = (dice.below(8), dice.below(8), dice.below(8));
        let (stream, kind) = (streams[step * 7919 % streams.len()], dice.below(7));
        let (x, y) = (arrays[i].clone(), arrays[j].clone());
        arrays[k] = with_stream(stream, || match kind {
            0 => (x + y) * 0.5,
            1 => x.maximum(&y),
            2 => x - y * 0.25,
            3 => (x.max(keep(-1)) + y) * 0.5,
            4 => x.t().reshape([10, 100]),
            5 => x.argsort(-1).astype(Dtype::F32) * 0.125 + y * 0.5,
            _ => ops::concatenate(&[&x.index(0..5), &y.index(5..10)], 0).unwrap(),
        });
        match dice.below(12) {
            0 => eval([&arrays[k]]).unwrap(),
            1 | 2 => async_eval(&arrays).unwrap(),
            3 => drop(arrays[i].to_vec::<f32>().unwrap()),
            _ => {}
        }
    }
    arrays.iter().map(|a| a.to_vec().unwrap()).collect()
}

#[test]
fn random_moves_between_devices_match_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let steps = std::env::var("LAZULITE_STEPS").ok().and_then(|s| s.parse().ok()).unwrap_or(10_000);
    let cpu = Device::cpu();
    let mixed = [Stream { device: cpu, id: 0 }, Stream { device: gpu, id: 0 }, Stream::new(gpu), Stream::new(cpu), Stream::new(gpu)];
    let want = walk(steps, &[Stream { device: cpu, id: 0 }]);
    assert!(walk(steps, &mixed) == want, "other bits than on the CPU");
    assert!(walk(steps, &mixed) == want, "other bits in a second run");
}

#[test]
fn exhaustion_is_an_error_and_work_goes_on() {
    let Some(gpu) = gpu() else { return };
    with_stream(Stream { device: gpu, id: 0 }, || {
        let huge = |x: &Array| x.reshape([1 << 20, 1]) + Array::zeros([1, 1 << 20], Dtype::F32);
        let x = Array::ones([1 << 20], Dtype::F32) * 2.0;
        assert_eq!(eval([&huge(&x)]).unwrap_err().kind(), ErrorKind::OutOfMemory);
        let compiled = compile(huge);
        assert_eq!(eval([&compiled(&x)]).unwrap_err().kind(), ErrorKind::OutOfMemory);
        assert_eq!((&x + 1.0).sum(..).item::<f32>().unwrap(), 3.0 * (1 << 20) as f32);
    });
}

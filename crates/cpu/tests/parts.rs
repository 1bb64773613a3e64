//! Parts of kernels by themselves. They are tested from outside the crate, whose own test program would compile every kernel once more.

mod order {
    use half::f16;
    use lazulite_cpu::parts::Ordered;
    use num_complex::Complex32;

    #[test]
    fn keys_order_floats() {
        let rising = [f32::NEG_INFINITY, -1e30, -1.0, -1e-45, 0.0, 1e-45, 2.0, f32::INFINITY, f32::NAN];
        assert!(rising.windows(2).all(|w| w[0].up() < w[1].up()));
        assert!(rising[..8].windows(2).all(|w| w[0].down() > w[1].down()));
        assert!(rising[..8].iter().all(|v| v.down() < f32::NAN.down() && v.up() > f32::LEAST));
        assert_eq!((0.0f32.up(), 0.0f64.down(), (-f16::ZERO).up()), ((-0.0f32).up(), (-0.0f64).down(), f16::ZERO.up()));
        assert!(Complex32::new(1.0, -2.0).up() < Complex32::new(1.0, 2.0).up());
        assert!(Complex32::new(1.0, -2.0).down() > Complex32::new(1.0, 2.0).down());
        assert!(Complex32::new(-1.0, 9.0).up() < Complex32::new(1.0, -2.0).up());
    }
}

mod walk {
    use lazulite_cpu::parts::Walk;

    #[test]
    fn runs_visit_every_position_of_a_range_in_order() {
        let dims = [3, 1, 4, 5];
        let (a, b) = ([20, 9, 5, 1], [0, 0, -7, 2]);
        let walk = Walk::new(&dims, [&a, &b]);
        for range in [0..60, 7..8, 3..49, 60..60] {
            let mut seen = Vec::new();
            walk.runs(range.clone(), |at, off, len| {
                (0..len).for_each(|j| seen.push((at + j, off[0] + j as isize * walk.step()[0], off[1] + j as isize * walk.step()[1])));
            });
            let expected: Vec<_> = range.map(|p| (p, p as isize, -7 * (p / 5 % 4) as isize + 2 * (p % 5) as isize)).collect();
            assert_eq!(seen, expected);
        }
        assert_eq!(Walk::new(&[], [&[]]).len(), 1);
        assert_eq!(Walk::new(&[2, 0], [&[1, 1]]).len(), 0);
    }
}

mod pack {
    use lazulite_cpu::parts::{Kind, Side, Tiled, isa};

    /// Panels of every height and length hold the operand's transpose, and nothing behind them is written.
    #[test]
    fn packing_stays_in_the_panel() {
        let tiles = f32::tiles(isa());
        let x: Vec<f32> = (0..40 * 40).map(|i| i as f32).collect();
        for (lines, k) in (1..20).flat_map(|l| (1..36).map(move |k| (l, k))) {
            let mut panel = vec![-1.0; lines * k + 64];
            // SAFETY: the operand has 40 lines of 40 numbers, the panel has room.
            unsafe { <f32 as Kind>::pack(tiles, Side::A, x.as_ptr(), 40, lines, 1, k, panel.as_mut_ptr(), lines, true) };
            for (i, &v) in panel.iter().enumerate() {
                let want = if i < lines * k { (i % lines * 40 + i / lines) as f32 } else { -1.0 };
                assert_eq!(v, want, "{lines} lines, {k} steps, at {i}");
            }
        }
    }
}

mod network {
    use lazulite_cpu::parts::network::{LANES, sort};

    #[test]
    fn every_length_is_sorted() {
        let mut seed = 1u32;
        for n in (0..70).chain([255, 256, 257, 300, 511, 513, 1000, 1025]) {
            for bits in [1, 32] {
                let mut v: Vec<[u32; LANES]> = (0..n)
                    .map(|_| {
                        std::array::from_fn(|_| {
                            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                            seed >> (32 - bits)
                        })
                    })
                    .collect();
                let mut want: Vec<Vec<u32>> = (0..LANES).map(|l| v.iter().map(|r| r[l]).collect()).collect();
                want.iter_mut().for_each(|w| w.sort());
                sort(&mut v);
                assert!((0..LANES).all(|l| v.iter().map(|r| r[l]).eq(want[l].iter().copied())), "{n} places");
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod quick {
    use lazulite_cpu::parts::quick::{Lanes, U32x16, U64x8, sort};

    fn check<V: Lanes>(word: impl Fn(u64) -> V::Word)
    where
        V::Word: std::fmt::Debug,
    {
        let Some(sort) = sort::<V>() else { return };
        let mut seed = 1u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 20
        };
        for n in (0..300).chain([511, 512, 513, 1000, 2048, 4097, 100_000]) {
            for range in [1, 2, 7, 1000, u64::MAX] {
                let mut v: Vec<V::Word> = (0..n).map(|_| word(random() % range)).collect();
                let mut want = v.clone();
                want.sort();
                sort(&mut v);
                assert_eq!(v, want, "{n} words below {range}");
                // What is in order already, and the other way round.
                sort(&mut v);
                assert_eq!(v, want);
                v.reverse();
                sort(&mut v);
                assert_eq!(v, want);
            }
        }
        let mut v = vec![V::LAST; 1000];
        sort(&mut v);
        assert_eq!(v, vec![V::LAST; 1000]);
    }

    #[test]
    fn words_of_32_bits_are_sorted() {
        check::<U32x16>(|x| x as u32);
    }

    #[test]
    fn words_of_64_bits_are_sorted() {
        check::<U64x8>(|x| x << 20 | x & 1);
    }
}

mod codes {
    use lazulite_base::format::fp4;
    use lazulite_cpu::parts::codes::{CHUNK, Codes, Fp4, Fp8, Whole, pack, unpack};
    use lazulite_cpu::simd::{F32s, Job, at_best};

    fn there_and_back<const B: usize>() {
        let codes: Vec<u8> = (0..CHUNK).map(|i| (i * 37 + i / 8) as u8 & ((1u16 << B) - 1) as u8).collect();
        let mut packed = vec![0u8; 8 * B];
        for (i, eight) in codes.chunks_exact(8).enumerate() {
            // SAFETY: eight codes take B bytes.
            unsafe { pack(eight.try_into().unwrap(), B, packed.as_mut_ptr().add(i * B)) };
        }
        // SAFETY: the bytes of 64 codes.
        assert_eq!(unsafe { unpack::<B>(packed.as_ptr()) }.to_vec(), codes, "{B} bits");
        let bit = |at: usize| packed[at / 8] >> (at % 8) & 1;
        for (i, &c) in codes.iter().enumerate() {
            assert_eq!((0..B).map(|b| bit(i * B + b) << b).sum::<u8>(), c, "{B} bits, code {i}");
        }
    }

    #[test]
    fn codes_of_every_width_come_back() {
        there_and_back::<1>();
        there_and_back::<2>();
        there_and_back::<3>();
        there_and_back::<4>();
        there_and_back::<5>();
        there_and_back::<6>();
        there_and_back::<8>();
    }

    struct Lanes<'a, C>(*const u8, &'a mut [f32; 128], std::marker::PhantomData<C>);

    impl<C: Codes> Job for Lanes<'_, C> {
        #[inline(always)]
        unsafe fn run<V: F32s>(self) {
            for first in (0..16).step_by(V::N) {
                // SAFETY: the caller's promise.
                let words = unsafe { C::words::<V>(self.0, first) };
                for (half, mut word) in words.into_iter().enumerate() {
                    for i in 0..4 {
                        let mut lanes = [0.0; 16];
                        // SAFETY: there is room for any vector.
                        unsafe { C::lowest::<V>(word).store(lanes.as_mut_ptr()) };
                        (0..V::N).for_each(|l| self.1[8 * (first + l) + 4 * half + i] = lanes[l]);
                        word = C::next::<V>(word);
                    }
                }
            }
        }
    }

    fn lanes_are_the_numbers<C: Codes>() {
        let bytes: Vec<u8> = (0..16 * C::BITS).map(|i| (i * 73 + i / 5 + 11) as u8).collect();
        for width in [4, 8, 16] {
            let mut got = [0.0; 128];
            // SAFETY: the bytes of 128 codes.
            unsafe { at_best(Lanes(bytes.as_ptr(), &mut got, std::marker::PhantomData::<C>), width) };
            // SAFETY: the same, 64 at a time.
            let want = [0, 8 * C::BITS].map(|at| unsafe { C::numbers(bytes.as_ptr().add(at)) }).concat();
            let bits = |list: &[f32]| list.iter().map(|x| if x.is_nan() { 1 } else { x.to_bits() }).collect::<Vec<_>>();
            assert_eq!(bits(&got), bits(&want), "{} bits, {width} lanes", C::BITS);
        }
    }

    #[test]
    fn lanes_of_every_width_are_the_numbers() {
        lanes_are_the_numbers::<Whole<1>>();
        lanes_are_the_numbers::<Whole<2>>();
        lanes_are_the_numbers::<Whole<3>>();
        lanes_are_the_numbers::<Whole<4>>();
        lanes_are_the_numbers::<Whole<5>>();
        lanes_are_the_numbers::<Whole<6>>();
        lanes_are_the_numbers::<Whole<8>>();
        lanes_are_the_numbers::<Fp8>();
        // Zeros have signs in lanes.
        let packed: Vec<u8> = (0..64).map(|i| (2 * i % 16) | (2 * i % 16 + 1) << 4).collect();
        let mut got = [1.0; 128];
        // SAFETY: the bytes of 128 codes.
        unsafe { at_best(Lanes(packed.as_ptr(), &mut got, std::marker::PhantomData::<Fp4>), 16) };
        (0..128).for_each(|i| assert_eq!(got[i] * Fp4::FACTOR, fp4(i as u8 % 16)));
    }

    #[test]
    fn four_bit_floats_are_those_of_the_format() {
        let packed: Vec<u8> = (0..32).map(|i| (2 * i % 16) | (2 * i % 16 + 1) << 4).collect();
        // SAFETY: the bytes of 64 codes.
        let got = unsafe { Fp4::numbers(packed.as_ptr()) };
        (0..CHUNK).for_each(|i| assert_eq!(got[i] * Fp4::FACTOR, fp4(i as u8 % 16)));
    }
}

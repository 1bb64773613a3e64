//! The functions of which scans are made, for each operation: a ladder over a group, and what comes before it.
//!
//! They take states as bits, so that what moves elements is compiled once for a size of element, and not for each operation.

use crate::isa::{Isa, isa};

/// Elements of a group, and parts of a block.
pub const GROUP: usize = 32;
/// Rows side by side.
pub const LANES: usize = 16;

/// Groups of rows side by side: element by element, their lanes.
pub type Tile<S> = [[S; LANES]; GROUP];

/// States that start at a cache line.
#[repr(align(64))]
pub struct Aligned<T>(pub T);

/// How states combine.
pub trait Join: 'static {
    /// A value that is carried.
    type State: Copy + Default;
    /// The combination with a later state.
    fn join(a: Self::State, b: Self::State) -> Self::State;
    /// The same of many.
    #[inline(always)]
    fn join_all(a: &[Self::State; LANES], b: &[Self::State; LANES]) -> [Self::State; LANES] {
        let mut r = *b;
        for i in 0..LANES {
            r[i] = Self::join(a[i], b[i]);
        }
        r
    }
    /// The same of a group's.
    #[inline(always)]
    fn join_group(a: &[Self::State; GROUP], b: &[Self::State; GROUP]) -> [Self::State; GROUP] {
        let mut r = *b;
        for i in 0..GROUP {
            r[i] = Self::join(a[i], b[i]);
        }
        r
    }
    /// Its functions.
    fn joins() -> Joins;
}

/// The functions of one [`Join`]. States are as many as it says, at any address unless it says more.
#[derive(Clone, Copy)]
pub struct Joins {
    /// Scans the states of a group: from, to.
    pub ladder: unsafe fn(*const u8, *mut u8),
    /// Joins one state before those of a group: before, from, to.
    pub follow: unsafe fn(*const u8, *const u8, *mut u8),
    /// Scans the first so many elements of every lane of a [`Tile`] that is [`Aligned`].
    pub ladders: unsafe fn(*mut u8, usize),
    /// Joins what comes before each lane to its first so many elements of such a tile.
    pub lead: unsafe fn(*const u8, *mut u8, usize),
    /// Joins a row of lanes before another: before, after, to.
    pub join: unsafe fn(*const u8, *const u8, *mut u8),
}

/// A step of the ladder over a group. The states stay in registers: the loops have fixed lengths.
#[inline(always)]
fn step<J: Join, const D: usize>(v: [J::State; GROUP]) -> [J::State; GROUP] {
    let (mut before, mut r) = (v, v);
    for i in D..GROUP {
        before[i] = v[i - D];
    }
    let joined = J::join_group(&before, &v);
    for i in D..GROUP {
        r[i] = joined[i];
    }
    r
}

#[inline(always)]
unsafe fn ladder<J: Join>(from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        let v = step::<J, 1>(from.cast::<[J::State; GROUP]>().read_unaligned());
        let v = step::<J, 16>(step::<J, 8>(step::<J, 4>(step::<J, 2>(v))));
        to.cast::<[J::State; GROUP]>().write_unaligned(v);
    }
}

#[inline(always)]
unsafe fn follow<J: Join>(before: *const u8, from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        let before = before.cast::<J::State>().read_unaligned();
        let v = from.cast::<[J::State; GROUP]>().read_unaligned();
        to.cast::<[J::State; GROUP]>().write_unaligned(J::join_group(&[before; GROUP], &v));
    }
}

#[inline(always)]
unsafe fn ladders<J: Join>(tile: *mut u8, m: usize) {
    // SAFETY: the caller's promise.
    let v = unsafe { &mut *tile.cast::<Tile<J::State>>() };
    let mut d = 1;
    while d < GROUP {
        for i in (d..m).rev() {
            v[i] = J::join_all(&v[i - d], &v[i]);
        }
        d *= 2;
    }
}

#[inline(always)]
unsafe fn lead<J: Join>(before: *const u8, tile: *mut u8, m: usize) {
    // SAFETY: the caller's promise.
    let (before, v) = unsafe { (before.cast::<[J::State; LANES]>().read_unaligned(), &mut *tile.cast::<Tile<J::State>>()) };
    v.iter_mut().take(m).for_each(|v| *v = J::join_all(&before, v));
}

#[inline(always)]
unsafe fn join<J: Join>(before: *const u8, after: *const u8, to: *mut u8) {
    type Lanes<J> = [<J as Join>::State; LANES];
    // SAFETY: the caller's promise.
    unsafe {
        let (a, b) = (before.cast::<Lanes<J>>().read_unaligned(), after.cast::<Lanes<J>>().read_unaligned());
        to.cast::<Lanes<J>>().write_unaligned(J::join_all(&a, &b));
    }
}

/// The functions, compiled for some instructions.
macro_rules! level {
    ($name:ident $(, $features:literal)?) => {
        mod $name {
            use super::Join;

            level! { @$name($($features)?) ladder(from: *const u8, to: *mut u8) }
            level! { @$name($($features)?) follow(before: *const u8, from: *const u8, to: *mut u8) }
            level! { @$name($($features)?) ladders(tile: *mut u8, m: usize) }
            level! { @$name($($features)?) lead(before: *const u8, tile: *mut u8, m: usize) }
            level! { @$name($($features)?) join(before: *const u8, after: *const u8, to: *mut u8) }

            pub fn joins<J: Join>() -> super::Joins {
                super::Joins { ladder: ladder::<J>, follow: follow::<J>, ladders: ladders::<J>, lead: lead::<J>, join: join::<J> }
            }
        }
    };
    (@$name:ident($($features:literal)?) $f:ident($($a:ident: $t:ty),*)) => {
        $(#[target_feature(enable = $features)])?
        unsafe fn $f<J: Join>($($a: $t),*) {
            // SAFETY: the caller's promise.
            unsafe { super::$f::<J>($($a),*) }
        }
    };
}
level!(base);
#[cfg(target_arch = "x86_64")]
level!(v3, "avx2,fma,f16c");
#[cfg(target_arch = "x86_64")]
level!(v4, "avx2,fma,f16c,avx512f,avx512bw,avx512cd,avx512dq,avx512vl");

/// The functions with what every machine has.
pub fn plainly<J: Join>() -> Joins {
    base::joins::<J>()
}

/// The functions with this machine's instructions.
pub fn at_best<J: Join>() -> Joins {
    match isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::V4 => v4::joins::<J>(),
        #[cfg(target_arch = "x86_64")]
        Isa::V3 => v3::joins::<J>(),
        _ => base::joins::<J>(),
    }
}

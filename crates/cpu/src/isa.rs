//! Which vector instructions this machine has, and functions compiled once for each set of them.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// A set of vector instructions, each including the ones before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Isa {
    /// What every machine of the architecture has.
    Base = 1,
    /// x86-64 with AVX2, FMA and F16C.
    V3 = 2,
    /// x86-64 with AVX-512 F, BW, CD, DQ and VL.
    V4 = 3,
}

fn detect() -> Isa {
    #[cfg(target_arch = "x86_64")]
    {
        let v3 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
        let v4 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if v3 && v4 {
            return Isa::V4;
        }
        if v3 {
            return Isa::V3;
        }
    }
    Isa::Base
}

static ISA: AtomicU8 = AtomicU8::new(0);

/// The best set this machine has, or the lesser one that `LAZULITE_ISA` (`base`, `v3`) names.
#[inline]
pub fn isa() -> Isa {
    match ISA.load(Relaxed) {
        1 => Isa::Base,
        2 => Isa::V3,
        3 => Isa::V4,
        _ => {
            let found = match std::env::var("LAZULITE_ISA").as_deref() {
                Ok("base") => Isa::Base,
                Ok("v3") => detect().min(Isa::V3),
                _ => detect(),
            };
            ISA.store(found as u8, Relaxed);
            found
        }
    }
}

/// Defines `unsafe fn name<generics>(arguments) -> result`, compiled for each [`Isa`], that runs the best version.
/// Generics come in brackets, with and without bounds: `unsafe fn f[T: Copy][T](x: T) { … }`.
macro_rules! fast {
    ($(#[$m:meta])* $v:vis unsafe fn $name:ident[$($g:tt)*][$($u:tt)*]($($a:ident: $t:ty),* $(,)?) $(-> $r:ty)? $body:block) => {
        $(#[$m])*
        #[allow(clippy::too_many_arguments)]
        $v unsafe fn $name<$($g)*>($($a: $t),*) $(-> $r)? {
            #[inline(always)]
            unsafe fn base<$($g)*>($($a: $t),*) $(-> $r)? $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c")]
            unsafe fn v3<$($g)*>($($a: $t),*) $(-> $r)? {
                // SAFETY: the caller's promise, passed on.
                unsafe { base::<$($u)*>($($a),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
            unsafe fn v4<$($g)*>($($a: $t),*) $(-> $r)? {
                // SAFETY: the caller's promise, passed on.
                unsafe { base::<$($u)*>($($a),*) }
            }
            // SAFETY: the caller's promise, passed on; the machine has the instructions.
            unsafe {
                match $crate::isa::isa() {
                    #[cfg(target_arch = "x86_64")]
                    $crate::isa::Isa::V4 => v4::<$($u)*>($($a),*),
                    #[cfg(target_arch = "x86_64")]
                    $crate::isa::Isa::V3 => v3::<$($u)*>($($a),*),
                    _ => base::<$($u)*>($($a),*),
                }
            }
        }
    };
}
pub(crate) use fast;

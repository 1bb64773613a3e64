//! Functions of f32, each written once over [`crate::simd::F32s`].

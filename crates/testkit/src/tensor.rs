//! Host tensors: a shape, a dtype and elements as complex f64, with none of the library's machinery.

use half::{bf16, f16};
use lazulite::{Array, Complex32, Dtype, Element, Result, Scalar};
use num_complex::Complex64;

/// An element.
pub type C = Complex64;

/// The real number as an element.
pub fn re(v: f64) -> C {
    C::new(v, 0.0)
}

/// A truth value as an element.
pub fn truth(b: bool) -> C {
    re(b as u8 as f64)
}

/// Row-major elements of a shape.
#[derive(Clone, PartialEq, Debug)]
pub struct Tensor {
    /// The sizes of the axes.
    pub dims: Vec<usize>,
    /// What the elements stand for; they hold values of this dtype.
    pub dtype: Dtype,
    /// The elements.
    pub values: Vec<C>,
}

macro_rules! each_dtype {
    ($d:expr, $t:ident => $body:expr) => {
        match $d {
            Dtype::Bool => {
                type $t = bool;
                $body
            }
            Dtype::U8 => {
                type $t = u8;
                $body
            }
            Dtype::U16 => {
                type $t = u16;
                $body
            }
            Dtype::U32 => {
                type $t = u32;
                $body
            }
            Dtype::U64 => {
                type $t = u64;
                $body
            }
            Dtype::I8 => {
                type $t = i8;
                $body
            }
            Dtype::I16 => {
                type $t = i16;
                $body
            }
            Dtype::I32 => {
                type $t = i32;
                $body
            }
            Dtype::I64 => {
                type $t = i64;
                $body
            }
            Dtype::F16 => {
                type $t = f16;
                $body
            }
            Dtype::BF16 => {
                type $t = bf16;
                $body
            }
            Dtype::F32 => {
                type $t = f32;
                $body
            }
            Dtype::F64 => {
                type $t = f64;
                $body
            }
            Dtype::C64 => {
                type $t = Complex32;
                $body
            }
        }
    };
}

/// The value as a scalar of the dtype.
pub fn scalar(v: C, d: Dtype) -> Scalar {
    if d == Dtype::C64 { Complex32::new(v.re as f32, v.im as f32).scalar() } else { Scalar::new(v.re, d) }
}

/// Every index of a shape, in row-major order.
pub fn indices(dims: &[usize]) -> impl Iterator<Item = Vec<usize>> + use<> {
    let dims = dims.to_vec();
    (0..dims.iter().product()).map(move |mut flat: usize| {
        let mut index = vec![0; dims.len()];
        for (i, &d) in index.iter_mut().zip(&dims).rev() {
            *i = flat % d;
            flat /= d;
        }
        index
    })
}

impl Tensor {
    /// The element of each index.
    pub fn from_fn(dims: &[usize], dtype: Dtype, mut f: impl FnMut(&[usize]) -> C) -> Tensor {
        let values = indices(dims).map(|i| f(&i)).collect();
        Tensor { dims: dims.to_vec(), dtype, values }
    }

    /// One element everywhere.
    pub fn full(dims: &[usize], dtype: Dtype, v: C) -> Tensor {
        Tensor::from_fn(dims, dtype, |_| v)
    }

    /// The element at an index.
    pub fn at(&self, index: &[usize]) -> C {
        let flat = index.iter().zip(&self.dims).fold(0, |flat, (&i, &d)| flat * d + i);
        self.values[flat]
    }

    /// The element that broadcasting reads at an index of a larger shape.
    pub fn spread(&self, index: &[usize]) -> C {
        let own: Vec<usize> =
            index[index.len() - self.dims.len()..].iter().zip(&self.dims).map(|(&i, &d)| if d == 1 { 0 } else { i }).collect();
        self.at(&own)
    }

    /// Every element through `f`, which gives values of `dtype`.
    pub fn map(&self, dtype: Dtype, f: impl FnMut(C) -> C) -> Tensor {
        Tensor { dims: self.dims.clone(), dtype, values: self.values.iter().copied().map(f).collect() }
    }

    /// The elements rounded or wrapped to the dtype.
    pub fn cast(&self, dtype: Dtype) -> Tensor {
        self.map(dtype, |v| scalar(v, dtype).as_complex())
    }

    /// The sum with `t` scaled by `h`.
    pub fn plus(&self, t: &Tensor, h: f64) -> Tensor {
        let values = self.values.iter().zip(&t.values).map(|(a, b)| a + b * h).collect();
        Tensor { values, ..self.clone() }
    }

    /// The real inner product `Re sum(conj(a) * b)`.
    pub fn dot(&self, other: &Tensor) -> f64 {
        self.values.iter().zip(&other.values).map(|(a, b)| (a.conj() * b).re).sum()
    }

    /// Example `i` along an axis.
    pub fn example(&self, axis: usize, i: usize) -> Tensor {
        let mut dims = self.dims.clone();
        dims.remove(axis);
        Tensor::from_fn(&dims, self.dtype, |at| {
            let mut at = at.to_vec();
            at.insert(axis, i);
            self.at(&at)
        })
    }

    /// The tensors, of one shape, along a new axis.
    pub fn stack(list: &[Tensor], axis: usize) -> Tensor {
        let mut dims = list[0].dims.clone();
        dims.insert(axis, list.len());
        Tensor::from_fn(&dims, list[0].dtype, |at| {
            let mut rest = at.to_vec();
            let i = rest.remove(axis);
            list[i].at(&rest)
        })
    }

    /// The axes in another order.
    pub fn transpose(&self, order: &[usize]) -> Tensor {
        let dims: Vec<usize> = order.iter().map(|&a| self.dims[a]).collect();
        Tensor::from_fn(&dims, self.dtype, |at| {
            let mut from = vec![0; order.len()];
            order.iter().zip(at).for_each(|(&a, &i)| from[a] = i);
            self.at(&from)
        })
    }

    /// The array of these elements.
    pub fn array(&self) -> Array {
        each_dtype!(self.dtype, T => {
            let list: Vec<T> = self.values.iter().map(|&v| T::from_scalar(scalar(v, self.dtype))).collect();
            Array::from_slice(&list, self.dims.clone()).expect("the elements fill the shape")
        })
    }

    /// The elements of an array; evaluates it.
    ///
    /// # Errors
    /// What evaluation reports.
    pub fn read(a: &Array) -> Result<Tensor> {
        let values = each_dtype!(a.dtype(), T => a.to_vec::<T>()?.into_iter().map(|v| v.scalar().as_complex()).collect());
        Ok(Tensor { dims: a.shape().to_vec(), dtype: a.dtype(), values })
    }
}

/// The bits of an array's elements; evaluates it.
///
/// # Errors
/// What evaluation reports.
pub fn bits(a: &Array) -> Result<Vec<u64>> {
    each_dtype!(a.dtype(), T => Ok(a.to_vec::<T>()?.into_iter().map(|v| v.scalar().bits()).collect()))
}

/// A stream of numbers that depends on its seed alone.
pub struct Dice(u64);

impl Dice {
    /// A stream.
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    /// The next word.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number within `low..high`.
    pub fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.word() >> 11) as f64 / (1u64 << 53) as f64)
    }

    /// An index below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.word() % n as u64) as usize
    }

    /// A tensor of numbers within -1..1, complex if the dtype is.
    pub fn tensor(&mut self, dims: &[usize], dtype: Dtype) -> Tensor {
        let complex = dtype == Dtype::C64;
        Tensor::from_fn(dims, dtype, |_| C::new(self.within(-1.0, 1.0), if complex { self.within(-1.0, 1.0) } else { 0.0 })).cast(dtype)
    }
}

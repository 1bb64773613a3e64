//! Elements' bytes taken for elements of another dtype.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::op;
use crate::primitive::{KernelOf, Primitive, Role, Vmap, flat};
use lazulite_base::Dtype;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{View, Work};
use smallvec::smallvec;

/// The bytes of the elements as elements of this dtype; the last axis changes if the sizes differ.
struct Reinterpret(Dtype);

stored!("view", Reinterpret { 0 });

impl Primitive for Reinterpret {
    fn name(&self) -> &'static str {
        "view"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.0 as u64);
    }
    fn attributes(&self) -> String {
        self.0.to_string()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let mut dims = inputs[0].shape.clone();
        let (from, to) = (inputs[0].dtype.size(), self.0.size());
        if from != to {
            let Some(last) = dims.last_mut() else {
                let text = format!("a 0-d array of {} has other bytes than one of {}", inputs[0].dtype, self.0);
                return Err(Error::value("view", text));
            };
            if *last * from % to != 0 {
                let text = format!("the bytes of the last axis of {:?} ({}) are no whole number of {}", dims, inputs[0].dtype, self.0);
                return Err(Error::value("view", text));
            }
            *last = *last * from / to;
        }
        Ok(smallvec![Aval::new(dims, self.0)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    flat!();
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![apply(Reinterpret(self.0), &[&cx.inputs[0].array()])?])
    }
}

impl KernelOf for Reinterpret {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::Reinterpret { x: inputs[0].clone() }
    }
}

op! {
    /// The elements' bytes, in row-major order, as elements of `dtype`; if their sizes differ the last axis grows or shrinks. It is
    /// constant to differentiation. Any byte but zero is `true`.
    ///
    /// # Errors
    /// A value error if the last axis's bytes are no whole number of new elements, or for a 0-d array and another size.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, 2.0].view(Dtype::U32).to_vec::<u32>().unwrap(), [0x3f800000, 0x40000000]);
    /// assert_eq!(array![258].view(Dtype::U8).to_vec::<u8>().unwrap(), [2, 1, 0, 0]);
    /// ```
    pub fn view(x, dtype: Dtype) -> Array {
        if x.dtype() == dtype {
            return Ok(x.clone());
        }
        if x.dtype() == Dtype::Bool {
            return view(&crate::ops::astype(x, Dtype::U8)?, dtype);
        }
        if dtype == Dtype::Bool {
            return crate::ops::astype(&view(x, Dtype::U8)?, Dtype::Bool);
        }
        apply(Reinterpret(dtype), &[x])
    }
}

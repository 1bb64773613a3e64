//! Conversion between dtypes.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::node;
use crate::graph::node::{Aval, Avals, Operand};
use crate::ops::op;
use crate::primitive::{Jvp, Prim, Primitive, Role, Vjp, Vmap};
use lazulite_base::Dtype;
use lazulite_base::error::Result;
use lazulite_base::key::KeyHasher;
use smallvec::smallvec;

struct Cast(Dtype);

stored!("astype", Cast { 0 });

impl Primitive for Cast {
    fn name(&self) -> &'static str {
        "astype"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.0 as u64);
    }
    fn attributes(&self) -> String {
        self.0.to_string()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![Aval::new(inputs[0].shape.clone(), self.0)])
    }
    fn role(&self) -> Role<'_> {
        Role::Cast
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let from = cx.inputs[0].aval().dtype;
        if !from.is_inexact() || !self.0.is_inexact() {
            return Ok(vec![None]);
        }
        Ok(vec![Some(astype(&cx.cotangent(0), from)?)])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        if !self.0.is_inexact() {
            return Ok(vec![None]);
        }
        Ok(vec![Some(astype(&cx.tangent(0), self.0)?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![astype(&cx.inputs[0].array(), self.0)?])
    }
}

op! {
    /// The array converted to `dtype`: integers wrap, floats truncate toward zero into integers, anything but zero is `true`, and a
    /// complex number keeps its real part.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.7, -1.7].astype(Dtype::I32).to_vec::<i32>().unwrap(), [1, -1]);
    /// ```
    pub fn astype(x, dtype: Dtype) -> Array {
        if x.dtype() == dtype && !x.aval().weak {
            return Ok(x.clone());
        }
        let aval = Aval::new(x.aval().shape.clone(), dtype);
        Ok(node(Prim::new(Cast(dtype)), smallvec![Operand::Edge(x.edge())], aval))
    }
}

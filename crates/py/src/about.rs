//! What the documentation of many functions shares: a paragraph on shapes, dtypes and errors for each kind of function.

/// The paragraph of a kind.
macro_rules! about {
    // Elementwise, of one operand.
    (any) => {
        about!(@one "the dtype stays", "")
    };
    (parts) => {
        about!(@one "complex64 gives float32, other dtypes stay", "")
    };
    (inexact) => {
        about!(@one "floats and complex64 stay, integers and bool give float32", "")
    };
    (float) => {
        about!(@one "floats stay, integers and bool give float32", "`ValueError` for complex64, ")
    };
    (real) => {
        about!(@one "the dtype stays", "`ValueError` for complex64, ")
    };
    (bits) => {
        about!(@one "the dtype, of integers or bool, stays", "`ValueError` for other dtypes, ")
    };
    (number) => {
        about!(@one "the dtype stays", "`ValueError` for bool, ")
    };
    (flags) => {
        about!(@one "of any dtype, and the result is bool", "")
    };
    (@one $dtypes:literal, $errors:literal) => {
        concat!(
            "\nShape: any, and the result has it; ", $dtypes, ". `stream` is the stream or device to run on. Raises ", $errors,
            "`TypeError` or `ValueError` for what is no array or number."
        )
    };

    // Elementwise, of two operands.
    (any2) => {
        about!(@two "", "")
    };
    (inexact2) => {
        about!(@two "; integers and bool give float32", "")
    };
    (float2) => {
        about!(@two "; integers and bool give float32", " or complex numbers")
    };
    (real2) => {
        about!(@two "", " or complex numbers")
    };
    (bits2) => {
        about!(@two "; integers and bool only", ", `RuntimeError` for other dtypes")
    };
    (flags2) => {
        about!(@two "; the result is bool", "")
    };
    (@two $dtypes:literal, $errors:literal) => {
        concat!(
            "\nShapes broadcast and dtypes promote; a Python number takes the array's dtype", $dtypes,
            ". `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast", $errors, "."
        )
    };
    (close) => {
        "\nShapes broadcast and dtypes promote; the result is bool. Raises `ValueError` for shapes that do not broadcast,\n\
         `TypeError` for what is no array."
    };

    // Along axes.
    (reduced) => {
        "\nShapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is\n\
         not there, `ValueError` for one named twice."
    };
    (extreme) => {
        "\nShapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,\n\
         but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose\n\
         from."
    };
    (along) => {
        "\nShapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an\n\
         axis that is not there."
    };

    // Constants and random numbers.
    (filled) => {
        "\nfloat32 unless a dtype is given. Raises `ValueError` for a negative size in the shape, `MemoryError` for a shape\n\
         that is too large."
    };
    (like) => {
        "\nRaises `TypeError` for what is no array."
    };
    (matrix) => {
        "\nThe shape is `(n, m)`, with `m` the same as `n` by default; float32 unless a dtype is given. Raises `ValueError` for\n\
         a negative size."
    };
    (drawn) => {
        "\nfloat32 unless a dtype is given. Raises `ValueError` for a key that is none, a negative size in the shape, or a\n\
         dtype of integers."
    };

    // Convolutions, transforms, files.
    (conv) => {
        "\nFloats and complex numbers, whose dtypes promote. Raises `ValueError` for shapes, strides or groups that do not fit."
    };
    (fft) => {
        "\nShapes: any of at least one axis. Raises `ValueError` for a length of zero or an unknown `norm`, `IndexError` for an\n\
         axis that is not there."
    };
    (fftn) => {
        "\nShapes: any with these axes; complex64, but for an inverse of a real transform, float32. Raises `ValueError` for a\n\
         length of zero or an unknown `norm`, `IndexError` for an axis that is not there."
    };
    (written) => {
        "\nArrays of any shape, and of any dtype that the format has. Raises `RuntimeError` where the file cannot be written,\n\
         `TypeError` or `ValueError` for what the format cannot hold."
    };
}

"""Where lazulite means to differ from MLX 0.32.4: a pattern of calls, one that the difference begins with, and why.
The suite fails if no call shows one any more, or if a call differs in another way."""

WHOLE = r"(\.\.\.|None|\(\)|:)"  # indices that select everything
RESULT = r"a result .*, not "  # where MLX has an error

DEVIATIONS: list[tuple[str, str, str]] = [
    (
        r"unary/mx\.(expm1|sigmoid)\(a\)/complex64|bad/mx\.sigmoid\(mx\.array\(\[1j\]\)\)",
        RESULT + r"ValueError: \[(expm1|sigmoid)\] Not supported for complex64",
        "lazulite also computes expm1 and sigmoid of complex numbers",
    ),
    (
        r"nan_to_num\((a\)/float64|mx\.array\(\[1\.0\], mx\.float64)",
        RESULT + r"ValueError: \[nan_to_num\] Does not yet support given type: float64",
        "lazulite also replaces NaN in float64",
    ),
    (r"pickle\.loads.*/float64", "dtype float64, not float32", "MLX pickles float64 as float32"),
    (
        r"//=? (a|\(1\+2j\)|b).*complex64|/(/|/=) \(1\+2j\)|\(1\+2j\) //"
        r"|floor_divide\(a, \(1\+2j\)|floor_divide.*complex64",
        r"ValueError: \[floor_divide\] does not take complex64",
        "a complex quotient has no floor: refused",
    ),
    (
        r"mx\.median\(a, axis=\(\)",
        RESULT + r"ValueError: \[flatten\]",
        "MLX fails for the median over no axis, which is the array itself",
    ),
    (
        r"axis/\d+/mx\.softmax\(.*/(bool|u?int\d+)\(",
        r"dtype float32, not (bool|u?int\d+)$",
        "MLX rounds the softmax of integers along another axis than the last to integers, so to zeros",
    ),
    (
        rf"(?s)write/.*c\[{WHOLE}\] = ",
        rf"dtype \w+, not \w+$|{RESULT}ValueError: Cannot broadcast array of shape \(1\b",
        "MLX puts the value in place of the array, dtype and all, where the index selects everything",
    ),
    (
        r"derivative/mx\.addmm.*/mx\.jvp",
        "value ",
        "MLX leaves out alpha in the tangent of addmm; finite differences say that lazulite is right",
    ),
    (
        r"derivative/x\.at\[.*/mx\.jvp",
        RESULT + r"RuntimeError: \[scatter\] JVP not yet implemented",
        "MLX has no jvp of a scattered update",
    ),
    (r"transforms/mx\.vmap\(lambda r: r\.at\[0\]\.add", "value ", "MLX adds to the first row of the batch only"),
    (
        r"bad/mx\.grad\(lambda x: x\.sum\(\)\)\(i\)",
        r"value \[0 0\], not \[1 1\]",
        "the gradient of an integer is zero; MLX differentiates as if it were a float",
    ),
    (
        r"at/.*a\.at\[None\]\.\w+\(a\[None\]\)",
        RESULT + r"ValueError: Cannot broadcast array of shape \(1,",
        "MLX fails where an update has the axis that `None` makes",
    ),
    (
        r"at/39/",
        RESULT + r"ValueError: \[reshape\]",
        "MLX fails for arrays on both sides of a slice in an update",
    ),
    (
        r"products/mx\.vecdot\(a, v\)",
        RESULT + r"ValueError: \[vecdot\] axis is out of bounds",
        "vecdot broadcasts: MLX looks for the axis in the shorter array",
    ),
    (r"linalg\.norm\(a, ord=1, axis=0\)/complex64", "dtype float32, not complex64", "a norm is real"),
    (
        r"np\.float32\)\[::-1\]",
        RESULT + "ValueError: Cannot convert DLPack arrays with negative strides",
        "lazulite reads NumPy arrays with negative strides",
    ),
    (
        r'bad/(a\.reshape\(2\.5\)|mx\.zeros\("x"\))',
        r"TypeError .*, not RuntimeError: std::bad_cast",
        "a shape of the wrong type is a TypeError, not a bad cast in C++",
    ),
    (r"bad/mx\.as_strided\(a, \(2, 2\), \(1,\)\)", "ValueError: ", "MLX reads strides that aren't there"),
    (
        r"linalg/complex 5",
        r"value \[ True\], not \[False\]",
        "MLX conjugates the eigenvectors of complex matrices: its `a @ v` is not `v * w`",
    ),
    (r"mx\.arange\(0, 3000, 0\.1\)", "value ", "MLX adds the step up, and drifts by 0.4 in 3000"),
    (
        r"conv/listed/mx\.jvp",
        RESULT + r"ValueError: \[Primitive::jvp\] Not implemented for Convolution",
        "MLX has no jvp of convolutions",
    ),
    (
        r"quantized/mx\.quantized_matmul\(x\.astype\(mx\.float16\)",
        "value ",
        "products of halves with quantized numbers are summed in float32, in MLX in float16",
    ),
    (
        r"products/mx\.gather_mm.*/float16",
        RESULT + r"RuntimeError: \[GatherMM::eval\] Currently only supports float32",
        "MLX gathers products of float32 only, on the CPU",
    ),
    (
        r"axis/0/mx\.logcumsumexp\(a, axis=-1\)/complex64\(33,\)",
        "value ",
        "a complex logarithm's angle is free up to a turn",
    ),
    (
        r"conv/listed/mx\.conv3d\(.*groups=2",
        RESULT + r"ValueError: \[conv\] Can only handle groups != 1 in 1D or 2D convolutions",
        "MLX has no groups over three axes",
    ),
    (
        r"conv/listed/mx\.conv1d\(x\[:, :4\], w, stride=2, dilation=2",
        r"ValueError: \[conv1d\] the kernel spans 5 elements",
        "MLX takes a kernel that spans more than the input: refused",
    ),
    (
        r"conv/listed/mx\.conv_transpose1d\(x, w, stride=3, padding=3",
        r"shape \[2, 15, 3\], not \[2, 11, 3\]",
        "MLX cuts the padding off the input, not off the output",
    ),
]

// Any tape of real numbers, an instruction at a time: a thread an element, a warp a row (lane order) or a thread a row (block order).
//
// Words: rows and length of a row; axes of the rows, axes in all, whether a warp has a row, where the instructions begin; the block of a
// reduction; a divisor an axis; then each operand's address and steps (two a word), scalars and instructions. An instruction is, from its
// lowest bits: operation (16), place of its result (8), places of up to three operands (8 each) or a word of the arguments (16) and the
// place of one operand (8), flags (8), rounding (8).
// Values are in shared memory, a word each, at the place that the instruction names.
FN u64 word_of(float x) { return __float_as_uint(x); }
FN u64 word_of(double x) { return (u64)__double_as_longlong(x); }
template <class T> FN u64 word_of(T x) { return (u64)x; }

extern "C" __global__ void __launch_bounds__(THREADS) @(const __grid_constant__ Args<WORDS> p) {
  extern __shared__ u64 near_[];
  const u32 rows = (u32)p.w[0], len = (u32)(p.w[0] >> 32), outer = (u32)p.w[1] & 255, rank = (u32)(p.w[1] >> 8) & 255;
  const bool lanes = (p.w[1] >> 16) & 1;
  const u32 lane = lanes ? threadIdx.x & 31 : 0, step = lanes ? 32 : 1;
  const u32 row = lanes ? blockIdx.x * (THREADS / 32) + (threadIdx.x >> 5) : blockIdx.x * THREADS + threadIdx.x;
  if (row >= rows) return;
  i32 c[RANK];
#define COORDINATES(index, first, end) { u32 rest = index; \
_Pragma("unroll") \
  for (i32 a = RANK - 1; a >= 0; a--) if (a >= first && a < end) { \
    const u64* d = p.w + 3 + 2 * a; const u32 q = quotient(rest, d); c[a] = (i32)(rest - q * (u32)d[0]); rest = q; } }
#pragma unroll
  for (i32 a = 0; a < RANK; a++) c[a] = 0;
  COORDINATES(row, 0, outer)
  u32 from = 0, to = 0, block = 0, j = 0;
  bool active = true;
  for (u32 pc = (u32)(p.w[1] >> 32);; pc++) {
    const u64 i = p.w[pc];
    const u32 op = (u32)i & 0xffff, at = (u32)(i >> 24) & 0xffff, flags = (u32)(i >> 48) & 255, rounding = (u32)(i >> 56);
    const u64 A = near_[((op <= WORDED ? i >> 40 : i >> 24) & 255) * THREADS + threadIdx.x];
    const u64 B = near_[((i >> 32) & 255) * THREADS + threadIdx.x], C = near_[((i >> 40) & 255) * THREADS + threadIdx.x];
    i32 off = 0;
    if (op <= PLACED) {
#pragma unroll
      for (i32 a = 0; a < RANK; a++) if (a < rank) off += c[a] * (i32)(u32)(p.w[at + 1 + a / 2] >> (a % 2 * 32));
    }
    u64 y = 0;
    switch (op) {
    case END: return;
    case OPEN: from = 0; block = flags ? len : (u32)p.w[2]; to = len < block ? len : block; continue;
    case START: j = from + lane; active = j < to; COORDINATES(j, outer, rank) continue;
    case NEXT:
      j += step;
      if (j - lane >= to) { active = true; continue; }
      pc = at; active = j < to; COORDINATES(j, outer, rank) continue;
    case AGAIN:
      from += block;
      if (from < len) { to = len - from < block ? len : from + block; pc = at; }
      continue;
    case SHUFFLE: y = flags ? __shfl_down_sync(0xffffffffu, A, flags) : __shfl_sync(0xffffffffu, A, 0); break;
CASES
    }
    if (rounding) { const float x = bits<float>(y); y = word_of(rounding == 1 ? round_f16(x) : round_bf16(x)); }
    near_[((i >> 16) & 255) * THREADS + threadIdx.x] = y;
  }
}

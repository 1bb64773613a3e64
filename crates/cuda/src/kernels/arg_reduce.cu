// The index of the best element of each row, the first of equal ones; NaN beats every number. A block a row.
FN bool @_nan(MEMORY x) { return NAN_TEST; }
FN bool @_better(MEMORY a, u64 i, MEMORY b, u64 j) {
  const bool an = @_nan(a), bn = @_nan(b);
  if (an || bn) return an && (!bn || i < j);
  const REGISTER x = get(a), y = get(b);
  return x ORDER y || (x == y && i < j);
}
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 n = p.w[2], row = blockIdx.x;
  const i64 step = (i64)p.w[3];
  ROW
  const MEMORY* x = (const MEMORY*)p.w[0] + (BASE);
  MEMORY best = x[0];
  u64 place = 0;
  for (u64 j = threadIdx.x; j < n; j += 256) {
    const MEMORY v = x[(i64)j * step];
    if (j == threadIdx.x || @_better(v, j, best, place)) { best = v; place = j; }
  }
  if (threadIdx.x >= n) place = 0;
  __shared__ u64 places[256];
  places[threadIdx.x] = place;
  __syncthreads();
  for (u32 w = 128; w > 0; w /= 2) {
    if (threadIdx.x < w) {
      const u64 a = places[threadIdx.x], b = places[threadIdx.x + w];
      if (@_better(x[(i64)b * step], b, x[(i64)a * step], a)) places[threadIdx.x] = b;
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) ((u32*)p.w[1])[row] = (u32)places[0];
}

// Updates combined along an axis: a thread takes a line of the axis, update by update, so that the order is fixed.
COMBINE
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 line = (u64)blockIdx.x * 256 + threadIdx.x;
  if (line >= p.w[3]) return;
  const i64 count = (i64)p.w[4], extent = (i64)p.w[5], step = (i64)p.w[6], ustep = (i64)p.w[7], istep = (i64)p.w[8];
  POSITION
  const MEMORY* update = (const MEMORY*)p.w[0] + (UPDATE);
  const INDEX* index = (const INDEX*)p.w[1] + (AT);
  MEMORY* out = (MEMORY*)p.w[2] + (OUT);
  for (i64 k = 0; k < count; k++) {
    const INDEX raw = index[k * istep];
    i64 v = LARGE;
    v = v < 0 ? v + extent : v;
    if (v >= 0 && v < extent) put(out[v * step], @_combine(get(out[v * step]), get(update[k * ustep])));
  }
}

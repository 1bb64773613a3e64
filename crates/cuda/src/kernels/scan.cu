// A row scanned by WARPS warps, each of them a block of ITEMS groups at a time; of rows of more than 32768 elements as many each, once for
// the total of each part but the last, once with what comes before it.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u32 lane = threadIdx.x & 31, warp = WARPS == 1 ? 0 : threadIdx.x >> 5;
  const u64 row = WARPS == 1 ? (u64)blockIdx.x * 8 + (threadIdx.x >> 5) : blockIdx.x, n = p.w[3], begin = (u64)blockIdx.y << 15;
  if (row >= p.w[4]) return;
  const i64 step = (i64)p.w[5], fstep = (i64)p.w[6], ostep = (i64)p.w[7];
  ROW
  const MEMORY* x = (const MEMORY*)p.w[0] + (BASE) + (i64)begin * step;
  const MEMORY* f = (const MEMORY*)p.w[1] + (FACTORS) + (i64)begin * fstep;
  MEMORY* out = (MEMORY*)p.w[2] + (OUT) + (i64)begin * ostep;
  // What comes before each part of a long row, and its total.
  @_State* parts = (@_State*)p.w[8] + row * p.w[9] + blockIdx.y;
  const bool only_total = p.w[10] != 0, later = p.w[8] && !only_total && blockIdx.y > 0;
  const u32 here = n - begin < 32768 ? (u32)(n - begin) : 32768u;
  __shared__ __align__(16) u8 totals_[32 * sizeof(@_State)];
  @_State* totals = (@_State*)totals_;
  @_State earlier = @_enter(x[0], x[0]);
  if (later) earlier = *parts;
  for (u32 chunk = 0; chunk < here; chunk += WARPS * 1024) {
    const u32 part = chunk / 1024 + warp, first = part * 1024 + lane;
    @_State v[ITEMS];
#pragma unroll
    for (u32 i = 0; i < ITEMS; i++) {
      const u32 j = first + i * 32;
      v[i] = j < here ? @_enter(x[(i64)j * step], f[(i64)j * fstep]) : earlier;
    }
#pragma unroll
    for (u32 i = 0; i < ITEMS; i++) v[i] = @_ladder(v[i], lane);
    @_State groups = v[0];
#pragma unroll
    for (u32 i = 0; i < ITEMS; i++) { const @_State u = @_at(v[i], 31); if (lane == i) groups = u; }
    groups = @_ladder(groups, lane);
    @_State before = earlier;
    bool has = later;
    if (WARPS > 1) {
      if (lane == 31) totals[part] = groups;
      __syncthreads();
      const @_State blocks = @_ladder(totals[lane], lane), last = @_at(blocks, (part + 31) & 31);
      if (only_total && chunk + WARPS * 1024 >= here && threadIdx.x == 31) *parts = blocks;
      if (part > 0) { before = has ? @_join(before, last) : last; has = true; }
    }
    if (only_total) continue;
#pragma unroll
    for (u32 i = 0; i < ITEMS; i++) {
      const u32 j = first + i * 32;
      if (i > 0) {
        const @_State u = @_at(groups, i - 1);
        v[i] = @_join(has ? @_join(before, u) : u, v[i]);
      } else if (has) v[i] = @_join(before, v[i]);
      if (j < here) {
        if (!EXCLUSIVE) out[(i64)j * ostep] = @_leave(v[i]);
        else if (begin + j + 1 < n) out[(i64)(j + 1) * ostep] = @_leave(v[i]);
      }
    }
    if (EXCLUSIVE && begin + part == 0 && lane == 0) out[0] = @_nothing();
  }
}

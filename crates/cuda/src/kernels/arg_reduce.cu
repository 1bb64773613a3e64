// The index of the best element of each row, the first of equal ones; NaN beats every number. TEAM threads share a row's chunk. A row of
// several chunks gives a best element and its index for each to a second kernel, for which they are the row.
FN bool @_beats(REGISTER a, REGISTER b) { return BEATS; }
// Takes the better of two; of equal ones the first.
FN void @_take(REGISTER& v, u32& place, REGISTER w, u32 other) {
  if (@_beats(w, v) || (!@_beats(v, w) && other < place)) { v = w; place = other; }
}
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u32 rows = (u32)p.w[2], n = (u32)p.w[3], chunk = (u32)p.w[4], team = threadIdx.x % TEAM;
  const u64 row = (u64)blockIdx.x * (256 / TEAM) + threadIdx.x / TEAM;
  const i64 step = (i64)p.w[5];
  if (row >= rows) return;
  ROW
  const MEMORY* x = (const MEMORY*)p.w[0] + (BASE);
  const u32* places = (const u32*)p.w[6] + row;
  const u32 from = blockIdx.y * chunk, to = n - from < chunk ? n : from + chunk;
  REGISTER best = get(x[(i64)from * step]);
  u32 place = from;
  for (u32 at = from + team * WIDTH; at < to; at += TEAM * WIDTH * BATCH) {
    Vec<MEMORY, WIDTH> v[BATCH];
#pragma unroll
    for (u32 k = 0; k < BATCH; k++) {
      const u32 j = at + k * (TEAM * WIDTH);
      if (j < to) v[k] = *(const Vec<MEMORY, WIDTH>*)(x + (i64)j * STEP);
    }
#pragma unroll
    for (u32 k = 0; k < BATCH; k++) {
      const u32 j = at + k * (TEAM * WIDTH);
      if (j < to)
#pragma unroll
        for (u32 e = 0; e < WIDTH; e++) {
          const REGISTER w = get(v[k].e[e]);
          if (@_beats(w, best)) { best = w; place = j + e; }
        }
    }
  }
#if TEAM > 1
#pragma unroll
  for (u32 o = 16; o > 0; o /= 2) {
    const REGISTER w = lane_down(best, o);
    const u32 other = lane_down(place, o);
    @_take(best, place, w, other);
  }
#endif
#if TEAM > 32
  __shared__ REGISTER bests[8];
  __shared__ u32 firsts[8];
  if ((threadIdx.x & 31) == 0) { bests[threadIdx.x >> 5] = best; firsts[threadIdx.x >> 5] = place; }
  __syncthreads();
  if (team == 0)
    for (u32 w = 1; w < 8; w++) @_take(best, place, bests[w], firsts[w]);
#endif
  if (team != 0) return;
  if (p.w[6]) place = places[(u64)place * rows];
  if (p.w[7]) {
    const u64 at = (u64)blockIdx.y * rows + row;
    ((u32*)p.w[1])[at] = place;
    ((REGISTER*)p.w[7])[at] = best;
  } else ((u32*)p.w[1])[row] = place;
}

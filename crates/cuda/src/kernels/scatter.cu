// Updates combined into slices of the output, in the order of the updates: the first kernel finds where each update goes, the second
// gives a warp to each slice, which takes the updates that go there one after the other. The same bits every time, whatever collides.
COMBINE
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 warp = ((u64)blockIdx.x * 256 + threadIdx.x) >> 5;
  const u32 lane = threadIdx.x & 31;
  const u64 destinations = p.w[3], positions = p.w[4], slice = p.w[5], chunks = p.w[6];
  if (warp >= destinations * chunks) return;
  const u64 destination = warp / chunks, begin = (warp % chunks) * 1024;
  const u64 end = slice - begin < 1024 ? slice : begin + 1024;
  const i64* place = (const i64*)p.w[2];
  MEMORY* out = (MEMORY*)p.w[1] + destination * slice;
  for (u64 from = 0; from < positions; from += 32) {
    const bool mine = from + lane < positions && place[from + lane] == (i64)destination;
    u32 hits = __ballot_sync(0xffffffffu, mine);
    while (hits) {
      const u64 position = from + __ffs(hits) - 1;
      hits &= hits - 1;
      POSITION
      const MEMORY* update = (const MEMORY*)p.w[0] + (BASE);
      for (u64 within = begin + lane; within < end; within += 32) {
        WITHIN
        put(out[within], @_combine(get(out[within]), get(update[OFFSET])));
      }
    }
  }
}

// A long row's tile, sorted by one digit and written to where the digit's keys go: keys and the places they come from; at last places only.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) @(const __grid_constant__ Args<WORDS> p) {
  extern __shared__ __align__(16) u8 near_[];
  const u32 n = (u32)p.w[2], tiles = (u32)p.w[4], shift = (u32)p.w[5], tile = blockIdx.x % tiles;
  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5, first = warp * 32 * ITEMS + lane, begin = tile * THREADS * ITEMS;
  const i64 step = (i64)p.w[3];
  const u64 row = blockIdx.x / tiles;
  ROW
  const MEMORY* x = (const MEMORY*)p.w[0] + (BASE);
  const KEY* keys = (const KEY*)p.w[6] + row * n + begin;
  const u32* places = (const u32*)p.w[7] + row * n + begin;
  KEY* to_keys = (KEY*)p.w[8] + row * n;
  u32* to_places = (u32*)p.w[1] + row * n;
  const u32* counts = (const u32*)p.w[9];
  const u32* totals = (const u32*)p.w[10] + row * 256;
  const u32 here = n - begin < THREADS * ITEMS ? n - begin : THREADS * ITEMS;
  // Where a digit's keys go, less where they lie in the sorted tile.
  u32 *sums = (u32*)near_, *base = sums + 16, *count = base + 256, *mask = count + THREADS / 32 * 256;
  KEY* keys_near = (KEY*)count;
  u32* places_near = count;
  KEY key[ITEMS];
  u32 rank[ITEMS], start[1], total[1];
#pragma unroll
  for (u32 i = 0; i < ITEMS; i++) {
    const u32 k = first + i * 32;
    key[i] = k >= here ? ~(KEY)0 : p.w[6] ? keys[k] : @_key(x[(i64)(begin + k) * step]);
  }
  total[0] = threadIdx.x < 256 ? totals[threadIdx.x] : 0;
  @_starts(total, sums, warp, lane);
  __syncthreads();
  @_rank<0>(key, shift, rank, count, mask, sums, start, warp, lane);
  if (threadIdx.x < 256) base[threadIdx.x] = total[0] + counts[(row * 256 + threadIdx.x) * tiles + tile] - start[0];
#pragma unroll
  for (u32 i = 0; i < ITEMS; i++) keys_near[rank[i]] = key[i];
  __syncthreads();
  u32 to[ITEMS];
#pragma unroll
  for (u32 i = 0; i < ITEMS; i++) {
    const u32 k = i * THREADS + threadIdx.x;
    const KEY v = keys_near[k];
    to[i] = base[(u32)(v >> shift) & 255] + k;
    if (k < here && p.w[8]) to_keys[to[i]] = v;
  }
  __syncthreads();
#pragma unroll
  for (u32 i = 0; i < ITEMS; i++) {
    const u32 k = first + i * 32;
    places_near[rank[i]] = p.w[6] && k < here ? places[k] : begin + k;
  }
  __syncthreads();
#pragma unroll
  for (u32 i = 0; i < ITEMS; i++) {
    const u32 k = i * THREADS + threadIdx.x;
    if (k < here) to_places[to[i]] = places_near[k];
  }
}

// The indices that sort a row, stably: a block a row, which stays in shared memory while it is sorted digit by digit.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) @(const __grid_constant__ Args<WORDS> p) {
  extern __shared__ __align__(16) u8 near_[];
  const u32 n = (u32)p.w[2], lane = threadIdx.x & 31, warp = threadIdx.x >> 5, first = warp * 32 * ITEMS + lane;
  const i64 step = (i64)p.w[3];
  const u64 row = blockIdx.x;
  ROW
  const MEMORY* x = (const MEMORY*)p.w[0] + (BASE);
  u32* out = (u32*)p.w[1] + row * n;
  u32* sums = (u32*)near_;
  // Counts and keys take turns.
  u32 *count = (u32*)(near_ + 64), *mask = count + THREADS / 32 * 256;
  KEY* keys = (KEY*)(near_ + 64);
  u16* places = (u16*)(keys + THREADS * ITEMS);
  KEY key[ITEMS];
  // Where the key comes from in the low half, where it goes in the high one.
  u32 place[ITEMS], start[DIGITS_EACH];
#pragma unroll
  for (u32 i = 0; i < ITEMS; i++) {
    const u32 k = first + i * 32;
    key[i] = k < n ? @_key(x[(i64)k * step]) : ~(KEY)0;
    place[i] = k;
  }
#pragma unroll 1
  for (u32 shift = 0; ; shift += 8) {
    @_rank<16>(key, shift, place, count, mask, sums, start, warp, lane);
#pragma unroll
    for (u32 i = 0; i < ITEMS; i++) { keys[place[i] >> 16] = key[i]; places[place[i] >> 16] = (u16)place[i]; }
    __syncthreads();
    if (shift + 8 == KEY_BITS) break;
#pragma unroll
    for (u32 i = 0; i < ITEMS; i++) { key[i] = keys[first + i * 32]; place[i] = places[first + i * 32]; }
    __syncthreads();
  }
  for (u32 k = threadIdx.x; k < n; k += THREADS) out[k] = places[k];
}

// What kernels that sort share: keys, unsigned numbers in the order of the elements, and the stable rank of a tile's keys by one digit.
// A tile is THREADS * ITEMS keys: warp w has neighbours w * 32 * ITEMS .., item by item, lane by lane.
FN KEY @_key(MEMORY x) { KEY_TEXT }

// The exclusive sum over the block's digits: thread t has digits t * D ...
FN void @_starts(u32 (&total)[DIGITS_EACH], u32* sums, u32 warp, u32 lane) {
  u32 mine = 0;
#pragma unroll
  for (u32 d = 0; d < DIGITS_EACH; d++) mine += total[d];
  u32 sum = mine;
#pragma unroll
  for (u32 o = 1; o < 32; o *= 2) { const u32 v = __shfl_up_sync(0xffffffffu, sum, o); if (lane >= o) sum += v; }
  if (lane == 31 && warp < 8) sums[warp] = sum;
  __syncthreads();
  u32 run = sum - mine;
  for (u32 w = 0; w < warp && w < 8; w++) run += sums[w];
#pragma unroll
  for (u32 d = 0; d < DIGITS_EACH; d++) { const u32 v = total[d]; total[d] = run; run += v; }
}

// `count` and `mask` have 256 words a warp. Writes each item's place in the tile into `rank` from bit AT on, and keeps the bits below;
// `start` of a thread's digits is their first place.
template <int AT> FN void @_rank(const KEY (&key)[ITEMS], u32 shift, u32 (&rank)[ITEMS], u32* count, u32* mask, u32* sums, u32 (&start)[DIGITS_EACH], u32 warp, u32 lane) {
  u32* mycount = count + warp * 256;
  u32* mymask = mask + warp * 256;
#pragma unroll
  for (u32 d = 0; d < 8; d++) { mycount[d * 32 + lane] = 0; mymask[d * 32 + lane] = 0; }
  __syncwarp();
  const u32 before = (1u << lane) - 1;
#pragma unroll
  for (u32 i = 0; i < ITEMS; i++) {
    const u32 d = (u32)(key[i] >> shift) & 255;
    atomicOr(mymask + d, 1u << lane);
    __syncwarp();
    const u32 peers = mymask[d], c = mycount[d], below = __popc(peers & before);
    __syncwarp();
    if (below == 0) { mycount[d] = c + __popc(peers); mymask[d] = 0; }
    __syncwarp();
    rank[i] = (AT ? rank[i] & ((1u << AT) - 1) : 0u) | (c + below) << AT;
  }
  __syncthreads();
  const bool has = threadIdx.x * DIGITS_EACH < 256;
#pragma unroll
  for (u32 d = 0; d < DIGITS_EACH; d++) {
    u32 sum = 0;
    if (has)
#pragma unroll
      for (u32 w = 0; w < THREADS / 32; w++) sum += count[w * 256 + threadIdx.x * DIGITS_EACH + d];
    start[d] = sum;
  }
  @_starts(start, sums, warp, lane);
#pragma unroll
  for (u32 d = 0; d < DIGITS_EACH; d++) {
    u32 run = start[d];
    if (has)
#pragma unroll
      for (u32 w = 0; w < THREADS / 32; w++) {
        u32* at = count + w * 256 + threadIdx.x * DIGITS_EACH + d;
        const u32 c = *at;
        *at = run;
        run += c;
      }
  }
  __syncthreads();
#pragma unroll
  for (u32 i = 0; i < ITEMS; i++) rank[i] += mycount[(u32)(key[i] >> shift) & 255] << AT;
  __syncthreads();
}

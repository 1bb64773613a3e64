// Counts of a row's digit become sums over the tiles before; the last sum is the digit's total. A block a digit.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u32 tiles = (u32)p.w[2], lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  u32* count = (u32*)p.w[0] + (u64)blockIdx.x * tiles;
  __shared__ u32 sums[2][8];
  u32 carry = 0, turn = 0;
  for (u32 from = 0; from < tiles; from += 1024, turn ^= 1) {
    u32 v[4], mine = 0;
#pragma unroll
    for (u32 e = 0; e < 4; e++) { const u32 k = from + threadIdx.x * 4 + e; v[e] = k < tiles ? count[k] : 0; mine += v[e]; }
    u32 sum = mine;
#pragma unroll
    for (u32 o = 1; o < 32; o *= 2) { const u32 u = __shfl_up_sync(0xffffffffu, sum, o); if (lane >= o) sum += u; }
    if (lane == 31) sums[turn][warp] = sum;
    __syncthreads();
    u32 run = carry + sum - mine;
#pragma unroll
    for (u32 w = 0; w < 8; w++) { const u32 s = sums[turn][w]; if (w < warp) run += s; carry += s; }
#pragma unroll
    for (u32 e = 0; e < 4; e++) { const u32 k = from + threadIdx.x * 4 + e; if (k < tiles) count[k] = run; run += v[e]; }
  }
  if (threadIdx.x == 0) ((u32*)p.w[1])[blockIdx.x] = carry;
}

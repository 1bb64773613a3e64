// Of a long row's tile: how many keys have each digit. Counts lie by row, digit and tile.
extern "C" __global__ void __launch_bounds__(THREADS) @(const __grid_constant__ Args<WORDS> p) {
  const u32 n = (u32)p.w[2], tiles = (u32)p.w[4], shift = (u32)p.w[5], tile = blockIdx.x % tiles;
  const i64 step = (i64)p.w[3];
  const u64 row = blockIdx.x / tiles;
  ROW
  const MEMORY* x = (const MEMORY*)p.w[0] + (BASE);
  const KEY* keys = (const KEY*)p.w[6] + row * n;
  __shared__ u32 count[THREADS / 32][256];
  u32* mine = count[threadIdx.x >> 5];
  for (u32 d = threadIdx.x & 31; d < 256; d += 32) mine[d] = 0;
  __syncwarp();
#pragma unroll
  for (u32 i = 0; i < ITEMS; i++) {
    const u32 k = tile * THREADS * ITEMS + i * THREADS + threadIdx.x;
    if (k < n) atomicAdd(mine + ((u32)((p.w[6] ? keys[k] : @_key(x[(i64)k * step])) >> shift) & 255), 1u);
  }
  __syncthreads();
  if (threadIdx.x >= 256) return;
  u32 sum = 0;
#pragma unroll
  for (u32 w = 0; w < THREADS / 32; w++) sum += count[w][threadIdx.x];
  ((u32*)p.w[1])[(row * 256 + threadIdx.x) * tiles + tile] = sum;
}

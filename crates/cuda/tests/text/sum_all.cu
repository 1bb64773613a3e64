// grid [8, 1], block 256, shared 0, scratch 16384
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<2> p) {
  const u32 k = blockIdx.x * 256 + threadIdx.x;
  if (k < (u32)p.w[1]) ((u32*)p.w[0])[k] = 0;
}

// grid [257, 1], block 256, shared 0, scratch 16384
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<8> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  const u32 rows = (u32)p.w[2], len = (u32)p.w[3];
  u32* flags = (u32*)p.w[5]; const u32 count = (u32)p.w[6];
  float* part1 = (float*)p.w[7];
  const u32 row = 0; const u32 lane = threadIdx.x & 31;
  x0 += 0;
  y0 += 0;
  if (blockIdx.x > 0) {
  for (u32 unit = (u32)(blockIdx.x - 1) * 8 + (threadIdx.x >> 5); unit < count; unit += (gridDim.x - 1) * 8) {
  const u32 from = unit * 8192, to = len - from < 8192 ? len : from + 8192;
  float l1 = (float)0;
  for (u32 at_ = from + lane; at_ < to; at_ += 512) {
    float b0[16];

  if (at_ + 480 < to) {
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; {
const i32 d0 = j;
const float r0 = b0[k];
    l1 = red_add(l1, r0);
    } }
  } else {
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = b0[k];
    l1 = red_add(l1, r0);
    } }
  }
  }
  LZ_FOLD(float, l1, red_add)
  if (lane == 0) {
    part1[unit] = l1;
    publish(flags + unit);
  } }
  return; }
  __shared__ float near1[2][1024]; float r1 = (float)0;
  for (u32 at = 0; at < count + 1024; at += 1024) { const u32 half = (at / 1024) & 1;
    if (threadIdx.x >= 32) for (u32 k = threadIdx.x - 32; k < 1024; k += 256 - 32) if (at + k < count) {
      while (!published(flags + at + k)) __nanosleep(100);
      near1[half][k] = part1[at + k];
    }
    if (threadIdx.x == 0 && at > 0) { const u32 before = at - 1024, n = min(1024u, count - before); u32 k = 0;
      for (; k + 16 <= n; k += 16) {
#pragma unroll
        for (u32 e = 0; e < 16; e++) {
{ const float v = near1[half ^ 1][k + e]; r1 = red_add(r1, v); }
        } }
      for (const u32 e = 0; k < n; k++) { { const float v = near1[half ^ 1][k + e]; r1 = red_add(r1, v); }
 }
    }
    __syncthreads();
  }
  if (threadIdx.x != 0) return;
    put_rounded(y0[0], r1);
}

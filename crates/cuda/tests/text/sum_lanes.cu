// grid [1, 1], block 256, shared 0, scratch 0
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<7> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  const u32 rows = (u32)p.w[2], len = (u32)p.w[3];
  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const u32 which = quotient((u32)blockIdx.x, p.w + 5), unit = blockIdx.x - which * (u32)(p.w + 5)[0];
  const u32 first = which * 8192, last = len - first < 8192 ? len : first + 8192;
  const bool live = true; const u32 row = unit;
  x0 += 0;
  y0 += 0;
  __shared__ float near1[256][32]; float l1 = (float)0;
  for (u32 from = first; from < last; from += 8192) { const u32 to = last - from < 8192 ? last : from + 8192;
  if (live) {
  for (u32 at_ = from + threadIdx.x; at_ < to; at_ += 4096) {
    float b0[16];

  if (at_ + 3840 < to) {
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; {
const i32 d0 = j;
const float r0 = b0[k];
near1[(j - from) / 32][lane] = r0;
    } }
  } else {
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = b0[k];
near1[(j - from) / 32][lane] = r0;
    } }
  }
  }
  }
  __syncthreads();
  if (live && warp == 0) { const u32 n = ((u32)(to - from) + 31 - lane) / 32;
#pragma unroll 16
    for (u32 k = 0; k < n; k++) l1 = red_add(l1, near1[k][lane]); }
  __syncthreads();
  }
  if (warp == 0) { LZ_FOLD(float, l1, red_add) }
  const bool writes = lane == 0;
  __shared__ float all1[32]; if (warp == 0) all1[lane] = l1;
  __syncthreads();
  const float r1 = all1[lane];
  if (writes && warp == 0) {
    put_rounded(y0[0], r1);
  }
}

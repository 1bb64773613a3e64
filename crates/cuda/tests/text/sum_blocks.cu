// grid [512, 1], block 256, shared 0, scratch 65536
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<11> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  const u32 rows = (u32)p.w[2], len = (u32)p.w[3];
  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const u32 which = quotient((u32)blockIdx.x, p.w + 6), unit = blockIdx.x - which * (u32)(p.w + 6)[0];
  const u32 first = which * 256, last = len - first < 256 ? len : first + 256;
  const bool live = unit * 32 + lane < rows; const u32 row = live ? unit * 32 + lane : rows - 1;
  u32 rest_ = row;
  const u64 c0 = rest_;
  x0 += (i64)c0 * (i64)p.w[8];
  y0 += (i64)c0 * (i64)p.w[9];
  __shared__ float near1[256][32]; float l1 = (float)0;
  for (u32 from = first; from < last; from += 256) { const u32 to = last - from < 256 ? last : from + 256;
  if (live) {
  for (u32 at_ = from + warp; at_ < to; at_ += 128) {
    float b0[16];

  if (at_ + 120 < to) {
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 8; {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0 * (i64)p.w[4]]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 8; {
const i32 d0 = j;
const float r0 = b0[k];
near1[j - from][lane] = r0;
    } }
  } else {
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 8; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0 * (i64)p.w[4]]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 8; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = b0[k];
near1[j - from][lane] = r0;
    } }
  }
  }
  }
  __syncthreads();
  if (live && warp == 0) { const u32 n = to - from;
#pragma unroll 16
    for (u32 k = 0; k < n; k++) l1 = red_add(l1, near1[k][lane]); }
  __syncthreads();
  }
  const bool writes = live;
  if (writes && warp == 0) ((float*)p.w[10])[which * rows + row] = l1;
}

// grid [2, 1], block 256, shared 0, scratch 65536
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<10> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  const u32 rows = (u32)p.w[2], len = (u32)p.w[3];
  const u32 row = (u32)blockIdx.x * 256 + threadIdx.x;
  if (row >= rows) return;
  u32 rest_ = row;
  const u64 c0 = rest_;
  x0 += (i64)c0 * (i64)p.w[7];
  y0 += (i64)c0 * (i64)p.w[8];
  const float* part1 = (const float*)p.w[9] + row; float r1 = part1[0];
  for (u32 at = 1; at < (u32)p.w[6]; at += 32) { float near[32];
#pragma unroll
    for (u32 k = 0; k < 32; k++) if (at + k < (u32)p.w[6]) near[k] = part1[(u64)(at + k) * rows];
#pragma unroll
    for (u32 k = 0; k < 32; k++) if (at + k < (u32)p.w[6]) { const float v = near[k]; r1 = red_add(r1, v); } }
    put_rounded(y0[0], r1);
}

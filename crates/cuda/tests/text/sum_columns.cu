// grid [2, 1], block 256, shared 0, scratch 0
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<13> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  float* y1 = (float*)p.w[2];
  const u32 rows = (u32)p.w[3], len = (u32)p.w[4];
  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const u32 which = quotient((u32)blockIdx.x, p.w + 8), unit = blockIdx.x - which * (u32)(p.w + 8)[0];
  const u32 first = which * 256, last = len - first < 256 ? len : first + 256;
  const bool live = unit * 32 + lane < rows; const u32 row = live ? unit * 32 + lane : rows - 1;
  u32 rest_ = row;
  const u64 c0 = rest_;
  x0 += (i64)c0 * (i64)p.w[10];
  y0 += (i64)c0 * (i64)p.w[11];
  y1 += (i64)c0 * (i64)p.w[12];
  __shared__ float near2[256][32]; float l2 = (float)0;
  for (u32 from = first; from < last; from += 256) { const u32 to = last - from < 256 ? last : from + 256;
  if (live) {
  for (u32 at_ = from + warp; at_ < to; at_ += 128) {
    float b0[16];

  if (at_ + 120 < to) {
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 8; {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0 * (i64)p.w[5]]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 8; {
const i32 d0 = j;
const float r0 = b0[k];
float r1; { const float a = r0; const float b = r0; r1 = (float)(a + b); }
near2[j - from][lane] = r1;
put_rounded(y0[(i64)d0 * (i64)p.w[6]], r1);
    } }
  } else {
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 8; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0 * (i64)p.w[5]]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 8; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = b0[k];
float r1; { const float a = r0; const float b = r0; r1 = (float)(a + b); }
near2[j - from][lane] = r1;
put_rounded(y0[(i64)d0 * (i64)p.w[6]], r1);
    } }
  }
  }
  }
  __syncthreads();
  if (live && warp == 0) { const u32 n = to - from;
#pragma unroll 16
    for (u32 k = 0; k < n; k++) l2 = red_add(l2, near2[k][lane]); }
  __syncthreads();
  }
  const bool writes = live;
  __shared__ float all2[32]; if (warp == 0) all2[lane] = l2;
  __syncthreads();
  const float r2 = all2[lane];
  if (writes && warp == 0) {
    put_rounded(y1[0], r2);
  }
}

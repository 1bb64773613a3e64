// grid [100, 1], block 256, shared 32896, scratch 0
extern "C" __global__ void __launch_bounds__(256, 5) @(const __grid_constant__ Args<10> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  const u32 rows = (u32)p.w[2], len = (u32)p.w[3];
  extern __shared__ __align__(16) u8 near_[];
  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const u32 row = blockIdx.x;
  u32 rest_ = row;
  const u64 c0 = rest_;
  x0 += (i64)c0 * (i64)p.w[4];
  y0 += (i64)c0 * (i64)p.w[5];
  float* k0 = (float*)(near_ + 0);
  float* k3 = (float*)(near_ + 0);
  for (u32 at_ = threadIdx.x; at_ < len; at_ += 2048) {
    float b0[8];

  if (at_ + 1792 < len) {
#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; {
const i32 d0 = j;
const float r0 = b0[k];
k0[j] = r0;
    } }
  } else {
#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r0 = b0[k];
k0[j] = r0;
    } }
  }
  }
  __syncthreads();
  { const u32 b = warp; const u32 from = 0, to = len; float l = -INF_F;
  for (u32 at_ = from + threadIdx.x; at_ < to; at_ += 4096) {
    float b0[16];

#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = k0[j];
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = b0[k];
l = red_max(l, r0);
    } }
  }
  LZ_FOLD(float, l, red_max)
  if (lane == 0) ((float*)(near_ + p.w[6] + 0 * p.w[8] * 8))[b] = l; }
  __syncthreads();
  float r1 = ((float*)(near_ + p.w[6] + 0 * p.w[8] * 8))[0]; for (u32 b = 1; b < 8; b++) { const float v = ((float*)(near_ + p.w[6] + 0 * p.w[8] * 8))[b]; r1 = red_max(r1, v); }
  for (u32 at_ = threadIdx.x; at_ < len; at_ += 2048) {
    float b3[8];

#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r0 = k0[j];
float r2; { const float a = r0; const float b = r1; r2 = (float)(a - b); }
float r3; { const float a = r2; r3 = (float)(lz_exp(a)); }
    b3[k] = r3;
    } }
#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r3 = b3[k];
k3[j] = r3;
    } }
  }
  __syncthreads();
  { for (u32 b = (warp + 8) % 8; b < (u32)p.w[7]; b += 8) { const u32 from = b * 8192, to = len - from < 8192 ? len : from + 8192; float l = (float)0;
  for (u32 at_ = from + lane; at_ < to; at_ += 512) {
    float b3[16];

#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r3 = k3[j];
    b3[k] = r3;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r3 = b3[k];
l = red_add(l, r3);
    } }
  }
  LZ_FOLD(float, l, red_add)
  if (lane == 0) ((float*)(near_ + p.w[6] + 1 * p.w[9] * 8))[b] = l; } }
  __syncthreads();
  float r4 = ((float*)(near_ + p.w[6] + 1 * p.w[9] * 8))[0]; for (u32 b = 1; b < (u32)p.w[7]; b++) { const float v = ((float*)(near_ + p.w[6] + 1 * p.w[9] * 8))[b]; r4 = red_add(r4, v); }
const Divisor d4_ = divisor(r4);
  for (u32 at_ = threadIdx.x; at_ < len; at_ += 2048) {
    float b5[8];

#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r3 = k3[j];
const float r5 = divide(r3, r4, d4_);
    b5[k] = r5;
    } }
#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r5 = b5[k];
put_rounded(y0[(i64)d0], r5);
    } }
  }
  if (threadIdx.x == 0) {
  }
}

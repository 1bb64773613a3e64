// grid [100, 1], block 256, shared 100736, scratch 0
extern "C" __global__ void __launch_bounds__(256, 2) @(const __grid_constant__ Args<10> p) {
  const bf16* x0 = (const bf16*)p.w[0];
  bf16* y0 = (bf16*)p.w[1];
  const u32 rows = (u32)p.w[2], len = (u32)p.w[3];
  extern __shared__ __align__(16) u8 near_[];
  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const u32 row = blockIdx.x;
  u32 rest_ = row;
  const u64 c0 = rest_;
  x0 += (i64)c0 * (i64)p.w[4];
  y0 += (i64)c0 * (i64)p.w[5];
  bf16* k0 = (bf16*)(near_ + 0);
  for (u32 at_ = threadIdx.x; at_ < len; at_ += 4096) {
    float b0[16];

  if (at_ + 3840 < len) {
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
put_rounded(k0[j], r0);
    } }
  } else {
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0]);
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r0 = b0[k];
put_rounded(k0[j], r0);
    } }
  }
  }
  __syncthreads();
  { const u32 b = warp; const u32 from = 0, to = len; float l = -INF_F;
  for (u32 at_ = from + threadIdx.x; at_ < to; at_ += 4096) {
    float b1[16];

#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = get(k0[j]);
const float r1 = r0;
    b1[k] = r1;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < to) {
const i32 d0 = j;
const float r1 = b1[k];
l = red_max(l, r1);
    } }
  }
  LZ_FOLD(float, l, red_max)
  if (lane == 0) ((float*)(near_ + p.w[6] + 0 * p.w[8] * 8))[b] = l; }
  __syncthreads();
  float r2 = ((float*)(near_ + p.w[6] + 0 * p.w[8] * 8))[0]; for (u32 b = 1; b < 8; b++) { const float v = ((float*)(near_ + p.w[6] + 0 * p.w[8] * 8))[b]; r2 = red_max(r2, v); }
  __syncthreads();
  { for (u32 b = (warp + 8) & 7; b < (u32)p.w[7]; b += 8) { const u32 from = b * 8192, to = len - from < 8192 ? len : from + 8192; float l = (float)0;
  for (u32 at_ = from + lane; at_ < to; at_ += 512) {
    float b4[16];

#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = get(k0[j]);
const float r1 = r0;
float r3; { const float a = r1; const float b = r2; r3 = (float)(a - b); }
float r4; { const float a = r3; r4 = (float)(lz_exp(a)); }
    b4[k] = r4;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r4 = b4[k];
l = red_add(l, r4);
    } }
  }
  LZ_FOLD(float, l, red_add)
  if (lane == 0) ((float*)(near_ + p.w[6] + 1 * p.w[9] * 8))[b] = l; } }
  __syncthreads();
  float r5 = ((float*)(near_ + p.w[6] + 1 * p.w[9] * 8))[0]; for (u32 b = 1; b < (u32)p.w[7]; b++) { const float v = ((float*)(near_ + p.w[6] + 1 * p.w[9] * 8))[b]; r5 = red_add(r5, v); }
const Divisor d5_ = divisor(r5);
  for (u32 at_ = threadIdx.x; at_ < len; at_ += 2048) {
    float b7[8];

#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r0 = get(k0[j]);
const float r1 = r0;
float r3; { const float a = r1; const float b = r2; r3 = (float)(a - b); }
float r4; { const float a = r3; r4 = (float)(lz_exp(a)); }
const float r6 = divide(r4, r5, d5_);
const float r7 = round_bf16(r6);
    b7[k] = r7;
    } }
#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r7 = b7[k];
put_rounded(y0[(i64)d0], r7);
    } }
  }
  if (threadIdx.x == 0) {
  }
}

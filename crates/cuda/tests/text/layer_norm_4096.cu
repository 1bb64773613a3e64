// grid [100, 1], block 256, shared 16512, scratch 0
extern "C" __global__ void __launch_bounds__(256, 5) @(const __grid_constant__ Args<17> p) {
  const float* x0 = (const float*)p.w[0];
  const float* x1 = (const float*)p.w[1];
  float* y0 = (float*)p.w[2];
  float* y1 = (float*)p.w[3];
  const float p0 = get(bits<float>(p.w[4]));
  const float p1 = get(bits<float>(p.w[5]));
  const u32 rows = (u32)p.w[6], len = (u32)p.w[7];
  extern __shared__ __align__(16) u8 near_[];
  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const u32 row = blockIdx.x;
  u32 rest_ = row;
  const u64 c0 = rest_;
  x0 += (i64)c0 * (i64)p.w[9];
  x1 += (i64)c0 * (i64)p.w[10];
  y0 += (i64)c0 * (i64)p.w[11];
  y1 += (i64)c0 * (i64)p.w[12];
  float* k0 = (float*)(near_ + 0);
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
const float r2 = p0;
const float r3 = p1;
  __syncthreads();
  { for (u32 b = (warp + 8) % 8; b < (u32)p.w[14]; b += 8) { const u32 from = b * 8192, to = len - from < 8192 ? len : from + 8192; float l = (float)0;
  for (u32 at_ = from + lane; at_ < to; at_ += 512) {
    float b0[16];

#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = k0[j];
    b0[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = b0[k];
l = red_add(l, r0);
    } }
  }
  LZ_FOLD(float, l, red_add)
  if (lane == 0) ((float*)(near_ + p.w[13] + 0 * p.w[15] * 8))[b] = l; } }
  __syncthreads();
  float r4 = ((float*)(near_ + p.w[13] + 0 * p.w[15] * 8))[0]; for (u32 b = 1; b < (u32)p.w[14]; b++) { const float v = ((float*)(near_ + p.w[13] + 0 * p.w[15] * 8))[b]; r4 = red_add(r4, v); }
float r5; { const float a = r4; const float b = r2; r5 = (float)(a * b); }
  __syncthreads();
  { for (u32 b = (warp + 8) % 8; b < (u32)p.w[14]; b += 8) { const u32 from = b * 8192, to = len - from < 8192 ? len : from + 8192; float l = (float)0;
  for (u32 at_ = from + lane; at_ < to; at_ += 512) {
    float b7[16];

#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = k0[j];
float r6; { const float a = r0; const float b = r5; r6 = (float)(a - b); }
float r7; { const float a = r6; r7 = (float)(a * a); }
    b7[k] = r7;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 32; if ((u32)j < to) {
const i32 d0 = j;
const float r7 = b7[k];
l = red_add(l, r7);
    } }
  }
  LZ_FOLD(float, l, red_add)
  if (lane == 0) ((float*)(near_ + p.w[13] + 1 * p.w[16] * 8))[b] = l; } }
  __syncthreads();
  float r8 = ((float*)(near_ + p.w[13] + 1 * p.w[16] * 8))[0]; for (u32 b = 1; b < (u32)p.w[14]; b++) { const float v = ((float*)(near_ + p.w[13] + 1 * p.w[16] * 8))[b]; r8 = red_add(r8, v); }
float r9; { const float a = r8; const float b = r2; r9 = (float)(a * b); }
float r10; { const float a = r9; const float b = r3; r10 = (float)(a + b); }
float r11; { const float a = r10; r11 = (float)(lz_rsqrt(a)); }
  for (u32 at_ = threadIdx.x; at_ < len; at_ += 2048) {
    float b13[8];

#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r0 = k0[j];
const float r1 = get(x1[(i64)d0]);
float r6; { const float a = r0; const float b = r5; r6 = (float)(a - b); }
float r12; { const float a = r6; const float b = r11; r12 = (float)(a * b); }
float r13; { const float a = r12; const float b = r1; r13 = (float)(a * b); }
    b13[k] = r13;
    } }
#pragma unroll
    for (i32 k = 0; k < 8; k++) { const i32 j = (i32)at_ + k * 256; if ((u32)j < len) {
const i32 d0 = j;
const float r13 = b13[k];
put_rounded(y0[(i64)d0], r13);
    } }
  }
  if (threadIdx.x == 0) {
    put_rounded(y1[0], r5);
  }
}

// grid [13, 1], block 256, shared 0, scratch 0
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<6> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  const u32 rows = (u32)p.w[2], len = (u32)p.w[3];
  const u32 lane = threadIdx.x & 31;
  const u32 row = (u32)blockIdx.x * 8 + (threadIdx.x >> 5);
  if (row >= rows) return;
  u32 rest_ = row;
  const u64 c0 = rest_;
  x0 += (i64)c0 * (i64)p.w[4];
  y0 += (i64)c0 * (i64)p.w[5];
  float k0[2];
  float k3[2];
#pragma unroll
  for (i32 k = 0; k < 2; k++) { const i32 j = (i32)lane + 32 * k;  {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0]);
k0[k] = r0;
  } }
  float r1 = -INF_F;
#pragma unroll
  for (i32 k = 0; k < 2; k++) { const i32 j = (i32)lane + 32 * k;  {
const i32 d0 = j;
const float r0 = k0[k];
r1 = red_max(r1, r0);
  } }
  LZ_FOLD(float, r1, red_max)
  r1 = lane_first(r1);
  float r4 = (float)0;
#pragma unroll
  for (i32 k = 0; k < 2; k++) { const i32 j = (i32)lane + 32 * k;  {
const i32 d0 = j;
const float r0 = k0[k];
float r2; { const float a = r0; const float b = r1; r2 = (float)(a - b); }
float r3; { const float a = r2; r3 = (float)(lz_exp(a)); }
k3[k] = r3;
r4 = red_add(r4, r3);
  } }
  LZ_FOLD(float, r4, red_add)
  r4 = lane_first(r4);
const Divisor d4_ = divisor(r4);
#pragma unroll
  for (i32 c = 0; c < 2; c += 2) {
#pragma unroll
  for (i32 e = 0; e < 2; e++) { const i32 k = c + e; const i32 j = (i32)lane + 32 * k;  {
const i32 d0 = j;
const float r3 = k3[k];
const float r5 = divide(r3, r4, d4_);
put_rounded(y0[(i64)d0], r5);
  } }
  }
  if (lane == 0) {
  }
}

// grid [13, 1], block 256, shared 0, scratch 0
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<8> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  const u32 rows = (u32)p.w[2], len = (u32)p.w[3];
  const u32 lane = threadIdx.x & 31;
  const u32 row = (u32)blockIdx.x * 8 + (threadIdx.x >> 5);
  if (row >= rows) return;
  u32 rest_ = row;
  const u64 c0 = rest_;
  x0 += (i64)c0 * (i64)p.w[6];
  y0 += (i64)c0 * (i64)p.w[7];
  float k0[2];
  float k3[2];
#pragma unroll
  for (int k = 0; k < 2; k++) { const u32 j = lane + 32 * k; if (j < len) {
u32 left_ = j; const u32 d0 = left_;
const float r0 = get(x0[(i32)d0 * (i32)p.w[4]]);
k0[k] = r0;
  } }
  float r1 = -INF_F;
#pragma unroll
  for (int k = 0; k < 2; k++) { const u32 j = lane + 32 * k; if (j < len) {
u32 left_ = j; const u32 d0 = left_;
const float r0 = k0[k];
r1 = red_max(r1, r0);
  } }
  LZ_FOLD(float, r1, red_max)
  r1 = lane_first(r1);
  float r4 = (float)0;
#pragma unroll
  for (int k = 0; k < 2; k++) { const u32 j = lane + 32 * k; if (j < len) {
u32 left_ = j; const u32 d0 = left_;
const float r0 = k0[k];
float r2; { const float a = r0; const float b = r1; r2 = (float)(a - b); }
float r3; { const float a = r2; r3 = (float)(lz_exp(a)); }
k3[k] = r3;
r4 = red_add(r4, r3);
  } }
  LZ_FOLD(float, r4, red_add)
  r4 = lane_first(r4);
#pragma unroll
  for (int k = 0; k < 2; k++) { const u32 j = lane + 32 * k; if (j < len) {
u32 left_ = j; const u32 d0 = left_;
const float r3 = k3[k];
float r5; { const float a = r3; const float b = r4; r5 = (float)(a / b); }
put(y0[(i32)d0 * (i32)p.w[5]], r5);
  } }
  if (lane == 0) {
  }
}

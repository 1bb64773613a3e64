// grid [64, 1], block 256, shared 0, scratch 65536
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<12> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  const u32 rows = (u32)p.w[2], len = (u32)p.w[3];
  const u32 unit = (u32)blockIdx.x * 256 + threadIdx.x;
  if (unit >= rows * (u32)p.w[6]) return;
  const u32 which = quotient(unit, p.w + 7), row = unit - which * rows;
  const u32 from = which * 256, to = len - from < 256 ? len : from + 256;
  u32 rest_ = row;
  const u64 c0 = rest_;
  x0 += (i64)c0 * (i64)p.w[9];
  y0 += (i64)c0 * (i64)p.w[10];
  float l1 = (float)0;
  for (u32 at_ = from; at_ < to; at_ += 16) {
    float b1[16];
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 1; if ((u32)j < to) {
const i32 d0 = j;
const float r0 = get(x0[(i64)d0 * (i64)p.w[4]]);
    b1[k] = r0;
    } }
#pragma unroll
    for (i32 k = 0; k < 16; k++) { const i32 j = (i32)at_ + k * 1; if ((u32)j < to) {
    l1 = red_add(l1, b1[k]);
    } }
  }
  {
    ((float*)p.w[11])[unit] = l1;
  }
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
#pragma unroll 8
  for (u32 k = 1; k < (u32)p.w[6]; k++) { const float v = part1[(u64)k * rows]; r1 = red_add(r1, v); }
    put_rounded(y0[0], r1);
}

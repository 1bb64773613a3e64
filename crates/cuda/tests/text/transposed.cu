// grid [512, 1], block 256, shared 0, scratch 0
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<9> p) {
  const float* x0 = (const float*)p.w[0];
  float* y0 = (float*)p.w[1];
  const float p0 = get(bits<float>(p.w[2]));
  u32 rest = blockIdx.x;
  const u32 q1 = quotient(rest, p.w + 3), c1 = (rest - q1 * (u32)(p.w + 3)[0]) * 64; rest = q1;
  const u32 c0 = rest * 64;
  const u32 nl = (u32)p.w[5] - c1, na = (u32)p.w[6] - c0;
  x0 += (i32)c0 * 1 + (i32)c1 * (i32)p.w[7];
  y0 += (i32)c0 * (i32)p.w[8] + (i32)c1 * 1;
  __shared__ float s0[64][65];
  Vec<float, 4> v0[4];
#pragma unroll
  for (int k = 0; k < 4; k++) { const i32 near_ = threadIdx.x % 8 * 4 + k % 2 * 32, far_ = threadIdx.x / 8 + k / 2 * 32;
    const bool far_in = near_ < na && far_ < nl, in = near_ < nl && far_ < na;
    if (far_in) v0[k] = *(const Vec<float, 4>*)(x0 + near_ + far_ * (i32)p.w[7]);
  }
#pragma unroll
  for (int k = 0; k < 4; k++) { const i32 near_ = threadIdx.x % 8 * 4 + k % 2 * 32, far_ = threadIdx.x / 8 + k / 2 * 32;
#pragma unroll
    for (int e = 0; e < 4; e++) s0[near_ + e][far_] = v0[k].e[e];
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < 4; k++) { const i32 near_ = threadIdx.x % 8 * 4 + k % 2 * 32, far_ = threadIdx.x / 8 + k / 2 * 32; if (near_ < nl && far_ < na) {
    Vec<float, 4> w0;
#pragma unroll
    for (int e = 0; e < 4; e++) {
      const float r0 = get(s0[far_][near_ + e]);
      const float r1 = p0;
      float r2; { const float a = r0; const float b = r1; r2 = (float)(lz_max(a, b)); }
      put_rounded(w0.e[e], r2);
    }
    *(Vec<float, 4>*)(y0 + near_ + far_ * (i32)p.w[8]) = w0;
  } }
}

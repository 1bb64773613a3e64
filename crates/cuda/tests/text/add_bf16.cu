// grid [256, 1], block 256, shared 0, scratch 0
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<5> p) {
  const u32 units = (u32)p.w[0], n = (u32)p.w[1];
  const bf16* x0 = (const bf16*)p.w[2];
  const bf16* x1 = (const bf16*)p.w[3];
  bf16* y0 = (bf16*)p.w[4];
  const u32 first = (u32)blockIdx.x * 512 + threadIdx.x;
  Vec<bf16, 8> v0[2];
  Vec<bf16, 8> v1[2];
  i32 o0[2];
#pragma unroll
  for (int k = 0; k < 2; k++) { const u32 at = first + k * 256; if (at < units) {
    u32 rest = at; const u32 c0 = rest;
    v0[k] = *(const Vec<bf16, 8>*)(x0 + ((i32)c0 * 8));
    v1[k] = *(const Vec<bf16, 8>*)(x1 + ((i32)c0 * 8));
    o0[k] = (i32)c0 * 8;
  } }
#pragma unroll
  for (int k = 0; k < 2; k++) { const u32 at = first + k * 256; if (at < units) {
    Vec<bf16, 8> w0;
#pragma unroll
    for (int e = 0; e < 8; e++) {
      const float r0 = get(v0[k].e[e]);
      const float r1 = get(v1[k].e[e]);
      float r2; { const float a = r0; const float b = r1; r2 = round_bf16((float)(a + b)); }
      put_rounded(w0.e[e], r2);
    }
    *(Vec<bf16, 8>*)(y0 + o0[k]) = w0;
  } }
  if (blockIdx.x == 0 && units * 8 + threadIdx.x < n) { const u32 at = units * 8 + threadIdx.x;
      const float r0 = get(x0[at]);
      const float r1 = get(x1[at]);
      float r2; { const float a = r0; const float b = r1; r2 = round_bf16((float)(a + b)); }
    put_rounded(y0[at], r2);
  }
}

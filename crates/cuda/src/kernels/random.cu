// Threefry-2x32 with 20 rounds; a thread makes the two words of WIDTH neighbouring counters.
FN void @_store(u8* out, u64 word, u64 bytes, u32 v) {
  u64 at = 4 * word;
  if (at + 4 <= bytes && (((u64)out + at) & 3) == 0) *(u32*)(out + at) = v;
  else for (u32 k = 0; k < 4 && at + k < bytes; k++) out[at + k] = (u8)(v >> (8 * k));
}
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const INDEX half = (INDEX)p.w[2], unit = (INDEX)blockIdx.x * 256 + threadIdx.x;
  const u64 bytes = p.w[3], words = (bytes + 3) / 4;
  if (unit >= p.w[4]) return;
  const INDEX k = quotient(unit, p.w + 5), j = (unit - k * (INDEX)p.w[5]) * WIDTH;
  const u32* key = (const u32*)p.w[0] + 2 * k;
  u8* out = (u8*)p.w[1] + k * bytes;
  const u32 ks[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDAu};
  const u32 rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  Vec<u32, WIDTH> low, high;
#pragma unroll
  for (u32 e = 0; e < WIDTH; e++) {
    u32 a = (u32)j + e + ks[0], b = (half + j + e < words ? (u32)(half + j + e) : 0u) + ks[1];
#pragma unroll
    for (u32 i = 0; i < 5; i++) {
#pragma unroll
      for (u32 r = 0; r < 4; r++) { a += b; b = __funnelshift_l(b, b, rotations[i & 1][r]) ^ a; }
      a += ks[(i + 1) % 3];
      b += ks[(i + 2) % 3] + i + 1;
    }
    low.e[e] = a;
    high.e[e] = b;
  }
  if (WIDTH > 1) {
    *(Vec<u32, WIDTH>*)(out + 4 * (u64)j) = low;
    *(Vec<u32, WIDTH>*)(out + 4 * (u64)(half + j)) = high;
  } else {
    @_store(out, j, bytes, low.e[0]);
    if (half + j < words) @_store(out, half + j, bytes, high.e[0]);
  }
}

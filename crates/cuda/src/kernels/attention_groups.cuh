// What the kernels of attention for warp groups share (sm_90a); named sections are the PTX ISA's. A tile of halves lies in shared memory as
// chunks of 64 columns, rows of 128 bytes, in which the 16 bytes c of row r are at c ^ r % 8 ("Swizzling Modes", 128 bytes): neither a row
// nor eight rows of a column meet in a bank. A tile begins at a multiple of 1024 bytes.
#ifndef LZ_ATTENTION_GROUPS
#define LZ_ATTENTION_GROUPS
#define METHOD __device__ __forceinline__
namespace attention {
// Two warp groups of 64 rows work; four more warps load tiles for them, each a tile by itself, so that one's wait is not another's. A register
// is worth more to the first ("setmaxnreg"); the counts add up to what a block of 384 threads begins with.
constexpr int GROUPS = 2, HIGH = GROUPS * 64, LOADERS = 4, THREADS = GROUPS * 128 + LOADERS * 32;
FN void take_registers() { asm volatile("setmaxnreg.inc.sync.aligned.u32 224;"); }
FN void give_registers() { asm volatile("setmaxnreg.dec.sync.aligned.u32 56;"); }
// The loading warp of the block's own rows.
constexpr int OWN_LOADER = LOADERS - 1;
// The warp's number, which the compiler then knows to be the warp's.
FN int own_warp() { return __shfl_sync(0xffffffffu, threadIdx.x / 32, 0); }

// Bytes of a tile, and where the 8 halves c of row r are in it.
METHOD constexpr int tile(int rows, int head) { return (head + 63) / 64 * rows * 128; }
template <int ROWS> FN u32 inside(int r, int c) { return c / 8 * (ROWS * 128) + r * 128 + ((c ^ r) & 7) * 16; }

// The lower word of a descriptor ("Matrix Descriptor Format"), by 16 bytes: the address, and the bytes between chunks of 64 columns, which
// count where columns are the product's (where they are its steps, an instruction stays in a chunk). The upper word is the same for all: 1024
// bytes between groups of 8 rows, and the mode of swizzling.
template <int ROWS> FN u32 described(u32 at) { return at >> 4 | (u32)(ROWS * 128 >> 4) << 16; }
// "Asynchronous Warpgroup Level Matrix Instructions": what is ordered before products; a group's end; the wait for all but the last LEFT.
FN void products_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
FN void products_end() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int LEFT> FN void products_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(LEFT) : "memory"); }
// Keeps what reads sums behind the wait for them.
template <int N> FN void settled(float (&x)[N][4]) {
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int e = 0; e < 4; e++) asm volatile("" : "+f"(x[n][e]) :: "memory");
}
// s = 64 rows of `a` times rows of `b`, over their features. P has the instructions for a kernel's widths.
template <class P, int HEAD, int ROWS_A, int ROWS_B, int N> FN void group_scores(float (&s)[N][4], u32 a, u32 b) {
#pragma unroll
  for (int c = 0; c < HEAD; c += 16)
    P::product(s, a + ((c / 64 * (ROWS_A * 128) + c % 64 * 2) >> 4), b + ((c / 64 * (ROWS_B * 128) + c % 64 * 2) >> 4), c > 0);
}
// o += weights times rows of `b`.
template <class P, int N, int F> FN void group_weighted(float (&o)[F][4], const u32 (&w)[N][4], u32 b) {
#pragma unroll
  for (int c = 0; c < N; c++) P::product(o, w[c], b + (c * 16 * 128 >> 4));
}

// "mbarrier": a phase ends when as many have arrived as were named.
FN void barrier_of(u32 at, int count) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(at), "r"(count) : "memory"); }
FN void arrive(u32 at) { asm volatile("{ .reg .b64 x; mbarrier.arrive.shared::cta.b64 x, [%0]; }" :: "r"(at) : "memory"); }
FN void wait(u32 at, u32 phase) {
  u32 over = 0;
  while (!over)
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
      : "=r"(over) : "r"(at), "r"(phase) : "memory");
  __syncwarp();
}
// Places in shared memory that loading warps fill and the groups empty by turns: a pair of barriers each, from `at` on. `turn` counts fillings.
// One warp has all fillings of a place: who waits for a phase knows only its parity, so nobody may come two phases early.
template <int N> struct Places {
  u32 at;
  METHOD void set() const {
    for (int i = 0; i < N; i++) {
      barrier_of(at + i * 16, 32);
      barrier_of(at + i * 16 + 8, GROUPS * 4);
    }
  }
  METHOD u32 barrier(int turn) const { return at + turn % N * 16; }
  METHOD void free(int turn) const { wait(barrier(turn) + 8, turn / N & 1 ^ 1); }
  // Products read through another proxy than copies write through ("Async Proxy"). The fence takes its time, so the loading warps have it.
  METHOD void fill(int turn) const {
    copies_end();
    copies_wait<0>();
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    arrive(barrier(turn));
  }
  METHOD void filled(int turn) const { wait(barrier(turn), turn / N & 1); }
  METHOD void emptied(int turn, int lane) const {
    __syncwarp();
    if (lane == 0) arrive(barrier(turn) + 8);
  }
};
// Rows of halves to a tile, by a warp. What does not exist is 0.
template <int ROWS, int HEAD> FN void copy_tile(u32 to, const u16* from, i64 step, i64 next, int rows, int features, int lane) {
  constexpr int C = HEAD / 8, STEP = 32 % C == 0 ? 32 / C : 1;
  if (next == 1 && features % 8 == 0 && step % 8 == 0 && (u64)from % 16 == 0) {
    if (32 % C == 0) {
      const int r = lane / C, c = lane % C;
      const u16* at = from + (i64)r * step + c * 8;
      const bool inner = c * 8 < features;
#pragma unroll 4
      for (int k = 0; k < ROWS; k += STEP) {
        const bool some = inner && r + k < rows;
        copy16(to + inside<ROWS>(r + k, c), some ? at : from, some);
        at += STEP * step;
      }
    } else {
#pragma unroll 4
      for (int i = lane; i < ROWS * C; i += 32) {
        const int r = i / C, c = i % C;
        const bool some = r < rows && c * 8 < features;
        copy16(to + inside<ROWS>(r, c), some ? from + (i64)r * step + c * 8 : from, some);
      }
    }
  } else {
#pragma unroll 1
    for (int i = lane; i < ROWS * HEAD; i += 32) {
      const int r = i / HEAD, c = i % HEAD;
      const u16 x = r < rows && c < features ? from[(i64)r * step + (i64)c * next] : (u16)0;
      asm volatile("st.shared.u16 [%0], %1;" :: "r"(to + inside<ROWS>(r, c / 8) + c % 8 * 2), "h"(x) : "memory");
    }
  }
}
// A group's sums, through the rows of a tile that it alone has and reads no more, to rows of the output.
template <int HEAD, class T> FN void store_tile(const float (&o)[HEAD / 8][4], u32 room, int warp, int lane, u16* out, i64 step, int rows, int features) {
  const int first = warp * 16;
  asm volatile("bar.sync %0, 128;" :: "r"(warp / 4 + 1) : "memory");
#pragma unroll
  for (int n = 0; n < HEAD / 8; n++)
#pragma unroll
    for (int e = 0; e < 2; e++)
      asm volatile("st.shared.u32 [%0], %1;" :: "r"(room + inside<HIGH>(first + lane / 4 + e * 8, n) + lane % 4 * 4), "r"(pair(o[n][2 * e], o[n][2 * e + 1], T())) : "memory");
  __syncwarp();
  const bool wide = features % 8 == 0 && step % 8 == 0 && (u64)out % 16 == 0;
  for (int i = lane; i < 16 * (HEAD / 8); i += 32) {
    const int r = first + i / (HEAD / 8), c = i % (HEAD / 8);
    union { uint4 all; u16 one[8]; } x;
    asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(x.all.x), "=r"(x.all.y), "=r"(x.all.z), "=r"(x.all.w) : "r"(room + inside<HIGH>(r, c)) : "memory");
    u16* to = out + (i64)r * step + c * 8;
    if (r >= rows) continue;
    if (wide && c * 8 < features) *(uint4*)to = x.all;
#pragma unroll
    for (int e = 0; e < 8; e++)
      if (!wide && c * 8 + e < features) to[e] = x.one[e];
  }
}
// Which head's rows an item of the work is, and the first of them: of some heads at a time, whose other side stays in the cache, the last
// rows first.
FN void whose(const u64* w, int item, int& head, int& first) {
  const int blocks = (int)w[BLOCKS_], together = (int)w[TOGETHER_], all = (int)w[ITEMS_] / blocks, at = item / (together * blocks) * together;
  const int n = all - at < together ? all - at : together, i = item % (together * blocks);
  head = at + i % n;
  first = (blocks - 1 - i / n) * HIGH;
}
// The end of the keys that a block of queries sees.
template <bool CAUSAL> FN int seen(const u64* w, int first) {
  const int queries = (int)w[QUERIES_], keys = (int)w[KEYS_], rows = queries - first < HIGH ? queries - first : HIGH, end = first + rows + keys - queries;
  return CAUSAL && first + keys - queries >= 0 && end < keys ? end : keys;
}
// The address of a row of an operand, of (batch, heads, rows, features) with strides from word `strides` on.
FN const u16* rows_of(const u64* w, int operand, int strides, int b, int h, int row) { return (const u16*)w[operand] + at3(w + strides, b, h, row); }
}
#endif

// Packing: a matrix copied so that the tile reads it in one straight line. Transposed matrices are turned on the way, four by four.
#ifndef SPARSE_MATMUL_PACK_H
#define SPARSE_MATMUL_PACK_H

#include "matmul-tile.h"

typedef float four __attribute__((vector_size(16)));
typedef float loose_four __attribute__((vector_size(16), aligned(4), may_alias));

INLINE four load_four(const float *from) { return *(const loose_four *)from; }
INLINE void store_four(float *to, four x) { *(loose_four *)to = x; }

// to[4 × 4, rows `stride` apart] = from[4 × 4, rows `from_stride` apart], turned.
INLINE void turn_four(float *to, size_t stride, const float *from, size_t from_stride) {
  const four r0 = load_four(from), r1 = load_four(from + from_stride), r2 = load_four(from + 2 * from_stride), r3 = load_four(from + 3 * from_stride);
  const four low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
  const four low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5), high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
  store_four(to, __builtin_shufflevector(low01, low23, 0, 1, 4, 5));
  store_four(to + stride, __builtin_shufflevector(low01, low23, 2, 3, 6, 7));
  store_four(to + 2 * stride, __builtin_shufflevector(high01, high23, 0, 1, 4, 5));
  store_four(to + 3 * stride, __builtin_shufflevector(high01, high23, 2, 3, 6, 7));
}

// One strip: `width` of `full` columns, `depth` long: to[p][j] = from[p · down + j · right]; columns beyond `width` become 0.
INLINE void pack_strip(const size_t full, float *to, const float *from, size_t depth, size_t width, size_t down, size_t right) {
  if (right == 1 && width == full) {
    for (size_t p = 0; p < depth; p++) __builtin_memcpy(to + p * full, from + p * down, full * sizeof(float));
    return;
  }
  size_t turned = 0;
  if (down == 1) {
    turned = width & ~(size_t)3;
    for (size_t j = 0; j < turned; j += 4) {
      size_t p = 0;
      for (; p + 4 <= depth; p += 4) turn_four(to + p * full + j, full, from + p + j * right, right);
      for (; p < depth; p++) {
        for (size_t i = j; i < j + 4; i++) to[p * full + i] = from[p + i * right];
      }
    }
  }
  for (size_t p = 0; p < depth; p++) {
    for (size_t j = turned; j < full; j++) to[p * full + j] = j < width ? from[p * down + j * right] : 0;
  }
}

// A panel of B: COLUMNS side by side.
static void pack_panel(float *to, const float *from, size_t depth, size_t width, size_t down, size_t right) {
  pack_strip(COLUMNS, to, from, depth, width, down, right);
}

// A tile of A: ROWS side by side.
static void pack_tile(float *to, const float *from, size_t depth, size_t width, size_t down, size_t right) {
  pack_strip(ROWS, to, from, depth, width, down, right);
}

#endif

// Rows of a head as columns of a tile, and back: squares of WIDTH × WIDTH numbers are turned in registers.
#ifndef SPARSE_ATTENTION_TRANSPOSE_H
#define SPARSE_ATTENTION_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

#include "vector.h"

// The most rows on each side of a tile. Buffers of one tile have LANES columns.
#define LANES 64

// Of two rows that are `s` apart: the lanes with bit s of their number come from the second row in the one result, the others from the first
// row in the other result.
#define LOW_LANE(lane, s) ((lane) & (s) ? WIDTH + (lane) - (s) : (lane))
#define HIGH_LANE(lane, s) ((lane) & (s) ? WIDTH + (lane) : (lane) + (s))
#define LANES_4(from, lane, s) lane(from, s), lane(from + 1, s), lane(from + 2, s), lane(from + 3, s)
#if WIDTH == 16
#define ALL_LANES(lane, s) LANES_4(0, lane, s), LANES_4(4, lane, s), LANES_4(8, lane, s), LANES_4(12, lane, s)
#elif WIDTH == 8
#define ALL_LANES(lane, s) LANES_4(0, lane, s), LANES_4(4, lane, s)
#else
#define ALL_LANES(lane, s) LANES_4(0, lane, s)
#endif

#define SWAP_SQUARES(x, s)                                                          \
  _Pragma("GCC unroll 16") for (int i = 0; i < WIDTH; i++) {                        \
    if (i & (s)) continue;                                                          \
    vec low = __builtin_shufflevector(x[i], x[i + (s)], ALL_LANES(LOW_LANE, s));    \
    x[i + (s)] = __builtin_shufflevector(x[i], x[i + (s)], ALL_LANES(HIGH_LANE, s)); \
    x[i] = low;                                                                     \
  }

// Rows become columns: squares of 1, 2, 4, … numbers beside the diagonal change places.
INLINE void transpose(vec x[WIDTH]) {
  SWAP_SQUARES(x, 1)
  SWAP_SQUARES(x, 2)
#if WIDTH >= 8
  SWAP_SQUARES(x, 4)
#endif
#if WIDTH >= 16
  SWAP_SQUARES(x, 8)
#endif
}

// to[d][r] = from[rows[r]][d] for r < tile; padding, and columns from `tile` on, become zeros.
static void columns_of_rows(float *to, const float *from, const int32_t *rows, int tile, size_t width) {
  for (int first = 0; first < LANES; first += WIDTH) {
    size_t d = 0;
    for (; d + WIDTH <= width; d += WIDTH) {
      vec x[WIDTH];
      _Pragma("GCC unroll 16") for (int r = 0; r < WIDTH; r++) {
        int32_t row = first + r < tile ? rows[first + r] : -1;
        x[r] = row < 0 ? all(0.0f) : load(from + (size_t)row * width + d);
      }
      transpose(x);
      _Pragma("GCC unroll 16") for (int r = 0; r < WIDTH; r++) store(to + (d + r) * LANES + first, x[r]);
    }
    for (; d < width; d++) {
      for (int r = first; r < first + WIDTH; r++) {
        to[d * LANES + r] = r < tile && rows[r] >= 0 ? from[(size_t)rows[r] * width + d] : 0.0f;
      }
    }
  }
}

// to[rows[r]][d] = from[d][r], or += with `adds`; padding goes nowhere.
static void rows_of_columns(float *to, const int32_t *rows, int tile, size_t width, const float *from, int adds) {
  for (int first = 0; first < tile; first += WIDTH) {
    const int end = first + WIDTH < tile ? first + WIDTH : tile;
    size_t d = 0;
    for (; d + WIDTH <= width; d += WIDTH) {
      vec x[WIDTH];
      _Pragma("GCC unroll 16") for (int r = 0; r < WIDTH; r++) x[r] = load(from + (d + r) * LANES + first);
      transpose(x);
      _Pragma("GCC unroll 16") for (int r = 0; r < WIDTH; r++) {
        if (first + r >= end || rows[first + r] < 0) continue;
        float *cell = to + (size_t)rows[first + r] * width + d;
        store(cell, adds ? load(cell) + x[r] : x[r]);
      }
    }
    for (; d < width; d++) {
      for (int r = first; r < end; r++) {
        if (rows[r] < 0) continue;
        float *cell = to + (size_t)rows[r] * width + d;
        *cell = (adds ? *cell : 0.0f) + from[d * LANES + r];
      }
    }
  }
}

#endif

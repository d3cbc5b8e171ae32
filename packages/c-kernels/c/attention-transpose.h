// Rows of a head as columns of a tile, and back.
#ifndef SPARSE_ATTENTION_TRANSPOSE_H
#define SPARSE_ATTENTION_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

#include "turn-square.h"
#include "vector.h"

// The most rows on each side of a tile. Buffers of one tile have LANES columns.
#define LANES 64

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
      turn_square(x);
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
      turn_square(x);
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

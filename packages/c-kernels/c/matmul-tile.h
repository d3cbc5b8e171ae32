// The heart of the matrix product: a tile of C, ROWS × COLUMNS, held in registers while it runs down the common side k.
//
// One source serves all machines; the compiler unrolls the loops over rows, whose bounds are constants in each copy.
#ifndef SPARSE_MATMUL_TILE_H
#define SPARSE_MATMUL_TILE_H

#include "kernel.h"
#include "vector.h"

// As many sums as the registers hold beside two vectors of B and one of A; in WebAssembly beside all four of A, which compilers keep.
#if WIDTH == 16
#define ROWS 14
#elif WIDTH == 8
#define ROWS 6
#elif defined(__aarch64__)
#define ROWS 8
#else
#define ROWS 4
#endif
#define COLUMNS (2 * WIDTH)

// A piece of a product. Tiles of A lie `a_tile` numbers apart, panels of B (COLUMNS wide) `b_panel` numbers apart, so that packed copies and
// the matrices themselves are read by the same code.
struct Block {
  const float *a, *b;
  size_t depth;            // numbers on the common side
  int across;              // rows of A lie a_stride apart and its columns side by side; else the other way round
  size_t a_stride, a_tile; // between rows (across) or columns (not across) of A; between tiles
  size_t b_stride, b_panel;
  const float *start; // what to add to: one number a column, from the first column on; null: what C holds
  float *c;
  size_t c_stride;
  size_t rows, columns;
};

INLINE void tile(const int rows, const int across, const struct Block *block, const float *a, const float *b, const float *start, float *c,
                 size_t c_stride) {
  const size_t depth = block->depth, a_stride = block->a_stride, b_stride = block->b_stride;
  vec sum[ROWS][2];
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) {
    sum[i][0] = load(start ? start : c + i * c_stride);
    sum[i][1] = load((start ? start : c + i * c_stride) + WIDTH);
  }
#ifndef __wasm__
  // C is seldom in a near cache when a long tile ends: it comes while the tile is computed.
  if (depth >= 128) {
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) __builtin_prefetch(c + i * c_stride, 1), __builtin_prefetch(c + i * c_stride + WIDTH, 1);
  }
#endif
  // Few base pointers reach all rows: processors add a register times 1, 2, 4 to an address for nothing.
  const float *lower = a, *middle = a + 5 * a_stride, *upper = a + 10 * a_stride;
  for (size_t p = 0; p < depth; p++) {
    const vec b0 = load(b), b1 = load(b + WIDTH);
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
      const float *from = !across ? lower + i : i < 5 ? lower + i * a_stride : i < 10 ? middle + (i - 5) * a_stride : upper + (i - 10) * a_stride;
      const vec ai = all(*from);
      sum[i][0] = multiply_add(ai, b0, sum[i][0]);
      sum[i][1] = multiply_add(ai, b1, sum[i][1]);
    }
    const size_t step = across ? 1 : a_stride;
    lower += step, middle += step, upper += step;
    b += b_stride;
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) {
    store(c + i * c_stride, sum[i][0]);
    store(c + i * c_stride + WIDTH, sum[i][1]);
  }
}

#define TILE_CASE(rows, across) \
  case rows: \
    tile(rows, across, block, a, b, start, c, c_stride); \
    break;

#define TILE_SWITCH(name, across) \
  static void name(size_t rows, const struct Block *block, const float *a, const float *b, const float *start, float *c, size_t c_stride) { \
    switch (rows) { TILE_CASES(across) } \
  }

#if ROWS == 14
#define TILE_CASES(across) \
  TILE_CASE(14, across) TILE_CASE(13, across) TILE_CASE(12, across) TILE_CASE(11, across) TILE_CASE(10, across) TILE_CASE(9, across) \
  TILE_CASE(8, across) TILE_CASE(7, across) TILE_CASE(6, across) TILE_CASE(5, across) TILE_CASE(4, across) TILE_CASE(3, across) \
  TILE_CASE(2, across) TILE_CASE(1, across)
#elif ROWS == 8
#define TILE_CASES(across) \
  TILE_CASE(8, across) TILE_CASE(7, across) TILE_CASE(6, across) TILE_CASE(5, across) TILE_CASE(4, across) TILE_CASE(3, across) \
  TILE_CASE(2, across) TILE_CASE(1, across)
#elif ROWS == 6
#define TILE_CASES(across) \
  TILE_CASE(6, across) TILE_CASE(5, across) TILE_CASE(4, across) TILE_CASE(3, across) TILE_CASE(2, across) TILE_CASE(1, across)
#else
#define TILE_CASES(across) TILE_CASE(4, across) TILE_CASE(3, across) TILE_CASE(2, across) TILE_CASE(1, across)
#endif

TILE_SWITCH(tile_across, 1)
TILE_SWITCH(tile_down, 0)

// A tile of the right edge goes through a buffer of full width.
static void edge_tile(size_t rows, size_t columns, const struct Block *block, const float *a, const float *b, const float *start, float *c) {
  float buffer[ROWS * COLUMNS];
  float padded[COLUMNS] = {0};
  if (start) {
    for (size_t j = 0; j < columns; j++) padded[j] = start[j];
  } else {
    for (size_t i = 0; i < rows; i++) {
      for (size_t j = 0; j < COLUMNS; j++) buffer[i * COLUMNS + j] = j < columns ? c[i * block->c_stride + j] : 0;
    }
  }
  (block->across ? tile_across : tile_down)(rows, block, a, b, start ? padded : 0, buffer, COLUMNS);
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < columns; j++) c[i * block->c_stride + j] = buffer[i * COLUMNS + j];
  }
}

// C = start + A · B, panel by panel: a panel of B stays in the nearest cache while all tiles of A pass by.
static void multiply_block(const struct Block *block) {
  for (size_t j = 0; j < block->columns; j += COLUMNS) {
    const float *b = block->b + j / COLUMNS * block->b_panel;
    const float *start = block->start ? block->start + j : 0;
    const size_t columns = smaller(COLUMNS, block->columns - j);
    for (size_t i = 0; i < block->rows; i += ROWS) {
      const float *a = block->a + i / ROWS * block->a_tile;
      const size_t rows = smaller(ROWS, block->rows - i);
      float *c = block->c + i * block->c_stride + j;
      if (columns < COLUMNS) edge_tile(rows, columns, block, a, b, start, c);
      else (block->across ? tile_across : tile_down)(rows, block, a, b, start, c, block->c_stride);
    }
  }
}

#endif

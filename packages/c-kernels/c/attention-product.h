// The matrix product that sparse attention is made of: C = factor · A · B or C += A · B, small enough for the first caches.
//
// Rows of B and C are vectors; numbers of A are spread over all lanes, so A is read where it lies, in either order. A block of C stays in
// registers for the whole inner dimension. The sum of one cell runs over the inner dimension in its order, whatever the block.
#ifndef SPARSE_ATTENTION_PRODUCT_H
#define SPARSE_ATTENTION_PRODUCT_H

#include <stddef.h>

#include "vector.h"

// Vectors and rows of a block: as many sums as the machine has registers for, beside a row of B and a number of A.
#if WIDTH == 16
#define BLOCK_VECTORS 4
#define BLOCK_ROWS 4
#elif defined(__AVX2__) || defined(__aarch64__)
#define BLOCK_VECTORS 2
#define BLOCK_ROWS 6
#else
#define BLOCK_VECTORS 2
#define BLOCK_ROWS 4
#endif
#define NARROW_ROWS 8

#define UNROLL _Pragma("GCC unroll 8")

// One operand of a product: where it is, and how far it is from row to row.
struct Rows {
  float *at;
  size_t step;
};

// The operand whose numbers are spread: how far it is along the rows of C, and along the inner dimension.
struct Spread {
  const float *at;
  size_t row_step;
  size_t inner_step;
};

INLINE void product_block(const int rows, const int vectors, struct Rows c, struct Spread a, struct Rows b, size_t inner, int adds, float factor) {
  vec sum[NARROW_ROWS][BLOCK_VECTORS];
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = adds ? load(c.at + r * c.step + v * WIDTH) : all(0.0f);
  }
  for (size_t k = 0; k < inner; k++) {
    vec row[BLOCK_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) row[v] = load(b.at + k * b.step + v * WIDTH);
    UNROLL for (int r = 0; r < rows; r++) {
      vec number = all(a.at[r * a.row_step + k * a.inner_step]);
      UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = multiply_add(number, row[v], sum[r][v]);
    }
  }
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) store(c.at + r * c.step + v * WIDTH, adds ? sum[r][v] : sum[r][v] * factor);
  }
}

// All rows of some columns, in blocks of `block` rows, then 4, then 1.
INLINE void product_columns(const int block, const int vectors, size_t rows, struct Rows c, struct Spread a, struct Rows b, size_t inner,
                            int adds, float factor) {
  size_t done = 0;
  for (; done + block <= rows; done += block) {
    product_block(block, vectors, (struct Rows){c.at + done * c.step, c.step},
                  (struct Spread){a.at + done * a.row_step, a.row_step, a.inner_step}, b, inner, adds, factor);
  }
  for (; block > 4 && done + 4 <= rows; done += 4) {
    product_block(4, vectors, (struct Rows){c.at + done * c.step, c.step},
                  (struct Spread){a.at + done * a.row_step, a.row_step, a.inner_step}, b, inner, adds, factor);
  }
  for (; done < rows; done++) {
    product_block(1, vectors, (struct Rows){c.at + done * c.step, c.step},
                  (struct Spread){a.at + done * a.row_step, a.row_step, a.inner_step}, b, inner, adds, factor);
  }
}

INLINE void product(size_t rows, size_t vectors, struct Rows c, struct Spread a, struct Rows b, size_t inner, int adds, float factor) {
  for (; vectors >= BLOCK_VECTORS; vectors -= BLOCK_VECTORS) {
    product_columns(BLOCK_ROWS, BLOCK_VECTORS, rows, c, a, b, inner, adds, factor);
    c.at += BLOCK_VECTORS * WIDTH;
    b.at += BLOCK_VECTORS * WIDTH;
  }
#if BLOCK_VECTORS == 4
  if (vectors == 3) product_columns(NARROW_ROWS, 3, rows, c, a, b, inner, adds, factor);
  if (vectors == 2) product_columns(NARROW_ROWS, 2, rows, c, a, b, inner, adds, factor);
#endif
  if (vectors == 1) product_columns(NARROW_ROWS, 1, rows, c, a, b, inner, adds, factor);
}

// Too large to be copied to every place of use; a file may use only some.
#define SHARED static __attribute__((noinline, unused))

// C = factor · A · B: rows of C are `step` apart in A.
SHARED void product_of_rows(size_t rows, size_t vectors, struct Rows c, struct Rows a, struct Rows b, size_t inner, float factor) {
  product(rows, vectors, c, (struct Spread){a.at, a.step, 1}, b, inner, 0, factor);
}

// C += A · B, A as above.
SHARED void add_product_of_rows(size_t rows, size_t vectors, struct Rows c, struct Rows a, struct Rows b, size_t inner) {
  product(rows, vectors, c, (struct Spread){a.at, a.step, 1}, b, inner, 1, 1.0f);
}

// C += A · B, where A lies the other way: its rows, `step` apart, are the inner dimension.
SHARED void add_product_of_columns(size_t rows, size_t vectors, struct Rows c, struct Rows a, struct Rows b, size_t inner) {
  product(rows, vectors, c, (struct Spread){a.at, 1, a.step}, b, inner, 1, 1.0f);
}

#endif

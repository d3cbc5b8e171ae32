// Products with a few rows only, such as those of a model that writes one token: B is read once and straight through, at the speed of memory.
#ifndef SPARSE_MATMUL_THIN_H
#define SPARSE_MATMUL_THIN_H

#include "kernel.h"
#include "vector.h"

#define THIN 4        // the most rows
#define THIN_CHUNK 512 // columns whose sums stay in the nearest cache

struct Thin {
  const float *a, *b;
  size_t rows, depth;
  size_t a_row, a_column, b_row, b_column;
};

// sums[rows × THIN_CHUNK] += A · B over `width` columns from `from` on, where rows of B lie in one piece.
static void thin_by_rows(const struct Thin *thin, size_t from, size_t width, float *sums) {
  for (size_t p = 0; p < thin->depth; p += 4) {
    const size_t steps = smaller(4, thin->depth - p);
    const float *b[4];
    for (size_t s = 0; s < 4; s++) b[s] = thin->b + (p + smaller(s, steps - 1)) * thin->b_row + from;
    for (size_t i = 0; i < thin->rows; i++) {
      float x[4] = {0}, *sum = sums + i * THIN_CHUNK;
      for (size_t s = 0; s < steps; s++) x[s] = thin->a[i * thin->a_row + (p + s) * thin->a_column];
      size_t j = 0;
      if (steps == 4) {
        for (; j + WIDTH <= width; j += WIDTH) {
          vec y = multiply_add(all(x[0]), load(b[0] + j), load(sum + j));
          y = multiply_add(all(x[1]), load(b[1] + j), y);
          y = multiply_add(all(x[2]), load(b[2] + j), y);
          store(sum + j, multiply_add(all(x[3]), load(b[3] + j), y));
        }
      }
      for (; j < width; j++) {
        for (size_t s = 0; s < steps; s++) sum[j] += x[s] * b[s][j];
      }
    }
  }
}

// The same where columns of B and rows of A lie in one piece: four columns at a time.
static void thin_by_columns(const struct Thin *thin, size_t from, size_t width, float *sums) {
  for (size_t j = 0; j < width; j += 4) {
    const size_t columns = smaller(4, width - j);
    const float *b[4];
    for (size_t s = 0; s < 4; s++) b[s] = thin->b + (from + j + smaller(s, columns - 1)) * thin->b_column;
    for (size_t i = 0; i < thin->rows; i++) {
      const float *x = thin->a + i * thin->a_row;
      vec y0 = {0}, y1 = {0}, y2 = {0}, y3 = {0};
      size_t p = 0;
      for (; p + WIDTH <= thin->depth; p += WIDTH) {
        const vec xp = load(x + p);
        y0 = multiply_add(xp, load(b[0] + p), y0);
        y1 = multiply_add(xp, load(b[1] + p), y1);
        y2 = multiply_add(xp, load(b[2] + p), y2);
        y3 = multiply_add(xp, load(b[3] + p), y3);
      }
      float total[4] = {sum_lanes(y0), sum_lanes(y1), sum_lanes(y2), sum_lanes(y3)};
      for (; p < thin->depth; p++) {
        for (size_t s = 0; s < 4; s++) total[s] += x[p] * b[s][p];
      }
      for (size_t s = 0; s < columns; s++) sums[i * THIN_CHUNK + j + s] += total[s];
    }
  }
}

#endif

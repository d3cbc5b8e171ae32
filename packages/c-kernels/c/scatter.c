// Slices put, or added, into a tensor by their places. A piece is some columns of all slices, in the slices' order: no two pieces meet in a
// cell, and the last of several slices for one place wins.
#include "flat-index.h"
#include "row-pieces.h"

struct Scatter {
  void *to;
  const void *initial, *updates;
  const int32_t *indices;
  size_t rows, width, count;
  int one_initial, one_update; // whether there is one number for all cells
  size_t rank;
  const double *dims;
};

#define SCATTER(name, cell, PUT)                                                               \
  static void name##_columns(const void *context, size_t begin, size_t end, int thread) {      \
    (void)thread;                                                                              \
    const struct Scatter *op = context;                                                        \
    const size_t width = op->width;                                                            \
    cell *all_rows = op->to;                                                                   \
    const cell *initial = op->initial;                                                         \
    for (size_t row = 0; row < op->rows; row++) {                                              \
      for (size_t i = row * width + begin; i < row * width + end; i++) {                       \
        all_rows[i] = initial ? initial[op->one_initial ? 0 : i] : (cell)0;                    \
      }                                                                                        \
    }                                                                                          \
    for (size_t update = 0; update < op->count; update++) {                                    \
      const cell *from = (const cell *)op->updates + (op->one_update ? 0 : update * width);    \
      cell *to = all_rows + flat_index(op->indices + update * op->rank, op->rank, op->dims) * width; \
      for (size_t i = begin; i < end; i++) to[i] PUT from[op->one_update ? 0 : i];             \
    }                                                                                          \
  }                                                                                            \
  KERNEL(name) {                                                                               \
    struct Scatter op = {FLOATS(3), FLOATS(0), FLOATS(2), INTS(1),  SIZE(4), SIZE(5),          \
                         SIZE(6),   INT(7),    INT(8),    SIZE(9), a + 10};                    \
    double bad = bad_flat_index(op.indices, op.count, op.rank, op.dims);                       \
    if (bad) return bad;                                                                       \
    size_t columns = larger(16, SMALL_WORK / larger(1, op.count + op.rows));                   \
    parallel(op.width, columns, name##_columns, &op);                                          \
    return 0;                                                                                  \
  }

// All: initial cell [rows × width], or one cell, or no buffer for zeros, indices int [count × rank], updates cell [count × width], or one
// cell → to cell [rows × width] · rows, width, count, whether initial is one cell, whether updates are one cell, rank, dims. Answers the place
// of a bad index.
SCATTER(scatter_add_float, float, +=)
SCATTER(scatter_add_int, int32_t, +=)
SCATTER(scatter_add_byte, uint8_t, |=)
SCATTER(scatter_float, float, =)
SCATTER(scatter_int, int32_t, =)
SCATTER(scatter_byte, uint8_t, =)

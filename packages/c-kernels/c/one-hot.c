// Rows with one number at an index and another everywhere else; an index outside the row puts it nowhere.
#include "row-pieces.h"

struct OneHot {
  void *to;
  const int32_t *indices;
  size_t depth;
  double on, off;
};

#define ONE_HOT(name, cell)                                                                  \
  static void name##_rows(const void *context, size_t begin, size_t end, int thread) {       \
    (void)thread;                                                                            \
    const struct OneHot *op = context;                                                       \
    const cell on = (cell)op->on, off = (cell)op->off;                                       \
    for (size_t row = begin; row < end; row++) {                                             \
      cell *to = (cell *)op->to + row * op->depth;                                           \
      for (size_t i = 0; i < op->depth; i++) to[i] = off;                                    \
      size_t index = (size_t)(uint32_t)op->indices[row];                                     \
      if (index < op->depth) to[index] = on;                                                 \
    }                                                                                        \
  }                                                                                          \
  KERNEL(name) {                                                                             \
    struct OneHot op = {FLOATS(1), INTS(0), SIZE(3), a[4], a[5]};                            \
    parallel(SIZE(2), rows_of_piece(op.depth), name##_rows, &op);                            \
    return 0;                                                                                \
  }

// All: indices int [rows] → y [rows × depth] · rows, depth, the number at the index, the number elsewhere.
ONE_HOT(one_hot_float, float)
ONE_HOT(one_hot_int, int32_t)
ONE_HOT(one_hot_byte, uint8_t)

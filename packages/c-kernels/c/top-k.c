// The k largest numbers of each row, largest first. Of equal numbers the first ones count as larger, and what is no number as smaller than all.
//
// The output row itself is a heap whose root is the smallest of the k found so far; at the end it is sorted in place.
#include "row-pieces.h"

struct TopK {
  const void *from;
  void *values;
  int32_t *places;
  size_t width, k;
};

static inline int is_less_float(float a, float b) { return a < b || (a != a && b == b); }
static inline int is_less_int(int32_t a, int32_t b) { return a < b; }
static inline int is_less_byte(uint8_t a, uint8_t b) { return a < b; }

#define TOP_K(cell, type)                                                                                        \
  static inline int comes_first_##type(cell a, int32_t a_place, cell b, int32_t b_place) {                       \
    return is_less_##type(b, a) || (!is_less_##type(a, b) && a_place < b_place);                                 \
  }                                                                                                              \
                                                                                                                 \
  /* Puts a number at the root of a heap of `count`, and lets it sink behind those that come after it. */        \
  static void sink_##type(cell *values, int32_t *places, size_t count, size_t at, cell value, int32_t place) {   \
    for (size_t child; (child = 2 * at + 1) < count; at = child) {                                               \
      if (child + 1 < count && comes_first_##type(values[child], places[child], values[child + 1], places[child + 1])) child++; \
      if (!comes_first_##type(value, place, values[child], places[child])) break;                                \
      values[at] = values[child];                                                                                \
      places[at] = places[child];                                                                                \
    }                                                                                                            \
    values[at] = value;                                                                                          \
    places[at] = place;                                                                                          \
  }                                                                                                              \
                                                                                                                 \
  static void top_k_row_##type(const cell *row, size_t width, cell *values, int32_t *places, size_t k) {         \
    for (size_t i = 0; i < k; i++) values[i] = row[i], places[i] = (int32_t)i;                                   \
    for (size_t i = k / 2; i-- > 0;) sink_##type(values, places, k, i, values[i], places[i]);                    \
    for (size_t i = k; i < width; i++) {                                                                         \
      if (comes_first_##type(row[i], (int32_t)i, values[0], places[0])) sink_##type(values, places, k, 0, row[i], (int32_t)i); \
    }                                                                                                            \
    for (size_t last = k; last-- > 1;) {                                                                         \
      cell value = values[last];                                                                                 \
      int32_t place = places[last];                                                                              \
      values[last] = values[0];                                                                                  \
      places[last] = places[0];                                                                                  \
      sink_##type(values, places, last, 0, value, place);                                                        \
    }                                                                                                            \
  }                                                                                                              \
                                                                                                                 \
  static void top_k_rows_##type(const void *context, size_t begin, size_t end, int thread) {                     \
    (void)thread;                                                                                                \
    const struct TopK *op = context;                                                                             \
    for (size_t row = begin; row < end; row++) {                                                                 \
      top_k_row_##type((const cell *)op->from + row * op->width, op->width, (cell *)op->values + row * op->k,    \
                       op->places + row * op->k, op->k);                                                         \
    }                                                                                                            \
  }                                                                                                              \
                                                                                                                 \
  KERNEL(top_k_##type) {                                                                                         \
    struct TopK op = {FLOATS(0), FLOATS(1), INTS(2), SIZE(4), SIZE(5)};                                          \
    if (op.k > 0) parallel(SIZE(3), rows_of_piece(op.width), top_k_rows_##type, &op);                            \
    return 0;                                                                                                    \
  }

// All: x [rows × width] → values [rows × k], places int [rows × k] · rows, width, k (at most width).
TOP_K(float, float)
TOP_K(int32_t, int)
TOP_K(uint8_t, byte)

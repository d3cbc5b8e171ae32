// Where numbers would stand in a sorted row.
#include "row-pieces.h"

struct SearchSorted {
  const void *sorted, *values;
  int32_t *to;
  size_t width, count;
  int after_equals;
};

#define SEARCH_SORTED(name, cell)                                                              \
  static size_t place_##name(const cell *row, size_t width, cell value, int after_equals) {    \
    size_t low = 0, high = width;                                                              \
    while (low < high) {                                                                       \
      size_t middle = (low + high) / 2;                                                        \
      if (after_equals ? row[middle] <= value : row[middle] < value) {                         \
        low = middle + 1;                                                                      \
      } else {                                                                                 \
        high = middle;                                                                         \
      }                                                                                        \
    }                                                                                          \
    return high;                                                                               \
  }                                                                                            \
  static void name##_values(const void *context, size_t begin, size_t end, int thread) {       \
    (void)thread;                                                                              \
    const struct SearchSorted *op = context;                                                   \
    for (size_t i = begin; i < end; i++) {                                                     \
      const cell *row = (const cell *)op->sorted + i / op->count * op->width;                  \
      op->to[i] = (int32_t)place_##name(row, op->width, ((const cell *)op->values)[i], op->after_equals); \
    }                                                                                          \
  }                                                                                            \
  KERNEL(name) {                                                                               \
    struct SearchSorted op = {FLOATS(0), FLOATS(1), INTS(2), SIZE(4), SIZE(5), INT(6)};        \
    parallel(SIZE(3) * op.count, 1024, name##_values, &op);                                    \
    return 0;                                                                                  \
  }

// Both: sorted [rows × width], values [rows × count] → places int [rows × count] · rows, width, count, whether a number stands behind its equals
SEARCH_SORTED(search_sorted_float, float)
SEARCH_SORTED(search_sorted_int, int32_t)

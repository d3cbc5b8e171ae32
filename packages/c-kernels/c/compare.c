// Elementwise comparisons of two operands, with broadcasting, and the logic of their results: 1 for true, 0 for false.
#include "broadcast.h"

#define COMPARE(name, type, expression)                                                                          \
  static void name##_run(const void *from_a, const void *from_b, void *to, size_t count, int a_step, int b_step) { \
    const type *left = from_a, *right = from_b;                                                                  \
    uint8_t *y = to;                                                                                             \
    if (a_step && b_step) {                                                                                      \
      for (size_t i = 0; i < count; i++) {                                                                       \
        type a = left[i], b = right[i];                                                                          \
        y[i] = (expression);                                                                                     \
      }                                                                                                          \
    } else {                                                                                                     \
      for (size_t i = 0; i < count; i++) {                                                                       \
        type a = left[i * (size_t)a_step], b = right[i * (size_t)b_step];                                        \
        y[i] = (expression);                                                                                     \
      }                                                                                                          \
    }                                                                                                            \
  }                                                                                                              \
  KERNEL(name) { return broadcast(a, sizeof(type), 1, name##_run); }

#define COMPARE_ALL(name, expression)      \
  COMPARE(name##_float, float, expression) \
  COMPARE(name##_int, int32_t, expression) \
  COMPARE(name##_byte, uint8_t, expression)

// Each: a, b float, int or byte → y byte, as broadcast.h says.
COMPARE_ALL(equal, a == b)
COMPARE_ALL(not_equal, a != b)
COMPARE_ALL(less, a < b)
COMPARE_ALL(less_equal, a <= b)

// Each: a, b byte → y byte, as broadcast.h says.
COMPARE(logical_and_byte, uint8_t, (a != 0) & (b != 0))
COMPARE(logical_or_byte, uint8_t, (a != 0) | (b != 0))
COMPARE(logical_xor_byte, uint8_t, (a != 0) != (b != 0))

// Elementwise kernels of two whole-number operands, with broadcasting. Results are those of JavaScript's numbers, put into an Int32Array:
// beyond 2^53 they are rounded, then they wrap at 32 bits.
#include "broadcast.h"
#include "convert.h"

#define BINARY_INT(name, expression)                                                                             \
  static void name##_run(const void *from_a, const void *from_b, void *to, size_t count, int a_step, int b_step) { \
    const int32_t *left = from_a, *right = from_b;                                                               \
    int32_t *y = to;                                                                                             \
    for (size_t i = 0; i < count; i++) {                                                                         \
      int32_t a = left[i * (size_t)a_step], b = right[i * (size_t)b_step];                                       \
      y[i] = expression;                                                                                         \
    }                                                                                                            \
  }                                                                                                              \
  KERNEL(name##_int) { return broadcast(a, sizeof(int32_t), sizeof(int32_t), name##_run); }

static inline int32_t plus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static inline int32_t minus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }
static inline int32_t times(int32_t a, int32_t b) { return (int32_t)(int64_t)(double)((int64_t)a * b); }

static inline int32_t squared_distance(int32_t a, int32_t b) {
  double distance = (double)a - b;
  return whole_part_of_double(distance * distance);
}

// Towards 0. What is divided by 0 is 0.
static inline int32_t quotient(int32_t a, int32_t b) { return b == 0 ? 0 : b == -1 ? minus(0, a) : a / b; }

static inline int32_t quotient_rounded_down(int32_t a, int32_t b) {
  int32_t q = quotient(a, b);
  return b != 0 && b != -1 && a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

// With the sign of the divisor.
static inline int32_t remainder_of(int32_t a, int32_t b) {
  if (b == 0 || b == -1) return 0;
  int32_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static inline int32_t power_of(int32_t base, int32_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0;
  double result = 1, factor = base;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= factor;
    factor *= factor;
  }
  return whole_part_of_double(result);
}

// Each: a, b int → y int, as broadcast.h says.
BINARY_INT(add, plus(a, b))
BINARY_INT(subtract, minus(a, b))
BINARY_INT(multiply, times(a, b))
BINARY_INT(divide, quotient(a, b))
BINARY_INT(floor_divide, quotient_rounded_down(a, b))
BINARY_INT(maximum, a > b ? a : b)
BINARY_INT(minimum, a < b ? a : b)
BINARY_INT(squared_difference, squared_distance(a, b))
BINARY_INT(modulo, remainder_of(a, b))
BINARY_INT(power, power_of(a, b))
BINARY_INT(bitwise_and, a & b)

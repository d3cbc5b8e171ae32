// Elementwise kernels of two float operands, with broadcasting.
#include "broadcast.h"
#include "convert.h"
#include "elementary.h"
#include "vector.h"

typedef vec (*Lanes)(vec a, vec b);

INLINE void run_steps(const float *a, const float *b, float *y, size_t count, int a_step, int b_step, Lanes compute) {
  vec one_a = all(*a), one_b = all(*b);
  size_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) {
    store(y + i, compute(a_step ? load(a + i) : one_a, b_step ? load(b + i) : one_b));
  }
  if (i == count) return;
  size_t left = count - i;
  store_first(y + i, compute(a_step ? load_first(a + i, left) : one_a, b_step ? load_first(b + i, left) : one_b), left);
}

INLINE void run_lanes(const float *a, const float *b, float *y, size_t count, int a_step, int b_step, Lanes compute) {
  if (a_step && b_step) {
    run_steps(a, b, y, count, 1, 1, compute);
  } else if (a_step) {
    run_steps(a, b, y, count, 1, 0, compute);
  } else if (b_step) {
    run_steps(a, b, y, count, 0, 1, compute);
  } else {
    run_steps(a, b, y, count, 0, 0, compute);
  }
}

#define BINARY(name, expression)                                                                               \
  INLINE vec name##_lanes(vec a, vec b) { return expression; }                                                 \
  static void name##_run(const void *a, const void *b, void *y, size_t count, int a_step, int b_step) {        \
    run_lanes(a, b, y, count, a_step, b_step, name##_lanes);                                                   \
  }                                                                                                            \
  KERNEL(name##_float) { return broadcast(a, sizeof(float), sizeof(float), name##_run); }

// The remainder with the sign of the divisor.
INLINE vec remainder_of(vec a, vec b) {
  vec y = a;
  for (int lane = 0; lane < WIDTH; lane++) y[lane] = float_modulo(a[lane], b[lane]);
  return y;
}

// Each: a, b float → y float, as broadcast.h says.
BINARY(add, a + b)
BINARY(subtract, a - b)
BINARY(multiply, a * b)
BINARY(divide, a / b)
BINARY(maximum, choose((a > b) | (a != a), a, b))
BINARY(minimum, choose((a < b) | (a != a), a, b))
BINARY(squared_difference, (a - b) * (a - b))
BINARY(power, power_of(a, b))
BINARY(arc_tangent2, arc_tangent2(a, b))
BINARY(modulo, remainder_of(a, b))
// x, the slope of its negative part
BINARY(prelu, choose(a < all(0), a * b, a))
// The gradient of what came out, and what came out
BINARY(elu_gradient, choose(b >= all(0), a, a * (b + all(1))))

// Whole numbers; JavaScript's rule for what an int can't hold.
static void floor_divide_run(const void *a, const void *b, void *y, size_t count, int a_step, int b_step) {
  const float *x = a, *divisor = b;
  int32_t *to = y;
  for (size_t i = 0; i < count; i++) to[i] = whole_part(float_floor(x[i * (size_t)a_step] / divisor[i * (size_t)b_step]));
}

// a, b float → y int, as broadcast.h says: the quotient rounded down
KERNEL(floor_divide_float) { return broadcast(a, sizeof(float), sizeof(int32_t), floor_divide_run); }

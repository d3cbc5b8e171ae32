// Whether a machine really computes what the vectors of this build say: a program asks before it trusts the library with anything.
#include "kernel.h"
#include "vector.h"

// → 0 if arithmetic, comparisons and exponentials of vectors come out right, else 1
KERNEL(check) {
  (void)a;
  float numbers[WIDTH], squares[WIDTH];
  volatile float step = 1; // not known to the compiler, so that the machine must compute
  for (int lane = 0; lane < WIDTH; lane++) numbers[lane] = (float)lane * step;
  vec x = load(numbers);
  store(squares, multiply_add(x, x, choose(x > all(2), x, all(-1))));
  int wrong = 0;
  for (int lane = 0; lane < WIDTH; lane++) wrong |= squares[lane] != (float)(lane * lane + (lane > 2 ? lane : -1));
  wrong |= sum_lanes(exponential(x * all(0))) != WIDTH;
  wrong |= sum_lanes(to_float((ivec){0} + 3)) != 3 * WIDTH;
  return wrong;
}

// The size of complex numbers.
#include "row-pieces.h"

struct ComplexAbs {
  const float *real, *imag;
  float *to;
};

static void complex_abs_cells(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct ComplexAbs *op = context;
  for (size_t i = begin; i < end; i++) {
    // Squares of floats fit in doubles. What is infinite on one side is so as a whole, whatever the other side is.
    double real = __builtin_fabs((double)op->real[i]), imag = __builtin_fabs((double)op->imag[i]), infinite = __builtin_inf();
    op->to[i] = (float)(real == infinite || imag == infinite ? infinite : __builtin_sqrt(real * real + imag * imag));
  }
}

// real float [count], imag float [count] → y float [count] · count
KERNEL(complex_abs) {
  struct ComplexAbs op = {FLOATS(0), FLOATS(1), FLOATS(2)};
  parallel(SIZE(3), SMALL_WORK, complex_abs_cells, &op);
  return 0;
}

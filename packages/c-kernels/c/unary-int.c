// Elementwise kernels of one whole-number operand, and questions that are answered by yes or no.
#include "kernel.h"

struct Unary {
  const void *x;
  void *y;
  int32_t alpha;
  int32_t beta;
};

#define UNARY(name, source, target, expression)                                         \
  static void name##_piece(const void *context, size_t begin, size_t end, int thread) { \
    (void)thread;                                                                       \
    const struct Unary *job = context;                                                  \
    int32_t alpha = job->alpha, beta = job->beta;                                       \
    (void)alpha, (void)beta;                                                            \
    const source *from = job->x;                                                        \
    target *to = job->y;                                                                \
    for (size_t i = begin; i < end; i++) {                                              \
      source x = from[i];                                                               \
      to[i] = (expression);                                                             \
    }                                                                                   \
  }                                                                                     \
  KERNEL(name) {                                                                        \
    struct Unary job = {BYTES(0), BYTES(1), INT(3), INT(4)};                            \
    parallel(SIZE(2), 1 << 15, name##_piece, &job);                                     \
    return 0;                                                                           \
  }

// Each: x int [count] → y int [count] · count, alpha, beta; most use neither. Results wrap at 32 bits.
UNARY(absolute_int, int32_t, int32_t, (int32_t)(x < 0 ? 0u - (uint32_t)x : (uint32_t)x))
UNARY(negative_int, int32_t, int32_t, (int32_t)(0u - (uint32_t)x))
UNARY(relu_int, int32_t, int32_t, x < 0 ? 0 : x)
UNARY(relu6_int, int32_t, int32_t, x < 0 ? 0 : x > 6 ? 6 : x)
UNARY(sign_int, int32_t, int32_t, x < 0 ? -1 : x > 0)
UNARY(square_int, int32_t, int32_t, (int32_t)(int64_t)(double)((int64_t)x * x))
// alpha: what stands for 0 and below
UNARY(step_int, int32_t, int32_t, x > 0 ? 1 : alpha)
// alpha: the least, beta: the most
UNARY(clip_int, int32_t, int32_t, x > beta ? beta : x < alpha ? alpha : x)

// Each: x float [count] → y byte [count] · count
UNARY(is_finite_float, float, uint8_t, x - x == 0)
UNARY(is_infinite_float, float, uint8_t, x == __builtin_inff() || x == -__builtin_inff())
UNARY(is_no_number_float, float, uint8_t, x != x)

// x byte [count] → y byte [count] · count
UNARY(logical_not_byte, uint8_t, uint8_t, x == 0)

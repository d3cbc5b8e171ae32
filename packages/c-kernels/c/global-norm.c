// The norm of all gradients together, and their scaling to a largest norm, in one launch. Squares are added up in fixed pieces, and the
// pieces in their order, in double: the bits don't depend on threads.
#include "kernel.h"
#include "vector.h"

struct GlobalNorm {
  const double *addresses; // a gradient and where it goes, for each
  const double *sizes;
  double *partial;
  size_t gradients, piece;
  float factor;
};

struct Part {
  const float *from;
  float *to;
  size_t count;
};

// Pieces are counted through all gradients; none reaches over the end of one.
static struct Part part_of(const struct GlobalNorm *op, size_t number) {
  for (size_t i = 0;; i++) {
    size_t size = (size_t)op->sizes[i], pieces = (size + op->piece - 1) / op->piece;
    if (number < pieces) {
      const double *a = op->addresses + 2 * i;
      size_t start = number * op->piece;
      return (struct Part){FLOATS(0) + start, FLOATS(1) + start, smaller(op->piece, size - start)};
    }
    number -= pieces;
  }
}

static void square_pieces(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct GlobalNorm *op = context;
  for (size_t number = begin; number < end; number++) {
    struct Part part = part_of(op, number);
    vec a = {0}, b = {0};
    size_t i = 0;
    for (; i + 2 * WIDTH <= part.count; i += 2 * WIDTH) {
      vec p = load(part.from + i), q = load(part.from + i + WIDTH);
      a = multiply_add(p, p, a);
      b = multiply_add(q, q, b);
    }
    for (; i < part.count; i += WIDTH) {
      vec p = i + WIDTH <= part.count ? load(part.from + i) : load_first(part.from + i, part.count - i);
      a = multiply_add(p, p, a);
    }
    op->partial[number] = sum_lanes(a + b);
  }
}

static void scale_pieces(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct GlobalNorm *op = context;
  const vec factor = all(op->factor);
  for (size_t number = begin; number < end; number++) {
    struct Part part = part_of(op, number);
    size_t i = 0;
    for (; i + WIDTH <= part.count; i += WIDTH) store(part.to + i, load(part.from + i) * factor);
    if (i < part.count) store_first(part.to + i, load_first(part.from + i, part.count - i) * factor, part.count - i);
  }
}

// scratch double [pieces], norm float [1], then for each gradient its values and where the scaled ones go, float [size]; then 0
// · the largest norm, cells of a piece, then the size of each gradient; a gradient has ⌈size ÷ cells of a piece⌉ pieces
KERNEL(clip_by_global_norm) {
  size_t gradients = 0, pieces = 0, cells = 0;
  while (a[2 + 2 * gradients] != 0) gradients++;
  const double *numbers = a + 3 + 2 * gradients;
  const float limit = (float)numbers[0];
  struct GlobalNorm op = {a + 2, numbers + 2, (double *)(uintptr_t)a[0], gradients, (size_t)numbers[1], 1.0f};
  for (size_t i = 0; i < gradients; i++) {
    cells += (size_t)op.sizes[i];
    pieces += ((size_t)op.sizes[i] + op.piece - 1) / op.piece;
  }
  const size_t grain = cells <= op.piece ? pieces : 1;
  parallel(pieces, grain, square_pieces, &op);
  double total = 0;
  for (size_t number = 0; number < pieces; number++) total += op.partial[number];
  const float norm = (float)__builtin_sqrt(total);
  FLOATS(1)[0] = norm;
  if (!(norm <= limit)) op.factor = limit / norm;
  parallel(pieces, grain, scale_pieces, &op);
  return 0;
}

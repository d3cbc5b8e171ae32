// The norm of all gradients together, and their scaling to a largest norm, in one launch. Squares are added up in fixed pieces, and the
// pieces in their order, in double: the bits don't depend on threads.
#include "kernel.h"
#include "vector.h"

// Cells of a piece: one thread adds up their squares.
#define PIECE ((size_t)16384)

struct GlobalNorm {
  const double *addresses; // a gradient and where it goes, for each
  const double *sizes;
  double *partial;
  size_t gradients;
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
    size_t size = (size_t)op->sizes[i], pieces = (size + PIECE - 1) / PIECE;
    if (number < pieces) {
      const double *a = op->addresses + 2 * i;
      size_t start = number * PIECE;
      return (struct Part){FLOATS(0) + start, FLOATS(1) + start, smaller(PIECE, size - start)};
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

static size_t pieces_of(const double *sizes, size_t gradients) {
  size_t pieces = 0;
  for (size_t i = 0; i < gradients; i++) pieces += ((size_t)sizes[i] + PIECE - 1) / PIECE;
  return pieces;
}

WORKSPACE(clip_by_global_norm) { return (double)(pieces_of(a + 1, COUNT - 1) * sizeof(double)); }

// norm float [1], then for each gradient its values and where the scaled ones go, float [size]; then the workspace: a double for each piece
// · the largest norm, then the size of each gradient
KERNEL(clip_by_global_norm) {
  const size_t gradients = (COUNT - 2) / 2;
  const float limit = (float)NUMBERS[0];
  struct GlobalNorm op = {a + 1, NUMBERS + 1, (double *)(uintptr_t)a[COUNT - 1], gradients, 1.0f};
  const size_t pieces = pieces_of(op.sizes, gradients);
  size_t cells = 0;
  for (size_t i = 0; i < gradients; i++) cells += (size_t)op.sizes[i];
  const size_t grain = cells <= PIECE ? pieces : 1;
  parallel(pieces, grain, square_pieces, &op);
  double total = 0;
  for (size_t number = 0; number < pieces; number++) total += op.partial[number];
  const float norm = (float)__builtin_sqrt(total);
  FLOATS(0)[0] = norm;
  if (!(norm <= limit)) op.factor = limit / norm;
  parallel(pieces, grain, scale_pieces, &op);
  return 0;
}

// One AdamW step of any number of parameters in one launch. What changes from step to step is read from memory, so that a recorded launch
// can be played again.
#include "kernel.h"
#include "vector.h"

#define PIECE ((size_t)16384)

// Addresses of one parameter, in the order of the record.
enum { WEIGHT, FIRST, SECOND, GRADIENT, NEW_WEIGHT, NEW_FIRST, NEW_SECOND, ADDRESSES };

struct AdamW {
  const float *step;       // keep and take of the first moment, of the second, rate, epsilon, keep of a weight that decays
  const double *addresses; // ADDRESSES for each parameter
  const double *sizes;     // size and whether it decays, for each parameter
};

struct Numbers {
  vec keep_first, take_first, keep_second, take_second, rate, epsilon, keep;
};

struct Cells {
  vec weight, first, second;
};

INLINE struct Cells moved(const struct Numbers *n, struct Cells old, vec gradient) {
  vec first = multiply_add(old.first, n->keep_first, gradient * n->take_first);
  vec second = multiply_add(old.second, n->keep_second, gradient * gradient * n->take_second);
  vec direction = first / (square_root(second) + n->epsilon);
  return (struct Cells){old.weight * n->keep - direction * n->rate, first, second};
}

static void move_cells(const double *a, const struct Numbers *numbers, size_t begin, size_t end) {
  const float *weight = FLOATS(WEIGHT), *first = FLOATS(FIRST), *second = FLOATS(SECOND), *gradient = FLOATS(GRADIENT);
  float *new_weight = FLOATS(NEW_WEIGHT), *new_first = FLOATS(NEW_FIRST), *new_second = FLOATS(NEW_SECOND);
  const struct Numbers n = *numbers;
  size_t i = begin;
  for (; i + WIDTH <= end; i += WIDTH) {
    struct Cells old = {load(weight + i), load(first + i), load(second + i)};
    struct Cells new = moved(&n, old, load(gradient + i));
    store(new_weight + i, new.weight);
    store(new_first + i, new.first);
    store(new_second + i, new.second);
  }
  if (i < end) {
    size_t rest = end - i;
    struct Cells old = {load_first(weight + i, rest), load_first(first + i, rest), load_first(second + i, rest)};
    struct Cells new = moved(&n, old, load_first(gradient + i, rest));
    store_first(new_weight + i, new.weight, rest);
    store_first(new_first + i, new.first, rest);
    store_first(new_second + i, new.second, rest);
  }
}

// Items are the cells of all parameters, one after the other.
static void adam_w_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct AdamW *op = context;
  const float *s = op->step;
  size_t before = 0;
  for (size_t parameter = 0; before < end; parameter++) {
    size_t size = (size_t)op->sizes[2 * parameter], after = before + size;
    if (after > begin) {
      float keep = op->sizes[2 * parameter + 1] != 0 ? s[6] : 1.0f;
      struct Numbers numbers = {all(s[0]), all(s[1]), all(s[2]), all(s[3]), all(s[4]), all(s[5]), all(keep)};
      move_cells(op->addresses + ADDRESSES * parameter, &numbers, larger(begin, before) - before, smaller(end, after) - before);
    }
    before = after;
  }
}

// step float [7], then for each parameter weight, first, second, gradient, and where the new weight, first and second go (each may be its old
// one), all float [size] · for each parameter its size and whether it decays (1 or 0)
KERNEL(adam_w) {
  const size_t parameters = (COUNT - 1) / ADDRESSES;
  size_t cells = 0;
  struct AdamW op = {FLOATS(0), a + 1, NUMBERS};
  for (size_t parameter = 0; parameter < parameters; parameter++) cells += (size_t)op.sizes[2 * parameter];
  parallel(cells, PIECE, adam_w_piece, &op);
  return 0;
}

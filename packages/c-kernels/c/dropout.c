// Dropout: the mask is made of random words that are a function of seed, counter and place, so it is made again for the gradient, and the host
// makes the same one.
#include "kernel.h"
#include "philox.h"
#include "vector.h"

#define GROUP ((size_t)4 * WIDTH) // cells of WIDTH blocks
#define PIECE ((size_t)16384)     // cells of a piece; a multiple of every GROUP

struct Dropout {
  const float *x;
  float *y;
  struct Philox source;
  uint32_t last_dropped; // a cell goes if its word is not above this
  float factor;
};

INLINE vec dropped(const struct Dropout *op, vec x, uvec words) {
  ivec stays = words > all_words(op->last_dropped);
  return from_bits(bits(x * all(op->factor)) & stays);
}

static void dropout_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Dropout op = *(const struct Dropout *)context;
  uvec words[4];
  for (size_t start = begin; start < end; start += GROUP) {
    philox_words(words, &op.source, (uint32_t)(start / 4));
    size_t i = start;
    for (int part = 0; part < 4 && i < end; part++, i += WIDTH) {
      if (i + WIDTH <= end) store(op.y + i, dropped(&op, load(op.x + i), words[part]));
      else store_first(op.y + i, dropped(&op, load_first(op.x + i, end - i), words[part]), end - i);
    }
  }
}

// x float [count] → y float [count] · count, last dropped word, factor of what stays, key (low, high), counter (low, high)
KERNEL(dropout) {
  struct Philox source = {(uint32_t)a[5], (uint32_t)a[6], (uint32_t)a[7], (uint32_t)a[8]};
  struct Dropout op = {FLOATS(0), FLOATS(1), source, (uint32_t)a[3], FLOAT(4)};
  parallel(SIZE(2), PIECE, dropout_piece, &op);
  return 0;
}

// Dropout by Philox4x32-10 (Salmon et al. 2011): block b of the mask is a function of (key, counter, b), so the mask is made again for the
// gradient, and the host makes the same one. Blocks are encrypted some at a time, one a lane.
#include "kernel.h"
#include "vector.h"

#define LANES 16
#define ROUNDS 10

struct Dropout {
  const float *x;
  float *y;
  size_t count;
  uint32_t last_dropped; // a cell goes if its word is not above this
  float factor;
  uint32_t key_low, key_high, counter_low, counter_high;
};

// words[4][LANES]: the four words of each of LANES blocks from `block` on.
static void encrypt(uint32_t words[4][LANES], const struct Dropout *op, uint32_t block) {
  uint32_t even = op->key_low, odd = op->key_high;
  for (int lane = 0; lane < LANES; lane++) {
    words[0][lane] = block + (uint32_t)lane;
    words[1][lane] = 0;
    words[2][lane] = op->counter_low;
    words[3][lane] = op->counter_high;
  }
  for (int round = 0; round < ROUNDS; round++) {
    for (int lane = 0; lane < LANES; lane++) {
      uint64_t first = (uint64_t)0xd2511f53u * words[0][lane], third = (uint64_t)0xcd9e8d57u * words[2][lane];
      words[0][lane] = (uint32_t)(third >> 32) ^ words[1][lane] ^ even;
      words[1][lane] = (uint32_t)third;
      words[2][lane] = (uint32_t)(first >> 32) ^ words[3][lane] ^ odd;
      words[3][lane] = (uint32_t)first;
    }
    even += 0x9e3779b9u;
    odd += 0xbb67ae85u;
  }
}

// Items are groups of LANES blocks.
static void dropout_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Dropout *op = context;
  uint32_t words[4][LANES];
  for (size_t group = begin; group < end; group++) {
    const size_t start = group * 4 * LANES, cells = smaller(4 * LANES, op->count - start);
    encrypt(words, op, (uint32_t)(group * LANES));
    for (size_t cell = 0; cell < cells; cell++) {
      uint32_t word = words[cell % 4][cell / 4];
      op->y[start + cell] = word > op->last_dropped ? op->x[start + cell] * op->factor : 0.0f;
    }
  }
}

// x float [count] → y float [count] · count, last dropped word, factor of what stays, key (low, high), counter (low, high)
KERNEL(dropout) {
  struct Dropout op = {FLOATS(0), FLOATS(1), SIZE(2), (uint32_t)a[3], FLOAT(4), (uint32_t)a[5], (uint32_t)a[6], (uint32_t)a[7], (uint32_t)a[8]};
  parallel((op.count + 4 * LANES - 1) / (4 * LANES), 256, dropout_piece, &op);
  return 0;
}

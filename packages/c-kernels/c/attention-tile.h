// What the kernels of sparse attention share: a plan as it lies in memory, and the rows of a tile.
#ifndef SPARSE_ATTENTION_TILE_H
#define SPARSE_ATTENTION_TILE_H

#include "attention-product.h"
#include "attention-transpose.h"
#include "kernel.h"
#include "vector.h"

// Whole granules of a tile are skipped when nothing in them is visible.
#define GRANULE 16
#define GRANULE_VECTORS (GRANULE / WIDTH)
#define STRIPS 4

// Rows of a tile with the granules of columns that they see.
struct Strip {
  int32_t row;
  int32_t rows; // 0: there are no more strips
  int32_t granule;
  int32_t granules;
  int32_t partial; // whether the words say which cells are visible; else all are
};

// Neighbouring tiles of the other side. Mask 0 is the full tile.
struct Run {
  int32_t first;
  int32_t count;
  int32_t mask;
};

// One side of a pass: its rows, the lists of its tiles, and the masks seen from it, with a word of columns for each of its rows.
struct Side {
  int32_t tiles;
  const int32_t *rows;
  const int32_t *starts; // of each tile, its first row when its rows are neighbours in their order, else −1
  const int32_t *pointers;
  const struct Run *runs;
  const struct Strip *strips;
  const uint64_t *words;
};

struct Pass {
  int32_t tile;
  int32_t group_heads;
  const int32_t *heads;
  struct Side query;
  struct Side key;
  // Key tiles in an order in which those of one layer share no key: such tiles may be worked on at once.
  const int32_t *key_order;
  int32_t key_layers;
  const int32_t *layer_starts; // places in the order, one more than there are layers
};

INLINE struct Side read_side(const int32_t *plan, const int32_t *fields, int32_t tiles) {
  return (struct Side){
      .tiles = tiles,
      .rows = plan + fields[0],
      .starts = plan + fields[1],
      .pointers = plan + fields[2],
      .runs = (const struct Run *)(plan + fields[3]),
      .strips = (const struct Strip *)(plan + fields[4]),
      .words = (const uint64_t *)(plan + fields[5]),
  };
}

// A pass begins with its fields; those that end in a section hold where it begins, in numbers from the start. The sizes are numbers of the
// launch: rows of a tile, heads of the group, query tiles, key tiles.
INLINE struct Pass read_pass(const int32_t *plan, const double *sizes) {
  return (struct Pass){
      .tile = (int32_t)sizes[0],
      .group_heads = (int32_t)sizes[1],
      .heads = plan + plan[0],
      .key_order = plan + plan[1],
      .key_layers = plan[2],
      .layer_starts = plan + plan[3],
      .query = read_side(plan, plan + 4, (int32_t)sizes[2]),
      .key = read_side(plan, plan + 10, (int32_t)sizes[3]),
  };
}

// Scratch of a piece of work up to so many floats is on its thread's stack. More is in the workspace, which has room for so many pieces.
#define STACK_FLOATS (256 * 1024 / 4)
#define SLOTS 16

static inline double workspace_of(size_t floats) { return floats <= STACK_FLOATS ? 0 : (double)(SLOTS * floats * sizeof(float)); }

// Zeros where there is no row.
INLINE void copy_row(float *to, const float *from, size_t width) {
  size_t d = 0;
  for (; d + WIDTH <= width; d += WIDTH) store(to + d, from ? load(from + d) : all(0.0f));
  for (; d < width; d++) to[d] = from ? from[d] : 0.0f;
}

// The rows of a tile: where they lie when they are neighbours, else gathered; padding is zeros.
INLINE struct Rows tile_rows(const struct Side *side, int tile, int t, const float *from, size_t width, float *gathered) {
  int32_t start = side->starts[t];
  if (start >= 0) return (struct Rows){(float *)from + (size_t)start * width, width};
  const int32_t *rows = side->rows + t * tile;
  for (int r = 0; r < tile; r++) copy_row(gathered + r * width, rows[r] < 0 ? 0 : from + (size_t)rows[r] * width, width);
  return (struct Rows){gathered, width};
}

INLINE struct Rows rows_from(struct Rows rows, int row) { return (struct Rows){rows.at + row * rows.step, rows.step}; }

// e^x for x up to 80, to 1 unit in the last place; 0 below −87.7. NaN stays NaN.
INLINE vec weight_of(vec x) {
  const vec shift = all(12583039.0f); // 1.5 · 2^23 + 127: adding it rounds to a whole number, and leaves the exponent's bits
  x = maximum(all(-88.0f), x);
  vec shifted = multiply_add(x, all(1.44269504f), shift);
  vec p = small_exponential_minus_one(without_halves(x, shifted - shift)) + all(1.0f);
  return p * from_bits(bits(shifted) << 23);
}

#endif

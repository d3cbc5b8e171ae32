// Walking through buffers that share a shape, each with strides of its own: a stride of 0 repeats a cell, a negative one walks backwards.
//
// Axes that can be walked as one are merged when they are read, so that most work is one long run of cells.
#ifndef SPARSE_STRIDES_H
#define SPARSE_STRIDES_H

#include "kernel.h"

#define MOST_AXES 16
#define MOST_SIDES 3

struct Axes {
  int rank; // at least 1
  int sides;
  size_t cells;
  size_t counts[MOST_AXES];
  ptrdiff_t strides[MOST_AXES][MOST_SIDES];
};

// Where a walk over all axes but the last stands: an offset for each side.
struct Walk {
  size_t index[MOST_AXES];
  ptrdiff_t offsets[MOST_SIDES];
};

static inline int axes_merge(struct Axes *axes, size_t count, const ptrdiff_t *strides) {
  if (axes->rank == 0) return 0;
  int outer = axes->rank - 1;
  for (int side = 0; side < axes->sides; side++) {
    if (axes->strides[outer][side] != (ptrdiff_t)count * strides[side]) return 0;
  }
  axes->counts[outer] *= count;
  for (int side = 0; side < axes->sides; side++) axes->strides[outer][side] = strides[side];
  return 1;
}

static inline void axes_add(struct Axes *axes, size_t count, const ptrdiff_t *strides) {
  axes->cells *= count;
  if (count == 1 || axes_merge(axes, count, strides)) return;
  axes->counts[axes->rank] = count;
  for (int side = 0; side < MOST_SIDES; side++) axes->strides[axes->rank][side] = side < axes->sides ? strides[side] : 0;
  axes->rank++;
}

// Reads axes, outermost first, from a record: for each a count and a stride for each side.
static inline void axes_read(struct Axes *axes, const double *record, int rank, int sides) {
  axes->rank = 0;
  axes->sides = sides;
  axes->cells = 1;
  for (int axis = 0; axis < rank; axis++, record += 1 + sides) {
    ptrdiff_t strides[MOST_SIDES] = {0};
    for (int side = 0; side < sides; side++) strides[side] = (ptrdiff_t)record[1 + side];
    axes_add(axes, (size_t)record[0], strides);
  }
  if (axes->rank > 0) return;
  axes->rank = 1;
  axes->counts[0] = axes->cells;
  for (int side = 0; side < MOST_SIDES; side++) axes->strides[0][side] = 1;
}

// Stands at row `row` of the first `rank` axes.
static inline void walk_start(struct Walk *walk, const struct Axes *axes, int rank, size_t row) {
  for (int side = 0; side < MOST_SIDES; side++) walk->offsets[side] = 0;
  for (int axis = rank - 1; axis >= 0; axis--) {
    walk->index[axis] = row % axes->counts[axis];
    row /= axes->counts[axis];
    for (int side = 0; side < MOST_SIDES; side++) {
      walk->offsets[side] += (ptrdiff_t)walk->index[axis] * axes->strides[axis][side];
    }
  }
}

// Goes on to the next row.
static inline void walk_next(struct Walk *walk, const struct Axes *axes, int rank) {
  for (int axis = rank - 1; axis >= 0; axis--) {
    int wraps = ++walk->index[axis] == axes->counts[axis];
    ptrdiff_t steps = wraps ? 1 - (ptrdiff_t)axes->counts[axis] : 1;
    for (int side = 0; side < MOST_SIDES; side++) walk->offsets[side] += steps * axes->strides[axis][side];
    if (!wraps) return;
    walk->index[axis] = 0;
  }
}

#endif

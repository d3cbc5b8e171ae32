// Places in a tensor that are given by an index for each of its first axes.
#ifndef SPARSE_FLAT_INDEX_H
#define SPARSE_FLAT_INDEX_H

#include <stddef.h>
#include <stdint.h>

// The row that one place names, of a tensor whose first `rank` axes are `dims` long.
static inline size_t flat_index(const int32_t *place, size_t rank, const double *dims) {
  size_t row = 0;
  for (size_t axis = 0; axis < rank; axis++) row = row * (size_t)dims[axis] + (size_t)place[axis];
  return row;
}

// 1 + the place of the first number outside its axis, or 0 if there is none.
static inline double bad_flat_index(const int32_t *places, size_t count, size_t rank, const double *dims) {
  for (size_t i = 0; i < count; i++) {
    for (size_t axis = 0; axis < rank; axis++) {
      if ((size_t)(uint32_t)places[i * rank + axis] >= (size_t)dims[axis]) return 1 + (double)(i * rank + axis);
    }
  }
  return 0;
}

#endif

// Indices come from outside and are hostile: a kernel looks at all of them before it touches memory by one.
#ifndef SPARSE_INDICES_H
#define SPARSE_INDICES_H

#include <stddef.h>
#include <stdint.h>

// 1 + the place of the first index outside 0 … limit − 1, or 0 if there is none: what a kernel answers.
static inline double bad_index(const int32_t *indices, size_t count, size_t limit) {
  for (size_t i = 0; i < count; i++) {
    if ((size_t)(uint32_t)indices[i] >= limit) return 1 + (double)i;
  }
  return 0;
}

#endif

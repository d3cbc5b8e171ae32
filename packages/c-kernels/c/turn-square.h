// Squares of WIDTH × WIDTH numbers turned in registers.
#ifndef SPARSE_TURN_SQUARE_H
#define SPARSE_TURN_SQUARE_H

#include "vector.h"

// Of two rows that are `s` apart: the lanes with bit s of their number come from the second row in the one result, the others from the first
// row in the other result.
#define TURN_LOW(lane, s) ((lane) & (s) ? WIDTH + (lane) - (s) : (lane))
#define TURN_HIGH(lane, s) ((lane) & (s) ? WIDTH + (lane) : (lane) + (s))
#define TURN_4(from, side, s) side(from, s), side(from + 1, s), side(from + 2, s), side(from + 3, s)
#if WIDTH == 16
#define TURN_ALL(side, s) TURN_4(0, side, s), TURN_4(4, side, s), TURN_4(8, side, s), TURN_4(12, side, s)
#elif WIDTH == 8
#define TURN_ALL(side, s) TURN_4(0, side, s), TURN_4(4, side, s)
#else
#define TURN_ALL(side, s) TURN_4(0, side, s)
#endif

#define TURN_SQUARES(x, s)                                                       \
  _Pragma("GCC unroll 16") for (int i = 0; i < WIDTH; i++) {                     \
    if (i & (s)) continue;                                                       \
    vec low = __builtin_shufflevector(x[i], x[i + (s)], TURN_ALL(TURN_LOW, s));  \
    x[i + (s)] = __builtin_shufflevector(x[i], x[i + (s)], TURN_ALL(TURN_HIGH, s)); \
    x[i] = low;                                                                  \
  }

// Rows become columns: squares of 1, 2, 4, … numbers beside the diagonal change places.
INLINE void turn_square(vec x[WIDTH]) {
  TURN_SQUARES(x, 1)
  TURN_SQUARES(x, 2)
#if WIDTH >= 8
  TURN_SQUARES(x, 4)
#endif
#if WIDTH >= 16
  TURN_SQUARES(x, 8)
#endif
}

#endif

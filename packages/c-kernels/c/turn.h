// Tiles of a large transposition: sixteen rows become sixteen columns.
#ifndef SPARSE_TURN_H
#define SPARSE_TURN_H

#include <stddef.h>

#include "turn-square.h"
#include "vector.h"

// One side of a tile: 16 floats are a line of the cache, so each line is read once and written once.
#define TILE_SIDE 16

// Stores whole vectors to memory past the caches where the machine can: a line that is written whole isn't fetched first. The address must be a
// multiple of 64; other threads see it after `stores_done`.
INLINE void store_past_caches(float *to, vec x) {
#if defined(__AVX512F__)
  _mm512_stream_ps(to, (__m512)x);
#elif defined(__AVX2__)
  _mm256_stream_ps(to, (__m256)x);
#elif defined(__x86_64__)
  _mm_stream_ps(to, (__m128)x);
#else
  store(to, x);
#endif
}

INLINE void stores_done(void) {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

// to[16 × 16, rows `to_stride` apart] = from[16 × 16, rows `from_stride` apart], turned. Lines that are read may crowd the same few places of
// the cache, hence the buffer.
INLINE void turn_tile(float *to, ptrdiff_t to_stride, const float *from, ptrdiff_t from_stride) {
  float rows[TILE_SIDE * TILE_SIDE];
  for (int row = 0; row < TILE_SIDE; row++) {
    for (int i = 0; i < TILE_SIDE; i += WIDTH) store(rows + row * TILE_SIDE + i, load(from + row * from_stride + i));
  }
  for (int column = 0; column < TILE_SIDE; column += WIDTH) {
    for (int row = 0; row < TILE_SIDE; row += WIDTH) {
      vec x[WIDTH];
      _Pragma("GCC unroll 16") for (int i = 0; i < WIDTH; i++) x[i] = load(rows + (row + i) * TILE_SIDE + column);
      turn_square(x);
      _Pragma("GCC unroll 16") for (int i = 0; i < WIDTH; i++) store(to + (column + i) * to_stride + row, x[i]);
    }
  }
}

#endif

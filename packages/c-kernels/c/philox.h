// Philox4x32-10 (Salmon et al. 2011), one block a lane. A block is a function of (key, counter, its number), so that random numbers can be made
// again instead of kept, and are the same on every device.
#ifndef SPARSE_PHILOX_H
#define SPARSE_PHILOX_H

#include "vector.h"

typedef uint32_t uvec __attribute__((vector_size(4 * WIDTH)));

INLINE uvec all_words(uint32_t x) { return (uvec)all_int((int32_t)x); }

// The lanes of two vectors in turn: of their lower halves, of their upper halves, of their even places, of their odd places.
#if WIDTH == 16
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31)
#elif WIDTH == 8
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#else
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
#endif

struct Product {
  uvec low, high;
};

// Both halves of the 64-bit products of the lanes with a number. Compilers make three multiplications of each where the machine has one.
INLINE struct Product multiply_words(uvec a, uint32_t factor) {
#if defined(__wasm__)
  v128_t lower = wasm_u64x2_extmul_low_u32x4((v128_t)a, wasm_u32x4_splat(factor));
  v128_t upper = wasm_u64x2_extmul_high_u32x4((v128_t)a, wasm_u32x4_splat(factor));
  return (struct Product){(uvec)wasm_i32x4_shuffle(lower, upper, 0, 2, 4, 6), (uvec)wasm_i32x4_shuffle(lower, upper, 1, 3, 5, 7)};
#elif defined(__x86_64__)
  uvec odd_lanes = ODD(a, a);
#if defined(__AVX512F__)
  uvec even = (uvec)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi32((int)factor));
  uvec odd = (uvec)_mm512_mul_epu32((__m512i)odd_lanes, _mm512_set1_epi32((int)factor));
#elif defined(__AVX2__)
  uvec even = (uvec)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi32((int)factor));
  uvec odd = (uvec)_mm256_mul_epu32((__m256i)odd_lanes, _mm256_set1_epi32((int)factor));
#else
  uvec even = (uvec)_mm_mul_epu32((__m128i)a, _mm_set1_epi32((int)factor));
  uvec odd = (uvec)_mm_mul_epu32((__m128i)odd_lanes, _mm_set1_epi32((int)factor));
#endif
  return (struct Product){EVEN(even, odd), ODD(even, odd)};
#else
  struct Product product;
  for (int lane = 0; lane < WIDTH; lane++) {
    uint64_t whole = (uint64_t)a[lane] * factor;
    product.low[lane] = (uint32_t)whole;
    product.high[lane] = (uint32_t)(whole >> 32);
  }
  return product;
#endif
}

struct Philox {
  uint32_t key_low, key_high, counter_low, counter_high;
};

// The words of WIDTH blocks from `block` on, in their order: vector i holds words i · WIDTH and on.
INLINE void philox_words(uvec words[4], const struct Philox *source, uint32_t block) {
  uvec a = all_words(block), b = {0}, c = all_words(source->counter_low), d = all_words(source->counter_high);
  for (uint32_t lane = 0; lane < WIDTH; lane++) a[lane] += lane;
  uint32_t even = source->key_low, odd = source->key_high;
  for (int round = 0; round < 10; round++) {
    struct Product first = multiply_words(a, 0xd2511f53u), third = multiply_words(c, 0xcd9e8d57u);
    a = third.high ^ b ^ all_words(even);
    b = third.low;
    c = first.high ^ d ^ all_words(odd);
    d = first.low;
    even += 0x9e3779b9u;
    odd += 0xbb67ae85u;
  }
  uvec ac_low = ZIP_LOW(a, c), ac_high = ZIP_HIGH(a, c), bd_low = ZIP_LOW(b, d), bd_high = ZIP_HIGH(b, d);
  words[0] = ZIP_LOW(ac_low, bd_low);
  words[1] = ZIP_HIGH(ac_low, bd_low);
  words[2] = ZIP_LOW(ac_high, bd_high);
  words[3] = ZIP_HIGH(ac_high, bd_high);
}

#endif

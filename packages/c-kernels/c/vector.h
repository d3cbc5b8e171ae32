// Vectors of floats, one source for every machine: the compiler's own vector types, and a name for the few things that they lack.
//
// WIDTH is the number of lanes: 16 with AVX-512, 8 with AVX2, else 4 (WebAssembly, NEON, SSE2). Arithmetic and comparisons are plain operators.
#ifndef SPARSE_VECTOR_H
#define SPARSE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX2__)
#define WIDTH 8
#else
#define WIDTH 4
#endif

#if defined(__wasm__)
#include <wasm_simd128.h>
#elif defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

typedef float vec __attribute__((vector_size(4 * WIDTH)));
typedef int32_t ivec __attribute__((vector_size(4 * WIDTH)));
typedef float loose_vec __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef int32_t loose_ivec __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef int32_t byte_ivec __attribute__((vector_size(4 * WIDTH), aligned(1), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *from) { return *(const loose_vec *)from; }
INLINE void store(float *to, vec x) { *(loose_vec *)to = x; }
INLINE ivec load_int(const int32_t *from) { return *(const loose_ivec *)from; }
INLINE void store_int(int32_t *to, ivec x) { *(loose_ivec *)to = x; }
// As many bytes at any place.
INLINE ivec load_bytes(const char *from) { return *(const byte_ivec *)(const void *)from; }
INLINE void store_bytes(char *to, ivec x) { *(byte_ivec *)(void *)to = x; }
INLINE vec all(float x) { return x - (vec){0}; }
INLINE ivec all_int(int32_t x) { return x - (ivec){0}; }
INLINE ivec bits(vec x) { return (ivec)x; }
INLINE vec from_bits(ivec x) { return (vec)x; }
INLINE vec to_float(ivec x) { return __builtin_convertvector(x, vec); }

// The end of a row that is no whole vector: the first `count` lanes (fewer than WIDTH), and 0 in the others. Nothing behind them is touched.
INLINE vec load_first(const float *from, size_t count) {
  vec x = {0};
  for (size_t lane = 0; lane < count; lane++) x[lane] = from[lane];
  return x;
}
// −1 in the first `count` lanes, 0 in the others.
INLINE ivec first_lanes(size_t count) {
  ivec mask = {0};
  for (size_t lane = 0; lane < WIDTH; lane++) mask[lane] = lane < count ? -1 : 0;
  return mask;
}
INLINE void store_first(float *to, vec x, size_t count) {
  for (size_t lane = 0; lane < count; lane++) to[lane] = x[lane];
}

// Lane by lane: a where the mask is −1, b where it is 0.
INLINE vec choose(ivec mask, vec a, vec b) { return from_bits((bits(a) & mask) | (bits(b) & ~mask)); }

// a · b + c, rounded once where the machine can, twice where it can't.
INLINE vec multiply_add(vec a, vec b, vec c) {
#if defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else
  return a * b + c;
#endif
}

// The larger of two; b if one is no number.
INLINE vec maximum(vec a, vec b) {
#if defined(__AVX512F__)
  return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__x86_64__)
  return (vec)_mm_max_ps((__m128)a, (__m128)b);
#elif defined(__wasm__)
  return (vec)wasm_f32x4_pmax((v128_t)b, (v128_t)a);
#else
  return choose(a > b, a, b);
#endif
}

// The smaller of two; b if one is no number.
INLINE vec minimum(vec a, vec b) {
#if defined(__AVX512F__)
  return (vec)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (vec)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__x86_64__)
  return (vec)_mm_min_ps((__m128)a, (__m128)b);
#elif defined(__wasm__)
  return (vec)wasm_f32x4_pmin((v128_t)b, (v128_t)a);
#else
  return choose(a < b, a, b);
#endif
}

INLINE vec square_root(vec x) {
#if defined(__AVX512F__)
  return (vec)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
  return (vec)_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
  return (vec)_mm_sqrt_ps((__m128)x);
#elif defined(__wasm__)
  return (vec)wasm_f32x4_sqrt((v128_t)x);
#elif defined(__aarch64__)
  return (vec)vsqrtq_f32((float32x4_t)x);
#else
  for (int lane = 0; lane < WIDTH; lane++) x[lane] = __builtin_sqrtf(x[lane]);
  return x;
#endif
}

// Whether any lane of a comparison holds.
INLINE int some_lane(ivec x) {
#if defined(__AVX512F__)
  return _mm512_test_epi32_mask((__m512i)x, (__m512i)x) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_ps((__m256)x) != 0;
#elif defined(__wasm__)
  return wasm_v128_any_true((v128_t)x);
#else
  int32_t any = 0;
  for (int lane = 0; lane < WIDTH; lane++) any |= x[lane];
  return any != 0;
#endif
}

INLINE float sum_lanes(vec x) {
  float sum = 0;
  for (int lane = 0; lane < WIDTH; lane++) sum += x[lane];
  return sum;
}

INLINE float largest_lane(vec x) {
  float most = x[0];
  for (int lane = 1; lane < WIDTH; lane++) most = x[lane] > most ? x[lane] : most;
  return most;
}

// x − k · ln 2, for a whole number k: the digits of ln 2 come in two parts, so that nothing is lost.
INLINE vec without_halves(vec x, vec k) { return multiply_add(k, all(2.12194440e-4f), multiply_add(k, all(-0.693359375f), x)); }

// e^r − 1 for |r| ≤ ln 2 / 2 (Cephes' polynomial). A 1 is added to it last: what is added is small, and so is its rounding.
INLINE vec small_exponential_minus_one(vec r) {
  vec p = all(1.9875691500e-4f);
  p = multiply_add(p, r, all(1.3981999507e-3f));
  p = multiply_add(p, r, all(8.3334519073e-3f));
  p = multiply_add(p, r, all(4.1665795894e-2f));
  p = multiply_add(p, r, all(1.6666665459e-1f));
  p = multiply_add(p, r, all(5.0000001201e-1f));
  return multiply_add(p, r * r, r);
}

// e^x to a unit in the last place: 0 below −87.3, the largest power of 2 above 88.3. Needs exact float arithmetic: never compile it with
// -ffast-math.
INLINE vec exponential(vec x) {
  const vec shift = all(12582912.0f); // 1.5 · 2^23: adding it rounds to a whole number
  vec clamped = maximum(minimum(all(88.3762626f), x), all(-87.3365447f));
  vec shifted = multiply_add(clamped, all(1.44269504f), shift);
  vec p = small_exponential_minus_one(without_halves(clamped, shifted - shift)) + all(1.0f);
  // The whole number stands in the low bits of what was shifted; moved into the exponent, the shift's own bits fall off.
  ivec power = (bits(shifted) << 23) + all_int(127 << 23);
  ivec vanishes = x < all(-87.3365447f);
  return from_bits(bits(p * from_bits(power)) & ~vanishes);
}

#endif

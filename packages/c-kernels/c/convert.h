// From float to int as JavaScript's Int32Array does it: the fraction is cut off, what is too large wraps, and what is no number gives 0.
#ifndef SPARSE_CONVERT_H
#define SPARSE_CONVERT_H

#include <stdint.h>

// Of a float of 2^31 or more: its last 32 bits as a whole number; 0 for infinity and for no number.
static inline int32_t wrapped(float x) {
  union {
    float value;
    uint32_t bits;
  } cell = {x};
  int power = (int)(cell.bits >> 23 & 255) - 150; // the float is a whole number of 24 bits, times 2^power
  if (power > 31) return 0;
  uint32_t whole = ((cell.bits & 0x7fffff) | 0x800000) << power;
  return (int32_t)(cell.bits >> 31 ? 0u - whole : whole);
}

static inline int32_t whole_part(float x) {
  return x > -2147483648.0f && x < 2147483648.0f ? (int32_t)x : wrapped(x);
}

// The same of a double.
static inline int32_t whole_part_of_double(double x) {
  if (x > -2147483649.0 && x < 2147483648.0) return (int32_t)x;
  union {
    double value;
    uint64_t bits;
  } cell = {x};
  int power = (int)(cell.bits >> 52 & 2047) - 1075; // the double is a whole number of 53 bits, times 2^power
  if (power > 31) return 0;
  uint64_t digits = (cell.bits & 0xfffffffffffff) | 0x10000000000000;
  uint32_t whole = (uint32_t)(power < 0 ? digits >> -power : digits << power);
  return (int32_t)(cell.bits >> 63 ? 0u - whole : whole);
}

#endif

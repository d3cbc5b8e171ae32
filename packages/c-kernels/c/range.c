// Numbers at equal distances. Each is made from the one before it, as TensorFlow.js does, so that the bits are the same.
#include "convert.h"
#include "kernel.h"

// to float [count] · count, the first number, the distance
KERNEL(range_float) {
  float *to = FLOATS(0);
  const size_t count = SIZE(1);
  if (count > 0) to[0] = FLOAT(2);
  for (size_t i = 1; i < count; i++) to[i] = (float)((double)to[i - 1] + a[3]);
  return 0;
}

// to int [count] · count, the first number, the distance
KERNEL(range_int) {
  int32_t *to = INTS(0);
  const size_t count = SIZE(1);
  if (count > 0) to[0] = INT(2);
  for (size_t i = 1; i < count; i++) to[i] = whole_part_of_double((double)to[i - 1] + a[3]);
  return 0;
}

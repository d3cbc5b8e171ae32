// Conversions between the storage types.
#include "convert.h"
#include "kernel.h"

struct Cast {
  const void *from;
  void *to;
};

#define CAST(name, source, target, expression)                                           \
  static void name##_piece(const void *context, size_t begin, size_t end, int thread) {  \
    (void)thread;                                                                        \
    const struct Cast *cast = context;                                                   \
    const source *from = cast->from;                                                     \
    target *to = cast->to;                                                               \
    for (size_t i = begin; i < end; i++) {                                               \
      source x = from[i];                                                                \
      to[i] = (target)(expression);                                                      \
    }                                                                                    \
  }                                                                                      \
  KERNEL(name) {                                                                         \
    struct Cast cast = {BYTES(0), BYTES(1)};                                             \
    parallel(SIZE(2), 1 << 15, name##_piece, &cast);                                     \
    return 0;                                                                            \
  }

// Each: from [count], to [count] · count. To int cuts the fraction off, to byte asks for not 0.
CAST(cast_float_int, float, int32_t, whole_part(x))
CAST(cast_float_byte, float, uint8_t, x != 0)
CAST(cast_int_float, int32_t, float, x)
CAST(cast_int_byte, int32_t, uint8_t, x != 0)
CAST(cast_byte_float, uint8_t, float, x)
CAST(cast_byte_int, uint8_t, int32_t, x)

// int [count] → byte [count] · count. The last 8 bits.
CAST(wrap_int_byte, int32_t, uint8_t, x)

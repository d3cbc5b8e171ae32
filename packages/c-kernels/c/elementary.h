// The elementary functions on vectors of floats, without a library: WebAssembly has none. Within 4 units in the last place of the true value
// (most within 2) over the whole range, with C's values for infinities, for zeros and for what is no number.
//
// The usual way: bring the argument into a small interval, take a polynomial there, undo. Where an argument needs more digits than a float
// has (large angles, powers), it is brought there in doubles. Polynomials: Cephes (S. Moshier) for exp, log, sin, cos, atan, asin; own fits for
// erf. Float arithmetic must stay as written: never compile this with -ffast-math.
#ifndef SPARSE_ELEMENTARY_H
#define SPARSE_ELEMENTARY_H

#include "vector.h"

typedef double dvec __attribute__((vector_size(8 * WIDTH)));
typedef int64_t lvec __attribute__((vector_size(8 * WIDTH)));
// Bit patterns are added and shifted without signs, since those of negative and of no numbers run over.
typedef uint32_t uvec __attribute__((vector_size(4 * WIDTH)));

#define LANE_BY_LANE(name, call)                                \
  INLINE vec name(vec x) {                                      \
    for (int lane = 0; lane < WIDTH; lane++) x[lane] = call(x[lane]); \
    return x;                                                   \
  }

INLINE float float_floor(float x) { return __builtin_floorf(x); }
LANE_BY_LANE(rounded_down, __builtin_floorf)
LANE_BY_LANE(rounded_up, __builtin_ceilf)
LANE_BY_LANE(rounded_even, __builtin_rintf)

INLINE vec magnitude(vec x) { return from_bits(bits(x) & 0x7fffffff); }
// |x| with the sign of another.
INLINE vec signed_as(vec x, vec sign) { return from_bits((bits(x) & 0x7fffffff) | (bits(sign) & (int32_t)0x80000000)); }
INLINE ivec choose_int(ivec mask, ivec a, ivec b) { return (a & mask) | (b & ~mask); }
INLINE vec infinity(void) { return all(__builtin_inff()); }
INLINE vec no_number(void) { return all(__builtin_nanf("")); }

// x as a whole number of ln 2 and a rest r: |r| ≤ ln 2 / 2.
struct Halved {
  ivec power;
  vec r;
};

INLINE struct Halved in_halves(vec x) {
  const vec shift = all(12582912.0f); // 1.5 · 2^23: adding it rounds to a whole number, which stands in the last bits
  vec shifted = multiply_add(x, all(1.44269504f), shift);
  return (struct Halved){(ivec)((uvec)shifted - (uvec)shift), without_halves(x, shifted - shift)};
}

INLINE vec power_of_two(ivec power) { return (vec)(((uvec)power + 127u) << 23); }

// e^x · 2^more. The power of two is applied in halves, so that results below the smallest normal float and above the largest come out right.
INLINE vec exponential_times(vec x, int more) {
  struct Halved halved = in_halves(maximum(all(-105.0f), minimum(all(90.0f), x)));
  vec p = small_exponential_minus_one(halved.r) + all(1.0f);
  ivec power = halved.power + more;
  ivec half = power >> 1;
  return p * power_of_two(half) * power_of_two(power - half);
}

INLINE vec exp_of(vec x) { return exponential_times(x, 0); }

// e^x − 1, exact near 0
INLINE vec exp_minus_one(vec x) {
  struct Halved halved = in_halves(maximum(all(-25.0f), minimum(all(88.9f), x)));
  vec rest = small_exponential_minus_one(halved.r);
  vec half_power = power_of_two(halved.power - 1);
  vec result = multiply_add(half_power, rest, half_power - all(0.5f)) * all(2.0f);
  return choose(x == all(0.0f), x, choose(halved.power == 0, rest, result));
}

// Natural logarithm
INLINE vec log_of(vec x) {
  ivec tiny = x < all(1.17549435e-38f);
  vec normal = choose(tiny, x * all(8388608.0f), x);
  // The mantissa between √½ and √2, and the power of two that goes with it.
  ivec from_root = (ivec)((uvec)normal - 0x3f3504f3u);
  ivec power = from_root >> 23;
  vec m = from_bits((from_root & 0x7fffff) + 0x3f3504f3) - all(1.0f);
  vec e = to_float(power) - choose(tiny, all(23.0f), all(0.0f));
  vec p = all(7.0376836292e-2f);
  p = multiply_add(p, m, all(-1.1514610310e-1f));
  p = multiply_add(p, m, all(1.1676998740e-1f));
  p = multiply_add(p, m, all(-1.2420140846e-1f));
  p = multiply_add(p, m, all(1.4249322787e-1f));
  p = multiply_add(p, m, all(-1.6668057665e-1f));
  p = multiply_add(p, m, all(2.0000714765e-1f));
  p = multiply_add(p, m, all(-2.4999993993e-1f));
  p = multiply_add(p, m, all(3.3333331174e-1f));
  vec square = m * m;
  vec low = multiply_add(p, square * m, e * all(-2.12194440e-4f));
  low = multiply_add(square, all(-0.5f), low);
  vec result = multiply_add(e, all(0.693359375f), m + low);
  result = choose(x == infinity(), x, result);
  result = choose(x == all(0.0f), -infinity(), result);
  return choose((x < all(0.0f)) | (x != x), no_number(), result);
}

// log(1 + x), exact near 0: what the sum 1 + x loses is added back.
INLINE vec log_one_plus(vec x) {
  vec sum = x + all(1.0f);
  vec lost = x - (sum - all(1.0f));
  vec result = log_of(sum) + choose(sum < infinity(), lost / sum, all(0.0f));
  result = choose(sum == all(1.0f), x, result);
  return choose(sum == all(0.0f), -infinity(), result);
}

INLINE vec hyperbolic_sine(vec x) {
  vec size = magnitude(x);
  vec e = exp_minus_one(size);
  vec small = all(0.5f) * (e + e / (e + all(1.0f)));
  return signed_as(choose(size > all(20.0f), exponential_times(size, -1), small), x);
}

INLINE vec hyperbolic_cosine(vec x) {
  vec size = magnitude(x);
  return exponential_times(size, -1) + exponential_times(-size, -1);
}

INLINE vec hyperbolic_tangent(vec x) {
  vec e = exp_minus_one(minimum(all(20.0f), magnitude(x) * all(2.0f)));
  return signed_as(e / (e + all(2.0f)), x);
}

// 1 ÷ (1 + e^−x)
INLINE vec logistic(vec x) {
  vec e = exp_of(-magnitude(x));
  return choose(x < all(0.0f), e, all(1.0f)) / (all(1.0f) + e);
}

// log(1 + e^x)
INLINE vec soft_plus(vec x) {
  return choose(x > all(0.0f), x, all(0.0f)) + log_one_plus(exp_of(-magnitude(x)));
}

INLINE vec area_sine(vec x) {
  vec size = magnitude(x);
  vec square = size * size;
  vec small = log_one_plus(size + square / (all(1.0f) + square_root(square + all(1.0f))));
  return signed_as(choose(size > all(1e4f), log_of(size) + all(0.693147181f), small), x);
}

INLINE vec area_cosine(vec x) {
  vec above = x - all(1.0f);
  vec small = log_one_plus(above + square_root(above * (above + all(2.0f))));
  vec result = choose(x > all(1e4f), log_of(x) + all(0.693147181f), small);
  return choose(x < all(1.0f), no_number(), result);
}

INLINE vec area_tangent(vec x) {
  vec size = magnitude(x);
  vec result = all(0.5f) * log_one_plus((size + size) / (all(1.0f) - size));
  return signed_as(choose(size > all(1.0f), no_number(), result), x);
}

// The error function
INLINE vec error_function(vec x) {
  vec size = magnitude(x);
  vec square = size * size;
  vec s = all(8.3167753e-5f);
  s = multiply_add(s, square, all(-8.1300124e-4f));
  s = multiply_add(s, square, all(5.1999069e-3f));
  s = multiply_add(s, square, all(-2.6858941e-2f));
  s = multiply_add(s, square, all(1.1283687e-1f));
  s = multiply_add(s, square, all(-3.7612632e-1f));
  s = multiply_add(s, square, all(1.2837917e-1f));
  vec small = multiply_add(s, size, size);
  vec t = minimum(all(4.0f), size);
  vec l = all(-2.13645093e-4f);
  l = multiply_add(l, t, all(3.212145297e-3f));
  l = multiply_add(l, t, all(-2.2880921e-2f));
  l = multiply_add(l, t, all(1.05247676e-1f));
  l = multiply_add(l, t, all(6.35729134e-1f));
  l = multiply_add(l, t, all(1.12851119f));
  vec large = all(1.0f) - exp_of(-l * t);
  return signed_as(choose(size < all(0.93f), small, large), x);
}

// The 24 bits of a float's whole number, times 2 ÷ π to 96 bits of which the first two are the quadrant: for angles that a double can't reduce.
INLINE double large_angle(float x, int32_t *quadrant) {
  static const uint32_t two_over_pi[] = {0, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu};
  union {
    float value;
    uint32_t bits;
  } cell = {x};
  int power = (int)(cell.bits >> 23 & 255) - 150;
  uint64_t whole = (cell.bits & 0x7fffff) | 0x800000;
  // Bits of 2 ÷ π from `power` − 2 on: those before are whole turns.
  int first = 30 + power, word = first >> 5, shift = first & 31;
  uint32_t digits[3];
  for (int i = 0; i < 3; i++) {
    uint64_t pair = (uint64_t)two_over_pi[word + i] << 32 | two_over_pi[word + i + 1];
    digits[i] = (uint32_t)(pair >> (32 - shift));
  }
  uint64_t low = whole * digits[2], middle = whole * digits[1] + (low >> 32), high = whole * digits[0] + (middle >> 32);
  uint64_t turns = high << 32 | (middle & 0xffffffffu);
  // The nearest quadrant, and the signed rest.
  uint64_t nearest = (turns + (UINT64_C(1) << 61)) >> 62;
  int64_t rest = (int64_t)(turns - (nearest << 62));
  double angle = (double)rest * (1.5707963267948966 / 4611686018427387904.0);
  int negative = (int)(cell.bits >> 31);
  *quadrant = negative ? -(int32_t)nearest : (int32_t)nearest;
  return negative ? -angle : angle;
}

// An angle as a whole number of quarter turns, and the rest: |rest| ≤ π / 4.
struct Angle {
  ivec quadrant;
  dvec rest;
};

// Up to here a whole number of quarter turns times the 33 bits of π / 2 is exact in a double.
#define LARGEST_EASY_ANGLE 1e6f

INLINE struct Angle in_quadrants(vec x) {
  const double shift = 6755399441055744.0; // 1.5 · 2^52
  vec easy = choose(magnitude(x) < all(LARGEST_EASY_ANGLE), x, all(0.0f));
  dvec wide = __builtin_convertvector(easy, dvec);
  dvec shifted = wide * 0.6366197723675814 + shift;
  dvec k = shifted - shift;
  dvec rest = (wide - k * 1.5707963267341256) - k * 6.0771005063039e-11;
  struct Angle angle = {__builtin_convertvector(k, ivec), rest};
  if (some_lane(magnitude(x) >= all(LARGEST_EASY_ANGLE))) {
    for (int lane = 0; lane < WIDTH; lane++) {
      float size = x[lane] < 0 ? -x[lane] : x[lane];
      int32_t quadrant = angle.quadrant[lane];
      if (size >= LARGEST_EASY_ANGLE && size < __builtin_inff()) angle.rest[lane] = large_angle(x[lane], &quadrant);
      angle.quadrant[lane] = quadrant;
    }
  }
  return angle;
}

INLINE vec sine_near_zero(vec r) {
  vec square = r * r;
  vec p = multiply_add(all(-1.9515295891e-4f), square, all(8.3321608736e-3f));
  p = multiply_add(p, square, all(-1.6666654611e-1f));
  return multiply_add(p, square * r, r);
}

INLINE vec cosine_near_zero(vec r) {
  vec square = r * r;
  vec p = multiply_add(all(2.443315711809948e-5f), square, all(-1.388731625493765e-3f));
  p = multiply_add(p, square, all(4.166664568298827e-2f));
  return multiply_add(p, square * square, multiply_add(square, all(-0.5f), all(1.0f)));
}

// The sine of an angle that is `ahead` quarter turns further.
INLINE vec sine_ahead(vec x, int ahead) {
  struct Angle angle = in_quadrants(x);
  vec rest = __builtin_convertvector(angle.rest, vec);
  ivec quadrant = angle.quadrant + ahead;
  vec y = choose((quadrant & 1) == 0, sine_near_zero(rest), cosine_near_zero(rest));
  return (vec)((uvec)y ^ (((uvec)quadrant & 2u) << 30));
}

INLINE vec sine(vec x) { return choose(x == all(0.0f), x, choose(magnitude(x) < infinity(), sine_ahead(x, 0), no_number())); }
INLINE vec cosine(vec x) { return choose(magnitude(x) < infinity(), sine_ahead(x, 1), no_number()); }

// In doubles: near a pole the quotient would double the errors of both parts.
INLINE vec tangent(vec x) {
  struct Angle angle = in_quadrants(x);
  dvec r = angle.rest, square = r * r;
  dvec s = square * (-1.0 / 39916800) + 1.0 / 362880;
  s = s * square - 1.0 / 5040;
  s = s * square + 1.0 / 120;
  s = s * square - 1.0 / 6;
  s = s * square * r + r;
  dvec c = square * (1.0 / 479001600) - 1.0 / 3628800;
  c = c * square + 1.0 / 40320;
  c = c * square - 1.0 / 720;
  c = c * square + 1.0 / 24;
  c = c * square - 0.5;
  c = c * square + 1.0;
  ivec even = (angle.quadrant & 1) == 0;
  vec y = choose(even, __builtin_convertvector(s / c, vec), __builtin_convertvector(-c / s, vec));
  return choose(x == all(0.0f), x, choose(magnitude(x) < infinity(), y, no_number()));
}

INLINE vec arc_tangent_of_size(vec t) {
  ivec large = t > all(2.414213562f), middle = (t > all(0.4142135624f)) & ~large;
  vec above = choose(large, all(-1.0f), choose(middle, t - all(1.0f), t));
  vec below = choose(large, t, choose(middle, t + all(1.0f), all(1.0f)));
  vec start = choose(large, all(1.570796327f), choose(middle, all(0.7853981634f), all(0.0f)));
  vec r = above / below, square = r * r;
  vec p = all(8.05374449538e-2f);
  p = multiply_add(p, square, all(-1.38776856032e-1f));
  p = multiply_add(p, square, all(1.99777106478e-1f));
  p = multiply_add(p, square, all(-3.33329491539e-1f));
  return start + multiply_add(p, square * r, r);
}

INLINE vec arc_tangent(vec x) { return signed_as(arc_tangent_of_size(magnitude(x)), x); }

// The angle of the point (x, y)
INLINE vec arc_tangent2(vec y, vec x) {
  vec height = magnitude(y), width = magnitude(x);
  ivec steep = height > width;
  vec less = choose(steep, width, height), more = choose(steep, height, width);
  vec ratio = choose(less == more, all(1.0f), less / more);
  ratio = choose(less == all(0.0f), all(0.0f), ratio);
  vec angle = arc_tangent_of_size(ratio);
  angle = choose(steep, all(1.570796327f) - angle, angle);
  angle = choose(bits(x) < 0, all(3.141592654f) - angle, angle);
  return choose((x != x) | (y != y), no_number(), signed_as(angle, y));
}

// arcsin(x) for 0 ≤ x ≤ ½, given x²
INLINE vec arc_sine_near_zero(vec x, vec square) {
  vec p = all(4.2163199048e-2f);
  p = multiply_add(p, square, all(2.4181311049e-2f));
  p = multiply_add(p, square, all(4.5470025998e-2f));
  p = multiply_add(p, square, all(7.4953002686e-2f));
  p = multiply_add(p, square, all(1.6666752422e-1f));
  return multiply_add(p, square * x, x);
}

INLINE vec arc_sine(vec x) {
  vec size = magnitude(x);
  ivec large = size > all(0.5f);
  vec square = choose(large, all(0.5f) * (all(1.0f) - size), size * size);
  vec y = arc_sine_near_zero(choose(large, square_root(square), size), square);
  return choose(size > all(1.0f), no_number(), signed_as(choose(large, all(1.570796327f) - (y + y), y), x));
}

INLINE vec arc_cosine(vec x) {
  vec size = magnitude(x);
  ivec large = size > all(0.5f);
  vec square = choose(large, all(0.5f) * (all(1.0f) - size), size * size);
  vec y = arc_sine_near_zero(choose(large, square_root(square), size), square);
  vec near_end = choose(x < all(0.0f), all(3.141592654f) - (y + y), y + y);
  vec result = choose(large, near_end, all(1.570796327f) - signed_as(y, x));
  return choose(size > all(1.0f), no_number(), result);
}

// Logarithm to base 2 of a positive float, in doubles
INLINE dvec log2_wide(vec x) {
  ivec tiny = x < all(1.17549435e-38f);
  vec normal = choose(tiny, x * all(8388608.0f), x);
  ivec from_root = (ivec)((uvec)normal - 0x3f3504f3u);
  ivec power = (from_root >> 23) - choose_int(tiny, all_int(23), all_int(0));
  dvec m = __builtin_convertvector(from_bits((from_root & 0x7fffff) + 0x3f3504f3), dvec);
  dvec s = (m - 1.0) / (m + 1.0), square = s * s;
  dvec p = square * (1.0 / 15) + 1.0 / 13;
  p = p * square + 1.0 / 11;
  p = p * square + 1.0 / 9;
  p = p * square + 1.0 / 7;
  p = p * square + 1.0 / 5;
  p = p * square + 1.0 / 3;
  p = p * square + 1.0;
  return p * s * 2.8853900817779268 + __builtin_convertvector(power, dvec);
}

// 2^x for |x| ≤ 200, from doubles
INLINE vec exp2_wide(dvec x) {
  const double shift = 6755399441055744.0;
  dvec k = (x + shift) - shift;
  dvec r = (x - k) * 0.6931471805599453;
  dvec p = r * (1.0 / 40320) + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  lvec power = (__builtin_convertvector(k, lvec) + 1023) << 52;
  return __builtin_convertvector(p * (dvec)power, vec);
}

// x^y with JavaScript's values: what is no number stays so, and (±1)^±∞ is no number.
INLINE vec power_of(vec x, vec y) {
  vec size = magnitude(x);
  vec sane = choose((size > all(0.0f)) & (size < infinity()), size, all(1.0f));
  dvec logarithm = log2_wide(sane);
  vec exponent = choose(magnitude(y) < infinity(), y, all(0.0f));
  dvec product = logarithm * __builtin_convertvector(exponent, dvec);
  // Clamped as floats would lose digits: beyond ±200 the result is 0 or infinite anyway.
  product = (dvec)(((lvec)product & (product < 200.0)) | ((lvec)(product * 0.0 + 200.0) & ~(product < 200.0)));
  product = (dvec)(((lvec)product & (product > -200.0)) | ((lvec)(product * 0.0 - 200.0) & ~(product > -200.0)));
  vec result = exp2_wide(product);
  // 0, infinity or an infinite exponent: the result grows without end, vanishes, or neither.
  ivec growing = ((size > all(1.0f)) & (y > all(0.0f))) | ((size < all(1.0f)) & (y < all(0.0f)));
  ivec endless = (size == all(0.0f)) | (size == infinity()) | (magnitude(y) == infinity());
  result = choose(endless, choose(growing, infinity(), all(0.0f)), result);
  result = choose((magnitude(y) == infinity()) & (size == all(1.0f)), no_number(), result);
  // A negative base: the exponent must be whole, and an odd one gives the sign.
  ivec whole = rounded_down(y) == y, odd = whole & (rounded_down(y * all(0.5f)) * all(2.0f) != y);
  ivec negative = bits(x) < 0;
  result = choose((x < all(0.0f)) & ~whole & (size < infinity()), no_number(), result);
  result = choose(negative & odd & (magnitude(y) < infinity()), -result, result);
  result = choose((x != x) | (y != y), no_number(), result);
  return choose(y == all(0.0f), all(1.0f), result);
}

// The remainder of a ÷ b with the sign of a, exact
INLINE float float_remainder(float a, float b) {
  double left = __builtin_fabs((double)a), right = __builtin_fabs((double)b);
  if (!(right > 0) || !(left < (double)__builtin_inff())) return __builtin_nanf("");
  if (right < (double)__builtin_inff()) {
    // While the quotient is too long for the product to be exact, a multiple of b is taken away.
    while (left >= right * 536870912.0) {
      double most = right;
      while (most * 536870912.0 <= left) most *= 536870912.0;
      left -= __builtin_floor(left / most) * most;
      if (left < 0) left += most;
    }
    left -= __builtin_floor(left / right) * right;
    if (left < 0) left += right;
    if (left >= right) left -= right;
  }
  return (float)(__builtin_signbit(a) ? -left : left);
}

// The remainder with the sign of the divisor, as TensorFlow.js defines it
INLINE float float_modulo(float a, float b) {
  float rest = float_remainder(a, b);
  if ((a < 0 && b < 0) || (a >= 0 && b >= 0)) return rest;
  double sum = (double)rest + (double)b; // nearer to 0 than b; in floats it could be b
  return rest != 0 && sum != b && sum - sum == 0 ? (float)sum : float_remainder(rest + b, b);
}

#endif

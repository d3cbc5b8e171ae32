// Runs recorded launches again, outside JavaScript, with every buffer in memory of exactly its own size: what an address sanitizer needs to see
// a kernel that reads or writes one number too far.
//
//     replay THREADS TOLERANCE TRACE...
//
// What a kernel leaves must be what was recorded: floats within TOLERANCE of the largest of their buffer (0: the same bits), all else the
// same. Prints the number of launches, a digest of all that was computed (the same digest with other THREADS means the same bits), and the kernels
// that were never launched.
//
// A trace is a row of launches, little-endian, as recording.ts writes them:
//     name length u32, name · addresses u32, numbers u32, buffers u32 · each address's buffer u32 (0 none, else 1 + its place)
//     numbers f64 · answer f64 · each buffer: bytes u32, kind u32 (0 scratch, 1 float, 2 exact, 3 a state that
//     other instructions may leave otherwise), changed u32, content before[, content after]
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ARGUMENTS 4096

// The generated table of kernels.
struct Kernel {
  const char *name;
  double (*run)(const double *);
};
extern const struct Kernel kernels[];

int pool_join(int asked, int otherwise);
void pool_leave(void);

struct Buffer {
  uint32_t bytes, kind, changed;
  unsigned char *memory, *after;
};

static uint64_t digest = 1469598103934665603u;
static long failures;

static void fail(const char *text) {
  fprintf(stderr, "%s\n", text);
  exit(2);
}

static void read_bytes(FILE *trace, void *to, size_t bytes) {
  if (bytes > 0 && fread(to, bytes, 1, trace) != 1) fail("the trace ends in the middle of a launch");
}

static uint32_t read_u32(FILE *trace) {
  uint32_t number;
  read_bytes(trace, &number, 4);
  return number;
}

static unsigned char *exactly(size_t bytes) {
  void *memory;
  if (posix_memalign(&memory, 64, bytes) != 0) fail("no memory");
  return memory;
}

static void digest_bytes(const unsigned char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) digest = (digest ^ bytes[i]) * 1099511628211u;
}

static int same_float(float got, float expected, float margin) {
  if (memcmp(&got, &expected, 4) == 0 || (isnan(got) && isnan(expected))) return 1;
  // Another build adds in another order: what is infinite in one may be no number in the other.
  if (margin > 0 && !isfinite(got) && !isfinite(expected)) return 1;
  return margin > 0 && fabsf(got - expected) <= margin;
}

// The place of the first number that is wrong, or −1.
static long compare_floats(const float *got, const float *expected, size_t count, float tolerance) {
  float largest = 0.1f; // what cancels out leaves rounding of what it was made of
  for (size_t i = 0; i < count; i++) {
    if (isfinite(expected[i]) && fabsf(expected[i]) > largest) largest = fabsf(expected[i]);
  }
  for (size_t i = 0; i < count; i++) {
    if (!same_float(got[i], expected[i], tolerance * largest)) return (long)i;
  }
  return -1;
}

static void compare(const char *name, int place, const struct Buffer *buffer, double tolerance) {
  if (buffer->kind == 0) return;
  const unsigned char *expected = buffer->after;
  digest_bytes(buffer->memory, buffer->bytes);
  if (memcmp(buffer->memory, expected, buffer->bytes) == 0 || (buffer->kind == 3 && tolerance > 0)) return;
  if (buffer->kind == 1) {
    const float *got = (const float *)buffer->memory, *wanted = (const float *)expected;
    long wrong = compare_floats(got, wanted, buffer->bytes / 4, (float)tolerance);
    if (wrong < 0) return;
    fprintf(stderr, "%s: number %ld of buffer %d is %.9g, recorded was %.9g\n", name, wrong, place, got[wrong], wanted[wrong]);
  } else {
    fprintf(stderr, "%s: buffer %d is not what was recorded\n", name, place);
  }
  failures++;
}

static struct Buffer read_buffer(FILE *trace) {
  struct Buffer buffer = {.bytes = read_u32(trace)};
  buffer.kind = read_u32(trace);
  buffer.changed = read_u32(trace);
  buffer.memory = exactly(buffer.bytes);
  buffer.after = exactly(buffer.bytes);
  read_bytes(trace, buffer.memory, buffer.bytes);
  if (buffer.changed) read_bytes(trace, buffer.after, buffer.bytes);
  else memcpy(buffer.after, buffer.memory, buffer.bytes);
  return buffer;
}

static int kernel_named(const char *name) {
  for (int place = 0; kernels[place].name; place++) {
    if (strcmp(kernels[place].name, name) == 0) return place;
  }
  fprintf(stderr, "the trace has a kernel %s, which isn't compiled\n", name);
  exit(2);
}

// Replays the next launch; gives its kernel's place in the table.
static int replay_launch(FILE *trace, uint32_t name_length, double tolerance) {
  static char name[256];
  static double record[MOST_ARGUMENTS];
  static uint32_t buffer_of[MOST_ARGUMENTS];
  if (name_length >= sizeof name) fail("this is no trace");
  read_bytes(trace, name, name_length);
  name[name_length] = 0;
  uint32_t addresses = read_u32(trace), numbers = read_u32(trace), count = read_u32(trace);
  if (addresses + numbers > MOST_ARGUMENTS) fail("a launch has too many arguments");
  read_bytes(trace, buffer_of, 4 * addresses);
  read_bytes(trace, record + addresses, 8 * numbers);
  double answer;
  read_bytes(trace, &answer, 8);
  struct Buffer *buffers = malloc(count * sizeof *buffers + 1);
  for (uint32_t i = 0; i < count; i++) buffers[i] = read_buffer(trace);
  for (uint32_t i = 0; i < addresses; i++) record[i] = buffer_of[i] == 0 ? 0 : (double)(uintptr_t)buffers[buffer_of[i] - 1].memory;

  // The record itself has exactly its size too: a kernel that asks for an argument which nobody gave is found.
  double *exact = (double *)exactly(8 * (1 + addresses + numbers));
  exact[0] = addresses;
  memcpy(exact + 1, record, 8 * (addresses + numbers));
  int place = kernel_named(name);
  double got = kernels[place].run(exact + 1);
  if (got != answer) {
    fprintf(stderr, "%s answers %g, recorded was %g\n", name, got, answer);
    failures++;
  }
  for (uint32_t i = 0; i < count; i++) {
    compare(name, (int)i, &buffers[i], tolerance);
    free(buffers[i].memory);
    free(buffers[i].after);
  }
  free(exact);
  free(buffers);
  return place;
}

// The check takes nothing, so nobody records it.
static void run_check(char *was_launched) {
  int place = kernel_named("check");
  was_launched[place] = 1;
  if (kernels[place].run(0) != 0) fail("check: this machine computes wrong numbers");
}

static void print_missing(const char *was_launched) {
  int missing = 0;
  for (int place = 0; kernels[place].name; place++) {
    if (!was_launched[place]) printf("%s%s", missing++ ? ", " : "; never launched: ", kernels[place].name);
  }
  printf("\n");
}

int main(int count, char **arguments) {
  if (count < 4) fail("replay THREADS TOLERANCE TRACE...");
  static char was_launched[4096];
  long launches = 0;
  pool_join(atoi(arguments[1]), 1);
  run_check(was_launched);
  for (int file = 3; file < count; file++) {
    FILE *trace = fopen(arguments[file], "rb");
    if (!trace) fail("a trace can't be read");
    for (uint32_t name_length; fread(&name_length, 4, 1, trace) == 1; launches++) {
      was_launched[replay_launch(trace, name_length, atof(arguments[2]))] = 1;
    }
    fclose(trace);
  }
  pool_leave();
  printf("%ld launches, digest %016llx", launches, (unsigned long long)digest);
  print_missing(was_launched);
  return failures > 0;
}

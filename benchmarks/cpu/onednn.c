// Matrix products by oneDNN, to compare ours with: `onednn BATCH ROWS DEPTH COLUMNS TRANSPOSE_A TRANSPOSE_B MILLISECONDS` multiplies for so long and
// prints the milliseconds of each call as a JSON array. Threads: OMP_NUM_THREADS. Takes the faster of its matmul primitive and, for one product,
// its sgemm. For oneDNN 2; link with -ldnnl.
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_CALLS 20000

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e3 * (double)time.tv_sec + 1e-6 * (double)time.tv_nsec;
}

static void require(dnnl_status_t status, const char *what) {
  if (status == dnnl_success) return;
  fprintf(stderr, "onednn: %s failed with status %d\n", what, status);
  exit(1);
}

static float *numbers(size_t count) {
  float *values = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
  for (size_t i = 0; i < count; i++) values[i] = (float)(i * 2654435761u % 1000) / 500 - 1;
  return values;
}

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static dnnl_memory_t memory_of(float *values, dnnl_memory_desc_t *description, const dnnl_dims_t sides, int transposed) {
  const dnnl_dims_t strides = {sides[1] * sides[2], transposed ? 1 : sides[2], transposed ? sides[1] : 1};
  dnnl_memory_t memory;
  require(dnnl_memory_desc_init_by_strides(description, 3, sides, dnnl_f32, strides), "describing a matrix");
  require(dnnl_memory_create(&memory, description, engine, values), "making a memory");
  return memory;
}

struct Sides {
  long batch, rows, depth, columns;
  int transpose_a, transpose_b;
};

struct Call {
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t arguments[3];
};

static struct Call prepare(const struct Sides *s, float *a, float *b, float *c) {
  dnnl_memory_desc_t of_a, of_b, of_c;
  struct Call call = {.arguments = {{.arg = DNNL_ARG_SRC}, {.arg = DNNL_ARG_WEIGHTS}, {.arg = DNNL_ARG_DST}}};
  call.arguments[0].memory = memory_of(a, &of_a, (dnnl_dims_t){s->batch, s->rows, s->depth}, s->transpose_a);
  call.arguments[1].memory = memory_of(b, &of_b, (dnnl_dims_t){s->batch, s->depth, s->columns}, s->transpose_b);
  call.arguments[2].memory = memory_of(c, &of_c, (dnnl_dims_t){s->batch, s->rows, s->columns}, 0);
  dnnl_matmul_desc_t description;
  dnnl_primitive_desc_t chosen;
  require(dnnl_matmul_desc_init(&description, &of_a, &of_b, NULL, &of_c), "describing the product");
  require(dnnl_primitive_desc_create(&chosen, &description, NULL, engine, NULL), "choosing a way");
  require(dnnl_primitive_create(&call.primitive, chosen), "making the product");
  return call;
}

// Calls one of the two ways for a while; gives the fastest call, and all of them in `times`.
static double measure(const struct Sides *s, const struct Call *call, float *a, float *b, float *c, double milliseconds, double *times, int *count) {
  double best = 1e300;
  const double end = now() + milliseconds;
  for (*count = 0; *count < MOST_CALLS && (*count < 3 || now() < end); ++*count) {
    const double start = now();
    if (call) {
      require(dnnl_primitive_execute(call->primitive, stream, 3, call->arguments), "multiplying");
      require(dnnl_stream_wait(stream), "waiting");
    } else {
      require(dnnl_sgemm(s->transpose_a ? 'T' : 'N', s->transpose_b ? 'T' : 'N', s->rows, s->columns, s->depth, 1, a,
                         s->transpose_a ? s->rows : s->depth, b, s->transpose_b ? s->depth : s->columns, 0, c, s->columns),
              "sgemm");
    }
    times[*count] = now() - start;
    if (times[*count] < best) best = times[*count];
  }
  return best;
}

int main(int count, char **words) {
  if (count != 8) return 2;
  const struct Sides s = {atol(words[1]), atol(words[2]), atol(words[3]), atol(words[4]), atoi(words[5]), atoi(words[6])};
  require(dnnl_engine_create(&engine, dnnl_cpu, 0), "making an engine");
  require(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "making a stream");
  float *a = numbers((size_t)(s.batch * s.rows * s.depth)), *b = numbers((size_t)(s.batch * s.depth * s.columns));
  float *c = numbers((size_t)(s.batch * s.rows * s.columns));
  const struct Call call = prepare(&s, a, b, c);
  static double times[2][MOST_CALLS];
  int counts[2] = {0, 0};
  const double part = atof(words[7]) / (s.batch == 1 ? 2 : 1);
  measure(&s, &call, a, b, c, 0, times[0], &counts[0]); // Warms up.
  double best[2] = {measure(&s, &call, a, b, c, part, times[0], &counts[0]), 1e300};
  if (s.batch == 1) best[1] = measure(&s, NULL, a, b, c, part, times[1], &counts[1]);
  const int faster = best[1] < best[0];
  for (int i = 0; i < counts[faster]; i++) printf("%c%.6f", i == 0 ? '[' : ',', times[faster][i]);
  printf("]\n");
  return 0;
}

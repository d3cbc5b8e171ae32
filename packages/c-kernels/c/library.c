// What the library says of itself, for a program that has just loaded it, and its threads.
#include "pool.h"

#include "holdings.h"

#ifndef __wasm__
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#define MOST_THREADS 256

// The package's version and a hash of these sources; build.mjs gives it.
#ifndef LIBRARY_VERSION
#define LIBRARY_VERSION "unknown"
#endif

void pool_work(int thread);
void pool_stop(void);

EXPORT const char *library_version(void) { return LIBRARY_VERSION; }

// Whether this library has kernels of this variant, and this machine the instructions for them.
EXPORT int library_runs(const char *variant) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
  if (strcmp(variant, "avx512") == 0) return avx512;
  if (strcmp(variant, "avx2") == 0) return avx2;
  return strcmp(variant, "plain") == 0;
#elif defined(__aarch64__)
  return strcmp(variant, "neon") == 0;
#else
  return strcmp(variant, "plain") == 0;
#endif
}

// The best variant that this machine runs.
EXPORT const char *library_variant(void) {
  if (library_runs("avx512")) return "avx512";
  if (library_runs("avx2")) return "avx2";
  return library_runs("neon") ? "neon" : "plain";
}

// One pool serves all devices of a process, on whatever JavaScript thread they live: the first that joins starts it, the last that leaves
// ends it.
static pthread_mutex_t pool_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t workers[MOST_THREADS];
static int users;
static int threads_asked;
static int workers_started;

static void *work(void *thread) {
  pool_work((int)(intptr_t)thread);
  return 0;
}

static void start_workers(int threads) {
  for (workers_started = 0; workers_started < threads - 1; workers_started++) {
    void *thread = (void *)(intptr_t)(workers_started + 1);
    if (pthread_create(&workers[workers_started], 0, work, thread) != 0) break;
  }
  while (pool_threads() < workers_started + 1) {
  }
}

static void stop_workers(void) {
  pool_stop();
  for (int worker = 0; worker < workers_started; worker++) pthread_join(workers[worker], 0);
  workers_started = 0;
}

int pool_take_place(int asked, int otherwise) {
  pthread_mutex_lock(&pool_mutex);
  if (users == 0) {
    threads_asked = asked > 0 ? asked : otherwise;
    if (threads_asked > MOST_THREADS) threads_asked = MOST_THREADS;
    start_workers(threads_asked);
  }
  int fits = asked == 0 || asked == threads_asked;
  if (fits) users++;
  int answer = fits ? workers_started + 1 : -threads_asked;
  pthread_mutex_unlock(&pool_mutex);
  return answer;
}

void pool_give_place(void) {
  pthread_mutex_lock(&pool_mutex);
  users--;
  if (users == 0 && workers_started > 0) stop_workers();
  pthread_mutex_unlock(&pool_mutex);
}
#endif

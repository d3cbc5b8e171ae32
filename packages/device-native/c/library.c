// What the library says of itself, for a program that has just loaded it.
#include "pool.h"

#ifndef __wasm__
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

void pool_work(int thread);

// The interface between this library and the TypeScript that calls it; the two must agree.
EXPORT int library_version(void) { return 1; }

// The best set of instructions that this machine has: 0 plain, 1 AVX2, 2 AVX-512.
EXPORT int library_variant(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
  return avx2 ? 1 + avx512 : 0;
#else
  return 0;
#endif
}

// Memory at a multiple of 64, or 0 if there is none.
EXPORT double memory_allocate(double bytes) { return (double)(uintptr_t)aligned_alloc(64, ((size_t)bytes + 63) & ~(size_t)63); }

EXPORT void memory_free(double address) { free((void *)(uintptr_t)address); }

EXPORT void memory_copy_in(double address, const void *from, double bytes) { __builtin_memcpy((void *)(uintptr_t)address, from, (size_t)bytes); }

EXPORT void memory_copy_out(void *to, double address, double bytes) { __builtin_memcpy(to, (const void *)(uintptr_t)address, (size_t)bytes); }

static void *work(void *thread) {
  pool_work((int)(intptr_t)thread);
  return 0;
}

// Starts workers 1 … threads − 1; gives how many came up.
EXPORT int pool_start(int threads) {
  int started = 0;
  for (int thread = 1; thread < threads; thread++) {
    pthread_t handle;
    if (pthread_create(&handle, 0, work, (void *)(intptr_t)thread) != 0) break;
    pthread_detach(handle);
    started++;
  }
  while (pool_threads() < started + 1) {
  }
  return started;
}
#endif

// How a thread sleeps until a number changes: WebAssembly has an instruction, Linux a system call, other systems a condition variable.
#ifndef SPARSE_WAIT_H
#define SPARSE_WAIT_H

#include <stdatomic.h>
#include <stdint.h>


#if defined(__wasm__)

static inline void pause_briefly(void) {}
#if defined(__wasm_atomics__)
static inline void wait_while(_Atomic uint32_t *address, uint32_t value) {
  __builtin_wasm_memory_atomic_wait32((int *)address, (int)value, -1);
}
static inline void wake_all(_Atomic uint32_t *address) { __builtin_wasm_memory_atomic_notify((int *)address, 0xffffffffu); }
#else
// Without shared memory there are no workers, and nobody sleeps.
static inline void wait_while(_Atomic uint32_t *address, uint32_t value) { (void)address, (void)value; }
static inline void wake_all(_Atomic uint32_t *address) { (void)address; }
#endif

#else

#include <pthread.h>

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static pthread_mutex_t wait_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wait_condition = PTHREAD_COND_INITIALIZER;

static inline void wait_while(_Atomic uint32_t *address, uint32_t value) {
  pthread_mutex_lock(&wait_mutex);
  while (atomic_load(address) == value) pthread_cond_wait(&wait_condition, &wait_mutex);
  pthread_mutex_unlock(&wait_mutex);
}

static inline void wake_all(_Atomic uint32_t *address) {
  (void)address;
  pthread_mutex_lock(&wait_mutex);
  pthread_cond_broadcast(&wait_condition);
  pthread_mutex_unlock(&wait_mutex);
}

#endif
#endif

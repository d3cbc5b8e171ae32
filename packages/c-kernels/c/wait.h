// How a thread waits until a number changes: it looks for a while, then sleeps. WebAssembly has an instruction for that, Linux a system call,
// other systems a condition variable.
#ifndef SPARSE_WAIT_H
#define SPARSE_WAIT_H

#include <stdatomic.h>
#include <stdint.h>

#if defined(__wasm__)

// The page's own thread must not sleep in a browser.
#define LAUNCHER_SLEEPS 0

// There is no clock without an import; so many looks take some 16 µs on a machine of 2023, once the code is optimised. It
// is less than elsewhere because a look can't let another thread of the same core go first.
#define LOOKS 100000

static inline int changes_soon(_Atomic uint32_t *number, uint32_t value) {
  for (int look = 0; look < LOOKS; look++) {
    if (atomic_load(number) != value) return 1;
  }
  return 0;
}

#if defined(__wasm_atomics__)
static inline void wait_while(_Atomic uint32_t *number, uint32_t value) { __builtin_wasm_memory_atomic_wait32((int *)number, (int)value, -1); }
static inline void wake(_Atomic uint32_t *number, uint32_t most) { __builtin_wasm_memory_atomic_notify((int *)number, most); }
#else
// Without shared memory there are no workers, and nobody sleeps.
static inline void wait_while(_Atomic uint32_t *number, uint32_t value) { (void)number, (void)value; }
static inline void wake(_Atomic uint32_t *number, uint32_t most) { (void)number, (void)most; }
#endif

#else

#include <sched.h>
#include <time.h>

#define LAUNCHER_SLEEPS 1

// Longer than from one op of a training step to the next; not longer than it costs to put a thread to sleep and wake it.
#define WATCH_NANOSECONDS 50000

static inline int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

static inline int changes_soon(_Atomic uint32_t *number, uint32_t value) {
  if (atomic_load(number) != value) return 1;
  int64_t end = nanoseconds() + WATCH_NANOSECONDS;
  do {
    for (int look = 0; look < 16; look++) {
      if (atomic_load(number) != value) return 1;
      pause_briefly();
    }
    sched_yield(); // a core that others want is theirs
  } while (nanoseconds() < end);
  return 0;
}

#if defined(__linux__)

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline void wait_while(_Atomic uint32_t *number, uint32_t value) {
  syscall(SYS_futex, (uint32_t *)number, FUTEX_WAIT_PRIVATE, value, 0, 0, 0);
}

static inline void wake(_Atomic uint32_t *number, uint32_t most) { syscall(SYS_futex, (uint32_t *)number, FUTEX_WAKE_PRIVATE, most, 0, 0, 0); }

#else

#include <pthread.h>

static pthread_mutex_t wait_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wait_condition = PTHREAD_COND_INITIALIZER;

static inline void wait_while(_Atomic uint32_t *number, uint32_t value) {
  pthread_mutex_lock(&wait_mutex);
  while (atomic_load(number) == value) pthread_cond_wait(&wait_condition, &wait_mutex);
  pthread_mutex_unlock(&wait_mutex);
}

// Several numbers share the condition: all are woken, and look.
static inline void wake(_Atomic uint32_t *number, uint32_t most) {
  (void)number, (void)most;
  pthread_mutex_lock(&wait_mutex);
  pthread_cond_broadcast(&wait_condition);
  pthread_mutex_unlock(&wait_mutex);
}

#endif
#endif
#endif

// The pool: one job at a time, handed out in pieces by an atomic counter.
//
// A job is open while its gate has the open bit; a worker enters through the gate, takes pieces until none is left, and leaves. The launching
// thread works too, closes the gate, and waits only for workers that are inside: one that wakes late finds the gate closed and sleeps on. A
// worker watches for the next job for a short while before it sleeps, since the ops of a training step follow each other closely.
#include "pool.h"

#include <stdatomic.h>
#include <stdint.h>

#include "wait.h"

#define OPEN 0x80000000u
#define LOOKS_BEFORE_SLEEP 20000

static struct {
  Body body;
  const void *context;
  size_t count;
  size_t grain;
  _Atomic size_t next;
} job;

static _Atomic uint32_t gate;     // the open bit, and how many workers are inside
static _Atomic uint32_t jobs;     // counts jobs; workers sleep on it
static _Atomic uint32_t sleepers; // workers that may be asleep
static _Atomic uint32_t workers;  // workers that have come up
static _Atomic uint32_t stopping;
static _Atomic uint32_t launching;

EXPORT int pool_threads(void) { return 1 + (int)atomic_load(&workers); }

static void take_pieces(int thread) {
  for (;;) {
    size_t begin = atomic_fetch_add(&job.next, 1) * job.grain;
    if (begin >= job.count) return;
    size_t end = begin + job.grain < job.count ? begin + job.grain : job.count;
    job.body(job.context, begin, end, thread);
  }
}

static void run_alone(size_t count, size_t grain, Body body, const void *context) {
  for (size_t begin = 0; begin < count; begin += grain) {
    body(context, begin, begin + grain < count ? begin + grain : count, 0);
  }
}

void parallel(size_t count, size_t grain, Body body, const void *context) {
  if (grain == 0) grain = 1;
  uint32_t idle = 0;
  int alone = count <= grain || atomic_load(&workers) == 0;
  // Two JavaScript threads of one process may share this library: whoever finds the pool taken works alone.
  if (alone || !atomic_compare_exchange_strong(&launching, &idle, 1)) {
    run_alone(count, grain, body, context);
    return;
  }
  job.body = body;
  job.context = context;
  job.count = count;
  job.grain = grain;
  atomic_store(&job.next, 0);
  atomic_store(&gate, OPEN);
  atomic_fetch_add(&jobs, 1);
  if (atomic_load(&sleepers) > 0) wake_all(&jobs);
  take_pieces(0);
  atomic_fetch_and(&gate, ~OPEN);
  while (atomic_load(&gate) != 0) pause_briefly();
  atomic_store(&launching, 0);
}

static int enter(void) {
  uint32_t seen = atomic_load(&gate);
  while (seen & OPEN) {
    if (atomic_compare_exchange_weak(&gate, &seen, seen + 1)) return 1;
  }
  return 0;
}

static uint32_t next_job(uint32_t last) {
  for (int look = 0; look < LOOKS_BEFORE_SLEEP; look++) {
    uint32_t now = atomic_load(&jobs);
    if (now != last) return now;
    pause_briefly();
  }
  atomic_fetch_add(&sleepers, 1);
  while (atomic_load(&jobs) == last) wait_while(&jobs, last);
  atomic_fetch_sub(&sleepers, 1);
  return atomic_load(&jobs);
}

// The life of a worker. `thread` counts from 1.
EXPORT void pool_work(int thread) {
  uint32_t last = atomic_load(&jobs);
  atomic_fetch_add(&workers, 1);
  while (!atomic_load(&stopping)) {
    last = next_job(last);
    if (enter()) {
      take_pieces(thread);
      atomic_fetch_sub(&gate, 1);
    }
  }
  atomic_fetch_sub(&workers, 1);
}

// Asks all workers to end; they are gone when pool_threads() is 1.
EXPORT void pool_stop(void) {
  atomic_store(&stopping, 1);
  atomic_fetch_add(&jobs, 1);
  wake_all(&jobs);
}

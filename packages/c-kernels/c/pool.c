// The pool: one job at a time, handed out in pieces by an atomic counter.
//
// A job is open while its gate has the open bit; a worker enters through the gate, takes pieces until none is left, and leaves. The launching
// thread works too, closes the gate, and waits only for workers that are inside: one that wakes late finds the gate closed and sleeps on. The
// job's fields change only while the gate is shut and nobody is inside, and a worker reads them only inside, so they need no lock of their own;
// a gate that was closed and opened again while a worker looked away lets it into the newer job, which is as good.
//
// A worker that has worked watches for the next job for a short while before it sleeps, since the ops of a training step follow each other
// closely. One that came too late does not: where cores are busy, it would only keep the launching thread from one.
//
// Whoever waits counts itself as asleep before it looks a last time, and whoever changes a number looks at that count afterwards: one of the two
// sees the other. All atomic operations are sequentially consistent, which this rests on.
#include "pool.h"

#include <stdatomic.h>
#include <stdint.h>

#include "wait.h"

#define OPEN 0x80000000u

static struct {
  Body body;
  const void *context;
  size_t count;
  size_t grain;
  size_t pieces;
} job;

// Each in a cache line of its own: the counters are written by all threads, again and again.
static _Alignas(64) _Atomic size_t next_piece;
static _Alignas(64) _Atomic uint32_t gate; // the open bit, and how many workers are inside
static _Alignas(64) _Atomic uint32_t jobs; // counts jobs; workers sleep on it
static _Atomic uint32_t sleeping_workers;
static _Atomic uint32_t sleeping_launchers;

static _Alignas(64) _Atomic uint32_t workers; // workers that have come up
static _Atomic uint32_t stops;                // counts calls of pool_stop; a worker ends when it changes
static _Atomic uint32_t crashes;              // workers that left in the middle of a piece
static _Atomic uint32_t launching;
static _Atomic uint32_t launcher_sleeps = LAUNCHER_SLEEPS;

EXPORT int pool_threads(void) { return 1 + (int)atomic_load(&workers); }

// In a browser the page's own thread must not sleep, only spin; any other thread that launches may be told to.
EXPORT void pool_let_launcher_sleep(void) { atomic_store(&launcher_sleeps, 1); }

// Sleeps until the number is another one.
static void await_change(_Atomic uint32_t *number, uint32_t value, _Atomic uint32_t *sleepers) {
  atomic_fetch_add(sleepers, 1);
  while (atomic_load(number) == value) wait_while(number, value);
  atomic_fetch_sub(sleepers, 1);
}

static void take_pieces(int thread) {
  for (;;) {
    size_t piece = atomic_fetch_add(&next_piece, 1);
    if (piece >= job.pieces) return;
    size_t begin = piece * job.grain;
    size_t end = job.count - begin > job.grain ? begin + job.grain : job.count;
    job.body(job.context, begin, end, thread);
  }
}

static void run_alone(size_t count, size_t grain, Body body, const void *context) {
  for (size_t begin = 0; begin < count;) {
    size_t end = count - begin > grain ? begin + grain : count;
    body(context, begin, end, 0);
    begin = end;
  }
}

static void open_gate(void) {
  atomic_store(&next_piece, 0);
  atomic_store(&gate, OPEN);
  atomic_fetch_add(&jobs, 1);
  if (atomic_load(&sleeping_workers) > 0) wake(&jobs, job.pieces - 1 < 0xffff ? (uint32_t)job.pieces - 1 : 0xffff);
}

static void close_gate(void) {
  uint32_t inside = atomic_fetch_and(&gate, ~OPEN) & ~OPEN;
  for (; inside != 0; inside = atomic_load(&gate)) {
    if (!changes_soon(&gate, inside) && atomic_load(&launcher_sleeps)) await_change(&gate, inside, &sleeping_launchers);
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
  job.pieces = (count - 1) / grain + 1;
  open_gate();
  take_pieces(0);
  close_gate();
  atomic_store(&launching, 0);
}

static int enter(void) {
  uint32_t seen = atomic_load(&gate);
  while (seen & OPEN) {
    if (atomic_compare_exchange_weak(&gate, &seen, seen + 1)) return 1;
  }
  return 0;
}

static void leave(void) {
  atomic_fetch_sub(&gate, 1);
  if (atomic_load(&sleeping_launchers) > 0) wake(&gate, 1);
}

// The life of a worker. `thread` counts from 1.
EXPORT void pool_work(int thread) {
  uint32_t last = atomic_load(&jobs);
  uint32_t stops_before = atomic_load(&stops);
  int worked = 0;
  atomic_fetch_add(&workers, 1);
  while (atomic_load(&stops) == stops_before) {
    if (!worked || !changes_soon(&jobs, last)) await_change(&jobs, last, &sleeping_workers);
    last = atomic_load(&jobs);
    worked = enter();
    if (worked) {
      take_pieces(thread);
      leave();
    }
  }
  atomic_fetch_sub(&workers, 1);
}

// For a worker whose kernel has crashed, where a crash ends only that thread: the launcher must not wait for it.
EXPORT void pool_abandon(void) {
  atomic_fetch_add(&crashes, 1);
  atomic_fetch_sub(&workers, 1);
  leave();
}

// How many workers have crashed: what they were working on is not done.
EXPORT int pool_crashes(void) { return (int)atomic_load(&crashes); }

// Asks all workers to end; they are gone when pool_threads() is 1. Others may be started after that.
EXPORT void pool_stop(void) {
  atomic_fetch_add(&stops, 1);
  atomic_fetch_add(&jobs, 1);
  wake(&jobs, 0x7fffffff);
}

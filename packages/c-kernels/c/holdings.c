// What a JavaScript thread holds of the library: blocks of memory, and places in the pool. When the thread ends, the system runs
// give_back(): a worker of Node that is terminated runs no more JavaScript, and what it held would stay with the process.
#ifndef __wasm__
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "holdings.h"
#include "pool.h"

// Stands before each block. Memory begins at a multiple of 64, so it has the 64 bytes before that.
typedef struct Block {
  struct Block *before, *after;
} Block;

#define HEAD 64

// A ring of blocks through `blocks`; one thread works on it, so it needs no lock.
typedef struct {
  Block blocks;
  int places;
} Holdings;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int has_key;

static void give_back(void *of_thread) {
  Holdings *holdings = of_thread;
  for (Block *block = holdings->blocks.after; block != &holdings->blocks;) {
    Block *after = block->after;
    free(block);
    block = after;
  }
  for (; holdings->places > 0; holdings->places--) pool_give_place();
  free(holdings);
}

static void create_key(void) { has_key = pthread_key_create(&key, give_back) == 0; }

// Those of this thread; 0 if the system has no room for them.
static Holdings *own(void) {
  pthread_once(&once, create_key);
  if (!has_key) return 0;
  Holdings *holdings = pthread_getspecific(key);
  if (holdings) return holdings;
  holdings = malloc(sizeof *holdings);
  if (!holdings) return 0;
  holdings->blocks.before = holdings->blocks.after = &holdings->blocks;
  holdings->places = 0;
  if (pthread_setspecific(key, holdings) == 0) return holdings;
  free(holdings);
  return 0;
}

// Memory at a multiple of 64, or 0 if there is none.
EXPORT double memory_allocate(double bytes) {
  Holdings *holdings = own();
  Block *block = holdings ? aligned_alloc(64, HEAD + (((size_t)bytes + 63) & ~(size_t)63)) : 0;
  if (!block) return 0;
  block->before = &holdings->blocks;
  block->after = holdings->blocks.after;
  block->before->after = block->after->before = block;
  return (double)((uintptr_t)block + HEAD);
}

// Frees a block of this thread.
EXPORT void memory_free(double address) {
  Block *block = (Block *)((uintptr_t)address - HEAD);
  block->before->after = block->after;
  block->after->before = block->before;
  free(block);
}

EXPORT void memory_copy_in(double address, const void *from, double bytes) { memcpy((void *)(uintptr_t)address, from, (size_t)bytes); }

EXPORT void memory_copy_out(void *to, double address, double bytes) { memcpy(to, (const void *)(uintptr_t)address, (size_t)bytes); }

// Joins the pool: see pool_take_place. 0 if the system has no room for a note of it.
EXPORT int pool_join(int asked, int otherwise) {
  Holdings *holdings = own();
  int answer = holdings ? pool_take_place(asked, otherwise) : 0;
  if (answer > 0) holdings->places++;
  return answer;
}

// Leaves the pool.
EXPORT void pool_leave(void) {
  Holdings *holdings = own();
  if (!holdings || holdings->places == 0) return;
  holdings->places--;
  pool_give_place();
}
#endif

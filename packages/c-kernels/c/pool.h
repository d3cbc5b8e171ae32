// Threads that share the work of a kernel. The thread that launches is number 0 and works too.
#ifndef SPARSE_POOL_H
#define SPARSE_POOL_H

#define EXPORT __attribute__((visibility("default"), used))

#include <stddef.h>

// Does items begin … end − 1. `thread` is below pool_threads().
typedef void (*Body)(const void *context, size_t begin, size_t end, int thread);

// Runs `body` over all items from 0 to count − 1 in pieces of `grain` items, on any threads in any order, and returns when all are done.
// The pieces do not depend on the number of threads: a sum over pieces in their order has the same bits with any number of threads. A body never
// calls parallel() itself: it would run under another thread's number.
void parallel(size_t count, size_t grain, Body body, const void *context);

// Threads that take part, the launching one included.
int pool_threads(void);

#endif

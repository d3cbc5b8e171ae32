// What every kernel file begins with: how a kernel is named, gets its arguments, and answers.
//
// A kernel is one exported function of one record of doubles: addresses of buffers first, then numbers, in the order that the comment above
// the kernel gives. A double holds every whole number to 2^53, so sizes and addresses go through unchanged on all machines, and a device
// calls every kernel in the same way. Before the record stands how many addresses it has: lists of tensors have no other end. It answers 0,
// or 1 + the place of a number in its input that it must not use (an index out of range).
#ifndef SPARSE_KERNEL_H
#define SPARSE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "pool.h"

// The sources are compiled once for each instruction set; the suffix keeps the copies apart.
#ifndef VARIANT
#define VARIANT
#endif
#define JOIN_TEXT(a, b) a##b
#define JOIN(a, b) JOIN_TEXT(a, b)

#define KERNEL(name) EXPORT double JOIN(kernel_##name, VARIANT)(const double *a)

// A kernel that works in memory beside its buffers says how many bytes, by the numbers of a launch alone: they are the whole record here, and
// their count stands before it. The launch gets the memory as its last address, or 0 where it needs none.
#define WORKSPACE(name) EXPORT double JOIN(workspace_##name, VARIANT)(const double *a)

// The record's fields. An address of 0 is no buffer.
#define FLOATS(i) ((float *)(uintptr_t)a[i])
#define INTS(i) ((int32_t *)(uintptr_t)a[i])
#define BYTES(i) ((uint8_t *)(uintptr_t)a[i])
#define SIZE(i) ((size_t)a[i])
#define INT(i) ((int32_t)a[i])
#define FLOAT(i) ((float)a[i])

// How many addresses a launch has, and how many numbers the question for a workspace.
#define COUNT ((size_t)a[-1])
// The numbers of a launch whose addresses are a list.
#define NUMBERS (a + COUNT)

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t larger(size_t a, size_t b) { return a > b ? a : b; }

#endif

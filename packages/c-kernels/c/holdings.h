// Places in the pool, for whoever keeps account of who has them.
#ifndef SPARSE_HOLDINGS_H
#define SPARSE_HOLDINGS_H

// Takes a place in the pool of `asked` threads in all, at most 256; 0 takes the number of the devices that are there, or `otherwise`. Gives how
// many there are (fewer, if the system gives no more); or, if other devices use the pool with another number, that number below zero.
int pool_take_place(int asked, int otherwise);

// Gives a place back. With the last one all threads are gone.
void pool_give_place(void);

#endif

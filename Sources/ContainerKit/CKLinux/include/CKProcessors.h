// Where what has just been made starts to run. The scheduler of a virtual machine takes idle processors for ones that the
// host has taken away: it leaves a new process or thread with its maker, and for milliseconds both wait for each other.
#ifndef CKPROCESSORS_H
#define CKPROCESSORS_H

#include <pthread.h>
#include <sys/types.h>

// pthread_attr_setaffinity_np(3): a thread with these attributes starts on another processor than the caller's, and may
// not come to that one. 0, or an error's number where there is no other.
int ck_avoid_own_processor(pthread_attr_t *attributes);

// Pins the caller to the processor that it is on (sched_setaffinity(2)), and with it children that it makes: one that executes
// on another wakes us there, behind itself. The processor's number; -1 and nothing done where we may not use every processor,
// for what `ck_unpin` gives back would lift that restriction.
int ck_pin(void);

// Lets the caller use every processor again.
void ck_unpin(int processor);

// For a child of who is pinned: it goes on on another processor than that one, and may use every processor from there on.
void ck_migrate_off(int processor);

#endif

// Where what has just been made starts to run. The scheduler of a virtual machine takes idle processors for ones that the
// host has taken away: it leaves a new process or thread with its maker, and for milliseconds both wait for each other.
#ifndef CKPROCESSORS_H
#define CKPROCESSORS_H

#include <pthread.h>
#include <sys/types.h>

// pthread_attr_setaffinity_np(3): a thread with these attributes starts on another processor than the caller's, and may
// not come to that one. 0, or an error's number where there is no other.
int ck_avoid_own_processor(pthread_attr_t *attributes);

// The caller stays on its processor (sched_setaffinity(2)), and so do children that it makes: one that executes on another
// wakes us there, behind itself. The processor's number; -1 and nothing done where we may not use every processor, for what
// `ck_roam` gives back would lift that restriction.
int ck_stay(void);

// The caller may use every processor again.
void ck_roam(int processor);

// A child that is made while its maker stays goes on on another processor, from its first instruction (sched_setaffinity(2)):
// it calls this, and may use every processor from there on.
void ck_leave(int processor);

#endif

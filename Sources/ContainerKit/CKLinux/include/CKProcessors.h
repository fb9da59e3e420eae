// Where what has just been made starts to run. The scheduler of a virtual machine takes idle processors for ones that the
// host has taken away: it leaves a new process or thread with its maker, and for milliseconds both wait for each other.
#ifndef CKPROCESSORS_H
#define CKPROCESSORS_H

#include <pthread.h>
#include <sys/types.h>

// pthread_attr_setaffinity_np(3): a thread with these attributes starts on another processor than the caller's, and may
// not come to that one. 0, or an error's number where there is no other.
int ck_avoid_own_processor(pthread_attr_t *attributes);

// sched_setaffinity(2): a child that has just been made goes on at once, on another processor than ours. It may use every
// processor afterwards; so nothing happens where we may not.
void ck_migrate(pid_t child);

#endif

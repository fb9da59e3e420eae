#define _GNU_SOURCE
#include "CKProcessors.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

// Those that we may use but the one that we are on. How many we may use; 0 where that cannot be said.
static int find_others(cpu_set_t *others) {
    int own = sched_getcpu();
    if (own < 0 || sched_getaffinity(0, sizeof *others, others) < 0) return 0;
    int count = CPU_COUNT(others);
    CPU_CLR(own, others);
    return count;
}

int ck_avoid_own_processor(pthread_attr_t *attributes) {
    cpu_set_t others;
    if (find_others(&others) < 2) return ESRCH;
    return pthread_attr_setaffinity_np(attributes, sizeof others, &others);
}

int ck_pin(void) {
    cpu_set_t others, own;
    int count = find_others(&others);
    if (count < 2 || count != sysconf(_SC_NPROCESSORS_ONLN)) return -1;
    int processor = sched_getcpu();
    CPU_ZERO(&own);
    CPU_SET(processor, &own);
    return sched_setaffinity(0, sizeof own, &own) < 0 ? -1 : processor;
}

void ck_unpin(int processor) {
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    if (processor >= 0) sched_setaffinity(0, sizeof all, &all);
}

void ck_migrate_off(int processor) {
    if (processor < 0) return;
    cpu_set_t others;
    memset(&others, 0xff, sizeof others);
    CPU_CLR(processor, &others);
    sched_setaffinity(0, sizeof others, &others);
    ck_unpin(processor);
}

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

void ck_migrate(pid_t child) {
    cpu_set_t others, all;
    int count = find_others(&others);
    // What we gave back would be a restriction else, which no control group (cpuset) could lift.
    if (count < 2 || count != sysconf(_SC_NPROCESSORS_ONLN)) return;
    if (sched_setaffinity(child, sizeof others, &others) < 0) return;
    memset(&all, 0xff, sizeof all);
    sched_setaffinity(child, sizeof all, &all);
}

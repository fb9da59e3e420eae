#define _GNU_SOURCE
#include "CKLinux.h"

#include <errno.h>
#include <linux/mount.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK 16384
#define MOST_DESCRIPTORS 512

struct launch {
    int program;
    const char *name, *argument;
    const int *descriptors;
    int count;
    char *inner_stack;
    int processor;
    volatile int failure;
};

// Raw calls only: glibc's wrappers and its errno belong to the thread whose memory we share.
static int execute(void *argument) {
    struct launch *launch = argument;
    ck_migrate_off(launch->processor);
    int copies[MOST_DESCRIPTORS], aside = launch->count < 64 ? 64 : launch->count;
    char *const arguments[] = {(char *)launch->name, (char *)launch->argument, NULL}, *const environment[] = {NULL};
    for (int i = 0; i < launch->count; i++) {
        copies[i] = (int)syscall(SYS_fcntl, launch->descriptors[i], F_DUPFD_CLOEXEC, aside);
        if (copies[i] < 0) goto failed;
    }
    int program = (int)syscall(SYS_fcntl, launch->program, F_DUPFD_CLOEXEC, aside);
    for (int i = 0; i < launch->count; i++)
        if (syscall(SYS_dup3, copies[i], i, 0) < 0) goto failed;
    // What a caller left open without close-on-exec must not come along.
    syscall(SYS_close_range, launch->count, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
    syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
failed:
    launch->failure = errno;
    syscall(SYS_exit, 1);
    return 1;
}

static int detach(void *argument) {
    struct launch *launch = argument;
    pid_t pid = clone(execute, launch->inner_stack, CLONE_VM | CLONE_VFORK, launch);
    if (pid < 0) launch->failure = errno;
    syscall(SYS_exit, 0);
    return 0;
}

static int open_readonly(const char *path) {
    int program = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (program < 0) return -1;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (syscall(SYS_mount_setattr, program, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0) return program;
    int saved = errno;
    close(program);
    errno = saved;
    return -1;
}

int ck_spawn_detached(const char *path, const char *name, const char *argument, const int *descriptors, int count) {
    if (count > MOST_DESCRIPTORS) return errno = EINVAL, -1;
    int program = open_readonly(path);
    if (program < 0) return -1;
    char *stacks = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stacks == MAP_FAILED) return close(program), errno = ENOMEM, -1;
    struct launch launch = {program, name, argument, descriptors, count, stacks + STACK, -1, 0};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // no handler of ours may run in the children
    launch.processor = ck_pin();
    // No exit signal: a wait(-1) elsewhere in the process does not see this child.
    pid_t middle = clone(detach, stacks + 2 * STACK, CLONE_VM | CLONE_VFORK, &launch);
    int failure = middle < 0 ? errno : launch.failure;
    ck_unpin(launch.processor);
    if (middle > 0) while (waitpid(middle, NULL, __WALL) < 0 && errno == EINTR) continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stacks, 2 * STACK);
    close(program);
    errno = failure;
    return failure ? -1 : 0;
}

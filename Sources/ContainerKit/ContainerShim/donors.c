// Namespaces of another container that ours joins. Which process has them now, that one's run folder says: it may be another
// in each of our lives, and its number another's.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#define SHARED_NAME "network-is-shared"

static const char *file_of(int kind) {
    switch (kind) {
    case CLONE_NEWNET:
        return "net";
    case CLONE_NEWIPC:
        return "ipc";
    case CLONE_NEWPID:
        return "pid";
    default:
        return "mnt";
    }
}

// The container's first process, as records.c writes it. ESRCH when its program does not run.
static pid_t first_process(const char *run_folder, unsigned long long *start_time) {
    char text[PAGE];
    if (snprintf(text, sizeof text, "%s/pids", run_folder) >= (int)sizeof text) return errno = ENAMETOOLONG, -1;
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno = errno == ENOENT ? ESRCH : errno, -1;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    text[count > 0 ? count : 0] = '\0';
    pid_t pid;
    unsigned long long started;
    bool runs = sscanf(text, "%*d %*u %d %llu %llu", &pid, start_time, &started) == 3 && started > 0;
    return runs ? pid : (errno = ESRCH, -1);
}

// Whether another container has come into the network of this one.
bool donor_is_shared(const char *run_folder) {
    char path[PAGE];
    snprintf(path, sizeof path, "%s/" SHARED_NAME, run_folder);
    return access(path, F_OK) == 0;
}

static void note_shared(const char *run_folder) {
    char path[PAGE];
    snprintf(path, sizeof path, "%s/" SHARED_NAME, run_folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) close(fd);
}

int donor_open(const char *run_folder, int kind) {
    char path[64];
    unsigned long long start_time;
    pid_t pid = first_process(run_folder, &start_time);
    if (pid < 0) return -1;
    // Before it is seen to live: its end comes after that, and takes the links away.
    if (kind == CLONE_NEWNET) note_shared(run_folder);
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, file_of(kind));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno = errno == ENOENT ? ESRCH : errno, -1;
    // Asked last: it was that process's when it was opened if it is now.
    if (process_start_time(pid) == start_time) return fd;
    close(fd);
    return errno = ESRCH, -1;
}

// For a runtime of another make, which wants a path: a file that is there gets to be the namespace.
int donor_bind(const char *run_folder, int kind, const char *path) {
    char source[64];
    int fd = donor_open(run_folder, kind);
    if (fd < 0) return -1;
    snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
    int result = mount(source, path, NULL, MS_BIND, NULL), saved = errno;
    close(fd);
    return errno = saved, result;
}

// A created container waits here for its start, which may come from any process, at any time.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The file that will be executed, or why there is none, as execve(2) would say.
static int find_program(const struct plan *plan, const struct ck_plan_step *step) {
    const char *paths[MOST_PATHS];
    if (plan_list(plan, step->s2, paths, MOST_PATHS) < 0) return -1;
    int failure = ENOENT;
    for (const char **path = paths; *path; path++) {
        struct stat status;
        if (stat(*path, &status) == 0 && !S_ISREG(status.st_mode)) errno = EACCES;
        // The older call of the two: a filter may not know the newer. Its own refusal says nothing of the file.
        else if (syscall(SYS_faccessat, AT_FDCWD, *path, X_OK) == 0 || errno == EPERM || errno == ENOSYS) return 0;
        if (errno != ENOENT && errno != ENOTDIR) failure = errno;
    }
    errno = failure;
    return -1;
}

// The execution is the last step: what it will fail of is said now, when nothing has been promised yet.
static int check_program(const struct plan *plan, struct child *child) {
    for (uint32_t index = 0; index < plan->count; index++) {
        const struct ck_plan_step *step = &plan->steps[index];
        if (step->phase != CK_PHASE_CHILD || step->opcode != CK_OP_EXEC) continue;
        child->failed_step = index;
        if (find_program(plan, step) < 0) return -1;
        child->failed_step = NO_STEP;
    }
    return 0;
}

int start_await(const struct plan *plan, struct child *child) {
    if (check_program(plan, child) < 0) return -1;
    struct ck_message ready = {.kind = CK_MESSAGE_READY};
    if (send(child->sync_fd, &ready, sizeof ready, MSG_NOSIGNAL) < 0) return -1;
    for (;;) {
        char byte = 0;
        int starter = accept4(child->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (starter < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (starter < 0) return -1;
        ssize_t count;
        do count = read(starter, &byte, 1);
        while (count < 0 && errno == EINTR);
        if (count == 1 && byte == CK_START_BYTE) {
            close(child->listen_fd);
            close(child->sync_fd);
            // Whoever started it hears of what fails from here on, and by the end of the connection that nothing did.
            child->sync_fd = starter;
            return 0;
        }
        close(starter);
        // One who takes the socket's name away and dies before the word leaves a container that nobody can start.
        struct stat status;
        if (count == 0 && fstat(child->listen_fd, &status) == 0 && status.st_nlink == 0) _exit(1);
    }
}

// The child phase: from the clone to the exec of the container's program.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int await_host(struct child *child) {
    char byte;
    ssize_t count;
    do count = read(child->sync_fd, &byte, 1);
    while (count < 0 && errno == EINTR);
    if (count == 0) _exit(1); // the supervisor is gone, or has given up and said why itself
    return count < 0 ? -1 : 0;
}

// The owner of the streams may open them again by name (/dev/stdout), so a pipe becomes the user's.
static int take_streams(const struct child *child, uid_t owner) {
    for (int stream = 0; stream < 3; stream++) {
        struct stat status;
        if (child->streams[stream] < 0 || fstat(child->streams[stream], &status) < 0) return -1;
        bool ours = S_ISFIFO(status.st_mode) || isatty(child->streams[stream]);
        if (ours && !(child->supervisor->stdio_flags & CK_STDIO_PASS) && status.st_uid != owner &&
            fchown(child->streams[stream], owner, (gid_t)-1) < 0)
            return -1;
        if (child->streams[stream] != stream && dup2(child->streams[stream], stream) < 0) return -1;
    }
    // dup2 onto itself leaves close-on-exec set.
    for (int stream = 0; stream < 3; stream++)
        if (fcntl(stream, F_SETFD, 0) < 0) return -1;
    return 0;
}

// A working folder outside the root would be a way out of the container (CVE-2024-21626).
static int change_folder(const char *path) {
    char current[4096];
    if (chdir(path) < 0) return -1;
    if (syscall(SYS_getcwd, current, sizeof current) < 0) return -1;
    if (current[0] != '/') return errno = EXDEV, -1;
    return 0;
}

static int execute(const struct plan *plan, const struct ck_plan_step *step, unsigned keep) {
    static const char *arguments[16384], *environment[16384], *paths[128];
    plan_list(plan, step->s0, arguments, 16384);
    plan_list(plan, step->s1, environment, 16384);
    plan_list(plan, step->s2, paths, 128);
    if (syscall(SYS_close_range, 3 + keep, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) < 0) return -1;
    int failure = ENOENT;
    for (const char **path = paths; *path; path++) {
        execve(*path, (char *const *)arguments, (char *const *)environment);
        if (errno != ENOENT && errno != ENOTDIR) failure = errno;
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
    }
    errno = failure;
    return -1;
}

static int set_name(const struct ck_plan_step *step, const char *name) {
    size_t length = strlen(name);
    return step->opcode == CK_OP_HOSTNAME ? sethostname(name, length) : setdomainname(name, length);
}

static int run_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child, unsigned *keep) {
    const char *text = plan_string(plan, step->s0);
    switch (step->opcode) {
    case CK_OP_JOIN_CGROUP:
        return write_once(text, "0", 1);
    case CK_OP_SETNS:
        return setns(child->supervisor->target_pidfd, (int)step->n0);
    case CK_OP_UNSHARE:
        return unshare((int)step->n0);
    case CK_OP_HOSTNAME:
    case CK_OP_DOMAINNAME:
        return set_name(step, text);
    case CK_OP_NETLINK: {
        const void *messages = plan_bytes(plan, step->s0, step->length);
        if (!messages) return errno = EINVAL, -1;
        return netlink_send(messages, step->length, (uint32_t)step->n0, child->detail, sizeof child->detail);
    }
    case CK_OP_AWAIT_HOST:
        return await_host(child);
    case CK_OP_SESSION:
        return setsid() < 0 ? -1 : 0;
    case CK_OP_CONSOLE:
        return terminal_open(step->flags & CK_CONSOLE_BIND, (uint16_t)step->n0, (uint16_t)step->n1, child);
    case CK_OP_STANDARD_STREAMS:
        return take_streams(child, (uid_t)step->n0);
    case CK_OP_OOM_SCORE:
        return write_once("/proc/self/oom_score_adj", text, strlen(text));
    case CK_OP_UMASK:
        umask((mode_t)step->n0);
        return 0;
    case CK_OP_RLIMIT:
    case CK_OP_NO_NEW_PRIVILEGES:
    case CK_OP_BOUNDING:
    case CK_OP_USER:
    case CK_OP_CAPABILITIES:
    case CK_OP_SECCOMP:
        return credentials_step(plan, step);
    case CK_OP_CHDIR:
        return change_folder(text);
    case CK_OP_KEEP_DESCRIPTORS:
        *keep = (unsigned)step->n0;
        return 0;
    case CK_OP_EXEC:
        return execute(plan, step, *keep);
    default:
        return mount_step(plan, step, child);
    }
}

void child_run(const struct plan *plan, struct child *child) {
    unsigned keep = 0;
    signal(SIGPIPE, SIG_DFL);
    umask(0022);
    for (uint32_t index = 0; index < plan->count; index++) {
        const struct ck_plan_step *step = &plan->steps[index];
        if (step->phase != CK_PHASE_CHILD || run_step(plan, step, child, &keep) == 0) continue;
        struct ck_message failure = {.kind = CK_MESSAGE_FAILED, .value = errno, .step = index};
        memcpy(failure.detail, child->detail, sizeof failure.detail);
        send(child->sync_fd, &failure, sizeof failure, MSG_NOSIGNAL);
        _exit(127);
    }
    _exit(127);
}

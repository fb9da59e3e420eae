// The child phase: from the clone to the exec of the container's program.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int await_host(struct child *child) {
    ssize_t count;
    do count = read(child->sync_fd, &child->pid, sizeof child->pid);
    while (count < 0 && errno == EINTR);
    if (count == 0) _exit(1); // the supervisor is gone, or has given up and said why itself
    return count < 0 ? -1 : 0;
}

static bool is_null_device(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

// Through a descriptor of the host's null device its mode and owner could be changed: the container gets its own one.
static int take_own_null(struct child *child) {
    int own = -1;
    for (int stream = 0; stream < 3; stream++) {
        if (!is_null_device(child->streams[stream])) continue;
        if (own < 0) own = open("/dev/null", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (own < 0 || !is_null_device(own)) {
            if (own >= 0) errno = ENODEV;
            strcpy(child->detail, "the container's /dev/null is not the null device");
            return -1;
        }
        child->streams[stream] = own;
    }
    return own < 0 ? 0 : fcntl(own, F_SETFL, 0);
}

// The owner of the streams may open them again by name (/dev/stdout), so a pipe becomes the user's.
static int take_streams(struct child *child, uid_t owner) {
    if (take_own_null(child) < 0) return -1;
    for (int stream = 0; stream < 3; stream++) {
        struct stat status;
        if (child->streams[stream] < 0 || fstat(child->streams[stream], &status) < 0) return -1;
        uint32_t flags = child->supervisor->stdio_flags;
        // A client's own terminal stays the client's.
        bool ours = S_ISFIFO(status.st_mode) || (flags & CK_STDIO_PASS ? S_ISSOCK(status.st_mode) : isatty(child->streams[stream]));
        if (ours && (flags & CK_STDIO_OWN || !(flags & CK_STDIO_PASS)) && status.st_uid != owner &&
            fchown(child->streams[stream], owner, (gid_t)-1) < 0 && !(flags & CK_STDIO_OWN))
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

static int execute(const struct plan *plan, const struct ck_plan_step *step) {
    static const char *arguments[MOST_STRINGS], *environment[MOST_STRINGS], *paths[MOST_PATHS];
    if (plan_list(plan, step->s0, arguments, MOST_STRINGS) < 0 || plan_list(plan, step->s1, environment, MOST_STRINGS) < 0 ||
        plan_list(plan, step->s2, paths, MOST_PATHS) < 0)
        return -1;
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

// The program counts its descriptors from 3 on; what we use ourselves was moved out of the way.
static int keep_descriptors(unsigned count) {
    for (unsigned index = 0; index < count; index++)
        if (dup2(CK_PASSED_FD + (int)index, 3 + (int)index) < 0) return -1;
    return 0;
}

static int move_away(int *fd, unsigned passed) {
    if (*fd < 0) return 0;
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, CK_PASSED_FD + (int)passed);
    if (moved < 0) return -1;
    close(*fd);
    *fd = moved;
    return 0;
}

static int enter(const struct ck_plan_step *step, const struct supervisor *supervisor) {
    bool by_path = supervisor->mount_namespace_fd >= 0;
    int fd = by_path ? supervisor->mount_namespace_fd : supervisor->target_pidfd;
    if (setns(fd, by_path ? CLONE_NEWNS : (int)step->n0) < 0) return -1;
    close(fd);
    return 0;
}

// Entered pid and time namespaces are those of children (setns(2)). The supervisor is the parent of both of us.
static int clone_again(struct child *child) {
    int pidfd = -1;
    struct clone_args arguments = {.flags = CLONE_PARENT | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid <= 0) return pid;
    struct ck_message message = {.kind = CK_MESSAGE_CLONED, .pid = pid};
    if (descriptor_send_with(child->sync_fd, pidfd, &message, sizeof message) < 0)
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    _exit(0);
}

static int report(uint32_t kind, struct child *child) {
    struct ck_message message = {.kind = kind};
    return send(child->sync_fd, &message, sizeof message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int run_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    const char *text = plan_string(plan, step->s0);
    switch (step->opcode) {
    case CK_OP_JOIN_CGROUP:
        return write_once(text, "0", 1);
    case CK_OP_SETNS:
        return enter(step, child->supervisor);
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
    case CK_OP_CLONE_AGAIN:
        return clone_again(child);
    case CK_OP_AWAIT_HOST:
        return await_host(child);
    case CK_OP_SESSION:
        return setsid() < 0 ? -1 : 0;
    case CK_OP_CONSOLE: {
        bool is_known = life.rows > 0 && life.columns > 0;
        uint16_t rows = is_known ? life.rows : (uint16_t)step->n0, columns = is_known ? life.columns : (uint16_t)step->n1;
        return terminal_open(step->flags & CK_CONSOLE_BIND, rows, columns, child);
    }
    case CK_OP_STANDARD_STREAMS:
        return take_streams(child, (uid_t)step->n0);
    case CK_OP_REPORT_MOUNTED:
        return report(CK_MESSAGE_MOUNTED, child);
    case CK_OP_HOOK:
        return hook_run(plan, step, child);
    case CK_OP_AWAIT_START:
        return start_await(plan, child);
    case CK_OP_BIND_NAMESPACE:
        return donor_bind(text, (int)step->n0, plan_string(plan, step->s1));
    case CK_OP_SYSCTL: {
        char path[512];
        if (snprintf(path, sizeof path, "sys/%s", text) >= (int)sizeof path) return errno = ENAMETOOLONG, -1;
        return write_sysctl(child->root_fd, path, plan_string(plan, step->s1));
    }
    case CK_OP_UMASK:
        umask((mode_t)step->n0);
        return 0;
    case CK_OP_RLIMIT:
    case CK_OP_NO_NEW_PRIVILEGES:
    case CK_OP_BOUNDING:
    case CK_OP_USER:
    case CK_OP_CAPABILITIES:
    case CK_OP_SECCOMP:
    case CK_OP_BECOME_ROOT:
    case CK_OP_PERSONALITY:
    case CK_OP_SCHEDULER:
    case CK_OP_IO_PRIORITY:
    case CK_OP_AFFINITY:
    case CK_OP_KEYRING:
    case CK_OP_LABEL:
        return credentials_step(plan, step, child);
    case CK_OP_CHDIR:
        if (child->in_folder) return 0;
        child->in_folder = change_folder(text) == 0;
        return child->in_folder || (step->flags & CK_CHDIR_MAY_FAIL && errno != EXDEV) ? 0 : -1;
    case CK_OP_KEEP_DESCRIPTORS:
        return keep_descriptors((unsigned)step->n0);
    case CK_OP_INIT:
        return init_begin();
    case CK_OP_EXEC:
        return execute(plan, step);
    default:
        return mount_step(plan, step, child);
    }
}

// What only the supervisor needs. Closing on exec is not enough: until then the child is a process of the container,
// where another with the right to trace it could reach them (the class of CVE-2016-9962).
static void release_host(const struct supervisor *supervisor) {
    const int fds[] = {CK_CONTROL_FD, CK_PLAN_FD, control.listener, supervisor->terminal_fd, supervisor->stdin_fd,
                       supervisor->stdout_fd, supervisor->stderr_fd};
    for (size_t index = 0; index < sizeof fds / sizeof *fds; index++)
        if (fds[index] >= 0) close(fds[index]);
    clients_release();
    oom_release();
    log_flush(); // closes it; nothing is in it yet
}

void child_run(const struct plan *plan, struct child *child) {
    release_host(child->supervisor);
    signal(SIGPIPE, SIG_DFL);
    umask(0022);
    // Nothing of ours or of whoever started us goes on into the program, however it was opened. Now, for a filter may
    // not let this call pass later, and all that is opened from here on is marked so itself.
    if (syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) < 0) _exit(127);
    if (child->supervisor->passed &&
        (move_away(&child->sync_fd, child->supervisor->passed) < 0 || move_away(&child->listen_fd, child->supervisor->passed) < 0))
        _exit(127);
    for (uint32_t index = 0; index < plan->count; index++) {
        const struct ck_plan_step *step = &plan->steps[index];
        if (step->phase != CK_PHASE_CHILD || run_step(plan, step, child) == 0) continue;
        uint32_t failed = child->failed_step == NO_STEP ? index : child->failed_step;
        struct ck_message failure = {
            .kind = CK_MESSAGE_FAILED, .value = errno, .step = failed, .opcode = plan->steps[failed].opcode};
        memcpy(failure.detail, child->detail, sizeof failure.detail);
        send(child->sync_fd, &failure, sizeof failure, MSG_NOSIGNAL);
        _exit(127);
    }
    _exit(127);
}

// The supervisor phase: what is opened, joined and made with the host's rights and in the host's namespaces, before
// there is a child.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define NS_GET_NSTYPE 0xb703 // ioctl_ns(2)

static int find_target(const struct ck_plan_step *step, struct supervisor *self) {
    self->target_pidfd = (int)syscall(SYS_pidfd_open, (pid_t)step->n0, 0);
    if (self->target_pidfd < 0) return -1;
    // The pid may have gone to another process since it was written down.
    if (process_start_time((pid_t)step->n0) != step->n1) return errno = ESRCH, -1;
    return 0;
}

// A namespace of that kind, or EINVAL: a path could lead to anything.
static int join(const char *path, const char *donor, int kind, struct supervisor *self) {
    int fd = *donor ? donor_open(donor, kind) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -1;
    int found = ioctl(fd, NS_GET_NSTYPE), result = 0;
    if (found != kind) {
        errno = EINVAL, result = -1;
    } else if (kind == CLONE_NEWNS) {
        // Ours would lose sight of the host's files: the child enters it.
        self->mount_namespace_fd = fd;
        return 0;
    } else {
        result = setns(fd, kind);
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

// Our children are in it, and nobody may be when its clocks are set (time_namespaces(7)).
static int new_time(const char *offsets) {
    if (unshare(CLONE_NEWTIME) < 0) return -1;
    return *offsets ? write_once("/proc/self/timens_offsets", offsets, strlen(offsets)) : 0;
}

int write_id_maps(pid_t pid, const char *uids, const char *gids) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
    if (write_once(path, uids, strlen(uids)) < 0) return -1;
    snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
    return write_once(path, gids, strlen(gids));
}

// A user namespace that is there for its maps alone (mount_setattr(2), MOUNT_ATTR_IDMAP): it outlives its only process by
// the descriptor.
static int user_namespace(const char *uids, const char *gids) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) < 0) return -1;
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        char byte;
        close(pipe_ends[1]);
        read(pipe_ends[0], &byte, 1);
        _exit(0);
    }
    int fd = -1;
    if (pid > 0 && write_id_maps(pid, uids, gids) == 0) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    int saved = errno;
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    errno = saved;
    return fd;
}

// A mount that another container has: it can only be copied among that one's mounts. The path is the container's, so no
// link of it is followed.
static int tree_of(const char *donor, const char *path, const struct ck_plan_step *step) {
    int other = donor_open(donor, CLONE_NEWNS);
    if (other < 0) return -1;
    int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), tree = -1;
    if (own >= 0 && setns(other, CLONE_NEWNS) == 0) {
        struct open_how how = {
            .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
        int place = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
        if (place >= 0) tree = tree_clone(place, "", step, -1);
        int saved = errno;
        if (place >= 0) close(place);
        errno = saved;
        if (setns(own, CLONE_NEWNS) < 0 && tree >= 0) {
            close(tree);
            tree = -1;
        }
    }
    int saved = errno;
    if (own >= 0) close(own);
    close(other);
    errno = saved;
    return tree;
}

static int prepare_tree(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *self) {
    if (self->tree_count == MOST_TREES) return errno = E2BIG, -1;
    const char *uids = plan_string(plan, step->s1), *gids = plan_string(plan, step->s4);
    bool is_donated = step->flags & CK_TREE_OF_CONTAINER;
    int ids = -1;
    if (!is_donated && *uids && (ids = user_namespace(uids, gids)) < 0) return -1;
    const char *path = plan_string(plan, step->s0);
    int tree = is_donated ? tree_of(uids, path, step) : tree_clone(AT_FDCWD, path, step, ids), saved = errno;
    if (ids >= 0) close(ids);
    if (tree < 0) return errno = saved, -1;
    self->trees[self->tree_count++] = tree;
    return 0;
}

// The folder by its descriptor, for a path may be longer than an address (unix(7)).
static int listen_in(const char *folder, struct supervisor *self) {
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/start", fd);
    self->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177);
    int result = self->listen_fd < 0 || bind(self->listen_fd, (void *)&address, sizeof address) < 0 ||
                         listen(self->listen_fd, 4) < 0 ? -1 : 0;
    int saved = errno;
    umask(mask);
    close(fd);
    errno = saved;
    return result;
}

static int connect_to(const char *path, int *fd) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = *fd < 0 ? -1 : connect(*fd, (void *)&address, sizeof address), saved = errno;
    close(file);
    errno = saved;
    return result;
}

// The first client has no message to say them in.
static int first_keys(const struct plan *plan, const struct ck_plan_step *step) {
    const void *keys = plan_bytes(plan, step->s0, step->length);
    if (!keys || step->length > CK_MOST_KEYS) return errno = EINVAL, -1;
    if (client_count == 0) return 0;
    memcpy(clients[0].keys, keys, step->length);
    clients[0].key_count = (uint8_t)step->length;
    return 0;
}

int prepare_step(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *self) {
    const char *path = plan_string(plan, step->s0);
    switch (step->opcode) {
    case CK_OP_STDIO:
        // How the first client left its streams is how they stay.
        if (life.restarts == 0) life.stdio_flags = step->flags;
        self->stdio_flags = life.stdio_flags;
        return 0;
    case CK_OP_STATE:
        self->run_folder = path;
        self->exit_folder = plan_string(plan, step->s1);
        if (self->exit_folder[0] == '\0') self->exit_folder = NULL;
        return 0;
    case CK_OP_LOG:
        return log_open(path, step->flags, step->n0, step->n1);
    case CK_OP_CGROUP:
        self->cgroup_folder = path;
        return 0;
    case CK_OP_TARGET:
        return find_target(step, self);
    case CK_OP_JOIN:
        return join(path, plan_string(plan, step->s1), (int)step->n0, self);
    case CK_OP_TIME:
        return new_time(path);
    case CK_OP_TREE:
        return prepare_tree(plan, step, self);
    case CK_OP_LISTEN:
        return listen_in(path, self);
    case CK_OP_TERMINAL_SOCKET:
        return connect_to(path, &self->terminal_fd);
    case CK_OP_FILTER_SOCKET:
        return connect_to(path, &self->filter_fd);
    case CK_OP_PASS:
        self->passed = (unsigned)step->n0;
        return 0;
    case CK_OP_LEAVE:
        self->leaves = true;
        return 0;
    case CK_OP_CLONE:
        self->clone_flags = step->n0;
        return 0;
    case CK_OP_CONTROL:
        return control_listen(path);
    case CK_OP_RESTART:
        // A later life has the policy of the one before, which may be another by now.
        if (life.restarts == 0) life.policy = (uint32_t)step->n0, life.most = (uint32_t)step->n1;
        return 0;
    case CK_OP_RUNTIME:
        return runtime_prepare(path, self);
    case CK_OP_RUN:
        // What the life before this one has left; it may be nothing.
        if (life.restarts > 0) program_run(plan, step, NULL);
        return 0;
    case CK_OP_HEALTH:
        self->health = step;
        return 0;
    case CK_OP_EVENTS:
        events_begin(path, plan_string(plan, step->s1), plan_string(plan, step->s2), self->run_folder);
        return 0;
    case CK_OP_NAMES:
        return names_reach(path, plan_string(plan, step->s1), self);
    case CK_OP_PORTS:
        return ports_hold(plan, step, self);
    case CK_OP_OUT_OF_MEMORY:
        oom_begin(path, plan_string(plan, step->s1));
        return 0;
    case CK_OP_DETACH_KEYS:
        return first_keys(plan, step);
    default:
        return errno = EINVAL, -1;
    }
}

// The host phase: what is done to the new process from outside, while it mounts.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int send_links(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *self) {
    char messages[8192] __attribute__((aligned(8)));
    const void *source = plan_bytes(plan, step->s0, step->length);
    if (!source || step->length > sizeof messages || step->n1 + 3 > step->length) return errno = EINVAL, -1;
    memcpy(messages, source, step->length);
    uint32_t pid = (uint32_t)self->pid;
    if (step->n1 > 0) memcpy(messages + step->n1 - 1, &pid, sizeof pid);
    // The kernel takes a dead container's network apart after its end, in its own time.
    for (int attempt = 0;; attempt++) {
        int result = netlink_send(messages, step->length, (uint32_t)step->n0, self->detail, sizeof self->detail);
        if (result == 0 || errno != EEXIST || attempt == 500) return result;
        nanosleep(&(struct timespec){.tv_nsec = attempt < 20 ? 1000000 : 10000000}, NULL);
    }
}

// In another network namespace: by itself, or that of a process that does not do it itself.
static int send_links_inside(const struct plan *plan, const struct ck_plan_step *step, int namespace, struct supervisor *self) {
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0) return -1;
    int result = setns(namespace, CLONE_NEWNET);
    if (result == 0) result = send_links(plan, step, self);
    int saved = errno;
    if (setns(own, CLONE_NEWNET) < 0) _exit(1); // nothing may be done from the wrong place
    close(own);
    return errno = saved, result;
}

// What a dead process was in cannot be found any more. It is kept only where something is to be done there, for it would not go
// before us.
void host_keep_network(const struct plan *plan, struct supervisor *self) {
    for (uint32_t index = 0; index < plan->count && self->network_fd < 0; index++) {
        const struct ck_plan_step *step = &plan->steps[index];
        if (step->phase != CK_PHASE_AFTER || step->opcode != CK_OP_NETLINK || !(step->flags & CK_NETLINK_INSIDE)) continue;
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/ns/net", self->pid);
        self->network_fd = open(path, O_RDONLY | O_CLOEXEC);
        // While its last words are passed on it may be dead, and its number another's.
        if (self->network_fd < 0 || process_start_time(self->pid) == self->start_time) continue;
        close(self->network_fd);
        self->network_fd = -1;
    }
}

// Takes the links of a life that has ended away. One that is gone already is fine.
void host_part_links(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *self) {
    if (!(step->flags & CK_NETLINK_INSIDE)) send_links(plan, step, self);
    else if (self->network_fd >= 0) send_links_inside(plan, step, self->network_fd, self);
}

// The child is told its pid as the host counts: what it hands to others speaks of it by that.
static int go(struct supervisor *self) {
    return send(self->sync_fd, &self->pid, sizeof self->pid, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int ask(struct supervisor *self) {
    struct ck_message message = {0};
    do await_child(self, &message);
    while (message.kind != CK_MESSAGE_MOUNTED && message.kind != 0);
    if (message.kind == 0) return errno = ECHILD, -1;
    struct ck_message question = {.kind = CK_MESSAGE_MOUNTED, .pid = self->pid, .start_time = self->start_time};
    tell(&question);
    ssize_t count;
    do count = recv(CK_CONTROL_FD, &message, sizeof message, 0);
    while (count < 0 && errno == EINTR);
    if (count != sizeof message || message.kind != CK_MESSAGE_BEGIN) return errno = ECANCELED, -1;
    return 0;
}

static int adopt(struct supervisor *self) {
    struct ck_message message = {0};
    int before = self->pidfd;
    do await_child(self, &message);
    while (message.kind != CK_MESSAGE_CLONED && message.kind != 0);
    if (message.kind == 0) return errno = ECHILD, -1;
    siginfo_t end;
    while (waitid(P_PIDFD, (id_t)before, &end, WEXITED) < 0 && errno == EINTR) continue;
    close(before);
    self->start_time = process_start_time(self->pid);
    return 0;
}

static int set_oom_score(const char *text, pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", pid);
    return write_once(path, text, strlen(text));
}

int host_step(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *self) {
    switch (step->opcode) {
    case CK_OP_NETLINK:
        return step->flags & CK_NETLINK_INSIDE ? send_links_inside(plan, step, self->pidfd, self) : send_links(plan, step, self);
    case CK_OP_ADOPT_FILE:
        return runtime_adopt(plan_string(plan, step->s0), plan_string(plan, step->s1), self);
    case CK_OP_RUN:
        return program_run(plan, step, self);
    case CK_OP_ID_MAPS:
        return write_id_maps(self->pid, plan_string(plan, step->s0), plan_string(plan, step->s1));
    case CK_OP_NAMES:
        return names_register(plan_string(plan, step->s0), plan_string(plan, step->s1), plan_string(plan, step->s2), self);
    case CK_OP_GO:
        return go(self);
    case CK_OP_ASK:
        return ask(self);
    case CK_OP_OOM_SCORE:
        return set_oom_score(plan_string(plan, step->s0), self->pid);
    case CK_OP_ADOPT:
        return adopt(self);
    case CK_OP_RLIMIT: {
        struct rlimit limit = {step->n0, step->n1};
        return (int)syscall(SYS_prlimit64, self->pid, step->flags, &limit, NULL);
    }
    default:
        return errno = EINVAL, -1;
    }
}

int host_run(const struct plan *plan, struct supervisor *self, uint32_t *failed) {
    for (uint32_t index = 0; index < plan->count; index++) {
        if (plan->steps[index].phase != CK_PHASE_HOST || host_step(plan, &plan->steps[index], self) == 0) continue;
        *failed = index;
        return -1;
    }
    // A child that has nothing to wait for is gone by now, or has told why.
    go(self);
    return 0;
}

// Identity and rights of the container's process. Raw system calls: glibc's wrappers speak to threads that a cloned
// child does not have.
#include "shim.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel ends the numbering of capabilities with EINVAL (capabilities(7)).
static int drop_bounding(uint64_t keep) {
    for (unsigned capability = 0; capability < 64; capability++) {
        if (keep & (1ull << capability)) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            if (errno == EINVAL) return 0;
            return -1;
        }
    }
    return 0;
}

static int set_user(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t count) {
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -1;
    if (syscall(SYS_setgroups, count, groups) < 0) return -1;
    if (syscall(SYS_setresgid, gid, gid, gid) < 0) return -1;
    if (syscall(SYS_setresuid, uid, uid, uid) < 0) return -1;
    return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable, uint64_t ambient) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct own[2] = {0};
    if (syscall(SYS_capget, &header, own) < 0) return -1;
    // What we have not we cannot give, and a host may have given us little: the specification has that pass (config.md,
    // "process.capabilities"); whoever asked has been warned.
    uint64_t most = (uint64_t)own[1].permitted << 32 | own[0].permitted;
    permitted &= most, effective &= permitted, ambient &= permitted & inheritable;
    inheritable &= most;
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
    };
    if (syscall(SYS_capset, &header, data) < 0) return -1;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
    for (unsigned capability = 0; capability < 64; capability++)
        if (ambient & (1ull << capability) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
            return -1;
    return 0;
}

// Which a user namespace has from the start; whoever made it is nobody in it.
static int become_root(void) {
    if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0) return -1;
    // The caller's groups are not the container's.
    return (int)syscall(SYS_setgroups, 0, NULL);
}

static int filter(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    const void *bytes = plan_bytes(plan, step->s0, step->length);
    if (!bytes) return errno = EINVAL, -1;
    struct sock_fprog program = {
        .len = (unsigned short)(step->length / sizeof(struct sock_filter)), .filter = (struct sock_filter *)bytes};
    int result = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, step->flags, &program);
    if (result < 0 || !(step->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)) return result;
    int sent = listener_send(plan, step, child, result), saved = errno;
    close(result);
    errno = saved;
    return sent;
}

int credentials_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    switch (step->opcode) {
    case CK_OP_RLIMIT: {
        struct rlimit limit = {step->n0, step->n1};
        return (int)syscall(SYS_prlimit64, 0, step->flags, &limit, NULL);
    }
    case CK_OP_NO_NEW_PRIVILEGES:
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case CK_OP_BOUNDING:
        return drop_bounding(step->n0);
    case CK_OP_USER: {
        const uint32_t *groups = plan_bytes(plan, step->s0, step->length);
        if (!groups) return errno = EINVAL, -1;
        return set_user((uint32_t)step->n0, (uint32_t)step->n1, groups, step->length / sizeof *groups);
    }
    case CK_OP_CAPABILITIES: {
        const void *rest = plan_bytes(plan, step->s0, 16);
        uint64_t sets[2];
        if (!rest) return errno = EINVAL, -1;
        memcpy(sets, rest, sizeof sets);
        return set_capabilities(step->n0, step->n1, sets[0], sets[1]);
    }
    case CK_OP_SECCOMP:
        return filter(plan, step, child);
    case CK_OP_BECOME_ROOT:
        return become_root();
    case CK_OP_PERSONALITY:
        return personality((unsigned long)step->n0) < 0 ? -1 : 0;
    case CK_OP_SCHEDULER: {
        const void *attributes = plan_bytes(plan, step->s0, step->length);
        if (!attributes) return errno = EINVAL, -1;
        return (int)syscall(SYS_sched_setattr, 0, attributes, 0);
    }
    case CK_OP_IO_PRIORITY:
        return (int)syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, (int)step->n0);
    case CK_OP_AFFINITY: {
        const void *cpus = plan_bytes(plan, step->s0, step->length);
        if (!cpus) return errno = EINVAL, -1;
        return (int)syscall(SYS_sched_setaffinity, 0, step->length, cpus);
    }
    case CK_OP_KEYRING:
        // A kernel without keys has none to keep from anybody.
        if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, plan_string(plan, step->s0)) < 0 && errno != ENOSYS) return -1;
        return 0;
    case CK_OP_LABEL: {
        char path[128];
        snprintf(path, sizeof path, "thread-self/attr/%s", plan_string(plan, step->s0));
        return write_proc(path, plan_string(plan, step->s1));
    }
    default:
        return errno = EINVAL, -1;
    }
}

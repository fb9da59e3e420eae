// The container's root: what it is made of, and how it takes the place of the host's.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> of glibc 2.36 cannot be included together.
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
int umount2(const char *target, int flags);
#define MNT_DETACH 2
#define MS_SLAVE_RECURSIVE ((1 << 19) | (1 << 14))
#define MS_PRIVATE_ONLY (1 << 18)

static int mount_overlay(const struct plan *plan, const struct ck_plan_step *step) {
    // Short relative names keep 127 layers within the one page that mount(2) takes.
    if (chdir(plan_string(plan, step->s0)) < 0) return -1;
    return mount("overlay", plan_string(plan, step->s2), "overlay", step->n0, plan_string(plan, step->s1));
}

// The mount that a path lies on, whatever its root is: pivot_root(2) takes no new root whose parent is shared.
static int make_parent_private(const char *path) {
    char parent[4096];
    snprintf(parent, sizeof parent, "%s", path);
    while (mount(NULL, parent, NULL, MS_PRIVATE_ONLY, NULL) < 0) {
        // Not the root of a mount: it is further up.
        if (errno != EINVAL) return -1;
        char *slash = strrchr(parent, '/');
        if (!slash || !strcmp(parent, "/")) return 0;
        slash[slash == parent ? 1 : 0] = '\0';
    }
    return 0;
}

static int bind_root(const char *path, const struct ck_plan_step *step, struct child *child) {
    uint64_t prepared = step->n0;
    const struct supervisor *supervisor = child->supervisor;
    if (!(step->flags & CK_BIND_AMONG_HOSTS) && make_parent_private(path) < 0) return -1;
    if (prepared > supervisor->tree_count) return errno = EINVAL, -1;
    int tree = prepared ? supervisor->trees[prepared - 1] : tree_open(AT_FDCWD, path, true);
    if (tree < 0) return -1;
    int target = open(path, O_PATH | O_CLOEXEC);
    int result = target < 0 ? -1 : tree_move(tree, target), saved = errno;
    close(tree);
    if (target >= 0) close(target);
    errno = saved;
    return result;
}

// The null device that masks files is opened on the host and checked: an image's own could be a link anywhere
// (the class of CVE-2025-31133).
static int open_root(const char *path, struct child *child) {
    child->root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (child->root_fd < 0) return -1;
    child->null_fd = open("/dev/null", O_PATH | O_CLOEXEC);
    struct stat status;
    if (child->null_fd < 0 || fstat(child->null_fd, &status) < 0) return -1;
    if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) return errno = ENODEV, -1;
    return 0;
}

// The new root takes the place of the old one, which goes with all its mounts (pivot_root(2), "pivot_root(".", ".")").
static int pivot(struct child *child) {
    int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int result = -1;
    struct stat root, beneath;
    if (own < 0 || old < 0 || fchdir(child->root_fd) < 0) goto out;
    if (syscall(SYS_pivot_root, ".", ".") < 0) goto out;
    // "." is the new root still, whose mounts stay as they were asked for.
    if (fchdir(old) < 0) goto out;
    // Or the host's mounts would go too, where they are shared.
    if (mount(NULL, ".", NULL, MS_SLAVE_RECURSIVE, NULL) < 0 || umount2(".", MNT_DETACH) < 0) goto out;
    // A caller in a chroot has its own root replaced, and not that of the namespace: there the host would still be, for
    // every exec and for whoever may call setns(2). Entering the namespace anew leads to its true root.
    if (stat("/", &root) < 0 || setns(own, CLONE_NEWNS) < 0 || stat("/", &beneath) < 0) goto out;
    if (root.st_dev != beneath.st_dev || root.st_ino != beneath.st_ino) {
        strcpy(child->detail, "the caller is in a chroot, which containers could leave");
        errno = EXDEV;
        goto out;
    }
    result = chdir("/");
out:;
    int saved = errno;
    if (own >= 0) close(own);
    if (old >= 0) close(old);
    errno = saved;
    return result;
}

// For a root that pivot_root(2) refuses to leave, the initial ramdisk: the new one is laid over it, and is what every
// look-up of "/" in this namespace finds.
static int move_root(struct child *child) {
    if (fchdir(child->root_fd) < 0 || mount(".", "/", NULL, 1 << 13 /* MS_MOVE */, NULL) < 0 || chroot(".") < 0) return -1;
    return chdir("/");
}

static int change_root(struct child *child) {
    return fchdir(child->root_fd) < 0 || chroot(".") < 0 ? -1 : chdir("/");
}

// Descriptors of the host's files, which end here and not with the exec.
static int leave_host(int result, struct child *child) {
    if (result < 0) return -1;
    int *fds[] = {&child->root_fd, &child->null_fd, &child->empty_fd};
    for (size_t index = 0; index < sizeof fds / sizeof *fds; index++) {
        if (*fds[index] >= 0) close(*fds[index]);
        *fds[index] = -1;
    }
    return 0;
}

int root_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    const char *path = plan_string(plan, step->s0);
    switch (step->opcode) {
    case CK_OP_PROPAGATION:
        return mount(NULL, path, NULL, step->n0, NULL);
    case CK_OP_MOUNT_OVERLAY:
        return mount_overlay(plan, step);
    case CK_OP_BIND_ROOT:
        return bind_root(path, step, child);
    case CK_OP_OPEN_ROOT:
        return open_root(path, child);
    case CK_OP_PIVOT:
        return leave_host(pivot(child), child);
    case CK_OP_MOVE_ROOT:
        return leave_host(move_root(child), child);
    case CK_OP_CHANGE_ROOT:
        return leave_host(change_root(child), child);
    default:
        return errno = EINVAL, -1;
    }
}

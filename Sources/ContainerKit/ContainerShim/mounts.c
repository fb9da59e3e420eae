// Mounts of the child. Every target is opened below the root's descriptor (openat2(2), RESOLVE_IN_ROOT) and mounted
// on by descriptor (move_mount(2)), so a link in an image leads nowhere and a race swaps nothing.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> of glibc 2.36 cannot be included together.
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
int umount2(const char *target, int flags);
#define MNT_DETACH 2

static int open_below(int root, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
    while (*path == '/') path++;
    return (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
}

static int move_onto(int tree, int target) {
    return (int)syscall(
        SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int clone_tree(int folder, const char *path, bool recursive) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH);
    return (int)syscall(SYS_open_tree, folder, path, flags | (recursive ? AT_RECURSIVE : 0));
}

static int set_attributes(int tree, uint64_t set, uint64_t propagation, bool recursive) {
    struct mount_attr attributes = {.attr_set = set, .propagation = propagation};
    return (int)syscall(
        SYS_mount_setattr, tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes);
}

// Opens the folder that holds `path`, making it and its parents; `name` gets the last component.
static int open_parent(int root, const char *path, const char **name) {
    char prefix[4096];
    while (*path == '/') path++;
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/') length--;
    if (length == 0 || length >= sizeof prefix) return errno = EINVAL, -1;
    memcpy(prefix, path, length);
    prefix[length] = '\0';
    int folder = open_below(root, "", O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
    char *component = prefix;
    for (char *slash; folder >= 0 && (slash = strchr(component, '/')); component = slash + 1) {
        *slash = '\0';
        int next = open_below(root, prefix, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
        if (next < 0 && errno == ENOENT && mkdirat(folder, component, 0755) == 0)
            next = open_below(root, prefix, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
        close(folder);
        folder = next;
        *slash = '/';
    }
    *name = path + (component - prefix);
    return folder;
}

// Opens a mount's target; makes it where it is missing: a folder, or a file for a source that is none.
static int open_target(int root, const char *path, bool is_file, bool ordinary) {
    uint64_t resolve = RESOLVE_IN_ROOT | (ordinary ? RESOLVE_NO_SYMLINKS : 0);
    int target = open_below(root, path, O_PATH, resolve);
    if (target >= 0 || errno != ENOENT) return target;
    const char *name;
    int parent = open_parent(root, path, &name);
    if (parent < 0) return -1;
    char component[256];
    snprintf(component, sizeof component, "%.*s", (int)strcspn(name, "/"), name);
    int made = is_file ? mknodat(parent, component, S_IFREG | 0644, 0) : mkdirat(parent, component, 0755);
    int saved = errno;
    close(parent);
    if (made < 0 && saved != EEXIST) return errno = saved, -1;
    return open_below(root, path, O_PATH, resolve);
}

static int configure(int context, const char *const *options) {
    for (; *options; options++) {
        const char *equals = strchr(*options, '=');
        if (!equals) {
            if (syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, *options, NULL, 0) < 0) return -1;
            continue;
        }
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)(equals - *options), *options);
        if (syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, equals + 1, 0) < 0) return -1;
    }
    return (int)syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

// The kernel writes what it found wrong into the context's log (fsopen in the kernel's mount API).
static void copy_log(int context, struct child *child) {
    int saved = errno;
    ssize_t count = read(context, child->detail, sizeof child->detail - 1);
    child->detail[count > 0 ? count : 0] = '\0';
    errno = saved;
}

static int new_mount(const char *type, const char *source, const char *const *options, uint64_t attributes,
                     struct child *child) {
    int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int tree = -1;
    bool named = *source == '\0' || syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", source, 0) == 0;
    if (named && configure(context, options) == 0)
        tree = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, (unsigned)attributes);
    if (tree < 0) copy_log(context, child);
    int saved = errno;
    close(context);
    errno = saved;
    return tree;
}

static int mount_new(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    const char *options[64];
    plan_list(plan, step->s2, options, 64);
    int target = open_target(child->root_fd, plan_string(plan, step->s1), false, step->flags & CK_MOUNT_ORDINARY);
    if (target < 0) return -1;
    int tree = new_mount(plan_string(plan, step->s0), plan_string(plan, step->s3), options, step->n0, child);
    int result = tree < 0 ? -1 : move_onto(tree, target), saved = errno;
    if (tree >= 0) close(tree);
    close(target);
    errno = saved;
    return result;
}

static int bind(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    bool recursive = step->flags & CK_BIND_RECURSIVE;
    int tree = clone_tree(AT_FDCWD, plan_string(plan, step->s0), recursive);
    if (tree < 0) return errno == ENOENT && step->flags & CK_BIND_OPTIONAL ? 0 : -1;
    struct stat status;
    if (fstat(tree, &status) < 0) return -1;
    if ((step->n0 || step->n1) && set_attributes(tree, step->n0, step->n1, recursive) < 0) return -1;
    int target = open_target(child->root_fd, plan_string(plan, step->s1), !S_ISDIR(status.st_mode), false);
    if (target < 0) return -1;
    int result = move_onto(tree, target), saved = errno;
    close(tree);
    close(target);
    errno = saved;
    return result;
}

// A masked file shows the host's null device, a masked folder an empty one. A path that is not there needs no mask.
static int mask(const char *path, struct child *child) {
    int target = open_below(child->root_fd, path, O_PATH, RESOLVE_IN_ROOT);
    if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    struct stat status;
    if (fstat(target, &status) < 0) return -1;
    int tree;
    if (!S_ISDIR(status.st_mode)) {
        tree = clone_tree(child->null_fd, "", false);
    } else if (child->empty_fd >= 0) {
        tree = clone_tree(child->empty_fd, "", false);
    } else {
        const char *options[] = {"mode=555", "nr_inodes=1", NULL};
        tree = new_mount("tmpfs", "tmpfs", options, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, child);
        child->empty_fd = tree;
    }
    if (tree < 0) return -1;
    int result = move_onto(tree, target), saved = errno;
    if (tree != child->empty_fd) close(tree);
    close(target);
    errno = saved;
    return result;
}

static bool is_mount(int fd) {
    struct statx status;
    if (statx(fd, "", AT_EMPTY_PATH, 0, &status) < 0) return false;
    return status.stx_attributes_mask & status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

// A mount is made read-only as it stands; of anything else a read-only copy is laid over it.
static int make_readonly(const char *path, struct child *child) {
    int target = open_below(child->root_fd, path, O_PATH, RESOLVE_IN_ROOT);
    if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    if (is_mount(target)) {
        int result = set_attributes(target, MOUNT_ATTR_RDONLY, 0, true);
        close(target);
        return result;
    }
    int tree = clone_tree(target, "", true);
    if (tree < 0 || set_attributes(tree, MOUNT_ATTR_RDONLY, 0, true) < 0) return -1;
    int result = move_onto(tree, target), saved = errno;
    close(tree);
    close(target);
    errno = saved;
    return result;
}

static int mount_overlay(const struct plan *plan, const struct ck_plan_step *step) {
    // Short relative names keep 127 layers within the one page that mount(2) takes.
    if (chdir(plan_string(plan, step->s0)) < 0) return -1;
    return mount("overlay", plan_string(plan, step->s2), "overlay", step->n0, plan_string(plan, step->s1));
}

static int bind_root(const char *path) {
    int tree = clone_tree(AT_FDCWD, path, true);
    if (tree < 0) return -1;
    int target = open(path, O_PATH | O_CLOEXEC);
    int result = target < 0 ? -1 : move_onto(tree, target), saved = errno;
    close(tree);
    if (target >= 0) close(target);
    errno = saved;
    return result;
}

// The null device that masks files is opened on the host and checked: an image's own could be a link anywhere
// (the class of CVE-2025-31133).
int mount_root_open(const char *path, struct child *child) {
    child->root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (child->root_fd < 0) return -1;
    child->null_fd = open("/dev/null", O_PATH | O_CLOEXEC);
    struct stat status;
    if (child->null_fd < 0 || fstat(child->null_fd, &status) < 0) return -1;
    if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) return errno = ENODEV, -1;
    return 0;
}

static int make_entry(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    const char *name;
    int parent = open_parent(child->root_fd, plan_string(plan, step->s0), &name), result;
    if (parent < 0) return -1;
    if (step->opcode == CK_OP_SYMLINK) {
        result = symlinkat(plan_string(plan, step->s1), parent, name);
    } else if (step->opcode == CK_OP_MAKE_DIRECTORY) {
        result = mkdirat(parent, name, (mode_t)step->n0);
    } else {
        result = mknodat(parent, name, (mode_t)step->n0, (dev_t)step->n1);
        // The umask of whoever started us must not show.
        if (result == 0) result = fchmodat(parent, name, (mode_t)step->n0 & 07777, 0);
    }
    int saved = errno;
    close(parent);
    errno = saved;
    return result < 0 && errno == EEXIST ? 0 : result;
}

// The new root takes the place of the old one, which goes with all its mounts (pivot_root(2), "pivot_root(".", ".")").
static int pivot(struct child *child) {
    int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (own < 0) return -1;
    int result = -1;
    struct stat root, beneath;
    if (fchdir(child->root_fd) < 0) goto out;
    if (syscall(SYS_pivot_root, ".", ".") < 0) goto out;
    if (umount2(".", MNT_DETACH) < 0) goto out;
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
    close(own);
    errno = saved;
    return result;
}

// Written only to the kernel's own procfs, whatever an image put at /proc (the class of CVE-2025-52881).
static int set_sysctl(const char *path, const char *value) {
    struct open_how how = {.flags = O_WRONLY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    char full[512];
    snprintf(full, sizeof full, "/proc/sys/%s", path);
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, full, &how, sizeof how);
    if (fd < 0) return -1;
    struct statfs system;
    if (fstatfs(fd, &system) < 0) return -1;
    if (system.f_type != PROC_SUPER_MAGIC) return errno = EXDEV, -1;
    ssize_t count = write(fd, value, strlen(value));
    int saved = errno;
    close(fd);
    errno = saved;
    return count < 0 ? -1 : 0;
}

int mount_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    const char *path = plan_string(plan, step->s0);
    switch (step->opcode) {
    case CK_OP_PROPAGATION:
        return mount(NULL, path, NULL, step->n0, NULL);
    case CK_OP_MOUNT_OVERLAY:
        return mount_overlay(plan, step);
    case CK_OP_BIND_ROOT:
        return bind_root(path);
    case CK_OP_OPEN_ROOT:
        return mount_root_open(path, child);
    case CK_OP_MOUNT:
        return mount_new(plan, step, child);
    case CK_OP_BIND:
        return bind(plan, step, child);
    case CK_OP_MAKE_DIRECTORY:
    case CK_OP_MAKE_NODE:
    case CK_OP_SYMLINK:
        return make_entry(plan, step, child);
    case CK_OP_MASK:
        return mask(path, child);
    case CK_OP_READONLY:
        return make_readonly(path, child);
    case CK_OP_ROOT_READONLY:
        return set_attributes(child->root_fd, MOUNT_ATTR_RDONLY, 0, false);
    case CK_OP_PIVOT:
        return pivot(child);
    case CK_OP_SYSCTL:
        return set_sysctl(path, plan_string(plan, step->s1));
    default:
        return errno = EINVAL, -1;
    }
}

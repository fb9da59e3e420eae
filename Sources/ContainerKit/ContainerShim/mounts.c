// Mounts of the child, by descriptor: a tree that is attached nowhere yet, moved onto an open target (move_mount(2)).
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int tree_move(int tree, int target) {
    return (int)syscall(
        SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int tree_open(int folder, const char *path, bool recursive) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH);
    return (int)syscall(SYS_open_tree, folder, path, flags | (recursive ? AT_RECURSIVE : 0));
}

static int set_attributes(int tree, struct mount_attr attributes, bool recursive) {
    // Its kinds of access times are a number, not bits: setting one clears the others.
    if (attributes.attr_set & MOUNT_ATTR__ATIME) attributes.attr_clr |= MOUNT_ATTR__ATIME;
    if (!attributes.attr_set && !attributes.attr_clr && !attributes.propagation) return 0;
    unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
    return (int)syscall(SYS_mount_setattr, tree, "", flags, &attributes, sizeof attributes);
}

// A copy of a tree of mounts with its attributes: first those of all its mounts, then those of the uppermost.
int tree_clone(int folder, const char *path, const struct ck_plan_step *step, int user_namespace) {
    bool recursive = step->flags & CK_BIND_RECURSIVE;
    uint64_t propagation = step->n1 & ~(uint64_t)CK_PROPAGATION_RECURSIVE;
    struct mount_attr all = {.attr_set = step->s2, .attr_clr = step->s3}, top = {
        .attr_set = step->n0 & 0xffffffffu, .attr_clr = step->n0 >> 32};
    if (step->n1 & CK_PROPAGATION_RECURSIVE) all.propagation = propagation; else top.propagation = propagation;
    int tree = tree_open(folder, path, recursive);
    if (tree < 0) return -1;
    if (user_namespace >= 0) {
        struct mount_attr *ids = step->flags & CK_BIND_MAP_ALL ? &all : &top;
        ids->attr_set |= MOUNT_ATTR_IDMAP;
        ids->userns_fd = (uint64_t)user_namespace;
    }
    if (set_attributes(tree, all, true) == 0 && set_attributes(tree, top, false) == 0) return tree;
    int saved = errno;
    close(tree);
    errno = saved;
    return -1;
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
    const char *options[1025];
    // Room for one more in front.
    if (plan_list(plan, step->s2, options + 1, 1024) < 0) return -1;
    const char **first = options + 1;
    int target = open_target(child->root_fd, plan_string(plan, step->s1), false, step, child);
    if (target < 0) return -1;
    char mode[16];
    struct stat status;
    // What takes up a folder looks like it; options that say otherwise come later.
    if (step->flags & CK_MOUNT_COPY_UP && fstat(target, &status) == 0) {
        snprintf(mode, sizeof mode, "mode=%o", status.st_mode & 07777);
        *--first = mode;
    }
    int tree = new_mount(plan_string(plan, step->s0), plan_string(plan, step->s3), first, step->n0 & 0xffffffffu, child);
    int result = tree < 0 ? -1 : 0;
    if (result == 0 && step->flags & CK_MOUNT_COPY_UP) result = copy_tree(target, tree);
    if (result == 0 && step->n1)
        result = set_attributes(tree, (struct mount_attr){.propagation = step->n1 & ~(uint64_t)CK_PROPAGATION_RECURSIVE}, false);
    if (result == 0) result = tree_move(tree, target);
    int saved = errno;
    if (tree >= 0) close(tree);
    close(target);
    errno = saved;
    return result;
}

static int bind(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    int tree = -1;
    if (step->flags & CK_BIND_PREPARED)
        tree = step->length < child->supervisor->tree_count ? child->supervisor->trees[step->length] : (errno = EINVAL, -1);
    else
        tree = tree_clone(AT_FDCWD, plan_string(plan, step->s0), step, -1);
    if (tree < 0) return errno == ENOENT && step->flags & CK_BIND_OPTIONAL ? 0 : -1;
    struct stat status;
    int target = -1, result = fstat(tree, &status);
    if (result == 0)
        target = open_target(child->root_fd, plan_string(plan, step->s1), !S_ISDIR(status.st_mode), step, child);
    result = target < 0 ? -1 : tree_move(tree, target);
    int saved = errno;
    close(tree);
    if (target >= 0) close(target);
    errno = saved;
    return result;
}

// The node is the host's own: read-only, or the container's root could change its mode and owner.
static int mask_file(struct child *child) {
    struct mount_attr sealed = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC};
    int tree = tree_open(child->null_fd, "", false);
    if (tree < 0 || set_attributes(tree, sealed, false) == 0) return tree;
    int saved = errno;
    close(tree);
    errno = saved;
    return -1;
}

// A masked file shows the host's null device, a masked folder an empty one. A path that is not there needs no mask.
static int mask(const char *path, struct child *child) {
    int target = open_below(child->root_fd, path, O_PATH, RESOLVE_IN_ROOT);
    if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    struct stat status;
    if (fstat(target, &status) < 0) return -1;
    int tree;
    if (!S_ISDIR(status.st_mode)) {
        tree = mask_file(child);
    } else if (child->empty_fd >= 0) {
        tree = tree_open(child->empty_fd, "", false);
    } else {
        const char *options[] = {"mode=555", "nr_inodes=1", NULL};
        tree = new_mount("tmpfs", "tmpfs", options, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, child);
        child->empty_fd = tree;
    }
    if (tree < 0) return -1;
    int result = tree_move(tree, target), saved = errno;
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
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    int target = open_below(child->root_fd, path, O_PATH, RESOLVE_IN_ROOT);
    if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    if (is_mount(target)) {
        int result = set_attributes(target, read_only, true);
        close(target);
        return result;
    }
    int tree = tree_open(target, "", true);
    if (tree < 0 || set_attributes(tree, read_only, true) < 0) return -1;
    int result = tree_move(tree, target), saved = errno;
    close(tree);
    close(target);
    errno = saved;
    return result;
}

static int change_mount(const char *path, const struct ck_plan_step *step, struct child *child) {
    int target = open_below(child->root_fd, path, O_PATH, RESOLVE_IN_ROOT);
    if (target < 0) return -1;
    struct mount_attr change = {.attr_set = step->n0 & 0xffffffffu, .attr_clr = step->n0 >> 32};
    int result = is_mount(target) ? set_attributes(target, change, false) : (errno = EINVAL, -1), saved = errno;
    close(target);
    errno = saved;
    return result;
}

int mount_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    const char *path = plan_string(plan, step->s0);
    switch (step->opcode) {
    case CK_OP_MOUNT:
        return mount_new(plan, step, child);
    case CK_OP_BIND:
        return bind(plan, step, child);
    case CK_OP_MAKE_DIRECTORY:
    case CK_OP_MAKE_NODE:
    case CK_OP_SYMLINK:
        return path_step(plan, step, child);
    case CK_OP_CHANGE_MOUNT:
        return change_mount(path, step, child);
    case CK_OP_MASK:
        return mask(path, child);
    case CK_OP_READONLY:
        return make_readonly(path, child);
    case CK_OP_ROOT_READONLY:
        return set_attributes(child->root_fd, (struct mount_attr){.attr_set = MOUNT_ATTR_RDONLY}, false);
    default:
        return root_step(plan, step, child);
    }
}

// Paths of the container: every one is opened below the root's descriptor (openat2(2), RESOLVE_IN_ROOT), so a link in an
// image leads nowhere and a race swaps nothing.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

int open_below(int root, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
    while (*path == '/') path++;
    return (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
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

static int find_or_make(int root, const char *path, bool is_file, uint64_t resolve) {
    int target = open_below(root, path, O_PATH, resolve);
    if (target >= 0 || errno != ENOENT) return target;
    const char *name;
    int parent = open_parent(root, path, &name);
    if (parent < 0) return -1;
    char component[4096];
    snprintf(component, sizeof component, "%.*s", (int)strcspn(name, "/"), name);
    int made = is_file ? mknodat(parent, component, S_IFREG | 0644, 0) : mkdirat(parent, component, 0755);
    int saved = errno;
    close(parent);
    if (made < 0 && saved != EEXIST) return errno = saved, -1;
    return open_below(root, path, O_PATH, resolve);
}

// Opens a mount's target; makes it where it is missing: a folder, or a file for a source that is none.
int open_target(int root, const char *path, bool is_file, const struct ck_plan_step *step, struct child *child) {
    uint64_t resolve = RESOLVE_IN_ROOT | (step->flags & CK_MOUNT_ORDINARY ? RESOLVE_NO_SYMLINKS : 0);
    int target = find_or_make(root, path, is_file, resolve);
    struct statfs system;
    if (target < 0 || step->flags & CK_MOUNT_ON_PROC) return target;
    // What the kernel says of itself is what programs, and we, rely on (CVE-2019-16884, CVE-2023-28642).
    if (fstatfs(target, &system) == 0 && system.f_type != PROC_SUPER_MAGIC) return target;
    close(target);
    strcpy(child->detail, "it is inside procfs");
    return errno = EPERM, -1;
}

static int make_node(int parent, const char *name, const struct ck_plan_step *step) {
    mode_t mode = (mode_t)step->n0;
    dev_t device = (dev_t)step->n1;
    struct stat status;
    if (mknodat(parent, name, mode, device) < 0) {
        if (errno != EEXIST) return -1;
        // What an image put there is not what was asked for, unless it is (the class of CVE-2025-31133).
        if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -1;
        bool same = (status.st_mode & S_IFMT) == (mode & S_IFMT) && (S_ISFIFO(mode) || status.st_rdev == device);
        if (!same) return errno = EEXIST, -1;
    }
    // The umask of whoever started us must not show.
    if (fchownat(parent, name, step->s1, step->s2, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    return fchmodat(parent, name, mode & 07777, 0);
}

static int make_link(int parent, const char *name, const char *target) {
    // One that the image has will do: it is the container's own business where it leads.
    return symlinkat(target, parent, name) < 0 && errno != EEXIST ? -1 : 0;
}

static int make_folder(int parent, const char *name, mode_t mode) {
    return mkdirat(parent, name, mode) < 0 && errno != EEXIST ? -1 : 0;
}

int path_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    const char *name, *path = plan_string(plan, step->s0);
    int parent = open_parent(child->root_fd, path, &name), result;
    if (parent < 0) return -1;
    char component[4096];
    snprintf(component, sizeof component, "%.*s", (int)strcspn(name, "/"), name);
    switch (step->opcode) {
    case CK_OP_SYMLINK:
        result = make_link(parent, component, plan_string(plan, step->s1));
        break;
    case CK_OP_MAKE_DIRECTORY:
        result = make_folder(parent, component, (mode_t)step->n0);
        break;
    default:
        result = make_node(parent, component, step);
    }
    int saved = errno;
    close(parent);
    errno = saved;
    return result;
}

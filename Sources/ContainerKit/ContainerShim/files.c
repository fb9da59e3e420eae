// Small files and folders of the host that only we write.
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

// Field 22 of /proc/PID/stat: with the pid it names a process for all time (proc(5)).
uint64_t process_start_time(pid_t pid) {
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    if (count <= 0) return 0;
    text[count] = '\0';
    char *field = strrchr(text, ')');
    for (int skipped = 0; field && skipped < 20; skipped++) field = strchr(field + 1, ' ');
    return field ? strtoull(field + 1, NULL, 10) : 0;
}

int write_once(const char *path, const char *text, size_t length) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t count = write(fd, text, length);
    int saved = errno;
    close(fd);
    errno = saved;
    return count < 0 ? -1 : 0;
}

// Whatever an image or a mount put in the place of /proc, or on the way below it, is not believed (the class of
// CVE-2025-52881).
static int open_proc(int folder, const char *name) {
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    int proc = (int)syscall(SYS_openat2, folder, name, &how, sizeof how);
    if (proc < 0) return -1;
    struct statfs system;
    struct stat root;
    int result = fstatfs(proc, &system);
    if (result == 0) result = fstat(proc, &root);
    if (result == 0 && (system.f_type != PROC_SUPER_MAGIC || root.st_ino != 1)) errno = EXDEV, result = -1;
    if (result == 0) return proc;
    int saved = errno;
    close(proc);
    errno = saved;
    return -1;
}

static int write_below(int proc, const char *path, const char *text) {
    if (proc < 0) return -1;
    struct open_how how = {.flags = O_WRONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, proc, path, &how, sizeof how), result = 0;
    if (fd < 0 || write(fd, text, strlen(text)) < 0) result = -1;
    int saved = errno;
    if (fd >= 0) close(fd);
    close(proc);
    errno = saved;
    return result;
}

int write_proc(const char *path, const char *text) { return write_below(open_proc(AT_FDCWD, "/proc"), path, text); }

// The host's procfs keeps an entry for each network namespace that looked at its own settings there, and each look goes
// through those of all: the container's, where it is mounted, knows only one.
int write_sysctl(int root, const char *path, const char *text) {
    if (root >= 0 && write_below(open_proc(root, "proc"), path, text) == 0) return 0;
    return write_proc(path, text);
}

int write_file_atomically(const char *folder, const char *name, const char *text) {
    char path[4096], temporary[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(temporary, sizeof temporary, "%s/.%s.tmp", folder, name);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -1;
    size_t length = strlen(text);
    bool written = write(fd, text, length) == (ssize_t)length;
    close(fd);
    if (!written || rename(temporary, path) < 0) {
        unlink(temporary);
        return -1;
    }
    return 0;
}

int write_in_place(const char *folder, const char *name, const char *text, off_t offset) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -1;
    size_t length = strlen(text);
    ssize_t written = pwrite(fd, text, length, offset);
    close(fd);
    return written == (ssize_t)length ? 0 : -1;
}

// Removes what is below a folder, by descriptor, without ever following a link.
static int remove_entries(int folder_fd, int depth) {
    if (depth > 2000) return errno = ELOOP, -1;
    DIR *folder = fdopendir(folder_fd);
    if (!folder) {
        close(folder_fd);
        return -1;
    }
    int result = 0;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (unlinkat(folder_fd, entry->d_name, 0) == 0) continue;
        int next = openat(folder_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0 || remove_entries(next, depth + 1) < 0 ||
            unlinkat(folder_fd, entry->d_name, AT_REMOVEDIR) < 0)
            result = -1;
    }
    closedir(folder);
    return result;
}

int remove_tree(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) return unlink(path);
    if (fd < 0) return errno == ENOENT ? 0 : -1;
    if (remove_entries(fd, 0) < 0) return -1;
    return rmdir(path);
}

static void remove_cgroups_below(int folder_fd, int depth) {
    DIR *folder = folder_fd < 0 || depth > 100 ? NULL : fdopendir(folder_fd);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        remove_cgroups_below(openat(folder_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), depth + 1);
        unlinkat(folder_fd, entry->d_name, AT_REMOVEDIR);
    }
    if (folder) closedir(folder);
    else if (folder_fd >= 0) close(folder_fd);
}

// A cgroup stays busy for a moment after its last process was reaped, and as long as there is one below it, which a
// container may have made; the files in it go by themselves.
int remove_cgroup(const char *path) {
    int attempts = 0;
    while (rmdir(path) < 0) {
        if (errno == ENOENT) break;
        if (errno != EBUSY || ++attempts > 200) return -1;
        remove_cgroups_below(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), 0);
        nanosleep(&(struct timespec){.tv_nsec = attempts < 20 ? 200000 : 10000000}, NULL);
    }
    return 0;
}

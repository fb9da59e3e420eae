// Copies a tree of files into an empty file system (the mount option tmpcopyup). Everything by descriptor; no link is
// followed.
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static int copy_file(int from, int to, const char *name) {
    int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (source < 0) return -1;
    int target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    ssize_t count = target < 0 ? -1 : 1;
    while (count > 0) count = sendfile(target, source, NULL, 1 << 20);
    int saved = errno;
    close(source);
    if (target >= 0) close(target);
    errno = saved;
    return count < 0 ? -1 : 0;
}

static int copy_link(int from, int to, const char *name) {
    char target[4096];
    ssize_t count = readlinkat(from, name, target, sizeof target - 1);
    if (count < 0) return -1;
    target[count] = '\0';
    return symlinkat(target, to, name);
}

static int copy_entries(int from, int to, int depth);

static int copy_folder(int from, int to, const char *name, int depth) {
    if (depth > 500) return errno = ELOOP, -1;
    if (mkdirat(to, name, 0700) < 0) return -1;
    int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int target = source < 0 ? -1 : openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (target < 0) {
        if (source >= 0) close(source);
        return -1;
    }
    int result = copy_entries(source, target, depth + 1), saved = errno;
    close(target);
    errno = saved;
    return result;
}

static int copy_entry(int from, int to, const char *name, int depth) {
    struct stat status;
    int result;
    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    switch (status.st_mode & S_IFMT) {
    case S_IFREG:
        result = copy_file(from, to, name);
        break;
    case S_IFLNK:
        result = copy_link(from, to, name);
        break;
    case S_IFDIR:
        result = copy_folder(from, to, name, depth);
        break;
    default:
        result = mknodat(to, name, status.st_mode, status.st_rdev);
    }
    if (result < 0) return -1;
    if (fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    return S_ISLNK(status.st_mode) ? 0 : fchmodat(to, name, status.st_mode & 07777, 0);
}

// Takes over `from`.
static int copy_entries(int from, int to, int depth) {
    DIR *folder = fdopendir(from);
    if (!folder) {
        close(from);
        return -1;
    }
    int result = 0;
    struct dirent *entry;
    while (result == 0 && (entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) result = copy_entry(from, to, entry->d_name, depth);
    int saved = errno;
    closedir(folder);
    errno = saved;
    return result;
}

int copy_tree(int from, int to) {
    int source = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return source < 0 ? -1 : copy_entries(source, to, 0);
}

#define _GNU_SOURCE
#include "CKLinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/mman.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int ck_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int ck_pidfd_open(pid_t pid, unsigned int flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }

int ck_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int ck_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING); }

int ck_write_and_seal(int memfd, const void *bytes, size_t length) {
    size_t done = 0;
    while (done < length) {
        ssize_t count = write(memfd, (const char *)bytes + done, length - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -1;
        done += (size_t)count;
    }
    return fcntl(memfd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

uint64_t ck_permitted_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &header, data) < 0) return 0;
    return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

uint64_t ck_make_device(uint32_t major, uint32_t minor) { return makedev(major, minor); }

int ck_pipe(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC); }

void ck_spread_folders(int directory) {
    int flags;
    if (ioctl(directory, FS_IOC_GETFLAGS, &flags) < 0) return;
    flags |= FS_TOPDIR_FL;
    ioctl(directory, FS_IOC_SETFLAGS, &flags);
}

int ck_is_mount_point(int directory, const char *name) {
    struct statx status;
    if (statx(directory, name, AT_SYMLINK_NOFOLLOW, 0, &status) < 0) return -1;
    return status.stx_attributes & STATX_ATTR_MOUNT_ROOT ? 1 : 0;
}

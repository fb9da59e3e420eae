// Calls and constants of the file system that Glibc's Swift module leaves out.
#ifndef CKFILES_H
#define CKFILES_H

#include <stdint.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>

// openat2(2): no mount point on the way.
#define CK_RESOLVE_NO_XDEV 0x01
// open(2)
#define CK_O_PATH 010000000
#define CK_O_TMPFILE (020000000 | 0200000)
// fcntl(2)
#define CK_F_SETPIPE_SZ 1031
// lseek(2)
#define CK_SEEK_DATA 3
#define CK_SEEK_HOLE 4

// Whether something is mounted at a name of an open folder, in whatever mount namespace (statx(2)); a link there is not
// followed. -1 with errno.
int ck_is_mount_point(int directory, const char *name);

// syncfs(2)
int syncfs(int fd);

// copy_file_range(2) and sendfile(2), from and to where the files stand
ssize_t copy_file_range(int from, off_t *offset_from, int to, off_t *offset_to, size_t count, unsigned int flags);
ssize_t sendfile(int to, int from, off_t *offset, size_t count);

// Lets each folder that is made in a folder begin in another part of the disk (ext4's FS_TOPDIR_FL, chattr(1) +T). Where the
// file system has no such thing, nothing happens.
void ck_spread_folders(int directory);

// makedev(3)
static inline dev_t ck_makedev(uint32_t major, uint32_t minor) { return makedev(major, minor); }
static inline uint32_t ck_major(dev_t device) { return major(device); }
static inline uint32_t ck_minor(dev_t device) { return minor(device); }

#endif

// What Glibc's Swift module does not show: system calls without a wrapper in glibc 2.36, and constants.
#ifndef CKLINUX_H
#define CKLINUX_H

#include "CKFiles.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

// strerrorname_np(3)
const char *strerrorname_np(int errnum);

// openat2(2): `resolve` is a set of RESOLVE_* (linux/openat2.h).
#define CK_RESOLVE_NO_MAGICLINKS 0x02
#define CK_RESOLVE_NO_SYMLINKS 0x04
#define CK_RESOLVE_BENEATH 0x08
#define CK_RESOLVE_IN_ROOT 0x10
int ck_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

// pidfd_open(2), pidfd_send_signal(2)
int ck_pidfd_open(pid_t pid, unsigned int flags);
int ck_pidfd_send_signal(int pidfd, int signal);

// memfd_create(2), then written, then sealed against every change.
int ck_sealed_memfd(const char *name, const void *bytes, size_t length);

#endif

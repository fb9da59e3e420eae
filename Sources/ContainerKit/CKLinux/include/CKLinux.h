// What Glibc's Swift module does not show: system calls without a wrapper in glibc 2.36, and constants.
#ifndef CKLINUX_H
#define CKLINUX_H

#include "CKFiles.h"
#include "CKProcessors.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/random.h>
#include <sys/types.h>

// strerrorname_np(3)
const char *strerrorname_np(int errnum);

// unshare(2), setns(2): for a thread that does nothing else and ends afterwards, never for a pool's.
#define CK_CLONE_NEWNET 0x40000000
int unshare(int flags);
int setns(int descriptor, int type);

// openat2(2): `resolve` is a set of RESOLVE_* (linux/openat2.h).
#define CK_RESOLVE_NO_MAGICLINKS 0x02
#define CK_RESOLVE_NO_SYMLINKS 0x04
#define CK_RESOLVE_BENEATH 0x08
#define CK_RESOLVE_IN_ROOT 0x10
int ck_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

// pidfd_open(2), pidfd_send_signal(2)
int ck_pidfd_open(pid_t pid, unsigned int flags);
int ck_pidfd_send_signal(int pidfd, int signal);

// memfd_create(2): an empty file in memory that can be sealed.
int ck_memfd(const char *name);
// Fills such a file and seals it, so that nobody can change it any more. 0, or -1 with errno.
int ck_write_and_seal(int memfd, const void *bytes, size_t length);

// Starts the program at `path` with one argument or none (NULL), with `descriptors` as its 0, 1, 2, ... and an empty
// environment, detached from the caller: it becomes a child of init, never a zombie of ours. Safe in a process with many threads and a large heap:
// nothing but system calls runs between the two clones and the exec, and no memory is copied (clone(2), CLONE_VM and
// CLONE_VFORK). The program runs from a read-only mount of its own, so that nothing can write to it through
// /proc/PID/exe (CVE-2019-5736). 0, or -1 with errno.
int ck_spawn_detached(const char *path, const char *name, const char *argument, const int *descriptors, int count);

// The calling thread's permitted capabilities (capget(2)).
uint64_t ck_permitted_capabilities(void);

// pipe2(2) with O_CLOEXEC
int ck_pipe(int descriptors[2]);

// makedev(3)
uint64_t ck_make_device(uint32_t major, uint32_t minor);

// Connects to the socket `name` (SOCK_SEQPACKET) in a folder whose path may be longer than an address (unix(7)). A
// descriptor, or -1 with errno.
int ck_connect_in(const char *folder, const char *name);
// Sends a message and copies of descriptors, eight at most, with it (SCM_RIGHTS). As sendmsg(2).
ssize_t ck_send_descriptors(int socket, const void *bytes, size_t size, const int *descriptors, int count);

// bpf(2): `attributes` is laid out as union bpf_attr (linux/bpf.h), zero beyond `size`.
int ck_bpf(int command, void *attributes, unsigned int size);

#endif

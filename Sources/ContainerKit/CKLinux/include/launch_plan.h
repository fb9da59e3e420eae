// The binary form of a launch plan and of the messages on the control socket: what the library's Swift writes and
// ck-shim reads. All numbers are in the byte order of the host; both sides are built from this header.
#ifndef CK_LAUNCH_PLAN_H
#define CK_LAUNCH_PLAN_H

#include <stdint.h>

#define CK_PLAN_MAGIC 0x4e4c5043u // "CPLN"
#define CK_PLAN_VERSION 1

// Who carries a step out, and when.
enum ck_phase {
    CK_PHASE_SUPERVISOR = 0, // the shim, before it clones
    CK_PHASE_HOST = 1,       // the shim, after the clone, while the child mounts
    CK_PHASE_CHILD = 2,      // the child, in order
    CK_PHASE_AFTER = 3,      // the shim, after the container's end
};

// Fields: n0, n1 numbers; s0 to s3 offsets of strings or lists in the arena; length of a byte block at s0.
enum ck_opcode {
    // supervisor
    CK_OP_STDIO = 1,       // flags: CK_STDIO_*
    CK_OP_STATE = 2,       // s0: folder for the file `pids`, s1: folder for the file `exit`, or empty
    CK_OP_LOG = 3,         // s0: file for docker's json-file format, n0: its size in bytes or 0, n1: how many files
    CK_OP_CGROUP = 4,      // s0: cgroup v2 folder to clone into
    CK_OP_TARGET = 5,      // n0: pid, n1: its start time: the container to join
    CK_OP_CLONE = 6,       // n0: CLONE_NEW* flags
    // host
    CK_OP_NETLINK = 20, // s0+length: messages; n0: how many; n1: offset of the child's pid + 1, or 0
    // child
    CK_OP_JOIN_CGROUP = 40,      // s0: a cgroup.procs file
    CK_OP_SETNS = 41,            // n0: namespaces of the target to join
    CK_OP_UNSHARE = 42,          // n0: CLONE_NEW* flags
    CK_OP_PROPAGATION = 43,      // s0: path, n0: MS_* flags
    CK_OP_MOUNT_OVERLAY = 44,    // s0: folder the options are relative to, s1: options, s2: target, n0: MS_* flags
    CK_OP_BIND_ROOT = 45,        // s0: the root file system's folder
    CK_OP_OPEN_ROOT = 46,        // s0: path of the root file system; later targets are below it
    CK_OP_MOUNT = 47,            // s0: type, s1: target, s2: list of options, s3: source, n0: MOUNT_ATTR_*
    CK_OP_BIND = 48,             // s0: source, s1: target, n0: MOUNT_ATTR_*, n1: propagation; flags: CK_BIND_*
    CK_OP_MAKE_DIRECTORY = 49,   // s0: path, n0: mode
    CK_OP_MAKE_NODE = 50,        // s0: path, n0: mode, n1: device number
    CK_OP_SYMLINK = 51,          // s0: path, s1: target
    CK_OP_PIVOT = 52,
    CK_OP_MASK = 53,             // s0: path
    CK_OP_READONLY = 54,         // s0: path
    CK_OP_HOSTNAME = 55,         // s0
    CK_OP_DOMAINNAME = 56,       // s0
    CK_OP_SYSCTL = 57,           // s0: path below /proc/sys, s1: value
    CK_OP_AWAIT_HOST = 58,       // until the host phase is done
    CK_OP_SESSION = 59,
    CK_OP_CONSOLE = 60,          // flags: CK_CONSOLE_BIND; n0: rows, n1: columns
    CK_OP_STANDARD_STREAMS = 61, // n0: owner's uid
    CK_OP_RLIMIT = 62,           // flags: RLIMIT_*, n0: soft, n1: hard
    CK_OP_OOM_SCORE = 63,        // s0: value
    CK_OP_UMASK = 64,            // n0
    CK_OP_NO_NEW_PRIVILEGES = 65,
    CK_OP_BOUNDING = 66,         // n0: the capabilities that stay
    CK_OP_USER = 67,             // n0: uid, n1: gid, s0+length: supplementary groups (uint32_t)
    CK_OP_CAPABILITIES = 68,     // n0: effective, n1: permitted, s0+16: inheritable, ambient (uint64_t)
    CK_OP_SECCOMP = 69,          // s0+length: struct sock_filter[]
    CK_OP_CHDIR = 70,            // s0
    CK_OP_EXEC = 71,             // s0: argv, s1: envp, s2: paths to try
    CK_OP_KEEP_DESCRIPTORS = 72, // n0: how many from 3 on stay open
    CK_OP_ROOT_READONLY = 73,
    // after
    CK_OP_REMOVE_CGROUP = 80, // s0: folder
    CK_OP_REMOVE_TREE = 81,   // s0: folder
};

#define CK_STDIO_TERMINAL 1u // a pseudo-terminal
#define CK_STDIO_STDIN 2u    // the container's stdin stays open
#define CK_STDIO_ATTACHED 4u // descriptors 0, 1, 2 of the shim are a client's: relay to them
#define CK_STDIO_STDIN_ATTACHED 8u
#define CK_STDIO_PASS 16u    // the container gets the shim's 0, 1, 2 as they are

#define CK_BIND_RECURSIVE 1u
#define CK_BIND_FILE 2u // the source is not a folder: make a file to mount on
#define CK_MOUNT_ORDINARY 4u // the target must be a real folder, not a link (procfs, sysfs, /dev)
#define CK_BIND_OPTIONAL 8u

#define CK_CONSOLE_BIND 1u // show the terminal as /dev/console

struct ck_plan_header {
    uint32_t magic;
    uint32_t version;
    uint32_t step_count;
    uint32_t arena_size;
};

struct ck_plan_step {
    uint16_t opcode;
    uint16_t phase;
    uint32_t flags;
    uint64_t n0;
    uint64_t n1;
    uint32_t s0;
    uint32_t s1;
    uint32_t s2;
    uint32_t s3;
    uint32_t length;
    uint32_t reserved;
};

// A list in the arena is an array of uint32_t offsets that ends with this.
#define CK_LIST_END 0xffffffffu

// Descriptors of the shim at its start.
#define CK_CONTROL_FD 3
#define CK_PLAN_FD 4

enum ck_message_kind {
    CK_MESSAGE_STARTED = 1, // from the shim: pid and start time of the container's first process
    CK_MESSAGE_FAILED = 2,  // from the shim: value = errno, step = index in the plan, detail
    CK_MESSAGE_EXITED = 3,  // from the shim: value = exit status as a shell counts it
    CK_MESSAGE_RESIZE = 4,  // to the shim: value = rows, step = columns
    CK_MESSAGE_SIGNAL = 5,  // to the shim: value = signal for the first process
    CK_MESSAGE_BEGIN = 6,   // to the shim, first: the plan is written
};

struct ck_message {
    uint32_t kind;
    int32_t value;
    uint32_t step;
    int32_t pid;
    int32_t shim_pid;
    uint32_t reserved;
    uint64_t start_time;
    uint64_t shim_start_time;
    char detail[128];
};

#endif

// The binary form of a launch plan and of the messages on the control socket: what the library's Swift writes and
// ck-shim reads. All numbers are in the byte order of the host; both sides are built from this header.
#ifndef CK_LAUNCH_PLAN_H
#define CK_LAUNCH_PLAN_H

#include <stdint.h>

#define CK_PLAN_MAGIC 0x4e4c5043u // "CPLN"
#define CK_PLAN_VERSION 2

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
    CK_OP_LOG = 3,         // s0: file, n0: its size in bytes or 0, n1: how many files; flags: CK_LOG_*
    CK_OP_CGROUP = 4,      // s0: cgroup v2 folder to clone into
    CK_OP_TARGET = 5,      // n0: pid, n1: its start time: the container to join
    CK_OP_CLONE = 6,       // n0: CLONE_NEW* flags
    CK_OP_JOIN = 7,        // s0: path of a namespace, or s1: run folder of the container that has it; n0: its CLONE_NEW* flag
    CK_OP_TIME = 8,        // s0: offsets of the clocks of a new time namespace (time_namespaces(7))
    CK_OP_TREE = 9,        // as CK_OP_BIND without a target; s1, s4: id maps of the tree, or empty; kept by its number;
                           // with CK_TREE_OF_CONTAINER s1: run folder of one among whose mounts it is looked up, without links
    CK_OP_LISTEN = 10,     // s0: folder of the socket `start`, which the child waits at
    CK_OP_TERMINAL_SOCKET = 11, // s0: socket that gets the terminal
    CK_OP_FILTER_SOCKET = 12,   // s0: socket that gets the listener of the system call filter
    CK_OP_PASS = 13,       // n0: how many descriptors the child gets, from CK_PASSED_FD on
    CK_OP_LEAVE = 14,      // nothing supervises the process
    CK_OP_CONTROL = 15,    // s0: folder of the socket `control`, where clients come and go
    CK_OP_RESTART = 16,    // n0: CK_RESTART_*, n1: how often at most, or 0
    CK_OP_HEALTH = 17,     // s0+length: struct ck_health; s1+s2: the plan of a check; s3: what one that took too long says
    CK_OP_EVENTS = 18,     // s0: event log, s1: id, s2: image: where the container's events go
    CK_OP_DETACH_KEYS = 19, // s0+length: what the first client types to leave
    CK_OP_OUT_OF_MEMORY = 25, // s0: file with the line oom_kill, s1: cgroup.event_control, or empty
    CK_OP_RUNTIME = 26, // another runtime makes the container; s0: socket that it sends the terminal to, or empty
    // s0: argv, s1: envp: a program of the host's that is waited for; among the supervisor's steps only in later lives
    CK_OP_RUN = 28,
    // s0: the run folder, s1: the server of names, s2: the container's id: first the server is started where there is
    // none, then, in the host phase, told of the container
    CK_OP_NAMES = 29,
    CK_OP_PORTS = 30, // s0+length: struct ck_port[]: ports of the host that nobody else is to have
    // host
    // s0+length: messages; n0: how many; n1: offset of the child's pid + 1, or 0; flags: CK_NETLINK_*; after the end: takes
    // links away that may have outlived it, with CK_NETLINK_INSIDE from the network that it was in
    CK_OP_NETLINK = 20,
    CK_OP_ID_MAPS = 21, // s0: uid_map, s1: gid_map (user_namespaces(7))
    CK_OP_ASK = 22,     // tells the client that everything is mounted, and waits for its word
    CK_OP_ADOPT = 24,   // takes over the process of CK_OP_CLONE_AGAIN
    CK_OP_ADOPT_FILE = 27, // waits for the child, and takes over the process whose pid it left in s0; s1: its log
    CK_OP_GO = 23,      // lets the child go on from CK_OP_AWAIT_HOST
    // child
    CK_OP_JOIN_CGROUP = 40,      // s0: a cgroup.procs or tasks file
    CK_OP_SETNS = 41,            // n0: namespaces of the target to join
    CK_OP_UNSHARE = 42,          // n0: CLONE_NEW* flags
    CK_OP_PROPAGATION = 43,      // s0: path, n0: MS_* flags
    CK_OP_MOUNT_OVERLAY = 44,    // s0: folder the options are relative to, s1: options, s2: target, n0: MS_* flags
    CK_OP_BIND_ROOT = 45,        // s0: the root file system's folder, n0: 1 + number of a prepared tree, or 0; flags
    CK_OP_OPEN_ROOT = 46,        // s0: path of the root file system; later targets are below it
    CK_OP_MOUNT = 47,            // s0: type, s1: target, s2: list of options, s3: source, n0: MOUNT_ATTR_*
    // s0: source, s1: target, n0: MOUNT_ATTR_* to set and, 32 bits up, to clear, n1: propagation, s2, s3: attributes to
    // set and to clear in the whole tree; flags: CK_BIND_*
    CK_OP_BIND = 48,
    CK_OP_MAKE_DIRECTORY = 49,   // s0: path, n0: mode
    CK_OP_MAKE_NODE = 50,        // s0: path, n0: mode, n1: device number, s1, s2: owner
    CK_OP_SYMLINK = 51,          // s0: path, s1: target
    CK_OP_PIVOT = 52,
    CK_OP_MASK = 53,             // s0: path
    CK_OP_READONLY = 54,         // s0: path
    CK_OP_HOSTNAME = 55,         // s0
    CK_OP_DOMAINNAME = 56,       // s0
    CK_OP_SYSCTL = 57,           // s0: path below /proc/sys, s1: value
    CK_OP_AWAIT_HOST = 58,       // until the host phase has come to its next CK_OP_GO, or to its end
    CK_OP_SESSION = 59,
    CK_OP_CONSOLE = 60,          // flags: CK_CONSOLE_BIND; n0: rows, n1: columns
    CK_OP_STANDARD_STREAMS = 61, // n0: owner's uid
    CK_OP_RLIMIT = 62,           // flags: RLIMIT_*, n0: soft, n1: hard; of the child in the host phase too
    CK_OP_OOM_SCORE = 63,        // s0: value; of the child, in the host phase
    CK_OP_UMASK = 64,            // n0
    CK_OP_NO_NEW_PRIVILEGES = 65,
    CK_OP_BOUNDING = 66,         // n0: the capabilities that stay
    CK_OP_USER = 67,             // n0: uid, n1: gid, s0+length: supplementary groups (uint32_t)
    CK_OP_CAPABILITIES = 68,     // n0: effective, n1: permitted, s0+16: inheritable, ambient (uint64_t)
    CK_OP_SECCOMP = 69,          // s0+length: struct sock_filter[]; s1, n0, n1: what its listener is told, as of a hook
    CK_OP_CHDIR = 70,            // s0
    CK_OP_EXEC = 71,             // s0: argv, s1: envp, s2: paths to try
    CK_OP_KEEP_DESCRIPTORS = 72, // n0: how many of those from CK_PASSED_FD on the program gets, from 3 on
    CK_OP_ROOT_READONLY = 73,
    CK_OP_BECOME_ROOT = 74,      // the ids 0 of a user namespace
    CK_OP_REPORT_MOUNTED = 75,   // see CK_OP_ASK
    CK_OP_HOOK = 76,             // s0: argv, s1: envp, s2: path, n0: seconds or 0; s3+length: state, n1: room for the pid
    CK_OP_AWAIT_START = 77,      // until somebody says so at the socket of CK_OP_LISTEN
    CK_OP_MOVE_ROOT = 78,        // in place of CK_OP_PIVOT: MS_MOVE and chroot(2)
    CK_OP_CHANGE_MOUNT = 82,     // s0: path of a mount, n0: as of CK_OP_BIND
    CK_OP_CHANGE_ROOT = 79,      // in place of CK_OP_PIVOT: chroot(2) alone
    // after
    CK_OP_REMOVE_CGROUP = 80, // s0: folder
    CK_OP_REMOVE_TREE = 81,   // s0: folder
    // child, more of it
    CK_OP_PERSONALITY = 90,   // n0: personality(2)
    CK_OP_SCHEDULER = 91,     // s0+length: struct sched_attr
    CK_OP_IO_PRIORITY = 92,   // n0: ioprio_set(2)
    CK_OP_AFFINITY = 93,      // s0+length: a set of CPUs (sched_setaffinity(2))
    CK_OP_KEYRING = 94,       // s0: name of a new session keyring
    CK_OP_CLONE_AGAIN = 96,   // the rest is another process's, in the namespaces that were entered
    CK_OP_INIT = 97,          // stays as the container's first process; the rest is a child's
    CK_OP_BIND_NAMESPACE = 98, // s0: run folder of the container that has it, s1: file to mount it on, n0: its CLONE_NEW* flag
    CK_OP_LABEL = 95,         // s0: file below /proc/self/attr, s1: label
};

#define CK_STDIO_TERMINAL 1u // a pseudo-terminal
#define CK_STDIO_STDIN 2u    // the container's stdin stays open
#define CK_STDIO_ATTACHED 4u // descriptors 0, 1, 2 of the shim are a client's: relay to them
#define CK_STDIO_STDIN_ATTACHED 8u
#define CK_STDIO_PASS 16u    // the container gets the shim's 0, 1, 2 as they are
#define CK_STDIO_OWN 32u     // with CK_STDIO_PASS: pipes and sockets become the user's
#define CK_STDIO_STDIN_ONCE 64u // the container's stdin ends with that of its last client

#define CK_LOG_JSON 0u  // docker's json-file
#define CK_LOG_LOCAL 1u // docker's local

// docker's restart policies
#define CK_RESTART_NO 0u
#define CK_RESTART_ON_FAILURE 1u
#define CK_RESTART_ALWAYS 2u
#define CK_RESTART_UNLESS_STOPPED 3u

// Durations in nanoseconds.
struct ck_health {
    uint64_t interval;
    uint64_t timeout;
    uint64_t start_period;
    uint64_t start_interval;
    uint64_t retries;
};

// Of CK_OP_PORTS.
struct ck_port {
    uint8_t address[16]; // as on the wire; of IPv4 the first four
    uint16_t port;
    uint8_t family;   // AF_INET, AF_INET6
    uint8_t protocol; // IPPROTO_*
};

#define CK_BIND_RECURSIVE 1u
#define CK_BIND_FILE 2u // the source is not a folder: make a file to mount on
#define CK_MOUNT_ORDINARY 4u // the target must be a real folder, not a link (procfs, sysfs, /dev)
#define CK_BIND_OPTIONAL 8u
#define CK_BIND_PREPARED 16u // length: number of the tree
#define CK_MOUNT_COPY_UP 32u // what the target has goes into the new file system
#define CK_BIND_MAP_ALL 64u   // the id maps are for all mounts of the tree
#define CK_MOUNT_ON_PROC 128u // the target may lie in procfs
#define CK_BIND_AMONG_HOSTS 256u // the host's mounts stay as they are
#define CK_TREE_OF_CONTAINER 512u
#define CK_CHDIR_MAY_FAIL 1u   // it is tried again later
#define CK_PROPAGATION_RECURSIVE (1u << 14) // MS_REC

#define CK_NETLINK_INSIDE 1u // in the network namespace of the process
#define CK_NETLINK_FILTER 2u // to nfnetlink; nobody waits for an answer
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
    uint32_t s4;
};

// A list in the arena is an array of uint32_t offsets that ends with this.
#define CK_LIST_END 0xffffffffu

// Descriptors of the shim at its start.
#define CK_CONTROL_FD 3
#define CK_PLAN_FD 4
#define CK_PASSED_FD 5

enum ck_message_kind {
    CK_MESSAGE_STARTED = 1, // from the shim: pid and start time of the container's first process
    CK_MESSAGE_FAILED = 2,  // from the shim: value = errno, step = index in the plan, detail
    CK_MESSAGE_EXITED = 3,  // from the shim: value = exit status as a shell counts it, step: CK_EXITED_*
    CK_MESSAGE_RESIZE = 4,  // to the shim: value = rows, step = columns
    CK_MESSAGE_SIGNAL = 5,  // to the shim: value = signal for the first process
    CK_MESSAGE_BEGIN = 6,   // to the shim, first: the plan is written; later: go on
    CK_MESSAGE_MOUNTED = 7, // from the child, and from the shim: see CK_OP_ASK
    CK_MESSAGE_CLONED = 9,  // from the child, with a pidfd: who goes on
    CK_MESSAGE_READY = 8,   // from the child: all that is left is to be started
    // To the shim: value = CK_ATTACH_*, with a descriptor for each; the first `step` bytes of detail are the detach keys
    CK_MESSAGE_ATTACH = 10,
    CK_MESSAGE_ATTACHED = 11, // from the shim, in answer
    CK_MESSAGE_DETACHED = 12, // from the shim: the keys were typed; its streams are let go of
    CK_MESSAGE_STOP = 13,     // to the shim: value = signal, step = milliseconds until SIGKILL, or CK_NEVER
    CK_MESSAGE_POLICY = 14,   // to the shim: value = CK_RESTART_*, step = how often at most, or 0
    CK_MESSAGE_HOLD = 15,     // to the shim: value = CK_HOLD_*: which of the client's streams are left alone for now
    // To the shim, before the plan: what its CK_OP_NAMES will name; detail is the run folder and the program, each with a 0
    CK_MESSAGE_NAMES = 16,
    CK_MESSAGE_RENEW = 17,   // to the shim, with the descriptor of a plan: what is to be done from now on
    // From the shim, in answer: value = errno, with detail, or 0; pid and start time of the first process of the life that has the
    // plan of before, or 0 between two
    CK_MESSAGE_RENEWED = 18,
};

// What is said at the socket of CK_OP_LISTEN.
#define CK_START_BYTE 115 // s

#define CK_EXITED_RESTARTS 1u   // the restart policy starts it again
#define CK_EXITED_KILLED 2u     // it did not obey a CK_MESSAGE_STOP in time
#define CK_ATTACH_INPUT 1
#define CK_ATTACH_OUTPUT 2
#define CK_ATTACH_ERROR 4
#define CK_HOLD_INPUT 1
#define CK_HOLD_OUTPUT 2
#define CK_NEVER 0xffffffffu
#define CK_MOST_KEYS 32

#define CK_DETAIL_SIZE 512

struct ck_message {
    uint32_t kind;
    int32_t value;
    uint32_t step;
    int32_t pid;
    int32_t shim_pid;
    uint32_t opcode; // of the step that failed
    uint64_t start_time;
    uint64_t shim_start_time;
    char detail[CK_DETAIL_SIZE];
};

#endif

// ck-shim carries out one launch plan and supervises the process that comes of it. Single-threaded; nothing is
// allocated after the start; what is to be done is decided in the plan.
#ifndef CK_SHIM_H
#define CK_SHIM_H

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "launch_plan.h"

#define MOST_TREES 512
#define MOST_STRINGS 262144 // as many as can be within what execve(2) takes by default: 2 MiB
#define MOST_PATHS 4096
#define PID_ROOM 10
#define NO_STEP 0xffffffffu

struct plan {
    const struct ck_plan_step *steps;
    uint32_t count;
    const char *arena;
    uint32_t arena_size;
};

// plan.c
int plan_open(struct plan *plan, int fd);
const char *plan_string(const struct plan *plan, uint32_t offset);
int plan_list(const struct plan *plan, uint32_t offset, const char **items, size_t capacity);
const void *plan_bytes(const struct plan *plan, uint32_t offset, uint32_t length);

// What the supervisor knows after the supervisor phase.
struct supervisor {
    uint32_t stdio_flags;
    const char *run_folder;
    const char *exit_folder;
    const char *cgroup_folder;
    int target_pidfd;
    uint64_t clone_flags;
    int mount_namespace_fd; // of CK_OP_JOIN
    int trees[MOST_TREES];
    unsigned tree_count;
    int listen_fd;
    int terminal_fd; // gets the terminal
    int filter_fd;   // gets the listener of the filter
    unsigned passed; // descriptors from CK_PASSED_FD on are the child's
    bool leaves;

    pid_t pid;
    uint64_t start_time;
    int pidfd;
    int sync_fd;  // to the child: pseudo-terminal and failure come in, "host phase done" goes out
    int stdin_fd; // the container's end is the other one
    int stdout_fd;
    int stderr_fd;
    int master_fd;
    char detail[128]; // more about a failure
};

// What the child has at hand.
struct child {
    const struct supervisor *supervisor;
    int sync_fd;
    int listen_fd;
    int root_fd;
    int null_fd;
    int empty_fd; // an empty read-only folder to mask with
    int streams[3];
    bool in_folder; // the working folder is the program's
    pid_t pid; // as the host counts; known after CK_OP_AWAIT_HOST
    uint32_t failed_step; // when it is not the one that is carried out
    char detail[128];
};

// main.c
void tell(struct ck_message *message);
void await_child(struct supervisor *supervisor, struct ck_message *message);

// prepare.c
int prepare_step(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *supervisor);
int write_id_maps(pid_t pid, const char *uids, const char *gids);

// host.c
int host_run(const struct plan *plan, struct supervisor *supervisor, uint32_t *failed);

// start.c
int start_await(const struct plan *plan, struct child *child);

// hooks.c
int hook_run(const struct plan *plan, const struct ck_plan_step *step, struct child *child);
int listener_send(const struct plan *plan, const struct ck_plan_step *step, struct child *child, int listener);

// child.c: carries out the child phase; returns only on failure, after it has reported it.
void child_run(const struct plan *plan, struct child *child);

// credentials.c, mounts.c, root.c, paths.c: 0 or -1 with errno
int credentials_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child);
int mount_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child);
int root_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child);
int path_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child);
int open_below(int root, const char *path, uint64_t flags, uint64_t resolve);
int open_target(int root, const char *path, bool is_file, const struct ck_plan_step *step, struct child *child);
int tree_open(int folder, const char *path, bool recursive);
int tree_move(int tree, int target);
int tree_clone(const char *path, const struct ck_plan_step *step, int user_namespace);

// copy.c
int copy_tree(int from, int to);

// terminal.c
int terminal_open(bool bind_console, uint16_t rows, uint16_t columns, struct child *child);
int descriptor_send_with(int socket, int fd, const void *bytes, size_t size);
int descriptor_receive(int socket, void *bytes, size_t size, ssize_t *received);

// netlink.c: sends the messages and reads an answer to each
int netlink_send(const void *messages, uint32_t length, uint32_t count, char *detail, size_t detail_size);

// log.c
int log_open(const char *path, uint64_t most_bytes, uint64_t most_files);
void log_write(int stream, const char *bytes, size_t count);
void log_flush(void);

// relay.c: streams, control socket and the end of the process; returns its wait status
int relay_run(struct supervisor *supervisor, int control_fd);

// files.c
uint64_t process_start_time(pid_t pid);
int write_file_atomically(const char *folder, const char *name, const char *text);
int write_in_place(const char *folder, const char *name, const char *text, off_t offset);
int remove_tree(const char *path);
int remove_cgroup(const char *path);
int write_once(const char *path, const char *text, size_t length);
// The same for a file that must be the kernel's own in procfs.
int write_proc(const char *path, const char *text);

#endif

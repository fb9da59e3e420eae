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

struct plan {
    const struct ck_plan_step *steps;
    uint32_t count;
    const char *arena;
    uint32_t arena_size;
};

// plan.c
int plan_open(struct plan *plan, int fd);
const char *plan_string(const struct plan *plan, uint32_t offset);
size_t plan_list(const struct plan *plan, uint32_t offset, const char **items, size_t capacity);
const void *plan_bytes(const struct plan *plan, uint32_t offset, uint32_t length);

// What the supervisor knows after the supervisor phase.
struct supervisor {
    uint32_t stdio_flags;
    const char *run_folder;
    const char *exit_folder;
    const char *log_path;
    const char *cgroup_folder;
    pid_t target_pid;
    uint64_t target_start_time;
    int target_pidfd;
    uint64_t clone_flags;

    pid_t pid;
    uint64_t start_time;
    int pidfd;
    int sync_fd;  // to the child: pseudo-terminal and failure come in, "host phase done" goes out
    int stdin_fd; // the container's end is the other one
    int stdout_fd;
    int stderr_fd;
    int master_fd;
};

// What the child has at hand.
struct child {
    const struct supervisor *supervisor;
    int sync_fd;
    int root_fd;
    int null_fd;
    int empty_fd; // an empty read-only folder to mask with
    int streams[3];
    char detail[128];
};

// child.c: carries out the child phase; returns only on failure, after it has reported it.
void child_run(const struct plan *plan, struct child *child);

// mounts.c and credentials.c: 0 or -1 with errno
int mount_step(const struct plan *plan, const struct ck_plan_step *step, struct child *child);
int mount_root_open(const char *path, struct child *child);
int credentials_step(const struct plan *plan, const struct ck_plan_step *step);

// terminal.c
int terminal_open(bool bind_console, uint16_t rows, uint16_t columns, struct child *child);
int descriptor_send(int socket, int fd);
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

#endif

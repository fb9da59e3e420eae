// ck-shim carries out a launch plan and supervises the process that comes of it. Single-threaded; what is to be done is decided
// in the plan, and nothing is allocated after the start but for another one.
#ifndef CK_SHIM_H
#define CK_SHIM_H

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

#include "CKProcessors.h"
#include "launch_plan.h"

struct pollfd;

#define MOST_TREES 512
#define MOST_STRINGS 262144 // as many as can be within what execve(2) takes by default: 2 MiB
#define MOST_PATHS 4096
#define PID_ROOM 10
#define NO_STEP 0xffffffffu
#define NANOSECONDS 1000000000ull
#define MOST_CLIENTS 200 // of three descriptors and a socket each, less than the 1,024 that a process has by default
#define CHUNK 32768      // of output that is on its way
#define LINE_LIMIT 16384 // docker splits longer lines
#define TIME_ROOM 40
#define PAGE 4096

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
    struct plan *plan; // the latest
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
    int console_fd;  // where another runtime sends the terminal
    int filter_fd;   // gets the listener of the filter
    unsigned passed; // descriptors from CK_PASSED_FD on are the child's
    bool leaves;
    uint32_t clone_step;
    const struct ck_plan_step *health;

    pid_t pid;
    uint64_t start_time;
    int pidfd;
    int network_fd; // its network, where links are to be taken away from inside
    int sync_fd;  // to the child: pseudo-terminal and failure come in, "host phase done" goes out
    int stdin_fd; // the container's end is the other one
    int stdout_fd;
    int stderr_fd;
    int master_fd;
    char detail[CK_DETAIL_SIZE]; // more about a failure
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

// A client's part: -1 for what it has not.
struct client {
    int control; // -1 when it is about to be forgotten
    int input;
    int outputs[2];
    bool waits[2]; // whether a write may have to wait
    bool has_settings;
    uint8_t held;           // CK_HOLD_*
    uint8_t key_count, typed; // detach keys, and how many of them the client has typed
    uint8_t keys[CK_MOST_KEYS];
    uint32_t sent; // of the chunk of output
    struct termios settings;
};

// How the program ended; times in nanoseconds since 1970.
struct ending {
    int status;
    uint64_t started, finished;
    bool out_of_memory;
};

// What goes from one life of the container to the next.
struct life {
    uint32_t policy, most; // CK_RESTART_*
    uint32_t restarts;     // since it was started by hand
    uint64_t delay;        // before the last one
    uint32_t stdio_flags;
    uint16_t rows, columns; // of the terminal
    int listener;
    unsigned client_count;
    int clients[MOST_CLIENTS];
};

// What clients asked of the supervisor.
struct control {
    int listener;
    bool stopped;     // no restart any more
    bool killed;      // it did not obey in time
    uint64_t kill_at; // or 0
};

struct log_entry {
    int stream; // 0 is stdout, 1 is stderr
    const char *bytes;
    size_t count;
    uint64_t time;
    bool is_whole; // its last byte is a newline
};

enum input_result { INPUT_GOES_ON, INPUT_ENDS, INPUT_DETACHES };

extern struct client clients[MOST_CLIENTS];
extern unsigned client_count;
extern struct life life;
extern struct control control;

// main.c
void await_child(struct supervisor *supervisor, struct ck_message *message);
void tell(struct ck_message *message);

// prepare.c
int prepare_step(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *supervisor);
int write_id_maps(pid_t pid, const char *uids, const char *gids);

// host.c
int host_run(const struct plan *plan, struct supervisor *supervisor, uint32_t *failed);
void host_keep_network(const struct plan *plan, struct supervisor *supervisor);
void host_part_links(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *supervisor);

// runtime.c
int runtime_prepare(const char *console, struct supervisor *self);
int runtime_adopt(const char *pid_file, const char *log, struct supervisor *self);
int program_run(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *self);

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
int tree_clone(int folder, const char *path, const struct ck_plan_step *step, int user_namespace);

// copy.c
int copy_tree(int from, int to);

// terminal.c
int terminal_open(bool bind_console, uint16_t rows, uint16_t columns, struct child *child);
int descriptor_send_with(int socket, int fd, const void *bytes, size_t size);
int descriptor_receive(int socket, void *bytes, size_t size, ssize_t *received);

// ports.c
int ports_hold(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *self);
int ports_renew(const struct plan *plan, struct supervisor *self);
void ports_release(void);

// donors.c
int donor_open(const char *run_folder, int kind);
bool donor_is_shared(const char *run_folder);
int donor_bind(const char *run_folder, int kind, const char *path);

// names.c: before the clone, and once the container has its network
void names_expect(const struct ck_message *message, struct supervisor *self);
int names_reach(const char *run_root, const char *program, struct supervisor *self);
void names_forget(void);
int names_register(const char *run_root, const char *program, const char *id, struct supervisor *self);

// netlink.c: sends the messages and reads an answer to each; the last thing before our end
void netlink_filter(const void *messages, uint32_t length);
void netlink_part(void);
int netlink_send(const void *messages, uint32_t length, uint32_t count, char *detail, size_t detail_size);

// clock.c: nanoseconds, since 1970 and since some moment. A deadline is of the second kind, 0 is none.
uint64_t clock_now(void);
uint64_t clock_steady(void);
int clock_milliseconds(uint64_t deadline); // as poll(2) takes them
uint64_t clock_sooner(uint64_t one, uint64_t other);
size_t clock_text(uint64_t moment, char text[TIME_ROOM]);

// log.c, and what it is made of: a file, and a form of entries
int log_open(const char *path, uint32_t driver, uint64_t most_bytes, uint64_t most_files);
void log_write(int stream, const char *bytes, size_t count);
void log_flush(void); // closes it
void log_give_back(void);
int log_file_open(const char *path, uint64_t most_bytes, uint64_t most_files);
bool log_file_is_open(void);
void log_file_begin_entry(void);
void log_file_put(const char *bytes, size_t count);
void log_file_spill(void);
void log_file_close(void);
void json_log_entry(const struct log_entry *entry);
void local_log_entry(const struct log_entry *entry);

// clients.c
struct client *client_add(int control);
void client_attach(struct client *client, int input, int output, int error);
void client_let_go(struct client *client);
void client_leave(struct client *client);
void client_died(struct client *client);
void client_tell(struct client *client, uint32_t kind, int32_t value, uint32_t step);
bool client_lacks(const struct client *client);
int client_output(const struct client *client);
void client_pass(struct client *client, bool has_room);
void clients_tell(uint32_t kind, int32_t value, uint32_t step);
void clients_sweep(void);
void clients_let_go(void);
void clients_release(void);
bool clients_lack(void);
bool clients_pump(int from, int stream);
void clients_give_back(void);

// input.c
bool input_waits(void);
enum input_result input_take(struct client *client, bool has_terminal);
bool input_pass(int to);

// control.c
int control_listen(const char *folder);
void control_close(const char *folder);
void control_accept(void);
bool control_read(struct supervisor *self, struct client *client);
void control_tick(struct supervisor *self);

// relay.c: the container's streams, its clients and the end of the process; returns its status as a shell counts it
int relay_run(struct supervisor *supervisor);

// records.c
int record_processes(const struct supervisor *self, uint64_t started);
void record_exit(const struct supervisor *self, const struct ending *ending);
void record_restarting(const struct supervisor *self, uint64_t until);
void record_restarted(const struct supervisor *self);

// restart.c
bool life_resume(char **environment);
bool restart_decide(const struct ending *ending);
bool restart_wait(struct supervisor *self, const struct ending *ending);
void restart_now(void);

// events.c
void events_begin(const char *path, const char *id, const char *image_name, const char *run_folder);
void event_append(const char *action, const char *more);
void event_append_networks(const char *action);

// oom.c
void oom_begin(const char *counter, const char *control_file);
void oom_release(void);
void oom_watch(struct pollfd *wait);
void oom_notice(void);
bool oom_happened(void);

// health.c
void health_begin(const struct plan *plan, const struct ck_plan_step *step, const struct supervisor *supervisor, uint64_t started);
uint64_t health_deadline(void);
void health_watch(struct pollfd *control_wait, struct pollfd *output_wait);
void health_read(void);
void health_read_output(void);
void health_tick(void);
void health_end(void);

// init.c: -1 with errno, or goes on in the program's process
int init_begin(void);

// files.c
uint64_t process_start_time(pid_t pid);
int write_file_atomically(const char *folder, const char *name, const char *text);
int write_in_place(const char *folder, const char *name, const char *text, off_t offset);
int remove_tree(const char *path);
int remove_cgroup(const char *path);
int write_once(const char *path, const char *text, size_t length);
// The same for a file that must be the kernel's own in procfs.
int write_proc(const char *path, const char *text);
int write_sysctl(int root, const char *path, const char *text);

#endif

// Health checks: a command is run in the container again and again, by a fresh copy of ourselves with a plan of its own,
// and its status says how the container is (docker's states, and its rules of when they change).
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_RESULTS 5
#define MOST_OUTPUT 4096
#define PATIENCE NANOSECONDS // for what was told to end

enum state { STARTING, HEALTHY, UNHEALTHY };
static const char *const state_names[] = {"starting", "healthy", "unhealthy"};

struct result {
    uint64_t start, end;
    int status;
    size_t length;
    char output[MOST_OUTPUT + 4];
};

static const struct ck_health *rules;
static const char *plan_bytes_of_check, *words_of_timeout, *folder;
static uint32_t plan_size;
static const struct supervisor *self;
static uint64_t program_start, next_at, times_out_at, gives_up_at;
static enum state state;
static unsigned streak;
static struct result results[MOST_RESULTS];
static unsigned result_count;

static struct result current;
static struct {
    int control, output, pidfd;
    bool started, timed_out, is_cut;
} check = {-1, -1, -1, false, false, false};

static void close_and_forget(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void write_all(int fd, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        bytes += written, count -= (size_t)written;
    }
}

static void record(void) {
    char path[4096], temporary[4096];
    snprintf(path, sizeof path, "%s/health", folder);
    snprintf(temporary, sizeof temporary, "%s/.health.tmp", folder);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return;
    dprintf(fd, "%s %u\n", state_names[state], streak);
    for (unsigned index = 0; index < result_count; index++) {
        const struct result *one = &results[index];
        dprintf(fd, "%llu %llu %d %zu\n", (unsigned long long)one->start, (unsigned long long)one->end, one->status, one->length);
        write_all(fd, one->output, one->length);
        write_all(fd, "\n", 1);
    }
    close(fd);
    rename(temporary, path);
}

// Within the start period it is looked at more often, until it is healthy.
static uint64_t interval(void) {
    bool is_new = clock_now() - program_start < rules->start_period && state == STARTING;
    return is_new ? rules->start_interval : rules->interval;
}

void health_begin(const struct plan *plan, const struct ck_plan_step *step, const struct supervisor *supervisor, uint64_t started) {
    rules = plan_bytes(plan, step->s0, sizeof *rules);
    plan_bytes_of_check = plan_bytes(plan, step->s1, step->s2);
    if (!rules || !plan_bytes_of_check || !supervisor->run_folder) {
        rules = NULL;
        return;
    }
    plan_size = step->s2;
    words_of_timeout = plan_string(plan, step->s3);
    folder = supervisor->run_folder;
    self = supervisor;
    program_start = started;
    next_at = clock_steady() + interval();
    record();
}

uint64_t health_deadline(void) {
    if (!rules) return 0;
    return check.control < 0 ? next_at : gives_up_at > 0 ? gives_up_at : times_out_at;
}

void health_watch(struct pollfd *control_wait, struct pollfd *output_wait) {
    *control_wait = (struct pollfd){.fd = check.control, .events = POLLIN};
    *output_wait = (struct pollfd){.fd = check.output, .events = POLLIN};
}

// docker's rules.
static void judge(void) {
    enum state before = state;
    if (result_count == MOST_RESULTS) memmove(results, results + 1, (MOST_RESULTS - 1) * sizeof *results);
    else result_count++;
    results[result_count - 1] = current;
    if (current.status == 0) {
        streak = 0;
        state = HEALTHY;
    } else if (state != STARTING || current.start - program_start >= rules->start_period) {
        if (++streak >= rules->retries) state = UNHEALTHY;
    }
    record();
    if (state != before) event_append(state == HEALTHY ? "health_status: healthy" : "health_status: unhealthy", "");
}

// The plan with the process that it is to join.
static int plan_file(void) {
    int fd = memfd_create("ck-check", MFD_CLOEXEC);
    if (fd < 0) return -1;
    write_all(fd, plan_bytes_of_check, plan_size);
    const struct ck_plan_header *header = (const void *)plan_bytes_of_check;
    for (uint32_t index = 0; index < header->step_count; index++) {
        size_t offset = sizeof *header + index * sizeof(struct ck_plan_step);
        struct ck_plan_step step;
        if (offset + sizeof step > plan_size) break;
        memcpy(&step, plan_bytes_of_check + offset, sizeof step);
        if (step.opcode != CK_OP_TARGET) continue;
        step.n0 = (uint32_t)self->pid;
        step.n1 = self->start_time;
        pwrite(fd, &step, sizeof step, (off_t)offset);
    }
    return fd;
}

static void become_check(int output, int socket, int plan) {
    int null = open("/dev/null", O_RDWR), sources[] = {null, output, output, socket, plan}, copies[5];
    for (int index = 0; index < 5; index++)
        if ((copies[index] = fcntl(sources[index], F_DUPFD_CLOEXEC, 64)) < 0) _exit(127);
    for (int index = 0; index < 5; index++)
        if (dup2(copies[index], index) < 0) _exit(127);
    syscall(SYS_close_range, 5, ~0u, 0);
    execve("/proc/self/exe", (char *[]){"ck-shim", NULL}, (char *[]){NULL});
    _exit(127);
}

static bool start(void) {
    int pair[2] = {-1, -1}, ends[2] = {-1, -1}, plan = plan_file();
    struct ck_message begin = {.kind = CK_MESSAGE_BEGIN};
    pid_t pid = -1;
    if (plan >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
        pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &check.pidfd, 0, 0);
        if (pid == 0) {
            fcntl(ends[1], F_SETFL, 0); // the check's end is an ordinary one
            become_check(ends[1], pair[1], plan);
        }
    }
    close_and_forget(&plan);
    close_and_forget(&pair[1]);
    close_and_forget(&ends[1]);
    check.control = pair[0], check.output = ends[0];
    check.started = check.timed_out = check.is_cut = false;
    current = (struct result){.start = clock_now(), .status = -1};
    times_out_at = clock_steady() + rules->timeout;
    gives_up_at = 0;
    if (pid > 0) return send(check.control, &begin, sizeof begin, MSG_NOSIGNAL) == sizeof begin;
    current.length = (size_t)snprintf(current.output, sizeof current.output, "%s", strerror(errno));
    return false;
}

void health_read_output(void) {
    char bytes[4096];
    for (;;) {
        ssize_t count = read(check.output, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return close_and_forget(&check.output);
        size_t room = MOST_OUTPUT - current.length, part = (size_t)count < room ? (size_t)count : room;
        memcpy(current.output + current.length, bytes, part);
        current.length += part;
        if (part < (size_t)count) {
            check.is_cut = true;
            return; // once a turn: it may write without end
        }
    }
}

static void let_go(void) {
    siginfo_t end;
    if (check.pidfd >= 0)
        while (waitid(P_PIDFD, (id_t)check.pidfd, &end, WEXITED) < 0 && errno == EINTR) continue;
    close_and_forget(&check.pidfd);
    close_and_forget(&check.control);
    close_and_forget(&check.output);
}

static void put_before_output(const char *words) {
    static char all[MOST_OUTPUT];
    int length = snprintf(all, sizeof all, current.length > 0 ? "%s: %.*s" : "%s", words, (int)current.length, current.output);
    current.length = (size_t)length < sizeof all ? (size_t)length : sizeof all - 1;
    memcpy(current.output, all, current.length);
}

static void finish(void) {
    if (check.output >= 0) health_read_output();
    let_go();
    current.end = clock_now();
    if (check.is_cut) memcpy(current.output + current.length, "...", 3), current.length += 3;
    if (check.timed_out) {
        current.status = -1;
        put_before_output(words_of_timeout);
    }
    judge();
    next_at = clock_steady() + interval();
}

static void tell_failure(const struct ck_message *message) {
    const char *why = message->opcode == CK_OP_EXEC || message->value == ENOENT || message->value == EACCES
                          ? "the command cannot be executed" : "the check cannot be started";
    current.length = (size_t)snprintf(current.output, sizeof current.output, "%s: %s", why, strerror(message->value));
}

void health_read(void) {
    struct ck_message message;
    ssize_t count = recv(check.control, &message, sizeof message, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET)) return;
    if (count <= 0) return finish();
    if (message.kind == CK_MESSAGE_STARTED) check.started = true;
    if (message.kind == CK_MESSAGE_FAILED) tell_failure(&message);
    if (message.kind == CK_MESSAGE_EXITED) current.status = message.value;
}

// What takes too long is killed; what cannot be killed, because it is not there yet, is left.
static void end_check(void) {
    if (!check.timed_out && check.started) {
        struct ck_message kill = {.kind = CK_MESSAGE_SIGNAL, .value = SIGKILL};
        send(check.control, &kill, sizeof kill, MSG_NOSIGNAL);
        gives_up_at = clock_steady() + PATIENCE;
    } else {
        syscall(SYS_pidfd_send_signal, check.pidfd, SIGKILL, NULL, 0);
        gives_up_at = clock_steady() + PATIENCE;
    }
    check.timed_out = true;
}

static bool is_paused(void) {
    char path[4096];
    snprintf(path, sizeof path, "%s/paused", folder);
    return access(path, F_OK) == 0;
}

void health_tick(void) {
    uint64_t deadline = health_deadline();
    if (deadline == 0 || clock_steady() < deadline) return;
    if (check.control >= 0) return end_check();
    if (is_paused()) next_at = clock_steady() + interval();
    else if (!start()) finish();
}

// The program has ended, and with it what runs beside it.
void health_end(void) {
    if (check.pidfd >= 0) syscall(SYS_pidfd_send_signal, check.pidfd, SIGKILL, NULL, 0);
    let_go();
    rules = NULL;
}

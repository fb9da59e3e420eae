// ck-shim: reads a launch plan, clones the container's first process, and stays as its supervisor.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct plan plan;
static struct supervisor supervisor = {
    .target_pidfd = -1, .pidfd = -1, .sync_fd = -1, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .master_fd = -1};

static void tell(struct ck_message *message) {
    message->shim_pid = getpid();
    send(CK_CONTROL_FD, message, sizeof *message, MSG_NOSIGNAL);
}

static int clean_up(void) {
    int result = 0;
    for (uint32_t index = 0; index < plan.count; index++) {
        const struct ck_plan_step *step = &plan.steps[index];
        if (step->phase != CK_PHASE_AFTER) continue;
        const char *path = plan_string(&plan, step->s0);
        if ((step->opcode == CK_OP_REMOVE_CGROUP ? remove_cgroup(path) : remove_tree(path)) < 0) result = -1;
    }
    return result;
}

static void fail(uint32_t step, const char *detail) {
    struct ck_message message = {.kind = CK_MESSAGE_FAILED, .value = errno, .step = step};
    snprintf(message.detail, sizeof message.detail, "%s", detail);
    if (supervisor.pid > 0) {
        syscall(SYS_pidfd_send_signal, supervisor.pidfd, SIGKILL, NULL, 0);
        siginfo_t end;
        while (waitid(P_PIDFD, (id_t)supervisor.pidfd, &end, WEXITED) < 0 && errno == EINTR) continue;
    }
    clean_up();
    tell(&message);
    _exit(1);
}

static int open_target(const struct ck_plan_step *step) {
    supervisor.target_pidfd = (int)syscall(SYS_pidfd_open, (pid_t)step->n0, 0);
    if (supervisor.target_pidfd < 0) return -1;
    // The pid may have gone to another process since it was written down.
    if (process_start_time((pid_t)step->n0) != step->n1) return errno = ESRCH, -1;
    // Only our children enter the pid namespace (setns(2)).
    return setns(supervisor.target_pidfd, CLONE_NEWPID);
}

static int prepare(const struct ck_plan_step *step) {
    const char *path = plan_string(&plan, step->s0);
    switch (step->opcode) {
    case CK_OP_STDIO:
        supervisor.stdio_flags = step->flags;
        return 0;
    case CK_OP_STATE:
        supervisor.run_folder = path;
        supervisor.exit_folder = plan_string(&plan, step->s1);
        if (supervisor.exit_folder[0] == '\0') supervisor.exit_folder = NULL;
        return 0;
    case CK_OP_LOG:
        return log_open(path, step->n0, step->n1);
    case CK_OP_CGROUP:
        supervisor.cgroup_folder = path;
        return 0;
    case CK_OP_TARGET:
        return open_target(step);
    case CK_OP_CLONE:
        supervisor.clone_flags = step->n0;
        return 0;
    default:
        return errno = EINVAL, -1;
    }
}

// Makes the streams between us and the child: pipes, or nothing where a terminal or the client's own are used.
static int make_streams(struct child *child) {
    int pipes[3][2];
    uint32_t flags = supervisor.stdio_flags;
    for (int stream = 0; stream < 3; stream++) child->streams[stream] = stream;
    if (flags & (CK_STDIO_PASS | CK_STDIO_TERMINAL)) return 0;
    for (int stream = 0; stream < 3; stream++) {
        if (stream == 0 && !(flags & CK_STDIO_STDIN)) {
            child->streams[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
            if (child->streams[0] < 0) return -1;
            continue;
        }
        if (pipe2(pipes[stream], O_CLOEXEC) < 0) return -1;
        child->streams[stream] = pipes[stream][stream == 0 ? 0 : 1];
    }
    if (flags & CK_STDIO_STDIN) supervisor.stdin_fd = pipes[0][1];
    supervisor.stdout_fd = pipes[1][0];
    supervisor.stderr_fd = pipes[2][0];
    // Input is written only as far as the pipe has room.
    if (supervisor.stdin_fd >= 0) return fcntl(supervisor.stdin_fd, F_SETFL, O_NONBLOCK);
    return 0;
}

static void release_child_ends(const struct child *child) {
    if (supervisor.stdio_flags & (CK_STDIO_PASS | CK_STDIO_TERMINAL)) return;
    for (int stream = 0; stream < 3; stream++) close(child->streams[stream]);
}

static pid_t clone_child(void) {
    struct clone_args arguments = {
        .flags = supervisor.clone_flags | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)&supervisor.pidfd,
        .exit_signal = SIGCHLD,
    };
    int cgroup = -1;
    if (supervisor.cgroup_folder) {
        cgroup = open(supervisor.cgroup_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (cgroup < 0) return -1;
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)cgroup;
    }
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid != 0 && cgroup >= 0) close(cgroup);
    return pid;
}

// Until the child's end of the socket closes with its exec: a terminal, or the report of a failure.
static void await_exec(void) {
    for (;;) {
        struct ck_message message;
        ssize_t count;
        int fd = descriptor_receive(supervisor.sync_fd, &message, sizeof message, &count);
        if (fd >= 0) supervisor.master_fd = fd;
        if (count == sizeof message && message.kind == CK_MESSAGE_FAILED) {
            errno = message.value;
            message.detail[sizeof message.detail - 1] = '\0';
            fail(message.step, message.detail);
        }
        if (count <= 0) break;
    }
    close(supervisor.sync_fd);
    if (supervisor.master_fd >= 0) fcntl(supervisor.master_fd, F_SETFL, O_RDWR | O_NONBLOCK);
}

static void run_host_phase(void) {
    for (uint32_t index = 0; index < plan.count; index++) {
        const struct ck_plan_step *step = &plan.steps[index];
        if (step->phase != CK_PHASE_HOST) continue;
        char messages[8192] __attribute__((aligned(8))), detail[128] = "";
        const void *source = plan_bytes(&plan, step->s0, step->length);
        if (!source || step->length > sizeof messages || step->n1 + 3 > step->length) {
            errno = EINVAL;
            fail(index, "");
        }
        memcpy(messages, source, step->length);
        uint32_t pid = (uint32_t)supervisor.pid;
        if (step->n1 > 0) memcpy(messages + step->n1 - 1, &pid, sizeof pid);
        if (netlink_send(messages, step->length, (uint32_t)step->n0, detail, sizeof detail) < 0) {
            int saved = errno;
            // A child that has failed is gone from its namespace, and knows the real reason.
            struct pollfd report = {.fd = supervisor.sync_fd, .events = POLLIN};
            if (poll(&report, 1, 0) == 1) await_exec();
            errno = saved;
            fail(index, detail);
        }
    }
    write(supervisor.sync_fd, "g", 1);
}

static uint64_t started_at;

static uint64_t now_in_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Who runs. The time of the start stays zero until the program does: it has a fixed width, to be written in place.
static int write_processes(uint64_t start_time) {
    char text[160];
    if (!supervisor.run_folder) return 0;
    snprintf(text, sizeof text, "%d %llu %d %llu ", getpid(), (unsigned long long)process_start_time(getpid()),
             supervisor.pid, (unsigned long long)supervisor.start_time);
    size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, "%020llu\n", (unsigned long long)start_time);
    if (start_time == 0) return write_file_atomically(supervisor.run_folder, "pids", text);
    return write_in_place(supervisor.run_folder, "pids", text + length, (off_t)length);
}

static void write_exit(int status) {
    char text[96];
    if (!supervisor.exit_folder) return;
    snprintf(text, sizeof text, "%d %llu %llu\n", status, (unsigned long long)started_at,
             (unsigned long long)now_in_nanoseconds());
    write_file_atomically(supervisor.exit_folder, "exit", text);
}

static void become_supervisor(void) {
    // Nobody may look into a process that holds descriptors of the host (the class of CVE-2016-9962).
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NAME, "ck-shim", 0, 0, 0);
    for (int number = 1; number < 65; number++) signal(number, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid(); // ctrl-C at the client's terminal is the client's
    chdir("/");
}

// A client that has nothing to launch after all closes its end.
static bool await_plan(void) {
    struct ck_message message;
    ssize_t count;
    do count = recv(CK_CONTROL_FD, &message, sizeof message, 0);
    while (count < 0 && errno == EINTR);
    return count != 0;
}

int main(void) {
    become_supervisor();
    if (!await_plan()) return 0;
    if (plan_open(&plan, CK_PLAN_FD) < 0) {
        fprintf(stderr, "ck-shim carries out launch plans of ContainerKit; it is not called by hand\n");
        return 2;
    }
    close(CK_PLAN_FD);
    uint32_t clone_step = 0;
    for (uint32_t index = 0; index < plan.count; index++) {
        if (plan.steps[index].phase != CK_PHASE_SUPERVISOR) continue;
        if (plan.steps[index].opcode == CK_OP_CLONE) clone_step = index;
        if (prepare(&plan.steps[index]) < 0) fail(index, "");
    }

    int sync[2];
    struct child child = {.supervisor = &supervisor, .root_fd = -1, .null_fd = -1, .empty_fd = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sync) < 0 || make_streams(&child) < 0)
        fail(clone_step, "");
    supervisor.pid = clone_child();
    if (supervisor.pid < 0) fail(clone_step, "");
    if (supervisor.pid == 0) {
        child.sync_fd = sync[1];
        close(sync[0]);
        child_run(&plan, &child);
    }
    close(sync[1]);
    supervisor.sync_fd = sync[0];
    release_child_ends(&child);
    supervisor.start_time = process_start_time(supervisor.pid);
    if (write_processes(0) < 0) fail(clone_step, "");
    run_host_phase();
    await_exec();
    started_at = now_in_nanoseconds();
    if (write_processes(started_at) < 0) fail(clone_step, "");

    struct ck_message started = {
        .kind = CK_MESSAGE_STARTED, .pid = supervisor.pid, .start_time = supervisor.start_time};
    tell(&started);
    int status = relay_run(&supervisor, CK_CONTROL_FD);
    write_exit(status);
    // The client does its own part of the cleaning up meanwhile; the socket's end tells it that ours is done.
    struct ck_message exited = {.kind = CK_MESSAGE_EXITED, .value = status};
    tell(&exited);
    clean_up();
    return 0;
}

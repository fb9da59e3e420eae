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
    .plan = &plan, .target_pidfd = -1, .mount_namespace_fd = -1, .listen_fd = -1, .terminal_fd = -1, .console_fd = -1, .filter_fd = -1, .pidfd = -1, .network_fd = -1,
    .sync_fd = -1, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .master_fd = -1};

extern char **environ;

void tell(struct ck_message *message) {
    message->shim_pid = getpid();
    send(CK_CONTROL_FD, message, sizeof *message, MSG_NOSIGNAL);
}

static int after_step(const struct ck_plan_step *step) {
    switch (step->opcode) {
    case CK_OP_REMOVE_CGROUP:
        return remove_cgroup(plan_string(&plan, step->s0));
    case CK_OP_REMOVE_TREE:
        return remove_tree(plan_string(&plan, step->s0));
    case CK_OP_RUN:
        return program_run(&plan, step, NULL);
    case CK_OP_NETLINK:
        return 0; // see withdraw and part_links
    default:
        return errno = EINVAL, -1;
    }
}

// Others may be in the container's network yet, and its links would be theirs: another container gets its addresses.
static void part_links(void) {
    for (uint32_t index = 0; index < plan.count; index++) {
        const struct ck_plan_step *step = &plan.steps[index];
        bool is_one = step->phase == CK_PHASE_AFTER && step->opcode == CK_OP_NETLINK && !(step->flags & CK_NETLINK_FILTER);
        if (is_one) host_part_links(&plan, step, &supervisor);
    }
}

static void leave_network(void) {
    if (supervisor.network_fd >= 0) close(supervisor.network_fd);
    supervisor.network_fd = -1;
}

// The host's ports lead to the container no more. Before its end is known: from then on another may have them, and its
// address.
static void withdraw(void) {
    static bool is_done;
    if (is_done) return;
    is_done = true;
    for (uint32_t index = 0; index < plan.count; index++) {
        const struct ck_plan_step *step = &plan.steps[index];
        bool is_one = step->phase == CK_PHASE_AFTER && step->opcode == CK_OP_NETLINK && step->flags & CK_NETLINK_FILTER;
        const void *messages = is_one ? plan_bytes(&plan, step->s0, step->length) : NULL;
        if (messages) netlink_filter(messages, step->length);
    }
    ports_release();
    // Where nobody else is they go with the last process; but what we look into goes now.
    if (supervisor.network_fd >= 0 || (supervisor.run_folder && donor_is_shared(supervisor.run_folder))) part_links();
    leave_network();
}

static int clean_up(void) {
    int result = 0;
    for (uint32_t index = 0; index < plan.count; index++) {
        const struct ck_plan_step *step = &plan.steps[index];
        if (step->phase != CK_PHASE_AFTER) continue;
        if (after_step(step) < 0) result = -1;
    }
    return result;
}

// The container is at its end: nobody comes any more, and what was made for it goes. The client does its own part of
// that meanwhile; the socket's end tells it that ours is done.
static void leave(int status, uint32_t flags) {
    withdraw();
    if (supervisor.run_folder) control_close(supervisor.run_folder);
    clients_tell(CK_MESSAGE_EXITED, status, flags);
    clean_up();
    netlink_part();
    _exit(0);
}

// docker's statuses for a program that could not be started again.
static int status_of_failure(uint32_t step, int failure) {
    uint16_t opcode = step < plan.count ? plan.steps[step].opcode : 0;
    if (opcode == CK_OP_EXEC) return failure == ENOENT ? 127 : 126;
    return opcode == CK_OP_CHDIR && (failure == ENOTDIR || failure == EACCES) ? 126 : 128;
}

static void fail_again(uint32_t step, int failure) {
    struct ending ending = {.status = status_of_failure(step, failure), .started = clock_now(), .finished = clock_now()};
    withdraw();
    record_exit(&supervisor, &ending);
    record_restarted(&supervisor);
    leave(ending.status, 0);
}

static void fail(uint32_t step, const char *detail) {
    struct ck_message message = {.kind = CK_MESSAGE_FAILED, .value = errno, .step = step};
    if (step < plan.count) message.opcode = plan.steps[step].opcode;
    snprintf(message.detail, sizeof message.detail, "%s", detail);
    if (supervisor.pid > 0) {
        syscall(SYS_pidfd_send_signal, supervisor.pidfd, SIGKILL, NULL, 0);
        siginfo_t end;
        while (waitid(P_PIDFD, (id_t)supervisor.pidfd, &end, WEXITED) < 0 && errno == EINTR) continue;
    }
    if (life.restarts > 0) fail_again(step, message.value);
    if (supervisor.run_folder) control_close(supervisor.run_folder);
    clean_up();
    tell(&message);
    _exit(1);
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
    if (cgroup >= 0) close(cgroup);
    return pid;
}

// One message of the child, or none at its end. A terminal on the way is taken; a failure ends us.
void await_child(struct supervisor *self, struct ck_message *message) {
    ssize_t count;
    int fd = descriptor_receive(self->sync_fd, message, sizeof *message, &count);
    bool is_cloned = count == sizeof *message && message->kind == CK_MESSAGE_CLONED;
    if (is_cloned) self->pid = message->pid, self->pidfd = fd;
    else if (fd >= 0) self->master_fd = fd;
    if (count != sizeof *message) message->kind = count <= 0 ? 0 : CK_MESSAGE_STARTED;
    if (message->kind != CK_MESSAGE_FAILED) return;
    errno = message->value;
    message->detail[sizeof message->detail - 1] = '\0';
    fail(message->step, message->detail);
}

// Until the child's end of the socket closes with its exec, or until there is nothing left but its start.
static void await_exec(void) {
    struct ck_message message;
    do await_child(&supervisor, &message);
    while (message.kind != 0 && message.kind != CK_MESSAGE_READY);
    close(supervisor.sync_fd);
    // Its next owner expects it as it was made.
    bool is_ours = supervisor.master_fd >= 0 && supervisor.terminal_fd < 0;
    if (is_ours) fcntl(supervisor.master_fd, F_SETFL, O_RDWR | O_NONBLOCK);
}

static void run_host_phase(void) {
    uint32_t failed;
    if (host_run(&plan, &supervisor, &failed) == 0) return;
    int saved = errno;
    // A child that has failed is gone from its namespace, and knows the real reason.
    struct pollfd report = {.fd = supervisor.sync_fd, .events = POLLIN};
    if (poll(&report, 1, 0) == 1) await_exec();
    errno = saved;
    fail(failed, supervisor.detail);
}

// What somebody else is to have is let go of, or its end would never show.
static void hand_over(uint32_t step) {
    if (supervisor.terminal_fd >= 0) {
        if (supervisor.master_fd < 0) errno = ENOTTY;
        if (supervisor.master_fd < 0 ||
            descriptor_send_with(supervisor.terminal_fd, supervisor.master_fd, "/dev/ptmx", 9) < 0)
            fail(step, "");
        close(supervisor.terminal_fd);
        close(supervisor.master_fd);
        supervisor.master_fd = -1;
    }
    if (supervisor.passed) syscall(SYS_close_range, CK_PASSED_FD, CK_PASSED_FD + supervisor.passed - 1, 0);
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
    while (true) {
        ssize_t count = recv(CK_CONTROL_FD, &message, sizeof message, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count != sizeof message || message.kind != CK_MESSAGE_NAMES) return count != 0;
        names_expect(&message, &supervisor);
    }
}

// The number of our own end of the first client's socket stands for it, whether there is one or not.
static void reserve_control(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0 && null != CK_CONTROL_FD) dup2(null, CK_CONTROL_FD), close(null);
}

static void prepare_all(void) {
    for (uint32_t index = 0; index < plan.count; index++) {
        if (plan.steps[index].phase != CK_PHASE_SUPERVISOR) continue;
        if (plan.steps[index].opcode == CK_OP_CLONE) supervisor.clone_step = index;
        if (prepare_step(&plan, &plan.steps[index], &supervisor) < 0) fail(index, supervisor.detail);
    }
}

// From the clone to the program's first instruction.
static void start_program(void) {
    int sync[2];
    struct child child = {.supervisor = &supervisor, .listen_fd = -1, .root_fd = -1, .null_fd = -1, .empty_fd = -1, .failed_step = NO_STEP};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sync) < 0 || make_streams(&child) < 0)
        fail(supervisor.clone_step, "");
    supervisor.pid = clone_child();
    if (supervisor.pid < 0) fail(supervisor.clone_step, "");
    if (supervisor.pid == 0) {
        child.sync_fd = sync[1];
        child.listen_fd = supervisor.listen_fd;
        close(sync[0]);
        names_forget();
        child_run(&plan, &child);
    }
    close(sync[1]);
    supervisor.sync_fd = sync[0];
    release_child_ends(&child);
    supervisor.start_time = process_start_time(supervisor.pid);
    if (record_processes(&supervisor, 0) < 0) fail(supervisor.clone_step, "");
    run_host_phase();
    await_exec();
    hand_over(supervisor.clone_step);
    host_keep_network(&plan, &supervisor);
}

// Of the first client's streams we have copies where it is attached, and no need otherwise.
static void attach_first_client(void) {
    uint32_t flags = supervisor.stdio_flags;
    int streams[3] = {-1, -1, -1};
    for (int stream = 0; stream < 3; stream++)
        if (flags & (stream == 0 ? CK_STDIO_STDIN_ATTACHED : CK_STDIO_ATTACHED))
            streams[stream] = fcntl(stream, F_DUPFD_CLOEXEC, CK_PASSED_FD);
    client_attach(&clients[0], streams[0], streams[1], streams[2]);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = 0; stream < 3; stream++)
        if (null >= 0 && null != stream) dup2(null, stream);
    if (null > 2) close(null);
}

static void report_end(const struct ending *ending) {
    char attributes[96];
    snprintf(attributes, sizeof attributes, "\"execDuration\":\"%llu\",\"exitCode\":\"%d\"",
             (unsigned long long)((ending->finished - ending->started) / NANOSECONDS), ending->status);
    event_append("die", attributes);
    event_append_networks("disconnect");
    if (control.stopped) event_append("stop", "");
}

// After the program's end: the container's end, or its next life.
static void go_on(const struct ending *ending) {
    uint32_t flags = control.killed ? CK_EXITED_KILLED : 0;
    bool restarts = restart_decide(ending);
    if (restarts) {
        part_links();
        leave_network();
        record_restarting(&supervisor, ending->finished + life.delay);
    } else {
        withdraw();
    }
    record_exit(&supervisor, ending);
    report_end(ending);
    if (!restarts) leave(ending->status, flags);
    clients_tell(CK_MESSAGE_EXITED, ending->status, flags | CK_EXITED_RESTARTS);
    clients_release();
    if (restart_wait(&supervisor, ending)) {
        restart_now();
        fail_again(supervisor.clone_step, errno);
    }
    withdraw();
    record_restarted(&supervisor);
    if (control.stopped) event_append("stop", "");
    leave(ending->status, 0);
}

int main(void) {
    become_supervisor();
    bool is_again = life_resume(environ);
    if (is_again) reserve_control();
    else if (!await_plan()) return 0;
    if (!is_again) client_add(CK_CONTROL_FD);
    if (plan_open(&plan, CK_PLAN_FD) < 0) {
        fprintf(stderr, "ck-shim carries out launch plans of ContainerKit; it is not called by hand\n");
        return 2;
    }
    fcntl(CK_PLAN_FD, F_SETFD, FD_CLOEXEC);
    prepare_all();
    start_program();
    struct ending ending = {.started = clock_now()};
    if (record_processes(&supervisor, ending.started) < 0) fail(supervisor.clone_step, "");
    record_restarted(&supervisor);
    // Who is told of the start finds it among the events.
    event_append_networks("connect");
    event_append("start", "");
    // Who is told of the start may make its terminal raw: what it was before is known by then.
    if (!is_again && !supervisor.leaves) attach_first_client();

    struct ck_message started = {
        .kind = CK_MESSAGE_STARTED, .pid = supervisor.pid, .start_time = supervisor.start_time};
    tell(&started);
    if (supervisor.leaves) return 0;
    if (supervisor.health) health_begin(&plan, supervisor.health, &supervisor, ending.started);
    ending.status = relay_run(&supervisor);
    ending.finished = clock_now();
    ending.out_of_memory = oom_happened();
    go_on(&ending);
    return 0;
}

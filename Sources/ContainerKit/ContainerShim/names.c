// The server of names (ck-dns): started before the plan comes where there is none, so that it gets ready meanwhile, and told
// of the container once that has its network. NameServerProtocol.swift has the other side.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define START_PATIENCE (10 * NANOSECONDS)
#define START_AGAIN (NANOSECONDS / 20)
#define PAUSE 250000
#define ANSWER_PATIENCE 5000 // milliseconds
#define STACK 16384

static int connection = -1;
static bool is_started;

// The folder by its descriptor, for a path may be longer than an address (unix(7)).
static int reach(const char *run_root) {
    int folder = open(run_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/names.sock", folder);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int result = fd < 0 ? -1 : connect(fd, (void *)&address, sizeof address), saved = errno;
    close(folder);
    if (result < 0 && fd >= 0) close(fd);
    errno = saved;
    return result < 0 ? -1 : fd;
}

// 1: it is fine; 0: the server has gone; -1: it said no, or nothing.
static int say(const char *text, struct supervisor *self) {
    char answer[512];
    if (send(connection, text, strlen(text), MSG_NOSIGNAL) < 0) return 0;
    struct pollfd wait = {.fd = connection, .events = POLLIN};
    int ready;
    do ready = poll(&wait, 1, ANSWER_PATIENCE);
    while (ready < 0 && errno == EINTR);
    if (ready == 0) return errno = ETIMEDOUT, -1;
    ssize_t count = recv(connection, answer, sizeof answer - 1, 0);
    if (count <= 0) return 0;
    answer[count] = '\0';
    if (!strcmp(answer, "ok")) return 1;
    snprintf(self->detail, sizeof self->detail, "%s", strncmp(answer, "error ", 6) ? answer : answer + 6);
    return errno = EPROTO, -1;
}

struct execution {
    const char *program, *run_root;
    volatile int failure;
};

static int execute(void *argument) {
    struct execution *execution = argument;
    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int stream = 0; stream < 3; stream++) dup2(null, stream);
    syscall(SYS_close_range, 3, ~0u, 0);
    execve(execution->program, (char *[]){"ck-dns", (char *)execution->run_root, NULL}, (char *[]){NULL});
    execution->failure = errno;
    _exit(1);
}

// As nobody's child, which we are (CLONE_PARENT), in a session of its own, with nothing of ours but the namespaces. Its memory
// is ours until the execution (clone(2)): why that failed comes back that way.
static int start(const char *program, const char *run_root) {
    static char stack[STACK] __attribute__((aligned(16)));
    struct execution execution = {program, run_root, 0};
    // In a later life we may have joined another container's pid namespace, where the server would end with that.
    int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    if (own >= 0) setns(own, CLONE_NEWPID), close(own);
    if (clone(execute, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_PARENT, &execution) < 0) execution.failure = errno;
    return execution.failure ? (errno = execution.failure, -1) : 0;
}

static int begin(const char *run_root, const char *program, struct supervisor *self) {
    if (start(program, run_root) == 0) return is_started = true, 0;
    int saved = errno;
    snprintf(self->detail, sizeof self->detail, "%s", program);
    return errno = saved, -1;
}

// 1: it has let us in; 0: there is none, or one that is just leaving; -1: it said no.
static int greet(const char *run_root, struct supervisor *self) {
    connection = reach(run_root);
    if (connection < 0) return errno == ENOENT || errno == ECONNREFUSED ? 0 : -1;
    int result = say("hello", self), saved = errno;
    if (result <= 0) names_forget();
    return errno = saved, result;
}

int names_reach(const char *run_root, const char *program, struct supervisor *self) {
    if (connection >= 0) return 0;
    int result = greet(run_root, self);
    // One that was started for names_expect is about to be ready.
    if (result == 0 && !is_started) result = begin(run_root, program, self);
    return result < 0 ? -1 : 0;
}

// What goes wrong now, the plan's own step does again and says.
void names_expect(const struct ck_message *message, struct supervisor *self) {
    const char *run_root = message->detail, *end = run_root + sizeof message->detail;
    const char *program = memchr(run_root, 0, sizeof message->detail);
    if (!program || ++program >= end || !memchr(program, 0, (size_t)(end - program))) return;
    names_reach(run_root, program, self);
    self->detail[0] = '\0';
}

// One that is just leaving does not answer and may keep another from beginning for a moment: both are tried again.
static int await_server(const char *run_root, const char *program, struct supervisor *self) {
    uint64_t now = clock_steady(), until = now + START_PATIENCE, again = START_AGAIN, next_start = now + again;
    int result;
    while ((result = greet(run_root, self)) == 0) {
        now = clock_steady();
        if (now >= until) {
            snprintf(self->detail, sizeof self->detail, "%s does not answer", program);
            return errno = ETIMEDOUT, -1;
        }
        if (now >= next_start) {
            if (begin(run_root, program, self) < 0) return -1;
            // A host that is busy gets slower by each of them.
            again *= 2;
            next_start = now + again;
        }
        nanosleep(&(struct timespec){.tv_nsec = PAUSE}, NULL);
    }
    return result;
}

// The child has nothing to say there.
void names_forget(void) {
    if (connection >= 0) close(connection);
    connection = -1;
}

int names_register(const char *run_root, const char *program, const char *id, struct supervisor *self) {
    if (connection < 0 && await_server(run_root, program, self) < 0) return -1;
    char text[256];
    snprintf(text, sizeof text, "add %s %d", id, self->pid);
    int result = say(text, self);
    if (result == 0) errno = ECONNRESET;
    int saved = errno;
    names_forget();
    return result > 0 ? 0 : (errno = saved, -1);
}

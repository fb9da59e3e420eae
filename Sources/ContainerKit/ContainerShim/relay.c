// While the container lives: its output goes to the log and to the client, the client's input to it, and messages on
// the control socket are obeyed. A client that goes away changes nothing for the container.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// A pipe that polls as writable takes this much without blocking (pipe(7)).
#define CHUNK 4096
// Twice as many as empty the largest pipe (pipe-max-size in proc(5), 1 MiB).
#define DRAIN_TURNS 512

static struct supervisor *self;
static int control = -1;
static bool output_attached, input_attached;
static char input[CHUNK];
static size_t input_start, input_end;

static void close_and_forget(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

// Lets go of the client's streams, so that whoever reads them sees the end.
static void detach(void) {
    close_and_forget(&control);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = 0; stream < 3; stream++)
        if (null >= 0 && null != stream) dup2(null, stream);
    if (null > 2) close(null);
    output_attached = input_attached = false;
}

static void obey(void) {
    struct ck_message message;
    ssize_t count = recv(control, &message, sizeof message, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
        detach();
    } else if (count == sizeof message && message.kind == CK_MESSAGE_RESIZE && self->master_fd >= 0) {
        struct winsize size = {.ws_row = (unsigned short)message.value, .ws_col = (unsigned short)message.step};
        ioctl(self->master_fd, TIOCSWINSZ, &size);
    } else if (count == sizeof message && message.kind == CK_MESSAGE_SIGNAL) {
        syscall(SYS_pidfd_send_signal, self->pidfd, message.value, NULL, 0);
    }
}

// A slow client slows the container, as at a real terminal; a dead one is let go of.
static void write_to_client(int stream, const char *bytes, size_t count) {
    while (output_attached && count > 0) {
        struct pollfd waits[2] = {{.fd = stream, .events = POLLOUT}, {.fd = control, .events = POLLIN}};
        if (poll(waits, 2, -1) < 0) continue;
        if (waits[1].revents) obey();
        if (!output_attached || !waits[0].revents) continue;
        ssize_t written = write(stream, bytes, count < CHUNK ? count : CHUNK);
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (written < 0) return;
        bytes += written, count -= (size_t)written;
    }
}

// Moves one chunk of the container's output; false at its end.
static bool pump_output(int *from, int stream) {
    char chunk[CHUNK];
    ssize_t count = read(*from, chunk, sizeof chunk);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (count <= 0) return false; // EIO is a terminal's end
    log_write(stream - 1, chunk, (size_t)count);
    write_to_client(stream, chunk, (size_t)count);
    return true;
}

static void close_input(void) {
    input_attached = false;
    if (self->master_fd < 0) close_and_forget(&self->stdin_fd);
}

static void pump_input(void) {
    ssize_t count = read(STDIN_FILENO, input, sizeof input);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) return close_input();
    input_start = 0;
    input_end = (size_t)count;
}

static void flush_input(int to) {
    ssize_t count = write(to, input + input_start, input_end - input_start);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count < 0) {
        input_start = input_end = 0;
        close_input();
        return;
    }
    input_start += (size_t)count;
    if (input_start == input_end) input_start = input_end = 0;
}

static int shell_status(const siginfo_t *end) {
    return end->si_code == CLD_EXITED ? end->si_status : 128 + end->si_status;
}

static bool has_data(int fd) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return fd >= 0 && poll(&wait, 1, 0) > 0;
}

// Everything that the dead wrote is in the pipes by now. What others go on writing has no end.
static void drain(void) {
    int *out = self->master_fd >= 0 ? &self->master_fd : &self->stdout_fd;
    for (int turn = 0; turn < DRAIN_TURNS && has_data(*out) && pump_output(out, STDOUT_FILENO); turn++) continue;
    for (int turn = 0; turn < DRAIN_TURNS && has_data(self->stderr_fd); turn++)
        if (!pump_output(&self->stderr_fd, STDERR_FILENO)) break;
    log_flush();
}

int relay_run(struct supervisor *supervisor, int control_fd) {
    self = supervisor;
    control = control_fd;
    output_attached = self->stdio_flags & CK_STDIO_ATTACHED;
    input_attached = self->stdio_flags & CK_STDIO_STDIN_ATTACHED;
    bool out_open = true;
    for (;;) {
        int *out = self->master_fd >= 0 ? &self->master_fd : &self->stdout_fd;
        int in = self->master_fd >= 0 ? self->master_fd : self->stdin_fd;
        bool waiting = input_end > 0;
        struct pollfd waits[] = {
            {.fd = self->pidfd, .events = POLLIN},
            {.fd = control, .events = POLLIN},
            {.fd = out_open ? *out : -1, .events = POLLIN},
            {.fd = self->stderr_fd, .events = POLLIN},
            {.fd = input_attached && !waiting && in >= 0 ? STDIN_FILENO : -1, .events = POLLIN},
            {.fd = waiting ? in : -1, .events = POLLOUT},
        };
        if (poll(waits, sizeof waits / sizeof *waits, -1) < 0) continue;
        if (waits[1].revents) obey();
        if (waits[2].revents && !pump_output(out, STDOUT_FILENO)) {
            out_open = false;
            if (self->master_fd < 0) close_and_forget(&self->stdout_fd);
        }
        if (waits[3].revents && !pump_output(&self->stderr_fd, STDERR_FILENO)) close_and_forget(&self->stderr_fd);
        if (waits[4].revents && input_attached) pump_input();
        if (waits[5].revents) flush_input(in);
        if (!waits[0].revents) continue;
        siginfo_t end = {0};
        if (waitid(P_PIDFD, (id_t)self->pidfd, &end, WEXITED) < 0 && errno == EINTR) continue;
        drain();
        return shell_status(&end);
    }
}

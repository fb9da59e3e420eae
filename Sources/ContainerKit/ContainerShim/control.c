// The socket `control` of the run folder, and what clients say there and at the socket that the first one left us.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define SOCKET_NAME "control"

struct control control = {.listener = -1};

// The folder by its descriptor, for a path may be longer than an address (unix(7)).
int control_listen(const char *folder) {
    if (control.listener >= 0) return 0; // of the life before
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -1;
    unlinkat(fd, SOCKET_NAME, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" SOCKET_NAME, fd);
    control.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    int result = control.listener < 0 || bind(control.listener, (void *)&address, sizeof address) < 0 ||
                         listen(control.listener, 64) < 0 ? -1 : 0;
    int saved = errno;
    umask(mask);
    close(fd);
    errno = saved;
    return result;
}

// Nobody comes any more; who waits to be let in learns it when we are gone.
void control_close(const char *folder) {
    char path[4096];
    if (control.listener < 0) return;
    snprintf(path, sizeof path, "%s/" SOCKET_NAME, folder);
    unlink(path);
}

void control_accept(void) {
    int fd = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return;
    // The lowest numbers have a meaning in the next life.
    int kept = fcntl(fd, F_DUPFD_CLOEXEC, CK_PASSED_FD);
    close(fd);
    if (kept >= 0 && !client_add(kept)) close(kept);
}

// A message with up to three descriptors; -1 for what is none.
static ssize_t receive(int socket, struct ck_message *message, int fds[3]) {
    struct iovec part = {message, sizeof *message};
    char buffer[CMSG_SPACE(3 * sizeof(int))] __attribute__((aligned(8)));
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = buffer, .msg_controllen = sizeof buffer};
    fds[0] = fds[1] = fds[2] = -1;
    ssize_t count = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0) return -1;
    for (struct cmsghdr *one = CMSG_FIRSTHDR(&header); one; one = CMSG_NXTHDR(&header, one))
        if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_RIGHTS) memcpy(fds, CMSG_DATA(one), one->cmsg_len - CMSG_LEN(0));
    return count;
}

static void attach(struct client *client, const struct ck_message *message, int fds[3]) {
    int streams[3] = {-1, -1, -1}, next = 0;
    for (int stream = 0; stream < 3; stream++)
        if (message->value & 1 << stream) streams[stream] = fds[next], fds[next++] = -1;
    client->key_count = (uint8_t)(message->step <= CK_MOST_KEYS ? message->step : 0);
    memcpy(client->keys, message->detail, client->key_count);
    client_attach(client, streams[0], streams[1], streams[2]);
    client_tell(client, CK_MESSAGE_ATTACHED, 0, 0);
}

// A second one may shorten what the first allowed.
static void stop(struct supervisor *self, const struct ck_message *message) {
    control.stopped = true;
    life.policy = CK_RESTART_NO;
    bool is_last = message->step == CK_NEVER || message->value == SIGKILL;
    control.kill_at = is_last ? 0 : clock_steady() + message->step * 1000000ull;
    if (self->pidfd >= 0) syscall(SYS_pidfd_send_signal, self->pidfd, message->value, NULL, 0);
}

// Another plan for this life's end and for all later lives. What this one does of it at once are the ports. What was read from
// the plan before is in use yet: it stays in memory until the next life.
static int renew(struct supervisor *self, int fd) {
    struct plan plan;
    if (plan_open(&plan, fd) < 0 || ports_renew(&plan, self) < 0 || dup3(fd, CK_PLAN_FD, O_CLOEXEC) < 0) return -1;
    *self->plan = plan;
    if (self->pidfd >= 0) host_keep_network(self->plan, self);
    return 0;
}

static void renew_and_tell(struct supervisor *self, struct client *client, int fd) {
    struct ck_message answer = {.kind = CK_MESSAGE_RENEWED, .shim_pid = getpid()};
    self->detail[0] = '\0';
    if (renew(self, fd) < 0) answer.value = errno;
    snprintf(answer.detail, sizeof answer.detail, "%s", self->detail);
    if (self->pidfd >= 0) answer.pid = self->pid, answer.start_time = self->start_time;
    send(client->control, &answer, sizeof answer, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void obey(struct supervisor *self, struct client *client, const struct ck_message *message, int fds[3]) {
    switch (message->kind) {
    case CK_MESSAGE_RESIZE:
        if (self->master_fd >= 0) {
            struct winsize size = {.ws_row = (unsigned short)message->value, .ws_col = (unsigned short)message->step};
            ioctl(self->master_fd, TIOCSWINSZ, &size);
        }
        return;
    case CK_MESSAGE_SIGNAL:
        if (self->pidfd >= 0) syscall(SYS_pidfd_send_signal, self->pidfd, message->value, NULL, 0);
        return;
    case CK_MESSAGE_ATTACH:
        // While it waits to be started again there is nothing to attach to.
        if (self->pidfd >= 0) attach(client, message, fds);
        else client_died(client);
        return;
    case CK_MESSAGE_STOP:
        return stop(self, message);
    case CK_MESSAGE_POLICY:
        life.policy = (uint32_t)message->value, life.most = message->step;
        return;
    case CK_MESSAGE_HOLD:
        client->held = (uint8_t)message->value;
        return;
    case CK_MESSAGE_RENEW:
        renew_and_tell(self, client, fds[0]);
    }
}

// One message of a client's, or its end; false when there was neither.
bool control_read(struct supervisor *self, struct client *client) {
    struct ck_message message;
    int fds[3];
    ssize_t count = receive(client->control, &message, fds);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (count == sizeof message) obey(self, client, &message, fds);
    for (int index = 0; index < 3; index++)
        if (fds[index] >= 0) close(fds[index]);
    if (count <= 0) client_died(client);
    return count > 0;
}

// SIGKILL for what had its time.
void control_tick(struct supervisor *self) {
    if (control.kill_at == 0 || clock_steady() < control.kill_at) return;
    control.kill_at = 0;
    if (self->pidfd < 0) return;
    control.killed = syscall(SYS_pidfd_send_signal, self->pidfd, SIGKILL, NULL, 0) == 0;
}

// Containers that another OCI runtime makes: its command line is run, and the process that comes of it becomes ours.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// What it makes outlives it: its children become ours, or we could not wait for them.
static int adopt_orphans(bool adopts) { return prctl(PR_SET_CHILD_SUBREAPER, adopts, 0, 0, 0); }

// A socket's path may be longer than its address has room for.
static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *slash = strrchr(path, '/');
    if (!slash) return errno = EINVAL, -1;
    char folder[4096];
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0) return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d%s", folder_fd, slash);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool listens = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0;
    int saved = errno;
    close(folder_fd);
    if (listens) return fd;
    if (fd >= 0) close(fd);
    return errno = saved, -1;
}

int runtime_prepare(const char *console, struct supervisor *self) {
    if (adopt_orphans(true) < 0) return -1;
    if (console[0] == '\0') return 0;
    self->console_fd = listen_at(console);
    return self->console_fd < 0 ? -1 : 0;
}

static int wait_for(int pidfd) {
    siginfo_t end = {0};
    while (waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED) < 0)
        if (errno != EINTR) return -1;
    return end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
}

static pid_t read_pid(const char *path) {
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -1;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    long pid = count > 0 ? strtol(text, NULL, 10) : 0;
    return pid > 0 && pid <= INT32_MAX ? (pid_t)pid : (errno = EBADMSG, -1);
}

// The terminal's other end, which the runtime has sent by now.
static int take_console(struct supervisor *self) {
    if (self->console_fd < 0) return 0;
    int connection = accept4(self->console_fd, NULL, NULL, SOCK_CLOEXEC);
    close(self->console_fd);
    self->console_fd = -1;
    if (connection < 0) return -1;
    char name[4096];
    ssize_t count;
    self->master_fd = descriptor_receive(connection, name, sizeof name, &count);
    close(connection);
    struct winsize size = {.ws_row = life.rows, .ws_col = life.columns};
    if (self->master_fd >= 0 && size.ws_row > 0 && size.ws_col > 0) ioctl(self->master_fd, TIOCSWINSZ, &size);
    return self->master_fd < 0 ? (errno = ENOTTY, -1) : 0;
}

// The last thing that the runtime said in its log: the text of the last member msg.
static void take_words(const char *log, char *words, size_t size) {
    static char text[8192];
    int fd = open(log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    off_t end = lseek(fd, 0, SEEK_END), start = end < (off_t)sizeof text ? 0 : end - (off_t)sizeof text + 1;
    ssize_t count = pread(fd, text, sizeof text - 1, start);
    close(fd);
    text[count > 0 ? count : 0] = '\0';
    const char *message = NULL;
    for (const char *next = text; (next = strstr(next, "\"msg\":")); ) message = next += 6;
    if (!message || !(message = strchr(message, '"'))) return;
    size_t length = 0;
    for (message++; *message && *message != '"' && length < size - 1; message++) {
        if (*message == '\\' && message[1]) message++;
        words[length++] = *message;
    }
    words[length] = '\0';
}

// The child is the runtime's `create`: at its end there is a container, whose first process takes its place.
int runtime_adopt(const char *pid_file, const char *log, struct supervisor *self) {
    struct ck_message message;
    do await_child(self, &message);
    while (message.kind != 0);
    int status = wait_for(self->pidfd);
    close(self->pidfd);
    self->pidfd = -1;
    self->pid = 0;
    if (status != 0) {
        snprintf(self->detail, sizeof self->detail, "status %d", status);
        take_words(log, self->detail, sizeof self->detail);
        return errno = ECHILD, -1;
    }
    pid_t pid = read_pid(pid_file);
    if (pid < 0) return -1;
    self->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (self->pidfd < 0) return -1;
    self->pid = pid;
    self->start_time = process_start_time(pid);
    adopt_orphans(false);
    if (record_processes(self, 0) < 0) return -1;
    return take_console(self);
}

// Runs a program of the host's, and waits for it. Its words are the runtime's log's business.
int program_run(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *self) {
    const char *argv[64], *envp[64];
    if (plan_list(plan, step->s0, argv, 64) < 0 || plan_list(plan, step->s1, envp, 64) < 0) return -1;
    pid_t pid = vfork();
    if (pid < 0) return -1;
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        for (int stream = 0; stream < 3; stream++) dup2(null, stream);
        syscall(SYS_close_range, 3, ~0u, 0);
        execve(argv[0], (char *const *)argv, (char *const *)envp);
        _exit(127);
    }
    siginfo_t end = {0};
    while (waitid(P_PID, (id_t)pid, &end, WEXITED) < 0)
        if (errno != EINTR) return -1;
    if (end.si_code == CLD_EXITED && end.si_status == 0) return 0;
    if (self) snprintf(self->detail, sizeof self->detail, "status %d", end.si_status);
    return errno = ECHILD, -1;
}

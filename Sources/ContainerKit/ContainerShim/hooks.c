// Hooks that run in the container's namespaces (config.md, "POSIX-platform Hooks"), and what else is told who the
// container is.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
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

// The state has room of ten spaces for the pid, which is known only now.
static int state_file(const struct plan *plan, uint32_t text, uint32_t length, uint64_t pid_offset, pid_t pid) {
    const char *bytes = plan_bytes(plan, text, length);
    if (!bytes || pid_offset + PID_ROOM > length) return errno = EINVAL, -1;
    char digits[PID_ROOM + 1];
    snprintf(digits, sizeof digits, "%*d", PID_ROOM, pid);
    int fd = memfd_create("state", MFD_CLOEXEC);
    if (fd < 0) return -1;
    if (write(fd, bytes, length) == (ssize_t)length && pwrite(fd, digits, PID_ROOM, (off_t)pid_offset) == PID_ROOM &&
        lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static void execute_hook(const struct plan *plan, const struct ck_plan_step *step, int input, int output) {
    static const char *arguments[MOST_STRINGS], *environment[MOST_STRINGS];
    bool fits = plan_list(plan, step->s0, arguments, MOST_STRINGS) == 0 &&
                plan_list(plan, step->s1, environment, MOST_STRINGS) == 0;
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(126);
    syscall(SYS_close_range, 3, ~0u, 0);
    if (fits) execve(plan_string(plan, step->s2), (char *const *)arguments, (char *const *)environment);
    dprintf(2, "%s", strerror(errno));
    _exit(127);
}

// Waits for the hook's end, and ends it when its time is over.
static int await_hook(int pidfd, uint64_t seconds, siginfo_t *end) {
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};
    int timeout = seconds == 0 ? -1 : seconds > 2000000 ? 2000000000 : (int)seconds * 1000, ready;
    do ready = poll(&wait, 1, timeout);
    while (ready < 0 && errno == EINTR);
    if (ready == 0) syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    while (waitid(P_PIDFD, (id_t)pidfd, end, WEXITED) < 0 && errno == EINTR) continue;
    return ready == 0 ? (errno = ETIMEDOUT, -1) : 0;
}

int hook_run(const struct plan *plan, const struct ck_plan_step *step, struct child *child) {
    int input = state_file(plan, step->s3, step->length, step->n1, child->pid), output = memfd_create("hook", MFD_CLOEXEC);
    if (input < 0 || output < 0) return -1;
    int pidfd = -1;
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);
    if (pid == 0) execute_hook(plan, step, input, output);
    close(input);
    siginfo_t end = {0};
    int result = pid < 0 ? -1 : await_hook(pidfd, step->n0, &end);
    if (result == 0 && (end.si_code != CLD_EXITED || end.si_status != 0)) {
        int count = snprintf(child->detail, sizeof child->detail, end.si_code == CLD_EXITED ? "exit status %d" : "signal %d",
                             end.si_status);
        char text[96];
        ssize_t length = pread(output, text, sizeof text - 1, 0);
        if (length > 0) snprintf(child->detail + count, sizeof child->detail - (size_t)count, ": %.*s", (int)length, text);
        errno = EPROTO, result = -1;
    }
    int saved = errno;
    close(output);
    if (pidfd >= 0) close(pidfd);
    errno = saved;
    return result;
}

// The listener of a system call filter goes to its socket with a description (config-linux.md, "containerProcessState").
int listener_send(const struct plan *plan, const struct ck_plan_step *step, struct child *child, int listener) {
    int file = state_file(plan, step->s1, (uint32_t)step->n0, step->n1, child->pid);
    if (file < 0) return -1;
    const char *text = mmap(NULL, step->n0, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (text == MAP_FAILED) return -1;
    return descriptor_send_with(child->supervisor->filter_fd, listener, text, step->n0);
}

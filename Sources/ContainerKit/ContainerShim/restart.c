// Restart policies. After an end that is to be followed by another life we execute ourselves again, with the same pid, the
// latest plan and the same socket `control`: every life starts from a clean process.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

// docker's
#define FIRST_DELAY (NANOSECONDS / 10)
#define LONGEST_DELAY (60 * NANOSECONDS)
#define LONG_LIFE (10 * NANOSECONDS)
#define NAME "CK_LIFE="

struct life life;

// What the life before this one left us; false for the first one.
bool life_resume(char **environment) {
    if (!*environment || strncmp(*environment, NAME, strlen(NAME)) != 0) return false;
    int fd = atoi(*environment + strlen(NAME));
    bool whole = pread(fd, &life, sizeof life, 0) == sizeof life && life.client_count <= MOST_CLIENTS;
    close(fd);
    if (!whole) _exit(1);
    control.listener = life.listener;
    fcntl(control.listener, F_SETFD, FD_CLOEXEC);
    for (unsigned index = 0; index < life.client_count; index++) {
        fcntl(life.clients[index], F_SETFD, FD_CLOEXEC);
        client_add(life.clients[index]);
    }
    return true;
}

static bool policy_restarts(int status) {
    switch (life.policy) {
    case CK_RESTART_ON_FAILURE:
        return status != 0 && (life.most == 0 || life.restarts < life.most);
    case CK_RESTART_ALWAYS:
    case CK_RESTART_UNLESS_STOPPED:
        return true;
    default:
        return false;
    }
}

// Whether the program is started again, and when: twice as long after each end, unless it ran for a while.
bool restart_decide(const struct ending *ending) {
    if (control.listener < 0 || !policy_restarts(ending->status)) return false;
    bool ran_long = ending->finished - ending->started >= LONG_LIFE;
    life.delay = life.delay == 0 || ran_long ? FIRST_DELAY : 2 * life.delay;
    if (life.delay > LONGEST_DELAY) life.delay = LONGEST_DELAY;
    life.restarts++;
    return true;
}

// Another plan does not know the terminal of who started the container.
static void keep_size(int terminal) {
    struct winsize size;
    if (terminal >= 0 && ioctl(terminal, TIOCGWINSZ, &size) == 0) life.rows = size.ws_row, life.columns = size.ws_col;
}

// Waits until it is time. False when that was called off meanwhile.
bool restart_wait(struct supervisor *self, const struct ending *ending) {
    static struct pollfd waits[1 + MOST_CLIENTS];
    keep_size(self->master_fd);
    uint64_t until = clock_steady() + life.delay;
    for (;;) {
        life.restarts--;
        bool still = policy_restarts(ending->status);
        life.restarts++;
        if (!still) return false;
        if (clock_steady() >= until) return true;
        unsigned count = client_count;
        waits[0] = (struct pollfd){.fd = count < MOST_CLIENTS ? control.listener : -1, .events = POLLIN};
        for (unsigned index = 0; index < count; index++)
            waits[1 + index] = (struct pollfd){.fd = clients[index].control, .events = POLLIN};
        if (poll(waits, 1 + count, clock_milliseconds(until)) < 0) continue;
        for (unsigned index = 0; index < count; index++)
            if (waits[1 + index].revents) control_read(self, &clients[index]);
        clients_sweep();
        if (waits[0].revents) control_accept();
    }
}

static void keep(int fd) { fcntl(fd, F_SETFD, 0); }

// Returns only when it failed.
void restart_now(void) {
    char variable[32];
    life.listener = control.listener;
    life.client_count = client_count;
    for (unsigned index = 0; index < client_count; index++) keep(life.clients[index] = clients[index].control);
    int fd = memfd_create("ck-life", 0);
    if (fd < 0 || write(fd, &life, sizeof life) != sizeof life) return;
    keep(control.listener);
    keep(CK_PLAN_FD);
    snprintf(variable, sizeof variable, NAME "%d", fd);
    execve("/proc/self/exe", (char *[]){"ck-shim", NULL}, (char *[]){variable, NULL});
}

// Whether the kernel ended something in the container for want of memory: by the count in its control group
// (memory.oom_control of version 1, memory.events of version 2).
#include "shim.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int counter_fd = -1, event_fd = -1;
static unsigned long long count;
static bool has_grown;

static unsigned long long read_count(void) {
    char text[512];
    ssize_t length = pread(counter_fd, text, sizeof text - 1, 0);
    if (length <= 0) return count;
    text[length] = '\0';
    for (const char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, "oom_kill ", 9) == 0) return strtoull(line + 9, NULL, 10);
    }
    return count;
}

// A host without the controller has nothing to say.
void oom_begin(const char *counter, const char *control_file) {
    char text[64];
    counter_fd = open(counter, O_RDONLY | O_CLOEXEC);
    if (counter_fd < 0) return;
    count = read_count();
    if (!*control_file) return;
    event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    snprintf(text, sizeof text, "%d %d", event_fd, counter_fd);
    if (event_fd >= 0) write_once(control_file, text, strlen(text));
}

void oom_release(void) {
    if (counter_fd >= 0) close(counter_fd);
    if (event_fd >= 0) close(event_fd);
    counter_fd = event_fd = -1;
}

void oom_watch(struct pollfd *wait) {
    *wait = (struct pollfd){.fd = event_fd >= 0 ? event_fd : counter_fd, .events = event_fd >= 0 ? POLLIN : POLLPRI};
}

void oom_notice(void) {
    uint64_t times;
    if (event_fd >= 0) read(event_fd, &times, sizeof times);
    if (counter_fd < 0) return;
    unsigned long long now = read_count();
    if (now > count) {
        has_grown = true;
        event_append("oom", "");
    }
    count = now;
}

bool oom_happened(void) {
    oom_notice();
    return has_grown;
}

// The event log that all share: a line of JSON for each event, as docker shows them, written at once.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FULL (8u << 20)
#define MOST_ATTRIBUTES (4u << 20)

static const char *log_path, *container_id, *image, *folder;

void events_begin(const char *path, const char *id, const char *image_name, const char *run_folder) {
    log_path = path, container_id = id, image = image_name, folder = run_folder;
}

static bool is_current(int fd) {
    struct stat named, opened;
    return stat(log_path, &named) == 0 && fstat(fd, &opened) == 0 && named.st_ino == opened.st_ino &&
           named.st_dev == opened.st_dev;
}

static int lock(int fd, int kind) {
    int result;
    do result = flock(fd, kind);
    while (result < 0 && errno == EINTR);
    return result;
}

// The log, locked in one of the two ways: not one that was put aside in the meantime.
static int open_log(int kind) {
    for (int attempt = 0; attempt < 100; attempt++) {
        int fd = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) return -1;
        if (lock(fd, kind) == 0 && is_current(fd)) return fd;
        close(fd);
    }
    return -1;
}

static void put_aside(void) {
    char aside[4096];
    struct stat status;
    int fd = open_log(LOCK_EX);
    if (fd < 0) return;
    snprintf(aside, sizeof aside, "%s.1", log_path);
    if (fstat(fd, &status) == 0 && status.st_size > FULL) rename(log_path, aside);
    close(fd);
}

// What the engine wrote down for us in the run folder. Nothing when there is no such file.
static struct iovec read_file(const char *name) {
    char path[4096];
    struct iovec none = {"", 0};
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return none;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &status) == 0 && status.st_size > 0 && status.st_size <= MOST_ATTRIBUTES)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) return none;
    return (struct iovec){bytes, (size_t)status.st_size};
}

static void append(const char *head, int head_size, int limit, struct iovec middle, const char *end) {
    char tail[256];
    uint64_t now = clock_now();
    int tail_size = snprintf(tail, sizeof tail, "%s,\"scope\":\"local\",\"time\":%llu,\"timeNano\":%llu}\n", end,
                             (unsigned long long)(now / NANOSECONDS), (unsigned long long)now);
    struct iovec parts[] = {{(char *)head, (size_t)head_size}, middle, {tail, (size_t)tail_size}};
    int fd = head_size < limit ? open_log(LOCK_SH) : -1;
    struct stat status = {0};
    if (fd >= 0) {
        writev(fd, parts, 3); // a full disk must not stop the container
        fstat(fd, &status);
        close(fd);
    }
    if (status.st_size > FULL) put_aside();
}

// `more`: members of the event's own attributes, or "".
void event_append(const char *action, const char *more) {
    if (!log_path) return;
    char head[1024];
    // Its name, its image, its labels.
    struct iovec attributes = read_file("attributes");
    size_t mapped = attributes.iov_len;
    while (attributes.iov_len > 0 && ((char *)attributes.iov_base)[attributes.iov_len - 1] == '\n') attributes.iov_len--;
    bool has_both = *more && attributes.iov_len > 0;
    int head_size = snprintf(head, sizeof head, "{\"status\":\"%s\",\"id\":\"%s\",\"from\":\"%s\",\"Type\":\"container\",\"Action\":\"%s\","
                             "\"Actor\":{\"ID\":\"%s\",\"Attributes\":{%s%s", action, container_id, image, action,
                             container_id, more, has_both ? "," : "");
    append(head, head_size, sizeof head, attributes, "}}");
    if (mapped > 0) munmap(attributes.iov_base, mapped);
}

// An event of each network that the container is on; a line of the file is what the event says of it.
void event_append_networks(const char *action) {
    if (!log_path) return;
    char head[128];
    int head_size = snprintf(head, sizeof head, "{\"Type\":\"network\",\"Action\":\"%s\",\"Actor\":", action);
    struct iovec lines = read_file("networks");
    const char *line = lines.iov_base, *end = line + lines.iov_len, *next;
    for (; line < end && (next = memchr(line, '\n', (size_t)(end - line))); line = next + 1)
        append(head, head_size, sizeof head, (struct iovec){(char *)line, (size_t)(next - line)}, "");
    if (lines.iov_len > 0) munmap(lines.iov_base, lines.iov_len);
}

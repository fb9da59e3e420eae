// A log's file and those that were before it: one that is full becomes FILE.1, that one FILE.2, and so on; the oldest
// goes.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int log_fd = -1;
static const char *log_path;
static uint64_t log_size, size_limit, file_limit;
static char output[32768] __attribute__((aligned(PAGE)));
static size_t pending;

static int open_file(void) { return open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640); }

int log_file_open(const char *path, uint64_t most_bytes, uint64_t most_files) {
    struct stat status;
    log_path = path;
    size_limit = most_bytes;
    file_limit = most_files > 0 ? most_files : 1;
    log_fd = open_file();
    if (log_fd < 0 || fstat(log_fd, &status) < 0) return -1;
    log_size = (uint64_t)status.st_size; // of an earlier start
    return 0;
}

bool log_file_is_open(void) { return log_fd >= 0; }

static void move_file(uint64_t from, uint64_t to) {
    char source[4096], target[4096];
    snprintf(source, sizeof source, from ? "%s.%llu" : "%s", log_path, (unsigned long long)from);
    snprintf(target, sizeof target, "%s.%llu", log_path, (unsigned long long)to);
    rename(source, target);
}

// Whatever fails, the log neither grows beyond its limit nor stops the container.
static void rotate(void) {
    for (uint64_t number = file_limit - 1; number > 0; number--) move_file(number - 1, number);
    int fresh = file_limit > 1 ? open_file() : -1;
    if (fresh >= 0) {
        close(log_fd);
        log_fd = fresh;
    }
    ftruncate(log_fd, 0); // does nothing to a fresh one
    log_size = 0;
}

void log_file_spill(void) {
    for (size_t done = 0; done < pending;) {
        ssize_t count = write(log_fd, output + done, pending - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break; // a full disk must not stop the container
        done += (size_t)count, log_size += (uint64_t)count;
    }
    pending = 0;
}

void log_file_begin_entry(void) {
    if (size_limit == 0 || log_size + pending < size_limit) return;
    log_file_spill();
    rotate();
}

void log_file_put(const char *bytes, size_t count) {
    while (count > 0) {
        if (pending == sizeof output) log_file_spill();
        size_t part = sizeof output - pending < count ? sizeof output - pending : count;
        memcpy(output + pending, bytes, part);
        pending += part, bytes += part, count -= part;
    }
}

// The memory of what has been written, which comes back with the next output.
void log_give_back(void) {
    if (pending == 0) madvise(output, sizeof output, MADV_DONTNEED);
}

void log_file_close(void) {
    if (log_fd < 0) return;
    log_file_spill();
    close(log_fd);
    log_fd = -1;
}

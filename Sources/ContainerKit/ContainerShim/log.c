// docker's json-file log: one object a line, in the key order log, stream, time. A file that is full becomes FILE.1, that
// one FILE.2, and so on; the oldest goes.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_LIMIT 16384 // docker splits longer lines

static struct {
    char bytes[LINE_LIMIT];
    size_t count;
} lines[2];
static int log_fd = -1;
static const char *log_path;
static uint64_t log_size, size_limit, file_limit;
static char output[8192];
static size_t pending;

static int open_file(void) { return open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640); }

int log_open(const char *path, uint64_t most_bytes, uint64_t most_files) {
    struct stat status;
    log_path = path;
    size_limit = most_bytes;
    file_limit = most_files > 0 ? most_files : 1;
    log_fd = open_file();
    if (log_fd < 0 || fstat(log_fd, &status) < 0) return -1;
    log_size = (uint64_t)status.st_size; // of an earlier start
    return 0;
}

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

static void spill(void) {
    for (size_t done = 0; done < pending;) {
        ssize_t count = write(log_fd, output + done, pending - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break; // a full disk must not stop the container
        done += (size_t)count, log_size += (uint64_t)count;
    }
    pending = 0;
}

static void put(const char *bytes, size_t count) {
    while (count > 0) {
        if (pending == sizeof output) spill();
        size_t part = sizeof output - pending < count ? sizeof output - pending : count;
        memcpy(output + pending, bytes, part);
        pending += part, bytes += part, count -= part;
    }
}

static void put_text(const char *text) { put(text, strlen(text)); }

// The length of the well-formed UTF-8 sequence at `bytes`, or 0 (RFC 3629).
static size_t sequence_length(const unsigned char *bytes, size_t count) {
    unsigned char first = bytes[0];
    size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : (first & 0xf0) == 0xe0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    if (length == 0 || length > count) return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80) return 0;
    if (length < 3) return length;
    unsigned char second = bytes[1];
    bool malformed = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                     (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return malformed ? 0 : length;
}

static void put_json(const unsigned char *bytes, size_t count) {
    while (count > 0) {
        size_t length = sequence_length(bytes, count);
        unsigned char c = bytes[0];
        char escape[8];
        if (length == 0) {
            put_text("\\ufffd");
            length = 1;
        } else if (c == '"' || c == '\\') {
            put((char[]){'\\', (char)c}, 2);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            put_text(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        } else if (c < 0x20 || c == '<' || c == '>' || c == '&') {
            snprintf(escape, sizeof escape, "\\u%04x", c);
            put_text(escape);
        } else if (length == 3 && c == 0xe2 && bytes[1] == 0x80 && (bytes[2] & 0xfe) == 0xa8) {
            put_text(bytes[2] == 0xa8 ? "\\u2028" : "\\u2029");
        } else {
            put((const char *)bytes, length);
        }
        bytes += length, count -= length;
    }
}

// gmtime_r(3) would read the time zone files; the calendar is short enough.
static void put_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    long days = now.tv_sec / 86400, seconds = now.tv_sec % 86400;
    long shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
    long year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    long of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    long month_index = (5 * of_year + 2) / 153, day = of_year - (153 * month_index + 2) / 5 + 1;
    long month = month_index < 10 ? month_index + 3 : month_index - 9, year = year_of_era + era * 400 + (month <= 2);
    char text[64];
    int length = snprintf(text, sizeof text, "%04ld-%02ld-%02ldT%02ld:%02ld:%02ld.%09ld", year, month, day,
                          seconds / 3600, seconds / 60 % 60, seconds % 60, now.tv_nsec);
    while (text[length - 1] == '0') length--;
    if (text[length - 1] == '.') length--;
    put(text, (size_t)length);
    put_text("Z");
}

static void put_entry(int stream, const char *bytes, size_t count) {
    if (size_limit > 0 && log_size + pending >= size_limit) {
        spill();
        rotate();
    }
    put_text("{\"log\":\"");
    put_json((const unsigned char *)bytes, count);
    put_text(stream == 0 ? "\",\"stream\":\"stdout\",\"time\":\"" : "\",\"stream\":\"stderr\",\"time\":\"");
    put_time();
    put_text("\"}\n");
}

// stream 0 is stdout, 1 is stderr.
void log_write(int stream, const char *bytes, size_t count) {
    if (log_fd < 0) return;
    while (count > 0) {
        const char *newline = memchr(bytes, '\n', count);
        size_t part = newline ? (size_t)(newline - bytes) + 1 : count;
        size_t room = LINE_LIMIT - lines[stream].count;
        if (part > room) part = room, newline = NULL;
        memcpy(lines[stream].bytes + lines[stream].count, bytes, part);
        lines[stream].count += part, bytes += part, count -= part;
        if (newline || lines[stream].count == LINE_LIMIT) {
            put_entry(stream, lines[stream].bytes, lines[stream].count);
            lines[stream].count = 0;
        }
    }
    spill();
}

void log_flush(void) {
    if (log_fd < 0) return;
    for (int stream = 0; stream < 2; stream++)
        if (lines[stream].count > 0) put_entry(stream, lines[stream].bytes, lines[stream].count);
    spill();
    close(log_fd);
    log_fd = -1;
}

// What the container writes, as lines that go to its log. docker splits longer lines.
#include "shim.h"

#include <string.h>

static struct line {
    char bytes[LINE_LIMIT];
    size_t count;
} lines[2];
static void (*write_entry)(const struct log_entry *);

int log_open(const char *path, uint32_t driver, uint64_t most_bytes, uint64_t most_files) {
    write_entry = driver == CK_LOG_LOCAL ? local_log_entry : json_log_entry;
    return log_file_open(path, most_bytes, most_files);
}

static void put_entry(int stream, const char *bytes, size_t count, uint64_t now) {
    struct log_entry entry = {.stream = stream, .bytes = bytes, .count = count, .time = now};
    entry.is_whole = bytes[count - 1] == '\n';
    log_file_begin_entry();
    write_entry(&entry);
}

// stream 0 is stdout, 1 is stderr. All that comes at once has come at one moment.
void log_write(int stream, const char *bytes, size_t count) {
    if (!log_file_is_open()) return;
    uint64_t now = clock_now();
    struct line *line = &lines[stream];
    while (count > 0) {
        size_t room = LINE_LIMIT - line->count, part = count < room ? count : room;
        const char *newline = memchr(bytes, '\n', part);
        if (newline) part = (size_t)(newline - bytes) + 1;
        bool ends = newline || part == room;
        if (ends && line->count == 0) {
            put_entry(stream, bytes, part, now);
        } else {
            memcpy(line->bytes + line->count, bytes, part);
            line->count += part;
            if (ends) put_entry(stream, line->bytes, line->count, now), line->count = 0;
        }
        bytes += part, count -= part;
    }
    log_file_spill();
}

void log_flush(void) {
    if (!log_file_is_open()) return;
    for (int stream = 0; stream < 2; stream++) {
        struct line *line = &lines[stream];
        if (line->count > 0) put_entry(stream, line->bytes, line->count, clock_now());
        line->count = 0;
    }
    log_file_close();
}

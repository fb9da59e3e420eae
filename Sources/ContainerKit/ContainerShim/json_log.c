// docker's json-file log: one object a line, in the key order log, stream, time.
#include "shim.h"

#include <stdio.h>
#include <string.h>

static void put_text(const char *text) { log_file_put(text, strlen(text)); }

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

// What Go's encoder leaves as it is.
static bool is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static bool is_line_separator(const unsigned char *bytes, size_t length) {
    return length == 3 && bytes[0] == 0xe2 && bytes[1] == 0x80 && (bytes[2] & 0xfe) == 0xa8;
}

// Sixteen bytes at once, as far as they are all plain.
typedef unsigned char bytes16 __attribute__((vector_size(16)));

static size_t plain_blocks(const unsigned char *bytes, size_t count) {
    size_t run = 0;
    for (; run + sizeof(bytes16) <= count; run += sizeof(bytes16)) {
        bytes16 block;
        uint64_t halves[2];
        memcpy(&block, bytes + run, sizeof block);
        // The unsigned difference is out of range for what lies below or above it.
        bytes16 others = (bytes16)((block - 0x20) >= 0x60) | (bytes16)(block == '"') | (bytes16)(block == '\\') |
                         (bytes16)(block == '<') | (bytes16)(block == '>') | (bytes16)(block == '&');
        memcpy(halves, &others, sizeof halves);
        if (halves[0] | halves[1]) break;
    }
    return run;
}

static size_t plain_run(const unsigned char *bytes, size_t count) {
    size_t run = plain_blocks(bytes, count);
    while (run < count) {
        if (is_plain(bytes[run])) {
            run++;
            if (run % 64 == 0) run += plain_blocks(bytes + run, count - run);
            continue;
        }
        size_t length = bytes[run] < 0x80 ? 0 : sequence_length(bytes + run, count - run);
        if (length == 0 || is_line_separator(bytes + run, length)) break;
        run += length;
    }
    return run;
}

// One byte, or one sequence, that is not written as it is.
static size_t put_escape(const unsigned char *bytes, size_t count) {
    char escape[8];
    unsigned char c = bytes[0];
    if (c == '"' || c == '\\') {
        log_file_put((char[]){'\\', (char)c}, 2);
    } else if (c == '\n' || c == '\r' || c == '\t') {
        put_text(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
    } else if (c < 0x80) {
        snprintf(escape, sizeof escape, "\\u%04x", c);
        put_text(escape);
    } else if (is_line_separator(bytes, sequence_length(bytes, count))) {
        put_text(bytes[2] == 0xa8 ? "\\u2028" : "\\u2029");
        return 3;
    } else {
        put_text("\\ufffd");
    }
    return 1;
}

void json_log_entry(const struct log_entry *entry) {
    static char time_text[TIME_ROOM];
    static size_t time_length;
    static uint64_t time_of_text;
    if (entry->time != time_of_text) time_length = clock_text(time_of_text = entry->time, time_text);
    put_text("{\"log\":\"");
    const unsigned char *bytes = (const void *)entry->bytes;
    for (size_t rest = entry->count; rest > 0;) {
        size_t run = plain_run(bytes, rest);
        log_file_put((const char *)bytes, run);
        bytes += run, rest -= run;
        if (rest == 0) break;
        size_t done = put_escape(bytes, rest);
        bytes += done, rest -= done;
    }
    put_text(entry->stream == 0 ? "\",\"stream\":\"stdout\",\"time\":\"" : "\",\"stream\":\"stderr\",\"time\":\"");
    log_file_put(time_text, time_length);
    put_text("\"}\n");
}

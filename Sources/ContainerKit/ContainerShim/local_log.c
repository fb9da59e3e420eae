// docker's local log: entries in protocol buffers (LogEntry of its entry.proto), each between its length and its length
// again, four bytes with the highest first.
#include "shim.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define ID_LENGTH 64

// Of a line that is longer than an entry: its pieces have an id and a number.
static struct series {
    char id[ID_LENGTH + 1];
    uint32_t pieces;
    uint64_t time;
} all_series[2];

static size_t number(unsigned char *at, uint64_t value) {
    size_t length = 0;
    for (; value >= 0x80; value >>= 7) at[length++] = (unsigned char)(value | 0x80);
    at[length++] = (unsigned char)value;
    return length;
}

static size_t field(unsigned char *at, unsigned char tag, uint64_t value) {
    at[0] = tag;
    return 1 + number(at + 1, value);
}

static void begin_series(struct series *series, uint64_t time) {
    unsigned char random[ID_LENGTH / 2] = {0};
    getrandom(random, sizeof random, 0);
    for (size_t index = 0; index < sizeof random; index++) sprintf(series->id + 2 * index, "%02x", random[index]);
    series->time = time;
}

// What comes behind the line of a piece: partial, partial_log_metadata.
static size_t describe_piece(unsigned char *at, struct series *series, bool is_last) {
    unsigned char inner[ID_LENGTH + 32];
    size_t size = is_last ? field(inner, 0x08, 1) : 0;
    size += field(inner + size, 0x12, ID_LENGTH);
    memcpy(inner + size, series->id, ID_LENGTH);
    size += ID_LENGTH;
    size += field(inner + size, 0x18, series->pieces);
    size_t length = field(at, 0x20, 1);
    length += field(at + length, 0x2a, size);
    memcpy(at + length, inner, size);
    return length + size;
}

static void put_length(size_t length) {
    log_file_put((char[]){(char)(length >> 24), (char)(length >> 16), (char)(length >> 8), (char)length}, 4);
}

void local_log_entry(const struct log_entry *entry) {
    struct series *series = &all_series[entry->stream];
    unsigned char head[64], tail[ID_LENGTH + 64];
    size_t count = entry->count - (entry->is_whole ? 1 : 0), tail_size = 0;
    uint64_t time = entry->time;
    if (!entry->is_whole || series->pieces > 0) {
        if (series->pieces++ == 0) begin_series(series, time);
        time = series->time;
        tail_size = describe_piece(tail, series, entry->is_whole);
        if (entry->is_whole) series->pieces = 0;
    }
    size_t head_size = field(head, 0x0a, 6);
    memcpy(head + head_size, entry->stream == 0 ? "stdout" : "stderr", 6);
    head_size += 6;
    head_size += field(head + head_size, 0x10, time);
    if (count > 0) head_size += field(head + head_size, 0x1a, count);
    size_t size = head_size + count + tail_size;
    put_length(size);
    log_file_put((const char *)head, head_size);
    log_file_put(entry->bytes, count);
    log_file_put((const char *)tail, tail_size);
    put_length(size);
}

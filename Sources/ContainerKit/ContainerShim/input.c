// What clients type, on its way to the container: in chunks, as they come; the keys to leave are picked out of it.
#include "shim.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ROOM 4096 // a pipe that polls as writable takes this much without blocking (pipe(7))

static char pending[ROOM];
static size_t start, end;

bool input_waits(void) { return end > 0; }

static void put(const uint8_t *bytes, size_t count) {
    memcpy(pending + end, bytes, count);
    end += count;
}

// How much of the keys is typed still, when the first `typed` of them turned out to be followed by something else: what
// they end with may be how the keys begin.
static unsigned still_typed(const struct client *client, unsigned typed) {
    for (unsigned length = typed - 1; length > 0; length--)
        if (memcmp(client->keys, client->keys + typed - length, length) == 0) return length;
    return 0;
}

// Passes on what is not typed to leave; true when the keys are complete.
static bool pick_keys(struct client *client, const uint8_t *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) {
        while (client->typed > 0 && client->keys[client->typed] != bytes[index]) {
            unsigned still = still_typed(client, client->typed);
            put(client->keys, client->typed - still);
            client->typed = (uint8_t)still;
        }
        if (client->keys[client->typed] != bytes[index]) put(&bytes[index], 1);
        else if (++client->typed == client->key_count) return true;
    }
    return false;
}

enum input_result input_take(struct client *client, bool has_terminal) {
    uint8_t bytes[ROOM - CK_MOST_KEYS];
    ssize_t count = read(client->input, bytes, sizeof bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return INPUT_GOES_ON;
    start = end = 0;
    if (count <= 0) {
        put(client->keys, client->typed);
        client->typed = 0;
        return INPUT_ENDS;
    }
    if (has_terminal && client->key_count > 0) return pick_keys(client, bytes, (size_t)count) ? INPUT_DETACHES : INPUT_GOES_ON;
    put(bytes, (size_t)count);
    return INPUT_GOES_ON;
}

void input_forget(void) { start = end = 0; }

// False when the container takes no more.
bool input_pass(int to) {
    ssize_t count = write(to, pending + start, end - start);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (count < 0) return input_forget(), false;
    start += (size_t)count;
    if (start == end) start = end = 0;
    return true;
}

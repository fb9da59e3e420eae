// Who is connected: each client has its end of a control socket, and those of its streams that are attached. What the
// container writes goes to all of them, a chunk at a time: the slowest sets the pace, as a real terminal does.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct client clients[MOST_CLIENTS];
unsigned client_count;
static char chunk_bytes[CHUNK] __attribute__((aligned(PAGE)));
static struct {
    size_t count;
    int stream; // 0 is stdout, 1 is stderr
} chunk;

static void close_and_forget(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

struct client *client_add(int control) {
    if (client_count == MOST_CLIENTS) return NULL;
    struct client *client = &clients[client_count++];
    *client = (struct client){.control = control, .input = -1, .outputs = {-1, -1}};
    return client;
}

// An open file of our own, for which not to wait changes nothing for the client's other processes. What never makes us
// wait, and what cannot be opened again (a socket), stays as it is.
static int take(int fd, int flags, bool *waits) {
    struct stat status;
    *waits = false;
    if (fstat(fd, &status) < 0 || S_ISREG(status.st_mode)) return fd;
    *waits = S_ISSOCK(status.st_mode);
    if (!S_ISFIFO(status.st_mode) && !isatty(fd)) return fd;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    *waits = own < 0;
    if (own < 0) return fd;
    close(fd);
    return own;
}

// The state of the client's terminal before it was made raw, for a client that has no time to set it back.
static void remember_terminal(struct client *client, int fd) {
    client->has_settings = tcgetattr(fd, &client->settings) == 0;
}

void client_attach(struct client *client, int input, int output, int error) {
    bool waits;
    client_let_go(client);
    if (input >= 0) {
        remember_terminal(client, input);
        client->input = take(input, O_RDONLY, &waits);
    }
    if (output >= 0) client->outputs[0] = take(output, O_WRONLY, &client->waits[0]);
    if (error >= 0) client->outputs[1] = take(error, O_WRONLY, &client->waits[1]);
    client->sent = (uint32_t)chunk.count; // of what was under way it gets nothing
    client->typed = 0;
}

// Lets go of its streams, so that whoever reads them sees the end.
void client_let_go(struct client *client) {
    close_and_forget(&client->input);
    close_and_forget(&client->outputs[0]);
    close_and_forget(&client->outputs[1]);
}

// One that died left its terminal as it was.
static void restore_terminal(struct client *client) {
    struct termios now;
    if (client->input < 0 || !client->has_settings || tcgetattr(client->input, &now) < 0) return;
    bool is_raw = !(now.c_lflag & (ICANON | ECHO | ISIG)) && client->settings.c_lflag & ICANON;
    if (is_raw) tcsetattr(client->input, TCSANOW, &client->settings);
}

void client_died(struct client *client) {
    restore_terminal(client);
    client_let_go(client);
    close_and_forget(&client->control);
}

void clients_sweep(void) {
    unsigned kept = 0;
    for (unsigned index = 0; index < client_count; index++) {
        if (clients[index].control < 0) continue;
        if (kept != index) clients[kept] = clients[index];
        kept++;
    }
    client_count = kept;
}

void client_tell(struct client *client, uint32_t kind, int32_t value, uint32_t step) {
    struct ck_message message = {.kind = kind, .value = value, .step = step, .shim_pid = getpid()};
    send(client->control, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void clients_tell(uint32_t kind, int32_t value, uint32_t step) {
    for (unsigned index = 0; index < client_count; index++)
        if (clients[index].control >= 0) client_tell(&clients[index], kind, value, step);
}

// It stays connected, to be told of the end.
void client_leave(struct client *client) {
    client_let_go(client);
    client_tell(client, CK_MESSAGE_DETACHED, 0, 0);
}

// Closes everything of theirs: the control sockets too.
void clients_release(void) {
    for (unsigned index = 0; index < client_count; index++) {
        client_let_go(&clients[index]);
        close_and_forget(&clients[index].control);
    }
    client_count = 0;
}

void clients_let_go(void) {
    for (unsigned index = 0; index < client_count; index++) client_let_go(&clients[index]);
}

// Whether the chunk is still on its way to the client.
bool client_lacks(const struct client *client) {
    return client->control >= 0 && client->outputs[chunk.stream] >= 0 && client->sent < chunk.count;
}

int client_output(const struct client *client) { return client->outputs[chunk.stream]; }

bool clients_lack(void) {
    for (unsigned index = 0; index < client_count; index++)
        if (client_lacks(&clients[index])) return true;
    return false;
}

// Writes as much as there is room for; for a file that would make us wait, when it is known to have room.
void client_pass(struct client *client, bool has_room) {
    int *fd = &client->outputs[chunk.stream];
    bool waits = client->waits[chunk.stream];
    if (!client_lacks(client) || client->held & CK_HOLD_OUTPUT || (waits && !has_room)) return;
    size_t rest = chunk.count - client->sent;
    // What polls as writable takes this much without waiting (pipe(7)).
    if (waits && rest > 4096) rest = 4096;
    ssize_t count = write(*fd, chunk_bytes + client->sent, rest);
    if (count >= 0) client->sent += (uint32_t)count;
    else if (errno == EPIPE) client_leave(client); // nobody reads: a client that wrote itself would end by it
    else if (errno != EINTR && errno != EAGAIN) close_and_forget(fd);
}

// Moves one chunk of the container's output; false at its end.
bool clients_pump(int from, int stream) {
    ssize_t count = read(from, chunk_bytes, sizeof chunk_bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (count <= 0) return false; // EIO is a terminal's end
    chunk.count = (size_t)count;
    chunk.stream = stream;
    log_write(stream, chunk_bytes, chunk.count);
    for (unsigned index = 0; index < client_count; index++) {
        clients[index].sent = 0;
        client_pass(&clients[index], false);
    }
    return true;
}

// The memory of what has been passed on, which comes back with the next output.
void clients_give_back(void) {
    if (!clients_lack()) madvise(chunk_bytes, sizeof chunk_bytes, MADV_DONTNEED);
}

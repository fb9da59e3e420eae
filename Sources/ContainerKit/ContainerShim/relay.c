// While the container lives: its output goes to the log and to the clients, their input to it, and what they say is
// obeyed. A client that goes away changes nothing for the container.
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// More than empties the largest pipe (pipe-max-size in proc(5), 1 MiB).
#define MOST_DRAINED (2u << 20)
// How long a client that takes nothing may keep a container that was to be stopped.
#define STALL_LIMIT NANOSECONDS
// How long a container is silent before the memory for its output is given back.
#define SILENCE (NANOSECONDS / 2)

enum { PROCESS, OUT, ERR, IN, LISTENER, OOM, CHECK, CHECK_OUTPUT, FIXED };
enum { SOCKET, INPUT, OUTPUT, PER_CLIENT };

static struct supervisor *self;
static struct pollfd waits[FIXED + MOST_CLIENTS * PER_CLIENT];
static bool out_open, err_open, has_ended;
static siginfo_t end;
static uint64_t silent_at; // or 0, when there is nothing to give back

static bool has_terminal(void) { return self->master_fd >= 0; }
static int out_fd(void) { return has_terminal() ? self->master_fd : self->stdout_fd; }
static int in_fd(void) { return has_terminal() ? self->master_fd : self->stdin_fd; }

static void close_and_forget(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static bool somebody_types(void) {
    for (unsigned index = 0; index < client_count; index++)
        if (clients[index].input >= 0) return true;
    return false;
}

// As docker: the container's input ends with that of its last client where it was made so, and never that of a terminal.
static void close_input(void) {
    bool ends = self->stdio_flags & CK_STDIO_STDIN_ONCE && !has_terminal() && !somebody_types() && !input_waits();
    if (ends) close_and_forget(&self->stdin_fd);
}

static void take_input(struct client *client) {
    // What was typed after the client had asked to hold is its shell's.
    while (client->has_settings && control_read(self, client)) continue;
    if (client->input < 0 || client->held & CK_HOLD_INPUT) return;
    enum input_result result = input_take(client, has_terminal());
    if (result == INPUT_GOES_ON) return;
    // The input of the client that it was started for may end before the program does.
    bool stays = result == INPUT_ENDS && self->stdio_flags & CK_STDIO_STDIN_ONCE;
    if (stays) close_and_forget(&client->input);
    else client_leave(client);
    close_input();
}

static void pass_input(void) {
    if (!input_pass(in_fd()) && !has_terminal()) close_and_forget(&self->stdin_fd);
    else close_input();
}

static void pump_out(void) {
    silent_at = clock_steady() + SILENCE;
    if (clients_pump(out_fd(), 0)) return;
    out_open = false;
    if (!has_terminal()) close_and_forget(&self->stdout_fd);
}

static void pump_err(void) {
    silent_at = clock_steady() + SILENCE;
    if (clients_pump(self->stderr_fd, 1)) return;
    err_open = false;
    close_and_forget(&self->stderr_fd);
}

static void watch(unsigned at, int fd, short events) { waits[at] = (struct pollfd){.fd = fd, .events = events}; }

static nfds_t watch_all(void) {
    bool is_free = !clients_lack();
    watch(PROCESS, has_ended ? -1 : self->pidfd, POLLIN);
    watch(OUT, is_free && out_open && !has_ended ? out_fd() : -1, POLLIN);
    watch(ERR, is_free && err_open && !has_ended ? self->stderr_fd : -1, POLLIN);
    watch(IN, input_waits() ? in_fd() : -1, POLLOUT);
    watch(LISTENER, client_count < MOST_CLIENTS ? control.listener : -1, POLLIN);
    oom_watch(&waits[OOM]);
    health_watch(&waits[CHECK], &waits[CHECK_OUTPUT]);
    for (unsigned index = 0; index < client_count; index++) {
        struct client *client = &clients[index];
        struct pollfd *own = waits + FIXED + index * PER_CLIENT;
        bool types = client->input >= 0 && !input_waits() && in_fd() >= 0 && !has_ended && !(client->held & CK_HOLD_INPUT);
        bool lacks = client_lacks(client) && !(client->held & CK_HOLD_OUTPUT);
        own[SOCKET] = (struct pollfd){.fd = client->control, .events = POLLIN};
        own[INPUT] = (struct pollfd){.fd = types ? client->input : -1, .events = POLLIN};
        own[OUTPUT] = (struct pollfd){.fd = lacks ? client_output(client) : -1, .events = POLLOUT};
    }
    return FIXED + client_count * PER_CLIENT;
}

static void serve_clients(unsigned count) {
    for (unsigned index = 0; index < count; index++) {
        const struct pollfd *own = waits + FIXED + index * PER_CLIENT;
        struct client *client = &clients[index];
        bool had_input = client->input >= 0;
        if (own[OUTPUT].revents) client_pass(client, true);
        if (own[INPUT].revents && !input_waits()) take_input(client);
        if (own[SOCKET].revents) control_read(self, client);
        if (had_input && client->control < 0) close_input();
    }
    clients_sweep();
}

static bool has_data(int fd) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return fd >= 0 && poll(&wait, 1, 0) > 0;
}

// After the end: what the dead wrote is in the pipes by then, and what others go on writing has no end. True when all of
// it has been passed on.
static bool drain(void) {
    static unsigned turns;
    static uint64_t stalls_until;
    while (!clients_lack() && turns < MOST_DRAINED / CHUNK) {
        turns++;
        if (out_open && has_data(out_fd())) pump_out();
        else if (err_open && has_data(self->stderr_fd)) pump_err();
        else return true;
        stalls_until = 0;
    }
    if (!clients_lack()) return true;
    if (control.stopped && stalls_until == 0) stalls_until = clock_steady() + STALL_LIMIT;
    if (stalls_until > 0 && clock_steady() >= stalls_until) clients_let_go();
    return false;
}

static int time_left(void) {
    // A client may stall the drain: looked at again and again.
    if (has_ended) return 100;
    return clock_milliseconds(clock_sooner(silent_at, clock_sooner(control.kill_at, health_deadline())));
}

static void give_back(void) {
    if (silent_at == 0 || clock_steady() < silent_at) return;
    silent_at = 0;
    clients_give_back();
    log_give_back();
}

static void serve(void) {
    unsigned count = client_count;
    int ready = poll(waits, watch_all(), time_left());
    if (ready < 0) return;
    if (ready == 0) give_back();
    control_tick(self);
    if (waits[CHECK_OUTPUT].revents) health_read_output();
    if (waits[CHECK].revents) health_read();
    if (!has_ended) health_tick();
    if (waits[OOM].revents) oom_notice();
    serve_clients(count);
    if (waits[OUT].revents && !clients_lack()) pump_out();
    if (waits[ERR].revents && !clients_lack()) pump_err();
    if (waits[IN].revents && input_waits()) pass_input();
    if (waits[LISTENER].revents) control_accept();
    if (!waits[PROCESS].revents || waitid(P_PIDFD, (id_t)self->pidfd, &end, WEXITED) < 0) return;
    has_ended = true;
    health_end();
}

int relay_run(struct supervisor *supervisor) {
    self = supervisor;
    out_open = out_fd() >= 0;
    err_open = self->stderr_fd >= 0;
    do serve();
    while (!has_ended || !drain());
    log_flush();
    close_and_forget(&self->pidfd);
    return end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
}

// The host's ports that lead to the container, held by sockets of ours: no process of the host gets one while the kernel
// leads it elsewhere. Nobody listens on them, so that what comes to one untranslated is refused, as at any closed port.
#include "shim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// They are above all others, so that one call closes them, and in order: clients come to have 800 descriptors at most. Where a
// process may not have more than some, above those that are open at the start.
#define ABOVE_ALL 1024
#define ABOVE_FIRST 256

static const struct ck_port *held_ports;
static uint32_t held;
static unsigned first;

static int bind_port(int fd, const struct ck_port *port) {
    union {
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address = {0};
    if (port->family == AF_INET) {
        address.four.sin_family = AF_INET;
        address.four.sin_port = htons(port->port);
        memcpy(&address.four.sin_addr, port->address, sizeof address.four.sin_addr);
        return bind(fd, (void *)&address, sizeof address.four);
    }
    address.six.sin6_family = AF_INET6;
    address.six.sin6_port = htons(port->port);
    memcpy(&address.six.sin6_addr, port->address, sizeof address.six.sin6_addr);
    return bind(fd, (void *)&address, sizeof address.six);
}

static int hold(const struct ck_port *port, int number) {
    int kind = port->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM, one = 1, zero = 0;
    int fd = socket(port->family, kind | SOCK_CLOEXEC, port->protocol);
    // A kernel without SCTP has nobody who would listen.
    if (fd < 0 && port->protocol == IPPROTO_SCTP) return 0;
    if (fd < 0) return -1;
    if (port->family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    // Connections of an earlier listener that are on their way out are not in the way; whoever would share it with us
    // is refused.
    bool reuses = kind == SOCK_STREAM;
    if (reuses) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    // Of datagrams that are for nobody, few are kept.
    else setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &zero, sizeof zero);
    int result = bind_port(fd, port), saved = errno;
    if (result == 0 && reuses) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &zero, sizeof zero);
    if (result == 0) result = fcntl(fd, F_DUPFD_CLOEXEC, number), saved = errno;
    close(fd);
    errno = saved;
    return result < 0 ? -1 : 0;
}

static void name(const struct ck_port *port, char *text, size_t size) {
    char address[INET6_ADDRSTRLEN] = "";
    inet_ntop(port->family, port->address, address, sizeof address);
    const char *protocol = port->protocol == IPPROTO_UDP ? "udp" : port->protocol == IPPROTO_SCTP ? "sctp" : "tcp";
    snprintf(text, size, port->family == AF_INET6 ? "[%s]:%u/%s" : "%s:%u/%s", address, port->port, protocol);
}

// A thousand ports are more than a process may usually have open. The limit is the container's as well: it is set back.
static int hold_all(const struct ck_port *ports, uint32_t count, char *detail, size_t size) {
    struct rlimit before, wide;
    if (getrlimit(RLIMIT_NOFILE, &before) < 0) return -1;
    wide = before;
    first = wide.rlim_max < ABOVE_ALL + count ? ABOVE_FIRST : ABOVE_ALL;
    if (wide.rlim_cur < first + count) wide.rlim_cur = first + count < wide.rlim_max ? first + count : wide.rlim_max;
    if (wide.rlim_cur != before.rlim_cur && setrlimit(RLIMIT_NOFILE, &wide) < 0) return -1;
    int result = 0;
    for (uint32_t index = 0; index < count && result == 0; index++) {
        result = hold(&ports[index], (int)(first + index));
        if (result < 0) name(&ports[index], detail, size);
    }
    int saved = errno;
    if (wide.rlim_cur != before.rlim_cur) setrlimit(RLIMIT_NOFILE, &before);
    errno = saved;
    return result;
}

int ports_hold(const struct plan *plan, const struct ck_plan_step *step, struct supervisor *self) {
    const struct ck_port *ports = plan_bytes(plan, step->s0, step->length);
    if (!ports || step->length % sizeof *ports) return errno = EINVAL, -1;
    held_ports = ports;
    held = step->length / sizeof *ports;
    return hold_all(ports, held, self->detail, sizeof self->detail);
}

static const struct ck_plan_step *find_step(const struct plan *plan) {
    for (uint32_t index = 0; index < plan->count; index++)
        if (plan->steps[index].opcode == CK_OP_PORTS) return &plan->steps[index];
    return NULL;
}

// Those of another plan, which may be the same. Without them those from before are held on.
int ports_renew(const struct plan *plan, struct supervisor *self) {
    const struct ck_plan_step *step = find_step(plan);
    const struct ck_port *before = held_ports, *ports = step ? plan_bytes(plan, step->s0, step->length) : NULL;
    uint32_t count = held;
    size_t size = ports ? step->length : 0;
    if (size == count * sizeof *before && (size == 0 || memcmp(ports, before, size) == 0)) return 0;
    ports_release();
    if (!step || ports_hold(plan, step, self) == 0) return 0;
    int saved = errno;
    ports_release();
    held_ports = before;
    held = count;
    char unused[CK_DETAIL_SIZE];
    hold_all(before, count, unused, sizeof unused);
    return errno = saved, -1;
}

void ports_release(void) {
    if (held) syscall(SYS_close_range, first, first + held - 1, 0);
    held = 0;
}

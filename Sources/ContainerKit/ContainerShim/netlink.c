// Sends prepared netlink messages; of rtnetlink reads one acknowledgement for each (rtnetlink(7), netlink(7)).
#include "shim.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's own words on an error (NLMSGERR_ATTR_MSG), where it gives any.
static void copy_explanation(const struct nlmsghdr *header, const struct nlmsgerr *error, char *detail, size_t size) {
    if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return;
    size_t skip = sizeof *header + sizeof *error;
    if (!(header->nlmsg_flags & NLM_F_CAPPED)) skip += error->msg.nlmsg_len - sizeof error->msg;
    const char *position = (const char *)header + NLMSG_ALIGN(skip), *end = (const char *)header + header->nlmsg_len;
    while (position + sizeof(struct nlattr) <= end) {
        const struct nlattr *attribute = (const void *)position;
        if (attribute->nla_len < sizeof *attribute || position + attribute->nla_len > end) return;
        if ((attribute->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
            snprintf(detail, size, "%.*s", (int)(attribute->nla_len - sizeof *attribute), position + sizeof *attribute);
        position += NLA_ALIGN(attribute->nla_len);
    }
}

int netlink_send(const void *messages, uint32_t length, uint32_t count, char *detail, size_t detail_size) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -1;
    int one = 1, failure = 0;
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
    if (send(fd, messages, length, 0) < 0) failure = errno;
    while (!failure && count > 0) {
        char buffer[8192] __attribute__((aligned(8)));
        ssize_t received = recv(fd, buffer, sizeof buffer, 0);
        if (received < 0 && errno == EINTR) continue;
        if (received <= 0) {
            failure = received < 0 ? errno : EPROTO;
            break;
        }
        size_t rest = (size_t)received;
        for (struct nlmsghdr *header = (void *)buffer; NLMSG_OK(header, rest); header = NLMSG_NEXT(header, rest)) {
            if (header->nlmsg_type != NLMSG_ERROR) continue;
            const struct nlmsgerr *error = NLMSG_DATA(header);
            count--;
            if (error->error) {
                failure = -error->error;
                copy_explanation(header, error, detail, detail_size);
                break;
            }
        }
    }
    close(fd);
    errno = failure;
    return failure ? -1 : 0;
}

// The socket of nfnetlink stays open until the end: the kernel keeps whoever closes one waiting until no processor looks at
// what was taken away any more, some 10 ms.
static int filter = -1;

// A transaction of nfnetlink, which is over when the call returns. What it is to take away may be gone.
void netlink_filter(const void *messages, uint32_t length) {
    if (filter < 0) filter = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (filter >= 0) send(filter, messages, length, 0);
}

// Nobody else is to wait for that: where there is such a socket, everything but it is closed now, as our end would.
void netlink_part(void) {
    if (filter < 0) return;
    if (filter > 0) syscall(SYS_close_range, 0, (unsigned)filter - 1, 0);
    syscall(SYS_close_range, (unsigned)filter + 1, ~0u, 0);
}

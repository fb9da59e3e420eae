#define _GNU_SOURCE
#include "CKLinux.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST_SENT 8

int ck_connect_in(const char *folder, const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return -1;
    int length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), failure = 0;
    if (length >= (int)sizeof address.sun_path) failure = ENAMETOOLONG;
    else if (fd < 0 || connect(fd, (void *)&address, sizeof address) < 0) failure = errno;
    close(directory);
    if (failure == 0) return fd;
    if (fd >= 0) close(fd);
    return errno = failure, -1;
}

ssize_t ck_send_descriptors(int socket, const void *bytes, size_t size, const int *descriptors, int count) {
    if (count > MOST_SENT) return errno = EINVAL, -1;
    struct iovec part = {(void *)bytes, size};
    char control[CMSG_SPACE(MOST_SENT * sizeof(int))] __attribute__((aligned(8))) = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, (size_t)count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

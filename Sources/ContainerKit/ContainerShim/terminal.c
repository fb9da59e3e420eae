// The container's pseudo-terminal, and descriptors that travel over a socket.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

int descriptor_send_with(int socket, int fd, const void *bytes, size_t size) {
    struct iovec part = {(void *)bytes, size};
    char control[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8))) = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int descriptor_receive(int socket, void *bytes, size_t size, ssize_t *received) {
    struct iovec part = {bytes, size};
    int fd = -1;
    char control[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8)));
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    // An end that closed with something unread in it resets ours once, before what it sent can be read (unix(7)).
    do *received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (*received < 0 && (errno == EINTR || errno == ECONNRESET));
    if (*received < 0) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

// An image decides what /dev/pts is when we join a container, so the multiplexer is believed only when it is the
// kernel's: character device 5:2 on a devpts (the class of CVE-2025-52565).
static int open_multiplexer(void) {
    struct open_how how = {.flags = O_RDWR | O_NOCTTY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/dev/pts/ptmx", &how, sizeof how);
    struct stat status;
    struct statfs system;
    if (fd < 0) return -1;
    if (fstat(fd, &status) < 0 || fstatfs(fd, &system) < 0) return -1;
    bool genuine = S_ISCHR(status.st_mode) && status.st_rdev == makedev(5, 2) && system.f_type == DEVPTS_SUPER_MAGIC;
    if (!genuine) return errno = ENOTTY, -1;
    return fd;
}

static int bind_console(int terminal) {
    // The node itself, of which nothing is opened; nothing that is a link, on the way to it either.
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW, .resolve = RESOLVE_NO_SYMLINKS};
    if (mknod("/dev/console", S_IFREG | 0600, 0) < 0 && errno != EEXIST) return -1;
    int file = (int)syscall(SYS_openat2, AT_FDCWD, "/dev/console", &how, sizeof how);
    if (file < 0) return -1;
    int tree = (int)syscall(SYS_open_tree, terminal, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0) return -1;
    int result = (int)syscall(SYS_move_mount, tree, "", file, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    close(tree);
    close(file);
    return result;
}

int terminal_open(bool show_as_console, uint16_t rows, uint16_t columns, struct child *child) {
    int master = open_multiplexer(), unlock = 0;
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0) return -1;
    // TIOCGPTPEER opens the other end without a path that could be swapped (ioctl_tty(2)).
    int terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0) return -1;
    if (rows && columns) {
        struct winsize size = {.ws_row = rows, .ws_col = columns};
        if (ioctl(master, TIOCSWINSZ, &size) < 0) return -1;
    }
    if (show_as_console && bind_console(terminal) < 0) return -1;
    if (ioctl(terminal, TIOCSCTTY, 0) < 0) return -1;
    if (descriptor_send_with(child->sync_fd, master, "t", 1) < 0) return -1;
    close(master);
    for (int stream = 0; stream < 3; stream++) child->streams[stream] = terminal;
    return 0;
}

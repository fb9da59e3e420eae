#define _GNU_SOURCE
#include "CKLinux.h"

#include <sys/syscall.h>
#include <unistd.h>

int ck_bpf(int command, void *attributes, unsigned int size) {
    return (int)syscall(SYS_bpf, command, attributes, size);
}

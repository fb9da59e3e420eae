// Reads a plan out of its sealed memfd. Every offset is checked: a broken plan ends in EINVAL, not in a crash.
#include "shim.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int plan_open(struct plan *plan, int fd) {
    struct stat status;
    if (fstat(fd, &status) < 0) return -1;
    size_t size = (size_t)status.st_size;
    if (size < sizeof(struct ck_plan_header)) return errno = EINVAL, -1;
    const char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) return -1;
    const struct ck_plan_header *header = (const void *)bytes;
    size_t steps = (size_t)header->step_count * sizeof(struct ck_plan_step);
    bool fits = header->magic == CK_PLAN_MAGIC && header->version == CK_PLAN_VERSION && header->arena_size > 0 &&
                sizeof *header + steps + header->arena_size == size && bytes[size - 1] == '\0';
    if (!fits) return munmap((void *)bytes, size), errno = EINVAL, -1;
    plan->steps = (const void *)(bytes + sizeof *header);
    plan->count = header->step_count;
    plan->arena = bytes + sizeof *header + steps;
    plan->arena_size = header->arena_size;
    return 0;
}

// The arena ends with a NUL, so a string that starts inside it ends inside it.
const char *plan_string(const struct plan *plan, uint32_t offset) {
    return offset < plan->arena_size ? plan->arena + offset : "";
}

const void *plan_bytes(const struct plan *plan, uint32_t offset, uint32_t length) {
    if (offset > plan->arena_size || length > plan->arena_size - offset) return NULL;
    return plan->arena + offset;
}

// A list that does not fit is an error: half of a command, or of a mount's options, is another one.
int plan_list(const struct plan *plan, uint32_t offset, const char **items, size_t capacity) {
    for (size_t count = 0; count < capacity; count++) {
        const void *slot = plan_bytes(plan, offset + (uint32_t)(count * sizeof(uint32_t)), sizeof(uint32_t));
        uint32_t string;
        if (!slot) return errno = EINVAL, -1;
        memcpy(&string, slot, sizeof string);
        items[count] = string == CK_LIST_END ? NULL : plan_string(plan, string);
        if (string == CK_LIST_END) return 0;
    }
    return errno = E2BIG, -1;
}

// libseccomp, found at run time: a filter is compiled once and cached, so most programs never need the library, and
// to load it costs more than to start a container. The header is used for types and constants alone; there is no
// reference to a symbol of the library, so a linker with --as-needed leaves it out.
#ifndef CKSECCOMP_H
#define CKSECCOMP_H

#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
    __typeof__(&seccomp_init) init;
    __typeof__(&seccomp_release) release;
    __typeof__(&seccomp_attr_set) attr_set;
    __typeof__(&seccomp_arch_native) arch_native;
    __typeof__(&seccomp_arch_add) arch_add;
    __typeof__(&seccomp_syscall_resolve_name) resolve_name;
    __typeof__(&seccomp_syscall_resolve_num_arch) resolve_number;
    __typeof__(&seccomp_rule_add_array) rule_add_array;
    __typeof__(&seccomp_export_bpf) export_bpf;
} ck_seccomp_library;

// Opens the library and finds its functions; answers NULL, or why not (dlerror(3)). It is never closed.
static inline const char *ck_seccomp_open(ck_seccomp_library *library) {
    void *handle = dlopen("libseccomp.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!handle) return dlerror();
    const struct {
        void *place;
        const char *name;
    } symbols[] = {
        {&library->init, "seccomp_init"},
        {&library->release, "seccomp_release"},
        {&library->attr_set, "seccomp_attr_set"},
        {&library->arch_native, "seccomp_arch_native"},
        {&library->arch_add, "seccomp_arch_add"},
        {&library->resolve_name, "seccomp_syscall_resolve_name"},
        {&library->resolve_number, "seccomp_syscall_resolve_num_arch"},
        {&library->rule_add_array, "seccomp_rule_add_array"},
        {&library->export_bpf, "seccomp_export_bpf"},
    };
    for (unsigned int i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        *(void **)symbols[i].place = dlsym(handle, symbols[i].name);
        if (!*(void **)symbols[i].place) return dlerror();
    }
    return NULL;
}

// A file in memory for seccomp_export_bpf(3); glibc shows memfd_create(2) to Swift only with _GNU_SOURCE.
static inline int ck_seccomp_file(void) { return (int)syscall(SYS_memfd_create, "seccomp", 1 /* MFD_CLOEXEC */); }

// Puts a filter on the calling thread (seccomp(2), SECCOMP_SET_MODE_FILTER). Answers 0, or -1 and errno.
static inline int ck_seccomp_load(const void *instructions, uint16_t count, unsigned int flags) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

#endif

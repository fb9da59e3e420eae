// libarchive, loaded when it is first used: a command that reads no archive does not pay for its start. The header
// gives the types; each `ck_` function looks its namesake up once. Nothing here refers to a symbol of the library.
#ifndef CKARCHIVE_H
#define CKARCHIVE_H

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <locale.h>
#include <stddef.h>

#define CK_ARCHIVE_LIBRARY "libarchive.so.13"

static inline void *ck_archive_symbol(const char *name) {
    void *library = dlopen(CK_ARCHIVE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, name) : NULL;
}

// Whether the library can be loaded; to be asked before any other function of this header.
static inline int ck_archive_is_available(void) { return ck_archive_symbol("archive_read_new") != NULL; }

// A locale in which libarchive hands names over as the bytes they are ("C") or writes them as UTF-8 ("C.UTF-8").
static inline locale_t ck_archive_locale(const char *name) { return newlocale(LC_CTYPE_MASK, name, (locale_t)0); }

#define CK_ARCHIVE(result, name, parameters, arguments)                                                                \
    static inline result ck_##name parameters {                                                                       \
        static __typeof__(&name) cached;                                                                              \
        __typeof__(&name) function = __atomic_load_n(&cached, __ATOMIC_RELAXED);                                      \
        if (!function) {                                                                                              \
            function = (__typeof__(&name))ck_archive_symbol(#name);                                                   \
            __atomic_store_n(&cached, function, __ATOMIC_RELAXED);                                                    \
        }                                                                                                             \
        return function arguments;                                                                                    \
    }

typedef struct archive ck_archive;
typedef struct archive_entry ck_entry;

CK_ARCHIVE(const char *, archive_error_string, (ck_archive * a), (a))
CK_ARCHIVE(int, archive_errno, (ck_archive * a), (a))

CK_ARCHIVE(ck_archive *, archive_read_new, (void), ())
CK_ARCHIVE(int, archive_read_free, (ck_archive * a), (a))
CK_ARCHIVE(int, archive_read_append_filter, (ck_archive * a, int code), (a, code))
CK_ARCHIVE(int, archive_read_set_format, (ck_archive * a, int code), (a, code))
CK_ARCHIVE(int, archive_read_open,
           (ck_archive * a, void *data, archive_open_callback *open, archive_read_callback *read,
            archive_close_callback *close),
           (a, data, open, read, close))
CK_ARCHIVE(int, archive_read_next_header, (ck_archive * a, ck_entry **entry), (a, entry))
CK_ARCHIVE(int, archive_read_data_block, (ck_archive * a, const void **bytes, size_t *count, la_int64_t *offset),
           (a, bytes, count, offset))
CK_ARCHIVE(int, archive_read_data_skip, (ck_archive * a), (a))

CK_ARCHIVE(ck_archive *, archive_write_new, (void), ())
CK_ARCHIVE(int, archive_write_free, (ck_archive * a), (a))
CK_ARCHIVE(int, archive_write_close, (ck_archive * a), (a))
CK_ARCHIVE(int, archive_write_fail, (ck_archive * a), (a))
CK_ARCHIVE(int, archive_write_set_format_pax, (ck_archive * a), (a))
CK_ARCHIVE(int, archive_write_set_format_raw, (ck_archive * a), (a))
CK_ARCHIVE(int, archive_write_add_filter, (ck_archive * a, int code), (a, code))
CK_ARCHIVE(int, archive_write_set_bytes_per_block, (ck_archive * a, int count), (a, count))
CK_ARCHIVE(int, archive_write_set_bytes_in_last_block, (ck_archive * a, int count), (a, count))
CK_ARCHIVE(int, archive_write_set_filter_option,
           (ck_archive * a, const char *module, const char *option, const char *value), (a, module, option, value))
CK_ARCHIVE(int, archive_write_set_format_option,
           (ck_archive * a, const char *module, const char *option, const char *value), (a, module, option, value))
CK_ARCHIVE(int, archive_write_open,
           (ck_archive * a, void *data, archive_open_callback *open, archive_write_callback *write,
            archive_close_callback *close),
           (a, data, open, write, close))
CK_ARCHIVE(int, archive_write_header, (ck_archive * a, ck_entry *entry), (a, entry))
CK_ARCHIVE(la_ssize_t, archive_write_data, (ck_archive * a, const void *bytes, size_t count), (a, bytes, count))
CK_ARCHIVE(int, archive_write_finish_entry, (ck_archive * a), (a))

CK_ARCHIVE(const char *, archive_entry_pathname, (ck_entry * e), (e))
CK_ARCHIVE(const char *, archive_entry_hardlink, (ck_entry * e), (e))
CK_ARCHIVE(const char *, archive_entry_symlink, (ck_entry * e), (e))
CK_ARCHIVE(unsigned int, archive_entry_filetype, (ck_entry * e), (e))
CK_ARCHIVE(unsigned int, archive_entry_perm, (ck_entry * e), (e))
CK_ARCHIVE(la_int64_t, archive_entry_size, (ck_entry * e), (e))
CK_ARCHIVE(la_int64_t, archive_entry_uid, (ck_entry * e), (e))
CK_ARCHIVE(la_int64_t, archive_entry_gid, (ck_entry * e), (e))
CK_ARCHIVE(time_t, archive_entry_mtime, (ck_entry * e), (e))
CK_ARCHIVE(long, archive_entry_mtime_nsec, (ck_entry * e), (e))
CK_ARCHIVE(dev_t, archive_entry_rdevmajor, (ck_entry * e), (e))
CK_ARCHIVE(dev_t, archive_entry_rdevminor, (ck_entry * e), (e))
CK_ARCHIVE(int, archive_entry_xattr_reset, (ck_entry * e), (e))
CK_ARCHIVE(int, archive_entry_xattr_next, (ck_entry * e, const char **name, const void **value, size_t *size),
           (e, name, value, size))

CK_ARCHIVE(ck_entry *, archive_entry_new, (void), ())
CK_ARCHIVE(void, archive_entry_free, (ck_entry * e), (e))
CK_ARCHIVE(void, archive_entry_set_pathname, (ck_entry * e, const char *path), (e, path))
CK_ARCHIVE(void, archive_entry_set_hardlink, (ck_entry * e, const char *path), (e, path))
CK_ARCHIVE(void, archive_entry_set_symlink, (ck_entry * e, const char *path), (e, path))
CK_ARCHIVE(void, archive_entry_set_filetype, (ck_entry * e, unsigned int type), (e, type))
CK_ARCHIVE(void, archive_entry_set_perm, (ck_entry * e, mode_t mode), (e, mode))
CK_ARCHIVE(void, archive_entry_set_size, (ck_entry * e, la_int64_t size), (e, size))
CK_ARCHIVE(void, archive_entry_set_uid, (ck_entry * e, la_int64_t id), (e, id))
CK_ARCHIVE(void, archive_entry_set_gid, (ck_entry * e, la_int64_t id), (e, id))
CK_ARCHIVE(void, archive_entry_set_mtime, (ck_entry * e, time_t seconds, long nanoseconds), (e, seconds, nanoseconds))
CK_ARCHIVE(void, archive_entry_set_rdevmajor, (ck_entry * e, dev_t major), (e, major))
CK_ARCHIVE(void, archive_entry_set_rdevminor, (ck_entry * e, dev_t minor), (e, minor))
CK_ARCHIVE(void, archive_entry_xattr_add_entry, (ck_entry * e, const char *name, const void *value, size_t size),
           (e, name, value, size))

#undef CK_ARCHIVE
#endif

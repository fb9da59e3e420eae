// The inflate of Intel's ISA-L, which takes half of zlib's time, loaded when it is first used. Nothing here refers to a
// symbol of the library. Its state is handed over as a pointer only: Swift would import the buffers in it one by one.
#ifndef CKINFLATE_H
#define CKINFLATE_H

#include <dlfcn.h>
#include <isa-l/igzip_lib.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define CK_INFLATE_LIBRARY "libisal.so.2"

static inline void *ck_inflate_symbol(const char *name) {
    void *library = dlopen(CK_INFLATE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, name) : NULL;
}

// Whether the library can be loaded; to be asked before any other function of this header.
static inline int ck_inflate_is_available(void) { return ck_inflate_symbol("isal_inflate_reset") != NULL; }

#define CK_INFLATE(result, name, parameters, arguments)                                                                \
    static inline result ck_##name parameters {                                                                       \
        static __typeof__(&name) cached;                                                                              \
        __typeof__(&name) function = __atomic_load_n(&cached, __ATOMIC_RELAXED);                                      \
        if (!function) {                                                                                              \
            function = (__typeof__(&name))ck_inflate_symbol(#name);                                                   \
            __atomic_store_n(&cached, function, __ATOMIC_RELAXED);                                                    \
        }                                                                                                             \
        return function arguments;                                                                                    \
    }

CK_INFLATE(void, isal_inflate_init, (struct inflate_state * state), (state))
CK_INFLATE(void, isal_inflate_reset, (struct inflate_state * state), (state))
CK_INFLATE(int, isal_inflate, (struct inflate_state * state), (state))
CK_INFLATE(void, isal_gzip_header_init, (struct isal_gzip_header * header), (header))
CK_INFLATE(int, isal_read_gzip_header, (struct inflate_state * state, struct isal_gzip_header *header), (state, header))

#undef CK_INFLATE

// A decompressor of gzip (RFC 1952). The header is read by a call of its own: the library forgets what of it came before
// when isal_inflate() reads one that comes in pieces.
struct ck_gzip {
    struct inflate_state state;
    struct isal_gzip_header header;
    int is_in_header;
};

// At the beginning of the next member.
static inline void ck_gzip_next_member(void *opaque) {
    struct ck_gzip *gzip = opaque;
    ck_isal_inflate_reset(&gzip->state);
    // Its checksum is verified.
    gzip->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
    ck_isal_gzip_header_init(&gzip->header);
    gzip->is_in_header = 1;
}

// free(3) ends it.
static inline void *ck_gzip_new(void) {
    struct ck_gzip *gzip = calloc(1, sizeof *gzip);
    if (!gzip) return NULL;
    ck_isal_inflate_init(&gzip->state);
    ck_gzip_next_member(gzip);
    return gzip;
}

// Takes from `in`, gives to `out`, and sets both counts to what is left of them. Negative: the stream is damaged.
static inline int ck_gzip_inflate(void *opaque, const void *in, uint32_t *in_count, void *out, uint32_t *out_count) {
    struct ck_gzip *gzip = opaque;
    struct inflate_state *state = &gzip->state;
    state->next_in = (uint8_t *)in;
    state->avail_in = *in_count;
    state->next_out = out;
    state->avail_out = *out_count;
    int result = ISAL_DECOMP_OK;
    if (gzip->is_in_header) {
        result = ck_isal_read_gzip_header(state, &gzip->header);
        gzip->is_in_header = result != ISAL_DECOMP_OK;
    }
    if (!gzip->is_in_header) result = ck_isal_inflate(state);
    *in_count = state->avail_in;
    *out_count = state->avail_out;
    return result;
}

// Whether all of the member has come out, and its checksum was right.
static inline int ck_gzip_is_finished(const void *opaque) {
    const struct ck_gzip *gzip = opaque;
    return !gzip->is_in_header && gzip->state.block_state == ISAL_BLOCK_FINISH;
}

#endif

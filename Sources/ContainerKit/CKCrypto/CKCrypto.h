// SHA-256 of OpenSSL's libcrypto (it uses the processor's SHA instructions), loaded when it is first used. The header
// gives the types; nothing here refers to a symbol of the library.
#ifndef CKCRYPTO_H
#define CKCRYPTO_H

#include <dlfcn.h>
#include <openssl/evp.h>
#include <stddef.h>

#define CK_CRYPTO_LIBRARY "libcrypto.so.3"

static inline void *ck_crypto_symbol(const char *name) {
    void *library = dlopen(CK_CRYPTO_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, name) : NULL;
}

// Whether the library can be loaded; to be asked before any other function of this header.
static inline int ck_crypto_is_available(void) { return ck_crypto_symbol("EVP_sha256") != NULL; }

#define CK_CRYPTO(result, name, parameters, arguments)                                                                 \
    static inline result ck_##name parameters {                                                                       \
        static __typeof__(&name) cached;                                                                              \
        __typeof__(&name) function = __atomic_load_n(&cached, __ATOMIC_RELAXED);                                      \
        if (!function) {                                                                                              \
            function = (__typeof__(&name))ck_crypto_symbol(#name);                                                    \
            __atomic_store_n(&cached, function, __ATOMIC_RELAXED);                                                    \
        }                                                                                                             \
        return function arguments;                                                                                    \
    }

CK_CRYPTO(EVP_MD_CTX *, EVP_MD_CTX_new, (void), ())
CK_CRYPTO(void, EVP_MD_CTX_free, (EVP_MD_CTX * context), (context))
CK_CRYPTO(int, EVP_MD_CTX_copy_ex, (EVP_MD_CTX * out, const EVP_MD_CTX *in), (out, in))
CK_CRYPTO(const EVP_MD *, EVP_sha256, (void), ())
CK_CRYPTO(int, EVP_DigestInit_ex, (EVP_MD_CTX * context, const EVP_MD *type, ENGINE *engine), (context, type, engine))
CK_CRYPTO(int, EVP_DigestUpdate, (EVP_MD_CTX * context, const void *bytes, size_t count), (context, bytes, count))
CK_CRYPTO(int, EVP_DigestFinal_ex, (EVP_MD_CTX * context, unsigned char *out, unsigned int *count),
          (context, out, count))

#undef CK_CRYPTO
#endif

// libcurl's types and constants, and calls through function pointers. The library is loaded with dlopen(3) when the
// first request is made, so no symbol of it may be named here: a program that never talks to a registry must not pay
// for loading it. Swift cannot call variadic C functions, so each type of argument has a shim.
#ifndef CKCURL_H
#define CKCURL_H

// Disables the type-checking macros, which name libcurl's functions.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

typedef CURLcode (*ck_curl_global_init_function)(long flags);
typedef CURL *(*ck_curl_easy_init_function)(void);
typedef void (*ck_curl_easy_handle_function)(CURL *handle);
typedef CURLcode (*ck_curl_easy_perform_function)(CURL *handle);
typedef const char *(*ck_curl_easy_strerror_function)(CURLcode code);
typedef struct curl_slist *(*ck_curl_slist_append_function)(struct curl_slist *list, const char *text);
typedef void (*ck_curl_slist_free_function)(struct curl_slist *list);
typedef CURLcode (*ck_curl_variadic_option)(CURL *handle, CURLoption option, ...);
typedef CURLcode (*ck_curl_variadic_info)(CURL *handle, CURLINFO info, ...);

typedef size_t (*ck_curl_write_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ck_curl_progress_callback)(
    void *context, curl_off_t to_receive, curl_off_t received, curl_off_t to_send, curl_off_t sent
);

static inline CURLcode ck_curl_global_init(void *function) {
    return ((ck_curl_global_init_function)function)(CURL_GLOBAL_DEFAULT);
}
static inline CURL *ck_curl_easy_init(void *function) { return ((ck_curl_easy_init_function)function)(); }
static inline void ck_curl_easy_reset(void *function, CURL *handle) {
    ((ck_curl_easy_handle_function)function)(handle);
}
static inline void ck_curl_easy_cleanup(void *function, CURL *handle) {
    ((ck_curl_easy_handle_function)function)(handle);
}
static inline CURLcode ck_curl_easy_perform(void *function, CURL *handle) {
    return ((ck_curl_easy_perform_function)function)(handle);
}
static inline const char *ck_curl_easy_strerror(void *function, CURLcode code) {
    return ((ck_curl_easy_strerror_function)function)(code);
}
static inline struct curl_slist *ck_curl_slist_append(void *function, struct curl_slist *list, const char *text) {
    return ((ck_curl_slist_append_function)function)(list, text);
}
static inline void ck_curl_slist_free_all(void *function, struct curl_slist *list) {
    ((ck_curl_slist_free_function)function)(list);
}
static inline CURLcode ck_curl_set_long(void *function, CURL *handle, CURLoption option, long value) {
    return ((ck_curl_variadic_option)function)(handle, option, value);
}
static inline CURLcode ck_curl_set_offset(void *function, CURL *handle, CURLoption option, long long value) {
    return ((ck_curl_variadic_option)function)(handle, option, (curl_off_t)value);
}
static inline CURLcode ck_curl_set_string(void *function, CURL *handle, CURLoption option, const char *value) {
    return ((ck_curl_variadic_option)function)(handle, option, value);
}
static inline CURLcode ck_curl_set_pointer(void *function, CURL *handle, CURLoption option, void *value) {
    return ((ck_curl_variadic_option)function)(handle, option, value);
}
static inline CURLcode ck_curl_set_callback(
    void *function, CURL *handle, CURLoption option, ck_curl_write_callback value
) {
    return ((ck_curl_variadic_option)function)(handle, option, value);
}
static inline CURLcode ck_curl_set_progress_callback(
    void *function, CURL *handle, CURLoption option, ck_curl_progress_callback value
) {
    return ((ck_curl_variadic_option)function)(handle, option, value);
}
static inline CURLcode ck_curl_set_blob(
    void *function, CURL *handle, CURLoption option, const void *bytes, size_t size
) {
    // libcurl makes a copy.
    struct curl_blob blob = {(void *)bytes, size, CURL_BLOB_COPY};
    return ((ck_curl_variadic_option)function)(handle, option, &blob);
}
static inline CURLcode ck_curl_get_string(void *function, CURL *handle, CURLINFO info, const char **value) {
    return ((ck_curl_variadic_info)function)(handle, info, value);
}
static inline CURLcode ck_curl_get_long(void *function, CURL *handle, CURLINFO info, long *value) {
    return ((ck_curl_variadic_info)function)(handle, info, value);
}

#endif

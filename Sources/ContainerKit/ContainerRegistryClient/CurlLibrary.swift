import CKCurl
import ContainerSystem
import Glibc

/// libcurl, loaded when it is first needed: with all it depends on it costs some 3 ms, which a command that talks to no
/// registry must not pay.
struct CurlLibrary: @unchecked Sendable {
    // Unchecked because of the raw pointers: they are written once, and point to code that is never unloaded.

    let easyInit, easyReset, easyCleanup, easyPerform, easyStrerror, setOption, getInfo: UnsafeMutableRawPointer
    let listAppend, listFree: UnsafeMutableRawPointer

    /// Loaded and initialised once for the process; every later use gets the same answer.
    static let shared: Result<CurlLibrary, ContainerError> = Result { () throws(ContainerError) in try CurlLibrary() }

    private init() throws(ContainerError) {
        try self.init(name: "libcurl.so.4")
    }

    init(name: String) throws(ContainerError) {
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            throw ContainerError(
                .unsupported, "load \(name)", cause: dlerror().map { String(cString: $0) },
                hint: "install it: apt install libcurl4")
        }
        func symbol(_ symbol: String) throws(ContainerError) -> UnsafeMutableRawPointer {
            guard let address = dlsym(library, symbol) else {
                throw ContainerError(
                    .unsupported, "load \(name)", cause: "it has no \(symbol)",
                    hint: "install a current one: apt install libcurl4")
            }
            return address
        }
        easyInit = try symbol("curl_easy_init")
        easyReset = try symbol("curl_easy_reset")
        easyCleanup = try symbol("curl_easy_cleanup")
        easyPerform = try symbol("curl_easy_perform")
        easyStrerror = try symbol("curl_easy_strerror")
        setOption = try symbol("curl_easy_setopt")
        getInfo = try symbol("curl_easy_getinfo")
        listAppend = try symbol("curl_slist_append")
        listFree = try symbol("curl_slist_free_all")
        guard ck_curl_global_init(try symbol("curl_global_init")) == CURLE_OK else {
            throw ContainerError(.systemFailure, "initialise \(name)")
        }
    }
}

import CKCurl
import ContainerSystem
import Glibc
import Synchronization

/// HTTP over libcurl. Each transfer under way has a handle of its own; handles are kept afterwards, and with them their
/// open connections.
public final class CurlTransport: HTTPTransport {
    private let idle = Mutex<[CurlHandle]>([])
    private let userAgent: String
    private let authorities = AuthorityBundles()
    /// Handles beyond this are closed rather than kept, so that a burst does not hold its sockets for ever.
    private static let keptHandles = 8

    /// Opens nothing and loads nothing: the first request does.
    public init(userAgent: String = "containerkit") { self.userAgent = userAgent }

    public func perform(
        _ request: HTTPRequest,
        onBody: (HTTPResponseHead, UnsafeRawBufferPointer) throws(ContainerError) -> Void
    ) throws(TransportFailure) -> HTTPResponseHead {
        let handle = try checkOut()
        defer { checkIn(handle) }
        let bundle: [UInt8]?
        do throws(ContainerError) {
            bundle = try authorities.bundle(request.certificates.authorities, system: handle.systemAuthorities)
        } catch { throw TransportFailure(.unusable(error)) }
        return try withoutActuallyEscaping(onBody) { onBody throws(TransportFailure) in
            let transfer = CurlTransfer(onBody: onBody, body: request.body, stallTimeout: request.stallTimeout)
            defer { transfer.finish() }
            return try handle.perform(request, userAgent: userAgent, authorities: bundle, transfer: transfer)
        }
    }

    private func checkOut() throws(TransportFailure) -> CurlHandle {
        if let handle = idle.withLock({ $0.popLast() }) { return handle }
        switch CurlLibrary.shared {
        case .success(let library):
            guard let handle = CurlHandle(library) else {
                throw TransportFailure(.unusable(ContainerError(.exhausted, "start libcurl: out of memory")))
            }
            return handle
        case .failure(let error): throw TransportFailure(.unusable(error))
        }
    }

    private func checkIn(_ handle: CurlHandle) {
        // The handle that is not kept is closed after the lock is released: closing may send a TLS goodbye.
        idle.withLock { if $0.count < Self.keptHandles { $0.append(handle) } }
    }
}

/// One easy handle, used by one thread at a time.
///
/// Unchecked: the pool gives a handle to one caller and takes it back when the call is over; libcurl allows a handle to
/// move between threads in that way.
private final class CurlHandle: @unchecked Sendable {
    private let library: CurlLibrary
    private let easy: UnsafeMutableRawPointer

    init?(_ library: CurlLibrary) {
        guard let easy = ck_curl_easy_init(library.easyInit) else { return nil }
        self.library = library
        self.easy = easy
    }

    deinit { ck_curl_easy_cleanup(library.easyCleanup, easy) }

    /// The system's bundle of authorities, as this libcurl was built.
    var systemAuthorities: String? {
        var text: UnsafePointer<CChar>?
        ck_curl_get_string(library.getInfo, easy, CURLINFO_CAINFO, &text)
        return text.map { String(cString: $0) }
    }

    /// - Parameter authorities: every one that is trusted, in PEM; nil for the system's.
    func perform(_ request: HTTPRequest, userAgent: String, authorities: [UInt8]?, transfer: CurlTransfer)
        throws(TransportFailure) -> HTTPResponseHead
    {
        // Keeps connections, session ids and the DNS cache.
        ck_curl_easy_reset(library.easyReset, easy)
        var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let headers = try headerList(request)
        defer { ck_curl_slist_free_all(library.listFree, headers) }
        let code = errorText.withUnsafeMutableBytes { buffer in
            configure(request, userAgent: userAgent)
            set(CURLOPT_ERRORBUFFER, buffer.baseAddress!)
            set(CURLOPT_HTTPHEADER, headers)
            authorities?.withUnsafeBytes {
                ck_curl_set_blob(library.setOption, easy, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count)
            }
            let context = Unmanaged.passUnretained(transfer).toOpaque()
            for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_XFERINFODATA] {
                set(option, context)
            }
            return withBrokenPipesIgnored { ck_curl_easy_perform(library.easyPerform, easy) }
        }
        if let stop = transfer.stop { throw TransportFailure(.stopped(stop)) }
        if transfer.isStalled {
            throw TransportFailure(.stalled, "nothing came for \(Int(request.stallTimeout.rounded())) s")
        }
        if code == CURLE_OK {
            guard let head = transfer.head else { throw TransportFailure(.notHTTP, "no status line") }
            return head
        }
        let end = errorText.firstIndex(of: 0) ?? 0
        let text =
            end > 0
            ? String(decoding: errorText[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            : String(cString: ck_curl_easy_strerror(library.easyStrerror, code))
        throw failure(code, text, request)
    }

    private func configure(_ request: HTTPRequest, userAgent: String) {
        set(CURLOPT_URL, request.url.description)
        set(CURLOPT_USERAGENT, userAgent)
        // Our paths are exact; ".." in a redirect must reach the server that wrote it.
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        // Each transfer has a connection of its own, so HTTP/2 would add only its flow control.
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_BUFFERSIZE, 256 << 10)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectTimeout * 1000))
        // The only clock that may stop a transfer is the one in `CurlTransfer`: libcurl's low-speed limit looks at an
        // average, and notices a silent peer five seconds late.
        set(CURLOPT_NOPROGRESS, 0)
        ck_curl_set_progress_callback(library.setOption, easy, CURLOPT_XFERINFOFUNCTION) {
            context, _, received, _, sent in
            CurlTransfer.from(context).progress(Int64(received + sent))
        }
        // Both are set in any case: libcurl would read the environment, by rules of its own.
        set(CURLOPT_PROXY, request.proxy?.url ?? "")
        set(CURLOPT_NOPROXY, "")
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let client = request.certificates.client {
            set(CURLOPT_SSLCERT, client.certificate)
            set(CURLOPT_SSLKEY, client.key)
        }
        if request.acceptsAnyCertificate {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        switch request.method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        case .post:
            set(CURLOPT_POST, 1)
            ck_curl_set_offset(library.setOption, easy, CURLOPT_POSTFIELDSIZE_LARGE, request.body?.size ?? 0)
        case .put, .patch:
            set(CURLOPT_UPLOAD, 1)
            ck_curl_set_offset(library.setOption, easy, CURLOPT_INFILESIZE_LARGE, request.body?.size ?? 0)
            if request.method == .patch { set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        case .delete: set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        ck_curl_set_callback(library.setOption, easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            CurlTransfer.from(context).receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        ck_curl_set_callback(library.setOption, easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            CurlTransfer.from(context).receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        ck_curl_set_callback(library.setOption, easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
            CurlTransfer.from(context).send(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        }
    }

    private func headerList(_ request: HTTPRequest) throws(TransportFailure) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        // Without this, libcurl waits up to a second for a permission to send the body that few servers give.
        for header in request.headers + [HTTPHeader("Expect", "")] {
            let isSafe = (header.name + header.value).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
            guard isSafe, let longer = ck_curl_slist_append(library.listAppend, list, "\(header.name): \(header.value)")
            else {
                ck_curl_slist_free_all(library.listFree, list)
                throw TransportFailure(
                    .unusable(ContainerError(.invalidArgument, "header \(header.name) has a control character")))
            }
            list = longer
        }
        return list
    }

    private func set(_ option: CURLoption, _ value: Int) { ck_curl_set_long(library.setOption, easy, option, value) }
    private func set(_ option: CURLoption, _ value: String) {
        ck_curl_set_string(library.setOption, easy, option, value)
    }
    private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        ck_curl_set_pointer(library.setOption, easy, option, value)
    }
    private func set(_ option: CURLoption, _ value: UnsafeMutablePointer<curl_slist>?) {
        ck_curl_set_pointer(library.setOption, easy, option, value)
    }

    private func failure(_ code: CURLcode, _ text: String, _ request: HTTPRequest) -> TransportFailure {
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return TransportFailure(.proxy, text)
        case CURLE_COULDNT_RESOLVE_HOST: return TransportFailure(.nameNotFound, text)
        case CURLE_COULDNT_CONNECT:
            return TransportFailure(request.proxy == nil ? .connect : .proxy, connectDetail(text))
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
            return TransportFailure(
                .unusable(
                    ContainerError(
                        .invalidArgument, "the certificates for \(request.url.authority) cannot be used", cause: text)))
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_INVALIDCERTSTATUS:
            return TransportFailure(.tls, text)
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: return TransportFailure(.notHTTP, text)
        case CURLE_GOT_NOTHING: return TransportFailure(.interrupted, "the connection was closed without an answer")
        case CURLE_OPERATION_TIMEDOUT: return TransportFailure(.connect, "timed out")
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_UNKNOWN_OPTION, CURLE_BAD_FUNCTION_ARGUMENT:
            return TransportFailure(.unusable(ContainerError(.systemFailure, "libcurl", cause: text)))
        // In TLS 1.3 a certificate that is missing or refused shows only when the first answer is read.
        case _ where text.contains("alert"): return TransportFailure(.tls, text)
        case _ where request.proxy != nil && text.contains("CONNECT"): return TransportFailure(.proxy, text)
        default: return TransportFailure(.interrupted, text)
        }
    }

    private func connectDetail(_ text: String) -> String {
        var number = 0
        ck_curl_get_long(library.getInfo, easy, CURLINFO_OS_ERRNO, &number)
        return number == 0 ? text : Errno(rawValue: CInt(truncatingIfNeeded: number)).description
    }

    /// OpenSSL writes to its socket with write(2), which raises SIGPIPE when the peer is gone. The disposition belongs
    /// to the program, so the signal is held back in this thread and taken off before it is let through again.
    private func withBrokenPipesIgnored<Result>(_ body: () -> Result) -> Result {
        var pipe = sigset_t()
        var before = sigset_t()
        var pending = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        sigpending(&pending)
        let wasPending = sigismember(&pending, SIGPIPE) == 1
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        defer {
            sigpending(&pending)
            if !wasPending, sigismember(&pending, SIGPIPE) == 1 {
                var none = timespec()
                sigtimedwait(&pipe, nil, &none)
            }
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        return body()
    }
}

import ContainerSystem
import Glibc

/// Fetches a file of a web server: one GET, redirects followed, no login, nothing kept.
public struct FileDownload: Sendable {
    private let transport: any HTTPTransport
    private let proxies: ProxySettings
    private static let redirects = [301, 302, 303, 307, 308]
    private static let redirectLimit = 5

    public init(transport: any HTTPTransport = CurlTransport(), proxies: ProxySettings = .environment) {
        self.transport = transport
        self.proxies = proxies
    }

    /// Writes the file to where `output` stands.
    /// - Parameters:
    ///   - url: `http://` or `https://`.
    ///   - limit: bytes; a file that is larger is refused.
    /// - Throws: `invalidArgument` for another kind of address; `notFound`, `unavailable`; `exhausted` beyond the limit.
    public func fetch(_ url: String, to output: Descriptor, limit: Int64) throws(ContainerError) {
        guard var address = HTTPAddress(url) else {
            throw ContainerError(.invalidArgument, "\(Foreign.text(url, limit: 200)) is no http or https address")
        }
        let operation = "download \(address)"
        for _ in 0...Self.redirectLimit {
            var written: Int64 = 0
            var request = HTTPRequest(url: address)
            request.proxy = try proxies.proxy(for: address)
            let head: HTTPResponseHead
            do throws(TransportFailure) {
                head = try transport.perform(request) { head, bytes throws(ContainerError) in
                    guard (200...299).contains(head.status) else { return }
                    written += Int64(bytes.count)
                    guard written <= limit else {
                        throw ContainerError(.exhausted, "\(operation): larger than \(limit) bytes")
                    }
                    try output.writeAll(bytes, name: "the download")
                }
            } catch {
                throw Self.error(error, operation)
            }
            switch head.status {
            case 200...299: return
            case _ where Self.redirects.contains(head.status):
                address = try Self.next(head, from: address, operation)
            case 404, 410: throw ContainerError(.notFound, "\(operation): there is no such file", cause: "HTTP 404")
            default:
                throw ContainerError(.unavailable, "\(operation): the server refused", cause: "HTTP \(head.status)")
            }
        }
        throw ContainerError(.unavailable, "\(operation): more than \(Self.redirectLimit) redirects")
    }

    private static func next(_ head: HTTPResponseHead, from address: HTTPAddress, _ operation: String)
        throws(ContainerError) -> HTTPAddress
    {
        guard let location = head["Location"], let next = address.resolving(location) else {
            throw ContainerError(.unavailable, "\(operation): it redirects to what is no http or https address")
        }
        guard !next.isOffLimits(from: address) else {
            throw ContainerError(
                .unavailable, "\(operation): it redirects to \(next.authority), on this machine or on its link")
        }
        guard address.scheme == .http || next.scheme == .https else {
            throw ContainerError(
                .unavailable, "\(operation): it redirects from https to plain http at \(next.authority)")
        }
        return next
    }

    private static func error(_ failure: TransportFailure, _ operation: String) -> ContainerError {
        let cause: String
        switch failure.kind {
        case .stopped(let error): return error
        case .unusable(let error): return error.during(operation)
        case .connect: cause = "no connection"
        case .nameNotFound: cause = "no such host"
        case .proxy: cause = "the proxy refused"
        case .tls: cause = "no trusted TLS connection"
        case .notHTTP: cause = "the answer is not HTTP"
        case .interrupted: cause = "the connection broke"
        case .stalled: cause = "nothing came for too long"
        }
        let detail = Foreign.text(failure.detail, limit: 200)
        return ContainerError(.unavailable, operation, cause: detail.isEmpty ? cause : "\(cause): \(detail)")
    }
}

import ContainerSystem
import Glibc

/// Which proxies lead to registries, by the rules of Go's `net/http`, and so of docker: `HTTP_PROXY` for plain HTTP,
/// `HTTPS_PROXY` for TLS, `NO_PROXY` for what is reached directly, each in capitals before small letters. This machine
/// itself never needs a proxy.
public struct ProxySettings: Sendable, Hashable {
    /// `http://proxy:3128`, `https://`, `socks5://`, `socks5h://`; `host:port` is an `http` proxy. Empty is none.
    public var http = ""
    public var https = ""
    /// Comma-separated: names (and all below them), `.names` (only those below), addresses, blocks of addresses, each
    /// but the last with a `:port` where wanted; `*` is everything.
    public var exceptions = ""

    /// No proxies.
    public init() {}

    /// What the process's environment says.
    public static var environment: ProxySettings {
        func variable(_ name: String) -> String {
            for name in [name, name.lowercased()] {
                if let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty { return value }
            }
            return ""
        }
        var settings = ProxySettings()
        // A web server hands a header of the client's to its scripts under that name (CVE-2016-5386).
        settings.http = getenv("REQUEST_METHOD") == nil ? variable("HTTP_PROXY") : ""
        settings.https = variable("HTTPS_PROXY")
        settings.exceptions = variable("NO_PROXY")
        return settings
    }

    /// The proxy on the way to an address; nil for none.
    /// - Throws: `invalidArgument` when the setting is no address; its text, which may hold a password, is not shown.
    func proxy(for address: HTTPAddress) throws(ContainerError) -> HTTPProxy? {
        let text = (address.scheme == .https ? https : http).trimmingWhitespace()
        guard !text.isEmpty, !address.isLoopback, !isException(address) else { return nil }
        guard let proxy = HTTPProxy(text) else {
            throw ContainerError(
                .invalidArgument, "the \(address.scheme) proxy is no address",
                hint: "set \(address.scheme.rawValue.uppercased())_PROXY to http://HOST:PORT")
        }
        return proxy
    }

    private func isException(_ address: HTTPAddress) -> Bool {
        let literal = InternetAddress(address.host)
        for entry in exceptions.split(separator: ",") {
            let entry = String(entry).trimmingWhitespace().lowercased()
            if entry == "*" { return true }
            if let block = AddressBlock(entry) {
                if let literal, block.contains(literal) { return true }
                continue
            }
            let (host, port) = Self.split(entry)
            guard !host.isEmpty, port.isEmpty || port == "\(address.port)" else { continue }
            if let exception = InternetAddress(host) {
                if exception == literal { return true }
            } else if Self.matches(address.host, host) {
                return true
            }
        }
        return false
    }

    /// `host:port` where there is one port; an IPv6 address without brackets has none.
    private static func split(_ entry: String) -> (host: String, port: String) {
        guard let colon = entry.lastIndex(of: ":"), entry.firstIndex(of: ":") == colon || entry.contains("]:") else {
            return (entry, "")
        }
        return (String(entry[..<colon]), String(entry[entry.index(after: colon)...]))
    }

    private static func matches(_ host: String, _ pattern: String) -> Bool {
        let pattern = pattern.hasPrefix("*.") ? String(pattern.dropFirst()) : pattern
        return pattern.hasPrefix(".") ? host.hasSuffix(pattern) : host == pattern || host.hasSuffix("." + pattern)
    }
}

/// A proxy; no description shows its password.
public struct HTTPProxy: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// With user and password.
    let url: String
    /// `host:port`.
    public let description: String

    init?(_ text: String) {
        let ports = ["http": 80, "https": 443, "socks5": 1080, "socks5h": 1080]
        let colon = text.firstRange(of: "://")
        let scheme = colon.map { text[..<$0.lowerBound].lowercased() } ?? "http"
        let rest = text[(colon?.upperBound ?? text.startIndex)...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let at = rest.lastIndex(of: "@")
        let user = at.map { rest[...$0] } ?? ""
        let host = at.map { rest[rest.index(after: $0)...] } ?? rest
        let hasPort = host.lastIndex(of: ":").map { !host[$0...].contains("]") } ?? false
        guard let port = ports[scheme],
            let address = HTTPAddress(
                scheme: .http, authority: hasPort ? String(host) : "\(host):\(port)", target: "/"),
            user.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        url = "\(scheme)://\(user)\(address.authority)"
        description = address.authority
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}

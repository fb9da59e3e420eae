/// An `http` or `https` URL, taken apart and put together by one strict reader: a text that two readers could take for
/// two hosts (user names, backslashes, control characters) is no address. RFC 3986.
public struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Sendable { case http, https }

    public var scheme: Scheme
    /// Lower-case name, IPv4 address, or IPv6 address in brackets.
    public var host: String
    public var port: UInt16
    /// Path and query, beginning with `/`.
    public var target: String

    /// Nil unless `authority` is `host[:port]` and `target` a path of visible ASCII.
    public init?(scheme: Scheme, authority: some StringProtocol, target: String) {
        var host = authority.lowercased()
        var port: UInt16 = scheme == .https ? 443 : 80
        // The colons of an IPv6 address are inside its brackets.
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            let digits = host[host.index(after: colon)...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(digits),
                number > 0
            else { return nil }
            port = number
            host = String(host[..<colon])
        }
        guard Self.isHost(host), target.hasPrefix("/"), target.utf8.count <= 16384,
            target.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !Self.unsafe.contains($0) })
        else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target
    }

    /// Parses an absolute URL. The fragment, which no server gets, is dropped.
    public init?(_ text: some StringProtocol) {
        let lowered = text.prefix(8).lowercased()
        let scheme: Scheme
        if lowered == "https://" {
            scheme = .https
        } else if lowered.hasPrefix("http://") {
            scheme = .http
        } else {
            return nil
        }
        let rest = text.dropFirst(scheme.rawValue.count + 3).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = String(rest[authority.endIndex...])
        self.init(scheme: scheme, authority: authority, target: target.hasPrefix("/") ? target : "/" + target)
    }

    /// What a `Location` header points to, seen from this address.
    public func resolving(_ location: String) -> HTTPAddress? {
        if let absolute = HTTPAddress(location) { return absolute }
        let location = location.prefix { $0 != "#" }
        if location.hasPrefix("//") { return HTTPAddress("\(scheme):\(location)") }
        let path = String(target.prefix { $0 != "?" })
        let resolved: String
        if location.hasPrefix("/") {
            resolved = String(location)
        } else if location.hasPrefix("?") {
            resolved = path + String(location)
        } else {
            // `ftp:x` is another scheme, not a relative path.
            guard !location.isEmpty, !location.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") else {
                return nil
            }
            resolved = String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) + String(location)
        }
        return HTTPAddress(scheme: scheme, authority: authority, target: resolved)
    }

    /// The address with `name=value` pairs added to its query, percent-encoded.
    public func adding(_ query: [(name: String, value: String)]) -> HTTPAddress {
        var copy = self
        for (name, value) in query {
            copy.target += (copy.target.contains("?") ? "&" : "?") + "\(name)=\(Self.encode(value))"
        }
        return copy
    }

    /// `name=value` pairs as the body of a form.
    static func form(_ fields: [(name: String, value: String)]) -> String {
        fields.map { "\($0.name)=\(encode($0.value))" }.joined(separator: "&")
    }

    /// `host:port`.
    public var authority: String { "\(host):\(port)" }

    /// `scheme://host:port`: who gets to see what was meant for this address.
    public var origin: String { "\(scheme)://\(authority)" }

    public var description: String {
        let isDefault = port == (scheme == .https ? 443 : 80)
        return "\(scheme)://\(host)\(isDefault ? "" : ":\(port)")\(target)"
    }

    /// Whether the host is this machine by its very name: no resolver is asked, so nobody can lie about it.
    public var isLoopback: Bool { host == "localhost" || InternetAddress(host)?.isLoopback == true }

    /// Whether this address lies where another machine has no business to send us: on this machine, or on its link
    /// (a cloud's metadata), unless the other one is there itself.
    func isOffLimits(from other: HTTPAddress) -> Bool {
        (isHere && !other.isHere) || (isLinkLocal && !other.isLinkLocal)
    }

    private var isHere: Bool {
        isLoopback || host.hasSuffix(".localhost") || InternetAddress(host)?.isUnspecified == true
    }

    private var isLinkLocal: Bool { InternetAddress(host)?.isLinkLocal == true }

    private static let unsafe = Array("\"<>\\^`{|}".utf8)

    private static func isHost(_ host: String) -> Bool {
        guard !host.isEmpty, host.utf8.count <= 255 else { return false }
        if host.hasPrefix("[") {
            return host.hasSuffix("]") && host.contains(":") && InternetAddress(host)?.isIPv4 != nil
        }
        // What ends in a number is an address, or one in disguise: 127.1, 0x7f000001, 2130706433 are all this machine.
        let labels = host.split(separator: ".")
        let last = labels.last ?? ""
        let isNumber = last.utf8.allSatisfy { (48...57).contains($0) } || last.hasPrefix("0x")
        guard !isNumber || InternetAddress(host) != nil else { return false }
        return host.utf8.allSatisfy {
            (48...57).contains($0) || (97...122).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                || $0 == UInt8(ascii: "_")
        }
    }

    private static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes = [UInt8]()
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
                UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: ","):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

import Glibc

/// A resolv.conf(5): parsed from the host's, and rendered for a container.
///
/// A container on the host's network takes the host's file as it is and needs none of this.
public struct ResolverConfiguration: Hashable, Sendable {
    /// What a container gets when the host names no server that it could reach, as docker does.
    public static let fallbackNameservers = ["8.8.8.8", "8.8.4.4"]

    public var nameservers: [String] = []
    public var search: [String] = []
    public var options: [String] = []

    public init(nameservers: [String] = [], search: [String] = [], options: [String] = []) {
        self.nameservers = nameservers
        self.search = search
        self.options = options
    }

    /// Reads the text of a resolv.conf. As in the C library the last `search` or `domain` counts, and `options` add
    /// up. Other lines and servers that are no addresses are left out.
    public init(parsing text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let keyword = words.first, keyword.first != "#", keyword.first != ";" else { continue }
            let values = Array(words.dropFirst())
            switch keyword {
            case "nameserver":
                if let value = values.first, Self.isAddress(value) { nameservers.append(value) }
            case "search": search = values
            case "domain": search = Array(values.prefix(1))
            case "options": options += values
            default: break
            }
        }
    }

    /// Where the real servers stand when this is the host's `/etc/resolv.conf` and names only the local stub of
    /// systemd-resolved, which containers cannot reach.
    public var realPath: String? {
        nameservers == ["127.0.0.53"] ? "/run/systemd/resolve/resolv.conf" : nil
    }

    /// The configuration for a container on an IPv4 bridge: without servers on the host's loopback and without IPv6
    /// ones, and with the fallback when none is left. What the user asked for replaces the host's part as a whole
    /// and is taken as it is; a search list of just `.` clears it.
    public func forBridge(
        nameservers wantedServers: [String] = [], search wantedSearch: [String] = [],
        options wantedOptions: [String] = []
    ) -> ResolverConfiguration {
        var result = self
        result.nameservers = nameservers.filter { !$0.hasPrefix("127.") && !$0.contains(":") }
        if result.nameservers.isEmpty { result.nameservers = Self.fallbackNameservers }
        return result.replacing(nameservers: wantedServers, search: wantedSearch, options: wantedOptions)
    }

    /// The same with what the user asked for in place of the host's; a search list of just `.` clears it.
    public func replacing(
        nameservers wantedServers: [String], search wantedSearch: [String], options wantedOptions: [String]
    ) -> ResolverConfiguration {
        var result = self
        if !wantedServers.isEmpty { result.nameservers = wantedServers }
        if !wantedSearch.isEmpty { result.search = wantedSearch == ["."] ? [] : wantedSearch }
        if !wantedOptions.isEmpty { result.options = wantedOptions }
        return result
    }

    /// The text of the file: servers, search list, options.
    public func rendered() -> String {
        var text = ""
        for server in nameservers { text += "nameserver \(NameFiles.oneWord(server))\n" }
        for (keyword, values) in [("search", search), ("options", options)] where !values.isEmpty {
            text += "\(keyword) \(values.map(NameFiles.oneWord).joined(separator: " "))\n"
        }
        return text
    }

    private static func isAddress(_ text: String) -> Bool {
        var buffer = in6_addr()
        // A link-local IPv6 server carries a zone: fe80::1%eth0.
        let bare = text.prefix { $0 != "%" }
        return inet_pton(AF_INET, text, &buffer) == 1 || inet_pton(AF_INET6, String(bare), &buffer) == 1
    }
}

/// The contents of a container's `/etc/hosts` and `/etc/hostname`, as docker writes them.
public enum NameFiles {
    /// An extra line of `/etc/hosts` (`--add-host`).
    public struct HostEntry: Hashable, Sendable {
        public var name: String
        /// IPv4 or IPv6, in text.
        public var address: String

        public init(name: String, address: String) {
            self.name = name
            self.address = address
        }
    }

    /// `/etc/hosts`: the local names, the extra ones, the container's own.
    /// - Parameters:
    ///   - hostname: the container's host name, in full; of `web.example.com` the short form `web` is added.
    ///   - addresses: in text; none on `--network none`: then docker writes no line for the host name.
    public static func hosts(hostname: String, addresses: [String], extra: [HostEntry] = []) -> String {
        var lines = [
            "127.0.0.1\tlocalhost",
            "::1\tlocalhost ip6-localhost ip6-loopback",
            "fe00::\tip6-localnet",
            "ff00::\tip6-mcastprefix",
            "ff02::1\tip6-allnodes",
            "ff02::2\tip6-allrouters",
        ]
        lines += extra.map(line)
        let name = oneWord(hostname)
        let short = String(name.prefix { $0 != "." })
        let names = short == name || short.isEmpty ? name : "\(name) \(short)"
        for address in addresses { lines.append("\(oneWord(address))\t\(names)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `/etc/hosts` of a container that has the host's network: the host's own, and the extra lines.
    public static func hosts(ofHost text: String, extra: [HostEntry]) -> String {
        if extra.isEmpty { return text }
        return (text.isEmpty || text.hasSuffix("\n") ? text : text + "\n")
            + extra.map { line($0) + "\n" }.joined()
    }

    private static func line(_ entry: HostEntry) -> String { "\(oneWord(entry.address))\t\(oneWord(entry.name))" }

    /// `/etc/hostname`
    public static func hostname(_ name: String) -> String { oneWord(name) + "\n" }

    /// Names come from users and images: one must not smuggle in a second line or a second name.
    static func oneWord(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value > 0x20 && $0.value != 0x7f }))
    }
}

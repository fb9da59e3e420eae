import ContainerEngine
import Glibc

/// Namespaces, names and the network.
extension ContainerArguments {
    func fillPlaces(_ options: inout ContainerOptions) throws {
        options.hostname = words.last("hostname").flatMap { $0.isEmpty ? nil : $0 }
        options.domainname = words.last("domainname").flatMap { $0.isEmpty ? nil : $0 }
        // These mean our own.
        options.runtime = words.last("runtime").flatMap { ["", "ck", "ck-runtime"].contains($0) ? nil : $0 }
        options.cgroupParent = words.last("cgroup-parent").flatMap { $0.isEmpty ? nil : $0 }
        options.namespaces.pid = try mode("pid", "PID", ["host"], joins: true)
        options.namespaces.ipc = try mode("ipc", "IPC", ["host", "private", "shareable", "none"], joins: true)
        options.namespaces.uts = try mode("uts", "UTS", ["host"])
        options.namespaces.user = try mode("userns", "USER", ["host"])
        options.namespaces.cgroup = try mode("cgroupns", "CGROUP", ["host", "private"])
        if options.namespaces.uts == "host", options.hostname != nil {
            throw CommandFailure("ck: conflicting options: hostname and the UTS mode", status: 125)
        }
        options.network = try networkMode()
        options.exposedPorts = try words.all("expose").flatMap(Self.ports)
        options.names.servers = try words.all("dns").map(Self.server)
        options.names.search = try words.all("dns-search").map(Self.domain)
        options.names.options = words.all("dns-option")
        options.names.hosts = try words.all("add-host").map(Self.host)
    }

    private func mode(_ flag: String, _ name: String, _ words: [String], joins: Bool = false) throws(CommandFailure)
        -> String?
    {
        guard let mode = self.words.last(flag), !mode.isEmpty else { return nil }
        let isContainer = joins && mode.hasPrefix("container:") && mode != "container:"
        guard words.contains(mode) || isContainer else {
            throw CommandFailure("ck: --\(flag): invalid \(name) mode", status: 125)
        }
        return mode
    }

    private func networkMode() throws -> ContainerOptions.NetworkMode {
        guard let network = words.last("network"), network != "default" else { return .bridge }
        guard !network.isEmpty else { throw CommandFailure("ck: no name set for network", status: 125) }
        let all = words.all("network")
        if all.count > 1, Set(all).count > 1 {
            throw CommandFailure(unsupported: "--network several times", hint: "networks of your own come later")
        }
        switch network {
        case "none": return .none
        case "host": return .host
        case "bridge": return .bridge
        default: throw CommandFailure(unsupported: "--network \(network)", hint: "it can be none, host or bridge")
        }
    }

    // MARK: - Names

    private static func isAddress(_ text: String) -> Bool {
        var buffer = in6_addr()
        return inet_pton(AF_INET, text, &buffer) == 1 || inet_pton(AF_INET6, text, &buffer) == 1
    }

    private static func server(_ text: String) throws(FlagError) -> String {
        let address = text.trimmingWhitespace
        guard isAddress(address) else {
            throw FlagError("dns", text, "IP address is not correctly formatted: \(text)")
        }
        return address
    }

    /// Letters, digits, dots and dashes with a letter among them; a single dot clears the list.
    private static func domain(_ text: String) throws(FlagError) -> String {
        let domain = text.trimmingWhitespace
        if domain == "." { return domain }
        let parts = (domain.hasSuffix(".") ? domain.dropLast() : domain[...])
            .split(separator: ".", omittingEmptySubsequences: false)
        let isValid = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.count <= 63 && part.first != "-" && part.last != "-"
                && part.utf8.allSatisfy { byte in
                    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
        }
        guard isValid, domain.utf8.count <= 255, domain.contains(where: \.isLetter) else {
            throw FlagError("dns-search", text, "\(text) is not a valid domain")
        }
        return domain
    }

    /// `NAME:ADDRESS`, also with an equals sign and with brackets; as `NAME:ADDRESS`.
    private static func host(_ text: String) throws(FlagError) -> String {
        let separator: Character = text.contains("=") ? "=" : ":"
        let parts = text.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw FlagError("add-host", text, "bad format for add-host: \(Quoting.go(text))")
        }
        var address = parts[1]
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        guard address == "host-gateway" || isAddress(address) else {
            throw FlagError("add-host", text, "invalid IP address in add-host: \(Quoting.go(parts[1]))")
        }
        return "\(parts[0]):\(address)"
    }

    /// `PORT[-PORT][/PROTOCOL]`, each on its own.
    private static func ports(_ text: String) throws(CommandFailure) -> [String] {
        func refused(_ reason: String) -> CommandFailure { CommandFailure("ck: \(reason)", status: 125) }
        if text.contains(":") { throw refused("invalid port format for --expose: \(text)") }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let kind = parts.count > 1 && !parts[1].isEmpty ? parts[1].lowercased() : "tcp"
        guard ["tcp", "udp", "sctp"].contains(kind) else {
            throw refused("invalid port format for --expose: \(text): invalid proto '\(kind)'")
        }
        let ends = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = ends.compactMap { UInt16($0) }
        guard numbers.count == ends.count, let first = numbers.first, let last = numbers.last else {
            throw refused("invalid range format for --expose: \(text), error: a port is a number up to 65535")
        }
        guard first <= last else {
            throw refused(
                "invalid range format for --expose: \(text), error: invalid range specified for port: \(parts[0])")
        }
        return (first...last).map { "\($0)/\(kind)" }
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

import ContainerEngine

/// Namespaces and names.
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
        try fillNetworks(&options)
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

    // MARK: - Names

    private static func server(_ text: String) throws(FlagError) -> String {
        let address = text.trimmingWhitespace
        guard AddressBlock.isAddress(address) else {
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
        guard address == "host-gateway" || AddressBlock.isAddress(address) else {
            throw FlagError("add-host", text, "invalid IP address in add-host: \(Quoting.go(parts[1]))")
        }
        return "\(parts[0]):\(address)"
    }
}

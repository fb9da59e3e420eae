import ContainerEngine

/// Networks and ports.
extension ContainerArguments {
    func fillNetworks(_ options: inout ContainerOptions) throws {
        options.network = try networkMode()
        options.ports = try words.all("publish").flatMap(PublishFlag.parse)
        options.publishesAll = words.isOn("publish-all")
        options.exposedPorts = try words.all("expose").flatMap(PublishFlag.exposed)
    }

    private func networkMode() throws -> ContainerOptions.NetworkMode {
        var attachments = try words.all("network").map(AttachmentValues.network)
        if attachments.isEmpty { attachments.append(NetworkAttachment("bridge")) }
        // The flags of their own are of the first network.
        try applyFlags(&attachments[0])
        for index in attachments.indices {
            try complete(&attachments[index])
            let name = attachments[index].network
            if attachments[..<index].contains(where: { $0.network == name }) {
                throw failure("network \(Quoting.go(name)) is specified multiple times")
            }
        }
        let custom = attachments.count { AttachmentValues.isUserDefined($0.network) }
        if custom > 0, custom < attachments.count {
            throw failure("conflicting options: cannot attach both user-defined and non-user-defined network-modes")
        }
        return try mode(attachments)
    }

    private func applyFlags(_ first: inout NetworkAttachment) throws {
        try take("network-alias", &first.aliases, "alias")
        first.links = try words.all("link").map(AttachmentValues.link)
        try take("ip", &first.address, "IPv4 address")
        try take("ip6", &first.address6, "IPv6 address")
        try take("mac-address", &first.macAddress, "MAC address")
        try take("link-local-ip", &first.linkLocalAddresses, "link-local IP addresses")
    }

    private func take(_ flag: String, _ field: inout String?, _ name: String) throws(CommandFailure) {
        guard let value = words.last(flag), !value.isEmpty else { return }
        if field != nil { throw twice(flag, name) }
        field = value
    }

    private func take(_ flag: String, _ field: inout [String], _ name: String) throws(CommandFailure) {
        let values = words.all(flag)
        if values.isEmpty { return }
        if !field.isEmpty { throw twice(flag, name) }
        field = values
    }

    private func twice(_ flag: String, _ name: String) -> CommandFailure {
        failure("conflicting options: cannot specify both --\(flag) and per-network \(name)")
    }

    /// What docker's command line says of each network.
    private func complete(_ attachment: inout NetworkAttachment) throws(CommandFailure) {
        if attachment.network.trimmingWhitespace.isEmpty { throw failure("no name set for network") }
        if !attachment.aliases.isEmpty, !AttachmentValues.isUserDefined(attachment.network) {
            throw failure("network-scoped aliases are only supported for user-defined networks")
        }
        if let text = attachment.macAddress {
            guard let address = AttachmentValues.macAddress(text) else {
                throw failure("\(text) is not a valid mac address")
            }
            attachment.macAddress = address
        }
    }

    private func mode(_ attachments: [NetworkAttachment]) throws(CommandFailure) -> ContainerOptions.NetworkMode {
        guard
            let other = attachments.first(where: {
                ["host", "none"].contains($0.network) || $0.network.hasPrefix("container:")
            })
        else { return .networks(attachments) }
        guard attachments.count == 1 else {
            throw failure(
                other.network == "none"
                    ? "container cannot be connected to multiple networks with one of the networks in private (none) mode"
                    : "container sharing network namespace with another container or host cannot be connected to any"
                        + " other network")
        }
        try checkShared(other)
        switch other.network {
        case "host": return .host
        case "none": return .none
        default:
            let name = String(other.network.dropFirst(10))
            if name.isEmpty { throw failure("invalid network mode: invalid container format container:<name|id>") }
            return .container(name)
        }
    }

    /// What means nothing where the container has no end of its own.
    private func checkShared(_ attachment: NetworkAttachment) throws(CommandFailure) {
        if !attachment.links.isEmpty {
            switch attachment.network {
            case "none": throw failure("conflicting options: links and the network mode")
            case "host":
                throw failure(
                    "conflicting options: host type networking can't be used with links."
                        + " This would result in undefined behavior")
            default:
                throw failure(
                    "conflicting options: container type network can't be used with links."
                        + " This would result in undefined behavior")
            }
        }
        if attachment.macAddress != nil { throw failure("conflicting options: mac-address and the network mode") }
        let hasAddress =
            attachment.address != nil || attachment.address6 != nil || !attachment.linkLocalAddresses.isEmpty
        if hasAddress { throw failure("user specified IP address is supported on user defined networks only") }
        if !attachment.driverOptions.isEmpty || attachment.gatewayPriority != 0 {
            throw failure("conflicting options: driver-opt, gw-priority and the network mode")
        }
    }

    private func failure(_ text: String) -> CommandFailure { CommandFailure("ck: \(text)", status: 125) }
}

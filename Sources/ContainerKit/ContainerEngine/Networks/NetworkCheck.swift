import ContainerSystem
import Glibc

/// What of networks and ports can be judged without a look at anything, in docker's words.
enum NetworkCheck {
    static func check(_ options: ContainerOptions) throws(ContainerError) {
        switch options.network {
        case .none: break
        case .host: break
        case .container(let name):
            guard !name.isEmpty else {
                throw invalid("invalid network mode: invalid container format container:<name|id>")
            }
            try checkJoining(options)
        case .networks(let attachments):
            for (index, attachment) in attachments.enumerated() {
                if attachments[..<index].contains(where: { $0.network == attachment.network }) {
                    throw invalid("network \"\(attachment.network.printable)\" is specified multiple times")
                }
                try check(attachment)
            }
        }
        for port in options.exposedPorts where ExposedPorts(port) == nil {
            throw invalid("invalid exposed port: \(port.printable)")
        }
        for port in options.ports {
            if port.containerPort == 0 { throw invalid("invalid containerPort: 0") }
            if port.hostPorts?.lowerBound == 0 { throw invalid("invalid hostPort: 0") }
            if let address = port.hostAddress, !isAddress(address, AF_INET), !isAddress(address, AF_INET6) {
                throw invalid("invalid IP address: \(address.printable)")
            }
        }
    }

    private static func isMACAddress(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return parts.count == 6 && parts.allSatisfy { part in part.count == 2 && part.allSatisfy(isHexadecimal) }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }

    /// What the kernel takes for a name (`dev_valid_name`), but for the loopback interface's.
    private static func isInterfaceName(_ name: String) -> Bool {
        (1...15).contains(name.utf8.count) && ![".", "..", "lo"].contains(name)
            && name.utf8.allSatisfy { byte in (33...126).contains(byte) && !"/:%".utf8.contains(byte) }
    }

    /// The other container has decided on these.
    private static func checkJoining(_ options: ContainerOptions) throws(ContainerError) {
        if options.hostname != nil { throw invalid("conflicting options: hostname and the network mode") }
        if !options.names.servers.isEmpty { throw invalid("conflicting options: dns and the network mode") }
        if !options.names.hosts.isEmpty {
            throw invalid("conflicting options: custom host-to-IP mapping and the network mode")
        }
        if !options.ports.isEmpty || options.publishesAll {
            throw invalid("conflicting options: port publishing and the container type network mode")
        }
        if !options.exposedPorts.isEmpty {
            throw invalid("conflicting options: port exposing and the container type network mode")
        }
    }

    /// What is asked of a container's end of a network.
    static func check(_ attachment: NetworkAttachment) throws(ContainerError) {
        if attachment.network.isEmpty { throw invalid("no name set for network") }
        if attachment.network == Engine.bridgeNetworkName {
            if !attachment.aliases.isEmpty {
                throw invalid("network-scoped alias is supported only for containers in user defined networks")
            }
            if attachment.address != nil || attachment.address6 != nil || !attachment.linkLocalAddresses.isEmpty {
                throw invalid("user specified IP address is supported on user defined networks only")
            }
        }
        if let address = attachment.address, !isAddress(address, AF_INET) {
            throw invalid("invalid IPv4 address: \(address.printable)")
        }
        if let address = attachment.address6, !isAddress(address, AF_INET6) {
            throw invalid("invalid IPv6 address: \(address.printable)")
        }
        for address in attachment.linkLocalAddresses where !isAddress(address, AF_INET) && !isAddress(address, AF_INET6)
        {
            throw invalid("invalid link-local IP address: \(address.printable)")
        }
        if let address = attachment.macAddress, !isMACAddress(address) {
            throw invalid("\(address.printable) is not a valid mac address")
        }
        if let name = attachment.interfaceName, !isInterfaceName(name) {
            throw invalid("invalid interface name \"\(name.printable)\": it has 1 to 15 letters, digits or signs")
        }
        for alias in attachment.aliases where alias.isEmpty || alias.utf8.count > 255 {
            throw invalid("invalid network alias \"\(alias.printable)\": it has 1 to 255 bytes")
        }
    }

    private static func isAddress(_ text: String, _ family: Int32) -> Bool {
        var buffer = in6_addr()
        return inet_pton(family, text, &buffer) == 1
    }

    private static func invalid(_ message: String) -> ContainerError { ContainerError(.invalidArgument, message) }
}

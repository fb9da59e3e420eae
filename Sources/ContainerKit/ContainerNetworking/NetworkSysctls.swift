import ContainerSystem

/// The kernel's switches of a network namespace that bridges need (Documentation/networking/ip-sysctl.rst of the
/// kernel). Each is read first and written only when it differs: many hosts have it right.
struct NetworkSysctls: Sendable {
    /// `/proc/sys/net`, which shows the namespace of the calling thread.
    let folder: String

    private func path(_ name: String) -> String { folder + "/" + name }

    private func value(_ name: String) throws(ContainerError) -> Substring {
        try Files.readText(path(name), limit: 64).prefix { !$0.isNewline }
    }

    private func set(_ name: String, to value: String, _ operation: String) throws(ContainerError) {
        do {
            if try self.value(name) == value { return }
            try Files.set(path(name), to: value)
        } catch {
            var explained = error.during(operation)
            explained.hint =
                "set net.\(name.split(separator: "/").joined(separator: ".")) to \(value) on the host, "
                + "or use --network host or --network none"
            throw explained
        }
    }

    /// Whether the kernel has IPv6 at all.
    var hasIPv6: Bool { Files.exists(path("ipv6/conf/all/forwarding")) }

    /// - Throws: `ContainerError` `unsupported` when the kernel has no IPv6.
    func checkIPv6() throws(ContainerError) {
        guard hasIPv6 else {
            throw ContainerError(
                .unsupported, "use IPv6 on a network: the kernel has none",
                hint: "boot without ipv6.disable=1, or make the network without IPv6")
        }
    }

    func forwardIPv4() throws(ContainerError) { try set("ipv4/ip_forward", to: "1", "let the host forward IPv4") }

    /// A host that forwards ignores its routers' announcements unless told otherwise, and would lose its own default
    /// route: interfaces that listened go on listening.
    func forwardIPv6() throws(ContainerError) {
        if try value("ipv6/conf/all/forwarding") == "1" { return }
        for interface in try Files.list(path("ipv6/conf")) where interface != "all" {
            let name = "ipv6/conf/\(interface)/accept_ra"
            // An interface may go while this looks.
            if (try? value(name)) == "1" { try? Files.set(path(name), to: "2") }
        }
        try set("ipv6/conf/all/forwarding", to: "1", "let the host forward IPv6")
    }

    /// Makes a new bridge deaf to router announcements, which any container could send to give the host a default
    /// route of its liking, and lets it have IPv6 addresses on a host that switched them off for new interfaces.
    ///
    /// Its link-local address counts at once: while the kernel waits whether somebody else has it, it finds none of the
    /// containers for a second.
    func prepare(bridge: String, isIPv6: Bool) throws(ContainerError) {
        guard hasIPv6 else { return }
        try set("ipv6/conf/\(bridge)/accept_ra", to: "0", "let bridge \(bridge) ignore router announcements")
        guard isIPv6 else { return }
        try set("ipv6/conf/\(bridge)/accept_dad", to: "0", "let bridge \(bridge) have its address at once")
        try set("ipv6/conf/\(bridge)/disable_ipv6", to: "0", "let bridge \(bridge) have IPv6")
    }

    /// Without br_netfilter there is no such switch.
    var filtersFrames: Bool { (try? value("bridge/bridge-nf-call-iptables")) == "1" }

    func hasInterface(_ name: String) -> Bool { Files.exists(path("ipv4/conf/\(name)")) }

    /// Lets packets for 127.0.0.0/8 through a bridge, as an answer to a connection from the host's loopback to a
    /// published port needs. The firewall must drop them first where they come from elsewhere.
    func routeLoopback(through bridge: String) throws(ContainerError) {
        try set("ipv4/conf/\(bridge)/route_localnet", to: "1", "publish ports on the loopback of the host")
    }
}

import ContainerDatabase
import ContainerNetworking
import ContainerSystem

/// Judges what is asked of a new network, and fills in what is not said. Pure.
struct NetworkBuilder {
    /// The networks that there are.
    let others: [NetworkRecord]
    /// Where the host's routes lead.
    let routes: [IPSubnet]
    /// Where networks without a subnet may lie; empty is the standard.
    let pools: [EngineSettings.AddressPoolSetting]

    static let predefined = ["bridge", "host", "none"]

    /// - Throws: `conflict` for a name or addresses that are taken, `invalidArgument`, `unsupported`, `exhausted`.
    func record(_ options: NetworkOptions, id: String, created: Double) throws(ContainerError) -> NetworkRecord {
        try checkName(options.name)
        guard ["bridge", "macvlan", "ipvlan"].contains(options.driver) else { throw Self.unknown(options.driver) }
        let settings = try DriverSettings(driver: options.driver, options.options)
        guard options.isIPv4 || options.isIPv6 else {
            throw ContainerError(
                .invalidArgument, "network \(options.name): IPv4 or IPv6 must be enabled",
                hint: "leave out --ipv4=false")
        }
        let subnets = try self.subnets(options)
        var record = NetworkRecord(
            id: id, name: options.name, driver: options.driver, link: try link(options, settings, id), created: created)
        record.isInternal = options.isInternal
        record.isAttachable = options.attachable
        record.labels = options.labels
        record.options = options.options
        record.subnets = subnets
        return record
    }

    private static func unknown(_ driver: String) -> ContainerError {
        if driver == "host" || driver == "none" || driver == "null" {
            let name = driver == "null" ? "none" : driver
            return ContainerError(
                .permissionDenied, "only one instance of \"\(name)\" network is allowed", hint: "use --network \(name)")
        }
        return ContainerError(
            .unsupported, "network driver \(driver.printable): there is none of that name",
            hint: "there are bridge, macvlan and ipvlan")
    }

    private func checkName(_ name: String) throws(ContainerError) {
        if name.isEmpty { throw ContainerError(.invalidArgument, "invalid name: name is empty") }
        let isPlain = name.utf8.enumerated().allSatisfy { index, byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || index > 0 && "_.-".utf8.contains(byte)
        }
        guard isPlain, name.utf8.count <= 255 else {
            throw ContainerError(
                .invalidArgument,
                "invalid network name \"\(name.printable)\": only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        }
        if Self.predefined.contains(name) {
            throw ContainerError(
                .permissionDenied, "operation is not permitted on predefined \(name) network",
                hint: "choose another name")
        }
        if others.contains(where: { $0.name == name }) {
            throw ContainerError(.conflict, "network with name \(name) already exists", hint: "choose another name")
        }
    }

    /// The bridge, or the link that its own are made of.
    private func link(_ options: NetworkOptions, _ settings: DriverSettings, _ id: String) throws(ContainerError)
        -> String
    {
        guard options.driver == "bridge" else {
            // As docker: without a parent it leads nowhere.
            return settings.parent ?? "dm-" + id.prefix(12)
        }
        let name = settings.bridge ?? "ck-" + id.prefix(12)
        guard let other = others.first(where: { $0.driver == "bridge" && $0.link == name })
        else { return name }
        throw ContainerError(
            .conflict, "bridge \(name) is that of the network \(other.name)", hint: "choose another name for it")
    }

    // MARK: - Subnets

    private func subnets(_ options: NetworkOptions) throws(ContainerError) -> [NetworkRecord.Subnet] {
        var result: [NetworkRecord.Subnet] = []
        var taken: [IPSubnet] = []
        for wanted in options.subnets where !wanted.subnet.isEmpty {
            let subnet = try IPSubnet(wanted.subnet)
            guard subnet.isIPv6 ? options.isIPv6 : options.isIPv4 else {
                throw ContainerError(
                    .invalidArgument, "network \(options.name): the subnet \(subnet) is of IPv\(subnet.isIPv6 ? 6 : 4)",
                    cause: "the network has none", hint: subnet.isIPv6 ? "add --ipv6" : "leave out --ipv4=false")
            }
            try check(subnet, against: taken, options)
            taken.append(subnet)
            result.append(try fill(subnet, wanted))
        }
        for isIPv6 in [false, true] where isIPv6 ? options.isIPv6 : options.isIPv4 {
            let count = taken.count { $0.isIPv6 == isIPv6 }
            if count > 1, options.driver == "bridge" {
                throw ContainerError(
                    .invalidArgument, "network \(options.name): a bridge has one subnet of IPv\(isIPv6 ? 6 : 4)",
                    hint: "make a larger one, or several networks")
            }
            if count > 0 { continue }
            let subnet = try free(isIPv6, avoiding: taken)
            taken.append(subnet)
            // What else was said without a subnet is of this one.
            let wanted = options.subnets.first { $0.subnet.isEmpty && Self.isIPv6($0) == isIPv6 }
            result.append(try fill(subnet, wanted ?? .init("")))
        }
        return result
    }

    private static func isIPv6(_ subnet: NetworkOptions.Subnet) -> Bool {
        (subnet.gateway ?? subnet.ipRange ?? subnet.auxAddresses.values.first ?? "").contains(":")
    }

    private func check(_ subnet: IPSubnet, against taken: [IPSubnet], _ options: NetworkOptions) throws(ContainerError)
    {
        if taken.contains(where: { $0.overlaps(subnet) }) {
            throw ContainerError(.invalidArgument, "network \(options.name): its subnets overlap (\(subnet))")
        }
        for other in others {
            for one in other.subnets where try IPSubnet(one.subnet).overlaps(subnet) {
                throw ContainerError(
                    .conflict, "Pool overlaps with other one on this address space",
                    cause: "\(subnet) overlaps \(one.subnet) of the network \(other.name)",
                    hint: "choose another subnet")
            }
        }
        // A macvlan or ipvlan is of its parent's own network.
        guard options.driver == "bridge" else { return }
        // A default route, or the halves of one that virtual private networks set, says nothing.
        if let route = routes.first(where: { $0.prefixLength > 1 && $0.overlaps(subnet) }) {
            throw ContainerError(
                .conflict, "network \(options.name): \(subnet) overlaps the host's route to \(route)",
                hint: "choose another subnet")
        }
    }

    private func fill(_ subnet: IPSubnet, _ wanted: NetworkOptions.Subnet) throws(ContainerError)
        -> NetworkRecord.Subnet
    {
        func inside(_ text: String, _ what: String) throws(ContainerError) -> IPAddress {
            let address = try IPAddress(text)
            guard subnet.contains(address) else {
                throw ContainerError(
                    .invalidArgument, "no matching subnet for \(what) \(text)", cause: "it is not in \(subnet)")
            }
            return address
        }
        var range: IPSubnet?
        if let text = wanted.ipRange {
            // docker takes any address of it.
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let length = Int(parts[1]) else {
                throw ContainerError(
                    .invalidArgument, "\"\(text.printable)\" is not an IP range", hint: "it looks like 192.0.2.64/26")
            }
            let one = try IPSubnet(containing: try inside(String(parts[0]), "ip-range"), prefixLength: length)
            guard subnet.contains(one) else {
                throw ContainerError(.invalidArgument, "no matching subnet for range \(text)")
            }
            range = one
        }
        let gateway = try wanted.gateway.map { text throws(ContainerError) in try inside(text, "gateway") }
        var reserved: [String: String] = [:]
        for (name, text) in wanted.auxAddresses.sorted(by: { $0.key < $1.key }) {
            reserved[name] = try inside(text, "aux-address").description
        }
        guard let first = gateway ?? subnet.firstHost else {
            throw ContainerError(
                .invalidArgument, "the subnet \(subnet) has no room for a gateway", hint: "make it larger")
        }
        return NetworkRecord.Subnet(
            subnet.description, gateway: first.description, range: range?.description, reserved: reserved)
    }

    /// A subnet that nobody has.
    func free(_ isIPv6: Bool, avoiding taken: [IPSubnet], candidates: [IPv4Subnet] = AddressPool.furtherCandidates)
        throws(ContainerError) -> IPSubnet
    {
        var used = routes + taken
        for other in others {
            for subnet in other.subnets { used.append(try IPSubnet(subnet.subnet)) }
        }
        if isIPv6 {
            for pool in pools where pool.base.contains(":") {
                if let subnet = try Self.first(of: pool, avoiding: used) { return subnet }
            }
            return .v6(try AddressPool.uniqueLocalSubnet(avoiding: used))
        }
        var own = pools.filter { !$0.base.contains(":") }
        if own.isEmpty { return .v4(try AddressPool.freeSubnet(avoiding: used, candidates: candidates)) }
        while !own.isEmpty {
            if let subnet = try Self.first(of: own.removeFirst(), avoiding: used) { return subnet }
        }
        throw ContainerError(
            .exhausted, "all predefined address pools have been fully subnetted",
            hint: "name a subnet, remove networks that are not needed, or extend default-address-pools")
    }

    /// The first part of a pool that overlaps nothing; nil when there is none.
    private static func first(of pool: EngineSettings.AddressPoolSetting, avoiding used: [IPSubnet])
        throws(ContainerError) -> IPSubnet?
    {
        let base = try IPSubnet(pool.base)
        let step = UInt128(1) << UInt128((base.isIPv6 ? 128 : 32) - pool.size)
        var offset: UInt128 = 0
        // A pool of IPv6 may have more parts than anybody could try.
        for _ in 0..<(1 << min(pool.size - base.prefixLength, 16)) {
            guard let address = base.address(at: offset) else { return nil }
            let subnet = try IPSubnet(containing: address, prefixLength: pool.size)
            if !used.contains(where: { $0.prefixLength > 1 && $0.overlaps(subnet) }) { return subnet }
            offset += step
        }
        return nil
    }
}

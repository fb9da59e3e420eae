import ContainerNetworking
import ContainerSystem

/// What the options of a network say to its driver, by docker's names and the short ones that podman has too.
struct DriverSettings: Equatable {
    /// In bytes; nil is the driver's own.
    var mtu: UInt32?
    /// What a container of the network may send and receive.
    var egress: TrafficLimit?
    var ingress: TrafficLimit?

    // Of a bridge
    var bridge: String?
    var masquerades = true
    /// Whether its containers reach each other.
    var allowsTrafficBetweenContainers = true
    /// Where ports of its containers are published that name no address of the host.
    var hostAddress: String?
    var interfacePrefix = "eth"

    // Of a macvlan or ipvlan
    var parent: String?
    var macvlanMode = MACVLANMode.bridge
    var ipvlanMode = IPVLANMode.l2
    var ipvlanFlag = IPVLANFlag.bridge

    /// - Throws: `invalidArgument` for an option that the driver does not have, or a value that it cannot take.
    init(driver: String, _ options: [String: String]) throws(ContainerError) {
        for (name, value) in options.sorted(by: { $0.key < $1.key }) {
            guard try take(name, value, driver) else {
                throw ContainerError(
                    .invalidArgument, "network option \(name.printable): the driver \(driver) has no such option",
                    hint: "it has \(Self.names(of: driver).joined(separator: ", "))")
            }
        }
    }

    private static let common = ["mtu", "com.docker.network.driver.mtu", "bandwidth", "egress"]
    private static let ofBridges = [
        "ingress", "com.docker.network.bridge.name", "com.docker.network.bridge.enable_ip_masquerade",
        "com.docker.network.bridge.enable_icc", "com.docker.network.bridge.host_binding_ipv4",
        "com.docker.network.container_iface_prefix",
    ]

    private static func names(of driver: String) -> [String] {
        switch driver {
        case "bridge": common + ofBridges
        case "macvlan": common + ["parent", "macvlan_mode"]
        default: common + ["parent", "ipvlan_mode", "ipvlan_flag"]
        }
    }

    private mutating func take(_ name: String, _ value: String, _ driver: String) throws(ContainerError) -> Bool {
        guard Self.names(of: driver).contains(name) else { return false }
        switch name {
        case "mtu", "com.docker.network.driver.mtu":
            guard let number = UInt32(value), (68...65535).contains(number) else {
                throw Self.refused(name, value, "a number of bytes between 68 and 65535")
            }
            mtu = number
        case "bandwidth":
            let limit = try Self.limit(name, value)
            egress = limit
            if driver == "bridge" { ingress = limit }
        case "egress": egress = try Self.limit(name, value)
        case "ingress": ingress = try Self.limit(name, value)
        case "com.docker.network.bridge.name":
            try InterfaceName.validate(value)
            bridge = value
        case "com.docker.network.bridge.enable_ip_masquerade": masquerades = try Self.flag(name, value)
        case "com.docker.network.bridge.enable_icc": allowsTrafficBetweenContainers = try Self.flag(name, value)
        case "com.docker.network.bridge.host_binding_ipv4":
            guard let address = try? IPAddress(value), !address.isIPv6 else {
                throw Self.refused(name, value, "an IPv4 address of the host")
            }
            hostAddress = value
        case "com.docker.network.container_iface_prefix":
            try InterfaceName.validate(value + "0")
            interfacePrefix = value
        case "parent":
            try InterfaceName.validate(value)
            parent = value
        case "macvlan_mode":
            let modes: [String: MACVLANMode] = [
                "bridge": .bridge, "private": .private, "vepa": .vepa, "passthru": .passthru,
            ]
            macvlanMode = try Self.choice(name, value, modes)
        case "ipvlan_mode": ipvlanMode = try Self.choice(name, value, ["l2": .l2, "l3": .l3, "l3s": .l3s])
        default:
            ipvlanFlag = try Self.choice(
                name, value, ["bridge": IPVLANFlag.bridge, "private": .private, "vepa": .vepa])
        }
        return true
    }

    private static func choice<Kind>(_ name: String, _ value: String, _ kinds: [String: Kind]) throws(ContainerError)
        -> Kind
    {
        guard let kind = kinds[value] else {
            throw refused(name, value, "one of \(kinds.keys.sorted().joined(separator: ", "))")
        }
        return kind
    }

    private static func flag(_ name: String, _ value: String) throws(ContainerError) -> Bool {
        switch value {
        case "true", "1": return true
        case "false", "0": return false
        default: throw refused(name, value, "true or false")
        }
    }

    /// `10mbit`, as tc(8) writes rates: bits per second with a decimal unit.
    private static func limit(_ name: String, _ value: String) throws(ContainerError) -> TrafficLimit {
        let units: [(String, UInt64)] = [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1000), ("bit", 1)]
        let unit = units.first { value.lowercased().hasSuffix($0.0) }
        guard let unit, let number = UInt64(value.dropLast(unit.0.count)) else {
            throw refused(name, value, "a rate such as 10mbit")
        }
        let (rate, isTooLarge) = number.multipliedReportingOverflow(by: unit.1)
        if isTooLarge { throw refused(name, value, "a rate such as 10mbit") }
        return try TrafficLimit(rate: rate)
    }

    private static func refused(_ name: String, _ value: String, _ what: String) -> ContainerError {
        ContainerError(.invalidArgument, "network option \(name)=\(value.printable): it is not \(what)")
    }
}

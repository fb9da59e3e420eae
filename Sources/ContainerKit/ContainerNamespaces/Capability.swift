import ContainerSystem
import OCISpec

/// A capability of the kernel, by its bit (capabilities(7), linux/capability.h).
public enum Capability: UInt8, Sendable, CaseIterable {
    case chown = 0
    case dacOverride = 1
    case dacReadSearch = 2
    case fowner = 3
    case fsetid = 4
    case kill = 5
    case setgid = 6
    case setuid = 7
    case setpcap = 8
    case linuxImmutable = 9
    case netBindService = 10
    case netBroadcast = 11
    case netAdmin = 12
    case netRaw = 13
    case ipcLock = 14
    case ipcOwner = 15
    case sysModule = 16
    case sysRawio = 17
    case sysChroot = 18
    case sysPtrace = 19
    case sysPacct = 20
    case sysAdmin = 21
    case sysBoot = 22
    case sysNice = 23
    case sysResource = 24
    case sysTime = 25
    case sysTtyConfig = 26
    case mknod = 27
    case lease = 28
    case auditWrite = 29
    case auditControl = 30
    case setfcap = 31
    case macOverride = 32
    case macAdmin = 33
    case syslog = 34
    case wakeAlarm = 35
    case blockSuspend = 36
    case auditRead = 37
    case perfmon = 38
    case bpf = 39
    case checkpointRestore = 40

    /// Parses a name in any case, with the prefix `CAP_` or without; nil when there is none of that name.
    public init?(name: String) {
        let word = CapabilityWord(name)
        let names = CapabilityNames.all
        for bit in names.indices where word == names[bit] {
            self.init(rawValue: UInt8(bit))
            return
        }
        return nil
    }

    /// The name as the kernel's header and the OCI spec write it: `CAP_NET_RAW`.
    public var name: String { "CAP_\(CapabilityNames.all[Int(rawValue)])" }

    public var mask: UInt64 { 1 << UInt64(rawValue) }
}

/// Sets of capabilities as bit masks, the form in which the kernel keeps them.
public enum Capabilities {
    /// What a container has by default, the fourteen that docker gives.
    public static let standard: UInt64 = mask([
        .chown, .dacOverride, .fsetid, .fowner, .mknod, .netRaw, .setgid, .setuid, .setfcap, .setpcap, .netBindService,
        .sysChroot, .kill, .auditWrite,
    ])

    /// Every capability that this library knows by name.
    public static let all: UInt64 = mask(Capability.allCases)

    public static func mask(_ capabilities: some Sequence<Capability>) -> UInt64 {
        capabilities.reduce(0) { $0 | $1.mask }
    }

    /// The mask of a list of names; `ALL` stands for every one.
    /// - Throws: `invalidArgument` that names the first unknown one.
    public static func mask(names: [String]) throws(ContainerError) -> UInt64 {
        var mask: UInt64 = 0
        for name in names {
            if CapabilityWord(name) == "ALL" {
                mask |= all
            } else if let capability = Capability(name: name) {
                mask |= capability.mask
            } else {
                throw ContainerError(
                    .invalidArgument, "capability '\(name)': there is none of that name",
                    hint: "the names are in capabilities(7), such as NET_ADMIN")
            }
        }
        return mask
    }

    /// The names in a mask in the order of their bits; bits without a name are left out.
    public static func names(_ mask: UInt64) -> [String] {
        Capability.allCases.filter { mask & $0.mask != 0 }.map(\.name)
    }
}

/// A name without the prefix, compared as ASCII without regard to case: in plain loops, for this runs at every start,
/// where the first use of Unicode's tables costs more than all of it.
private struct CapabilityWord {
    private var bytes: [UInt8] = []

    init(_ name: String) {
        bytes.reserveCapacity(32)
        var hasPrefix = false
        for byte in name.utf8 {
            bytes.append((0x61...0x7a).contains(byte) ? byte - 0x20 : byte)
            if !hasPrefix, self == "CAP_" {
                hasPrefix = true
                bytes.removeAll(keepingCapacity: true)
            }
        }
    }

    static func == (word: CapabilityWord, name: StaticString) -> Bool {
        guard word.bytes.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<word.bytes.count where word.bytes[index] != name.utf8Start[index] { return false }
        return true
    }
}

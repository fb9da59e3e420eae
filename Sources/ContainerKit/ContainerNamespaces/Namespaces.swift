import Glibc

/// A set of kinds of namespaces, by their clone(2) flags.
public struct Namespaces: OptionSet, Sendable, CustomStringConvertible {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let time = Namespaces(rawValue: 0x80)
    public static let mount = Namespaces(rawValue: 0x0002_0000)
    public static let cgroup = Namespaces(rawValue: 0x0200_0000)
    public static let uts = Namespaces(rawValue: 0x0400_0000)
    public static let ipc = Namespaces(rawValue: 0x0800_0000)
    public static let user = Namespaces(rawValue: 0x1000_0000)
    public static let pid = Namespaces(rawValue: 0x2000_0000)
    public static let network = Namespaces(rawValue: 0x4000_0000)

    public var description: String {
        let all: [(Namespaces, String)] = [
            (.user, "user"), (.mount, "mount"), (.pid, "pid"), (.network, "network"), (.uts, "uts"), (.ipc, "ipc"),
            (.cgroup, "cgroup"), (.time, "time"),
        ]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}

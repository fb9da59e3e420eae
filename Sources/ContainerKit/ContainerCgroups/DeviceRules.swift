import ContainerSystem
import OCISpec

/// Who may use which device node: the ordered rules of an OCI spec (config-linux.md, "Allowed Device list").
public enum DeviceRules {
    /// What a container may do with devices by default, the same as under docker and runc: nothing but make nodes,
    /// and use the harmless ones that every program expects.
    public static let standard: [RuntimeSpec.Resources.DeviceRule] = [.init(allow: false, access: "rwm")] + always

    /// What an OCI runtime allows after the rules of the specification, whatever these say: the devices that it has to
    /// provide (config-linux.md, "Default Devices"), as runc and crun do.
    public static let always: [RuntimeSpec.Resources.DeviceRule] =
        [
            // Making a node is harmless: to open it is another right.
            .init(allow: true, type: "c", access: "m"),
            .init(allow: true, type: "b", access: "m"),
        ]
        + [
            (1, 3), (1, 5), (1, 7), (1, 8), (1, 9),  // null, zero, full, random, urandom
            (5, 0), (5, 1), (5, 2),  // tty, console, ptmx
        ].map { .init(allow: true, type: "c", major: $0.0, minor: $0.1, access: "rwm") }
        + [
            .init(allow: true, type: "c", major: 136, access: "rwm"),  // the terminals of devpts
            .init(allow: true, type: "c", major: 10, minor: 200, access: "rwm"),  // tun
        ]

    /// Every device: a privileged container.
    public static let everything: [RuntimeSpec.Resources.DeviceRule] = [.init(allow: true, access: "rwm")]
}

/// One rule, checked.
struct DeviceRule: Equatable {
    enum Kind: Character {
        case all = "a"
        case block = "b"
        case character = "c"
    }

    /// Bits of `BPF_DEVCG_ACC_*` (linux/bpf.h).
    struct Access: OptionSet {
        let rawValue: UInt32
        static let mknod = Access(rawValue: 1)
        static let read = Access(rawValue: 2)
        static let write = Access(rawValue: 4)
        static let all: Access = [.mknod, .read, .write]

        var letters: String {
            (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.mknod) ? "m" : "")
        }
    }

    var allow: Bool
    var kind: Kind
    var major: UInt32?
    var minor: UInt32?
    var access: Access

    /// - Throws: `invalidArgument` that names the field.
    init(_ rule: RuntimeSpec.Resources.DeviceRule) throws(ContainerError) {
        allow = rule.allow
        let type = rule.type.flatMap { $0.isEmpty ? nil : $0 } ?? "a"
        switch type {
        case "a": kind = .all
        case "b": kind = .block
        case "c", "u": kind = .character
        default:
            throw ContainerError(
                .invalidArgument, "device rule: type \(PrintableText.quoted(type)) is not one of a, b, c")
        }
        major = try DeviceRule.number(rule.major, "major")
        minor = try DeviceRule.number(rule.minor, "minor")
        access = []
        let letters = rule.access.flatMap { $0.isEmpty ? nil : $0 } ?? "rwm"
        for letter in letters {
            switch letter {
            case "r": access.insert(.read)
            case "w": access.insert(.write)
            case "m": access.insert(.mknod)
            default:
                throw ContainerError(
                    .invalidArgument, "device rule: access \(PrintableText.quoted(letters)) is not made of r, w, m")
            }
        }
    }

    /// In an OCI spec -1 is a wildcard too.
    private static func number(_ value: Int64?, _ field: String) throws(ContainerError) -> UInt32? {
        guard let value, value != -1 else { return nil }
        guard let number = UInt32(exactly: value) else {
            throw ContainerError(.invalidArgument, "device rule: \(field) \(value) is out of range")
        }
        return number
    }

    /// Whether it decides about every access to every device, so that no earlier rule counts.
    var decidesAll: Bool { kind == .all && major == nil && minor == nil && access == .all }
}

import ContainerSystem
import OCISpec

/// Device rules as the controller of version 1 holds them (Documentation/admin-guide/cgroup-v1/devices.rst): everything
/// is forbidden, or everything is allowed, but for a list of exceptions.
///
/// The kernel takes an exception back only by the very line that made it, and passes over any other in silence. So what
/// the rules come to is worked out here, and one that the list cannot express is refused: a container must not have a
/// device that its rules forbid.
struct DeviceList {
    struct Exception: Equatable {
        /// `.block` or `.character`
        var kind: DeviceRule.Kind
        var major: UInt32?
        var minor: UInt32?
        var access: DeviceRule.Access
    }

    private(set) var allowsByDefault = false
    private(set) var exceptions: [Exception] = []

    /// - Throws: `unsupported` for a rule that takes a part out of an exception.
    init(_ rules: [DeviceRule]) throws(CgroupFailure) {
        for (index, rule) in rules.enumerated() {
            if rule.decidesAll {
                // A list of rules stands for itself: what it says before this does not count.
                allowsByDefault = rule.allow
                exceptions = []
                continue
            }
            for kind in rule.kind == .all ? [.block, .character] : [rule.kind] {
                let exception = Exception(kind: kind, major: rule.major, minor: rule.minor, access: rule.access)
                if rule.allow != allowsByDefault {
                    add(exception)
                } else {
                    try remove(exception, CgroupField("devices[\(index)]", "the device rule"))
                }
            }
        }
    }

    private mutating func add(_ new: Exception) {
        if let index = exceptions.firstIndex(where: { $0.isSameDevice(new) }) {
            exceptions[index].access.formUnion(new.access)
        } else {
            exceptions.append(new)
        }
    }

    private mutating func remove(_ old: Exception, _ field: CgroupField) throws(CgroupFailure) {
        for index in exceptions.indices where exceptions[index].overlaps(old) {
            guard old.covers(exceptions[index]) else {
                throw .unsupported(
                    field, "cgroup v1 cannot take '\(old.line)' out of '\(exceptions[index].line)'",
                    hint: "name the devices one by one, or put this rule first")
            }
            exceptions[index].access.subtract(old.access)
        }
        exceptions.removeAll { $0.access.isEmpty }
    }

    /// What is written, and to which file. Whatever the parent allows does not count.
    var lines: [(file: String, line: String)] {
        [(allowsByDefault ? "devices.allow" : "devices.deny", "a")]
            + exceptions.map { (allowsByDefault ? "devices.deny" : "devices.allow", $0.line) }
    }
}

extension DeviceList.Exception {
    /// A line that starts with `a` would mean everything, whatever follows it.
    var line: String {
        "\(kind.rawValue) \(major.map(String.init) ?? "*"):\(minor.map(String.init) ?? "*") \(access.letters)"
    }

    func isSameDevice(_ other: Self) -> Bool { kind == other.kind && major == other.major && minor == other.minor }

    /// Whether a device and an access are in both.
    func overlaps(_ other: Self) -> Bool {
        kind == other.kind && (major == nil || other.major == nil || major == other.major)
            && (minor == nil || other.minor == nil || minor == other.minor) && !access.isDisjoint(with: other.access)
    }

    /// Whether every device of the other is one of these.
    func covers(_ other: Self) -> Bool {
        kind == other.kind && (major == nil || major == other.major) && (minor == nil || minor == other.minor)
    }
}

import ContainerRuntime
import ContainerSystem
import Glibc

/// The flags that stand before the command.
enum OCIGlobals {
    static var flags: [OCIFlag] {
        [
            OCIFlag("debug", kind: .isSwitch, help: "say in the log what is called and how long it takes"),
            OCIFlag("log", kind: .text, help: "file that errors are written to as well (default: standard error only)"),
            OCIFlag("log-format", kind: .text, help: "format of the log: 'text' or 'json'", standard: "\"text\""),
            OCIFlag(
                "root", kind: .text, help: "folder of the containers' state (on a tmpfs)",
                standard: "\"\(defaultRoot)\""),
            OCIFlag("criu", kind: .text, help: "program for checkpoint and restore", refusal: OCIRefusals.checkpoint),
            OCIFlag(
                "systemd-cgroup", kind: .isSwitch,
                help: "control groups are systemd's; cgroupsPath is \"slice:prefix:name\""),
            OCIFlag(
                "cgroup-manager", kind: .text,
                help: "whose control groups are: 'cgroupfs' or 'systemd' (as crun has it)",
                standard: "\"cgroupfs\""),
            OCIFlag(
                "rootless", kind: .text, help: "whether to go without control groups: 'true', 'false' or 'auto'",
                standard: "\"auto\""),
            OCIFlag("version", "v", kind: .isSwitch, help: "print the version"),
        ]
    }

    static var defaultRoot: String {
        if let folder = userFolder { return "\(folder)/containerkit/oci" }
        return "/run/containerkit/oci"
    }

    /// Of a user who is not root.
    private static var userFolder: String? {
        guard geteuid() != 0, let value = getenv("XDG_RUNTIME_DIR"), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    static func runtime(_ globals: OCIWords, warn: @escaping @Sendable (String) -> Void) throws -> OCIRuntime {
        var usesSystemd = globals.isOn("systemd-cgroup")
        switch globals.filled("cgroup-manager") {
        case nil, "cgroupfs": break
        case "systemd": usesSystemd = true
        case "disabled":
            throw CommandFailure(
                "--cgroup-manager disabled is not supported: a container has a control group", status: 1)
        case let other?:
            throw CommandFailure("invalid cgroup-manager: \(other): must be 'cgroupfs' or 'systemd'", status: 1)
        }
        try checkRootless(globals.filled("rootless") ?? "auto")
        return try OCIRuntime(root: try root(globals), systemdCgroup: usesSystemd, warn: warn)
    }

    private static func root(_ globals: OCIWords) throws(ContainerError) -> String {
        if let given = globals.filled("root") { return try OCISession.absolute(given) }
        if userFolder != nil {
            try Files.makeDirectory(defaultRoot, mode: 0o700)
            // Without the sticky bit, files in that place may be swept away when they are old (XDG Base Directory).
            chmod(defaultRoot, 0o1700)
        }
        return defaultRoot
    }

    private static func checkRootless(_ value: String) throws(CommandFailure) {
        if value.lowercased() == "auto" { return }
        guard let isRootless = GoNumber.truth(value) else {
            throw CommandFailure("invalid rootless: \(value): must be 'true', 'false' or 'auto'", status: 1)
        }
        if isRootless {
            throw CommandFailure("--rootless \(value) is not supported: a container has a control group", status: 1)
        }
    }
}

/// Why something of runc's is not there.
enum OCIRefusals {
    static let checkpoint = "checkpoint and restore need CRIU, which this runtime does not drive"
    static let intelRdt = "this runtime sets no Intel RDT schemata"
}

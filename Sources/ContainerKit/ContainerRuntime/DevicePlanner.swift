import ContainerNamespaces
import ContainerSystem
import OCISpec

/// The nodes and links in /dev: those that every container has (config-linux.md, "Default Devices"), and its own.
enum DevicePlanner {
    private static let standard: [LaunchPlan.Node] =
        [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)].map {
            .init(path: "/dev/\($0.0)", kind: .character, major: $0.1, minor: $0.2)
        }

    private static let links: [LaunchPlan.Operation] = [
        .symlink(path: "/dev/ptmx", target: "pts/ptmx"),
        .symlink(path: "/dev/fd", target: "/proc/self/fd"),
        .symlink(path: "/dev/stdin", target: "/proc/self/fd/0"),
        .symlink(path: "/dev/stdout", target: "/proc/self/fd/1"),
        .symlink(path: "/dev/stderr", target: "/proc/self/fd/2"),
        .symlink(path: "/dev/core", target: "/proc/kcore"),
    ]

    /// - Parameter bindsNodes: in a user namespace nodes cannot be made: the host's are shown.
    static func operations(_ devices: [RuntimeSpec.Linux.Device], bindsNodes: Bool) throws(ContainerError)
        -> [LaunchPlan.Operation]
    {
        let own = try devices.map { device throws(ContainerError) in try node(device) }
        // A container's own word on one of the standard devices counts.
        let nodes = standard.filter { node in !own.contains { $0.path == node.path } } + own
        return nodes.map { node in
            bindsNodes && node.kind != .fifo
                ? .bind(.init(source: node.path, target: node.path, recursive: false)) : .makeNode(node)
        } + links
    }

    private static func node(_ device: RuntimeSpec.Linux.Device) throws(ContainerError) -> LaunchPlan.Node {
        let kind: LaunchPlan.NodeKind
        switch device.type {
        case "c", "u": kind = .character
        case "b": kind = .block
        case "p": kind = .fifo
        default: throw ContainerError(.invalidArgument, "device \(device.path): \(device.type) is no type of device")
        }
        return LaunchPlan.Node(
            path: PathText.absolute(device.path), kind: kind, major: try number(device.major, device.path),
            minor: try number(device.minor, device.path), mode: (device.fileMode ?? 0o666) & 0o7777,
            uid: device.uid ?? 0, gid: device.gid ?? 0)
    }

    private static func number(_ value: Int64?, _ path: String) throws(ContainerError) -> UInt32 {
        guard let number = UInt32(exactly: value ?? 0) else {
            throw ContainerError(.invalidArgument, "device \(path): \(value ?? 0) is no device number")
        }
        return number
    }
}

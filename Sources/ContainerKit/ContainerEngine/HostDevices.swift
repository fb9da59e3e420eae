import CKLinux
import ContainerCgroups
import ContainerSystem
import Glibc
import OCISpec

/// Looks up the devices of the host that a container is to see.
enum HostDevices {
    /// The nodes of a container, and who may use which.
    static func find(_ configuration: ContainerConfiguration) throws(ContainerError)
        -> (nodes: [RuntimeSpec.Linux.Device], rules: [RuntimeSpec.Resources.DeviceRule])
    {
        var nodes: [RuntimeSpec.Linux.Device] = []
        let isPrivileged = configuration.security?.isPrivileged == true
        if isPrivileged { nodes = all(below: "/dev", as: "/dev", depth: 0) }
        var rules = isPrivileged ? DeviceRules.everything : DeviceRules.standard
        for mapping in configuration.devices?.mappings ?? [] {
            let found = try Self.nodes(of: mapping)
            for node in found {
                nodes.removeAll { $0.path == node.path }
                nodes.append(node)
                rules.append(
                    .init(allow: true, type: node.type, major: node.major, minor: node.minor, access: mapping.access))
            }
        }
        for text in configuration.devices?.rules ?? [] { rules.append(rule(text)) }
        return (nodes, rules)
    }

    /// The numbers of the disks that limits name.
    static func disks(_ limits: ContainerOptions.Limits) throws(ContainerError) -> [String: DeviceNumber] {
        let lists = [
            limits.blockIOWeightDevices, limits.readBytes, limits.writeBytes, limits.readOperations,
            limits.writeOperations,
        ]
        var disks: [String: DeviceNumber] = [:]
        for list in lists {
            for device in list ?? [] {
                var status = stat()
                try system("limit access to disk \(device.path)") { stat(device.path, &status) }
                guard status.st_mode & S_IFMT == S_IFBLK else {
                    throw ContainerError(
                        .invalidArgument, "limit access to disk \(device.path)", cause: "it is no disk")
                }
                disks[device.path] = number(status.st_rdev)
            }
        }
        return disks
    }

    private static func nodes(of mapping: ContainerOptions.DeviceMapping) throws(ContainerError)
        -> [RuntimeSpec.Linux.Device]
    {
        func failed(_ cause: String) -> ContainerError {
            ContainerError(
                .notFound, "error gathering device information while adding custom device \"\(mapping.hostPath)\"",
                cause: cause)
        }
        var status = stat()
        guard stat(mapping.hostPath, &status) == 0 else {
            throw failed(errno == ENOENT ? "no such file or directory" : String(cString: strerror(errno)))
        }
        if let node = node(mapping.path, status) { return [node] }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw failed("not a device node") }
        let found = all(below: mapping.hostPath, as: mapping.path, depth: 0)
        guard !found.isEmpty else { throw failed("no devices in the folder") }
        return found
    }

    /// What a privileged container has of its own in /dev.
    private static let own = ["console", "fd", "mqueue", "ptmx", "pts", "shm", "stderr", "stdin", "stdout", "core"]

    private static func all(below folder: String, as target: String, depth: Int) -> [RuntimeSpec.Linux.Device] {
        guard depth < 16, let names = try? Files.list(folder) else { return [] }
        var nodes: [RuntimeSpec.Linux.Device] = []
        for name in names.sorted() where !(folder == "/dev" && own.contains(name)) && !name.hasPrefix(".") {
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                nodes += all(below: "\(folder)/\(name)", as: "\(target)/\(name)", depth: depth + 1)
            } else if let node = node("\(target)/\(name)", status) {
                nodes.append(node)
            }
        }
        return nodes
    }

    private static func node(_ path: String, _ status: stat) -> RuntimeSpec.Linux.Device? {
        let type: String
        switch status.st_mode & S_IFMT {
        case S_IFCHR: type = "c"
        case S_IFBLK: type = "b"
        default: return nil
        }
        let number = number(status.st_rdev)
        return .init(
            type: type, path: path, major: number.major, minor: number.minor, fileMode: status.st_mode & 0o7777,
            uid: status.st_uid, gid: status.st_gid)
    }

    private static func number(_ device: dev_t) -> DeviceNumber {
        DeviceNumber(major: Int64(ck_major(device)), minor: Int64(ck_minor(device)))
    }

    /// `TYPE MAJOR:MINOR ACCESS`, checked by whoever took it.
    private static func rule(_ text: String) -> RuntimeSpec.Resources.DeviceRule {
        let parts = text.split(separator: " ")
        let numbers = parts.count > 1 ? parts[1].split(separator: ":").map { Int64($0) } : []
        return .init(
            allow: true, type: parts.first.map(String.init), major: numbers.first ?? nil,
            minor: numbers.count > 1 ? numbers[1] : nil, access: parts.last.map(String.init))
    }
}

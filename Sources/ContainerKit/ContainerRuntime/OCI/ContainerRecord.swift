import CKLinux
import ContainerNamespaces
import ContainerSystem
import Glibc
import OCISpec

/// What the runtime keeps about a container, in `state.json` of its folder. The specification that it was created with
/// lies beside it: what becomes of the bundle afterwards has no effect (runtime.md, "Lifecycle").
struct ContainerRecord: Equatable {
    var id: String
    var bundle: String
    var rootfs: String
    var annotations: [String: String]
    /// Nanoseconds since 1970.
    var created: UInt64
    var owner: UInt32
    /// From the root of each cgroup tree.
    var cgroupPath: String
    /// Those that are not the host's.
    var namespaces: Namespaces
    /// Whether its specification has hooks for after the start or the end.
    var hasLateHooks = false
    /// The mount that the root lay on before, where the container has the host's mounts.
    var rootMount: UInt64?
    /// Nil before there is one.
    var process: ProcessIdentity?
    /// Whether all that is left is to be started, or has been.
    var isCreated = false

    var json: String {
        var text = "{\"id\":\(JSONString.quoted(id)),\"bundle\":\(JSONString.quoted(bundle)),"
        text += "\"rootfs\":\(JSONString.quoted(rootfs)),\"annotations\":\(JSONString.object(annotations)),"
        text += "\"created\":\(created),\"owner\":\(owner),\"cgroupPath\":\(JSONString.quoted(cgroupPath)),"
        text += "\"namespaces\":\(namespaces.rawValue),\"isCreated\":\(isCreated),"
        text += "\"hasLateHooks\":\(hasLateHooks)"
        if let rootMount { text += ",\"rootMount\":\(rootMount)" }
        if let process { text += ",\"process\":{\"pid\":\(process.pid),\"startTime\":\(process.startTime)}" }
        return text + "}\n"
    }
}

extension StateFolder {
    /// - Throws: `notFound` when there is no such container.
    func read(_ id: String) throws(ContainerError) -> ContainerRecord {
        let bytes: [UInt8]
        do throws(ContainerError) { bytes = try Files.read(record, limit: 16 << 20) } catch {
            throw error.code == .notFound ? StateFolder.missing(id) : error
        }
        do throws(ContainerError) {
            return try JSONReader.read(bytes, name: record) { json throws(ContainerError) in
                try ContainerRecord(&json)
            }
        } catch {
            throw ContainerError(
                .corrupted, "the state of container \(id) cannot be read", cause: error.description,
                hint: "was it written by another version? what is left of the container has to be ended by hand")
        }
    }
}

extension ContainerRecord {
    /// By the reader of config.json: a decoder behind `Codable` would take longer than all else that a command does.
    fileprivate init(_ json: inout JSONReader) throws(ContainerError) {
        var record = ContainerRecord(
            id: "", bundle: "", rootfs: "", annotations: [:], created: 0, owner: 0, cgroupPath: "", namespaces: [])
        guard try json.beginObject() else { throw json.missing("id") }
        while let key = try json.nextKey() {
            switch key {
            case "id": record.id = try json.string() ?? ""
            case "bundle": record.bundle = try json.string() ?? ""
            case "rootfs": record.rootfs = try json.string() ?? ""
            case "annotations":
                record.annotations =
                    try json.dictionary { json throws(ContainerError) in try json.string() } ?? [:]
            case "created": record.created = try json.uint64() ?? 0
            case "owner": record.owner = try json.uint32() ?? 0
            case "cgroupPath": record.cgroupPath = try json.string() ?? ""
            case "namespaces": record.namespaces = Namespaces(rawValue: try json.uint64() ?? 0)
            case "isCreated": record.isCreated = try json.bool() ?? false
            case "hasLateHooks": record.hasLateHooks = try json.bool() ?? false
            case "rootMount": record.rootMount = try json.uint64()
            case "process": record.process = try Self.process(&json)
            default: try json.skip()
            }
        }
        guard !record.id.isEmpty, !record.cgroupPath.isEmpty else { throw json.missing("cgroupPath") }
        self = record
    }

    private static func process(_ json: inout JSONReader) throws(ContainerError) -> ProcessIdentity? {
        guard try json.beginObject() else { return nil }
        var (pid, startTime): (Int32, UInt64) = (0, 0)
        while let key = try json.nextKey() {
            switch key {
            case "pid": pid = try json.int32() ?? 0
            case "startTime": startTime = try json.uint64() ?? 0
            default: try json.skip()
            }
        }
        return pid > 0 ? ProcessIdentity(pid: pid, startTime: startTime) : nil
    }
}

extension ContainerRecord {
    /// Takes away what a container without a mount namespace mounted on its root, with all that is mounted below.
    func unmountRoot() {
        guard let rootMount, let now = MountNumber.of(rootfs), now != rootMount else { return }
        umount2(rootfs, CInt(MNT_DETACH) | 8)  // UMOUNT_NOFOLLOW
    }
}

/// The kernel's number of the mount that a path lies on.
enum MountNumber {
    static func of(_ path: String) -> UInt64? {
        guard let folder = try? Descriptor.open(path, CK_O_PATH | O_DIRECTORY),
            let text = try? Files.readText("/proc/self/fdinfo/\(folder.raw)", limit: 4096)
        else { return nil }
        return text.split(separator: "\n").first { $0.hasPrefix("mnt_id:") }.flatMap { line in
            UInt64(line.dropFirst(7).filter { !$0.isWhitespace })
        }
    }
}

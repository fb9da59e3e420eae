import CKLinux
import ContainerNamespaces
import ContainerSystem
import FoundationEssentials
import Glibc
import OCISpec

/// What the runtime keeps about a container, in `state.json` of its folder. The specification that it was created with
/// lies beside it: what becomes of the bundle afterwards has no effect (runtime.md, "Lifecycle").
struct ContainerRecord: Equatable, Codable {
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
        text += "\"namespaces\":\(namespaces.rawValue),\"isCreated\":\(isCreated)"
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
        do { return try JSONDecoder().decode(ContainerRecord.self, from: Data(bytes)) } catch {
            throw ContainerError(.corrupted, "the state of container \(id) (\(record)) cannot be read")
        }
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

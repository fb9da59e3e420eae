import ContainerNamespaces
import ContainerSystem
import FoundationEssentials
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
    /// Nil before there is one.
    var process: ProcessIdentity?
    /// Whether all that is left is to be started, or has been.
    var isCreated = false

    var json: String {
        var text = "{\"id\":\(JSONString.quoted(id)),\"bundle\":\(JSONString.quoted(bundle)),"
        text += "\"rootfs\":\(JSONString.quoted(rootfs)),\"annotations\":\(JSONString.object(annotations)),"
        text += "\"created\":\(created),\"owner\":\(owner),\"cgroupPath\":\(JSONString.quoted(cgroupPath)),"
        text += "\"namespaces\":\(namespaces.rawValue),\"isCreated\":\(isCreated)"
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

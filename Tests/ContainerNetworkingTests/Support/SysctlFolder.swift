import ContainerSystem
import Foundation

/// A stand-in for /proc/sys/net.
final class SysctlFolder: Sendable {
    let path: String

    init(_ values: [String: String]) {
        path = FileManager.default.temporaryDirectory.path + "/ContainerNetworkingTests-sysctls-\(UUID().uuidString)"
        for (name, value) in values {
            let file = URL(filePath: path + "/" + name)
            try? FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try? Data((value + "\n").utf8).write(to: file)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(_ name: String) -> String? {
        guard let text = try? Files.readText(path + "/" + name) else { return nil }
        return text.split(separator: "\n").first.map(String.init)
    }
}

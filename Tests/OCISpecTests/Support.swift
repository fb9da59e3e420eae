import ContainerSystem
import Glibc

@testable import OCISpec

/// Documents of real engines beside this file.
enum Fixture {
    static let names = [
        "crun-spec", "docker-limits", "docker-plain", "kubernetes-sandbox", "podman-limits", "podman-plain",
        "podman-priv", "podman-userns", "runc-spec",
    ]

    static func read(_ name: String, near file: String = #filePath) throws -> [UInt8] {
        let folder = String(file[..<file.lastIndex(of: "/")!])
        return try Files.read("\(folder)/Fixtures/\(name).json")
    }
}

/// A document that is right but for what a test puts at the end of its parts: of members with the same name the last
/// counts.
struct Document {
    var top = ""
    var process = ""
    var linux = ""

    var text: String {
        """
        {"ociVersion":"1.2.0","root":{"path":"rootfs"},\
        "process":{"args":["sh"],"cwd":"/","user":{"uid":0,"gid":0}\(Self.rest(process))},\
        "linux":{"namespaces":[{"type":"pid"},{"type":"mount"},{"type":"uts"},{"type":"ipc"},{"type":"network"}]\
        \(Self.rest(linux))}\(Self.rest(top))}
        """
    }

    private static func rest(_ members: String) -> String { members.isEmpty ? "" : "," + members }

    func spec() throws -> RuntimeSpec {
        let spec = try RuntimeSpec(json: Array(text.utf8))
        try spec.validate()
        return spec
    }

    /// The error line without the name of the document; what is right has none.
    var refusal: String? { OCISpecTests.refusal(Array(text.utf8)) }
}

func refusal(_ bytes: [UInt8]) -> String? {
    do throws(ContainerError) {
        try RuntimeSpec(json: bytes).validate()
        return nil
    } catch {
        let line = error.description
        return line.hasPrefix("config.json: ") ? String(line.dropFirst(13)) : "no name: \(line)"
    }
}

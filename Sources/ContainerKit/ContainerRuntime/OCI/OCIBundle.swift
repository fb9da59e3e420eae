import ContainerSystem
import Glibc
import OCISpec

/// A folder with a `config.json` and what it speaks of (bundle.md), read and judged.
struct OCIBundle {
    /// Absolute, without links.
    let path: String
    let configuration: [UInt8]
    /// With every path absolute.
    let specification: RuntimeSpec

    /// - Throws: `invalidArgument` or `unsupported` that names the field; nothing has been made then.
    init(_ folder: String) throws(ContainerError) {
        guard let resolved = realpath(folder, nil) else { throw ContainerError(.current, "bundle \(folder)") }
        defer { free(resolved) }
        path = String(cString: resolved)
        configuration = try Files.read(path + "/config.json", limit: 16 << 20)
        var specification = try RuntimeSpec(json: configuration)
        try specification.validate()
        specification.root.path = OCIBundle.absolute(specification.root.path, in: path)
        for index in specification.mounts.indices where OCIBundle.isBind(specification.mounts[index]) {
            let source = specification.mounts[index].source ?? ""
            specification.mounts[index].source = OCIBundle.absolute(source, in: path)
        }
        self.specification = specification
    }

    static func isBind(_ mount: RuntimeSpec.Mount) -> Bool {
        let options = MountOptions(mount.options ?? [])
        return mount.type == "bind" || options.isBind
    }

    private static func absolute(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }
}

import ContainerCgroups
import ContainerSystem
import OCISpec

/// Where the control group of a container lies (config-linux.md, "Cgroups Path").
public enum OCICgroupPath {
    /// The path from the root of every tree.
    ///
    /// An absolute path is taken as it is, a relative one below `/containerkit-oci`, and without one it is
    /// `/containerkit-oci-ID`. systemd's form (`slice:prefix:name`) has no meaning here: it is a name with colons.
    /// - Throws: `invalidArgument` for a path that goes up, is the root itself, or has characters that no path of a
    ///   cgroup can have.
    public static func path(_ cgroupsPath: String?, id: String) throws(ContainerError) -> String {
        guard let cgroupsPath, !cgroupsPath.isEmpty else { return "\(Cgroup.ociFolder)-\(id)" }
        let names = cgroupsPath.split(separator: "/").filter { $0 != "." }
        guard !names.contains("..") else {
            throw refused(cgroupsPath, "it goes up (..)")
        }
        guard !names.isEmpty else { throw refused(cgroupsPath, "the root is everybody's") }
        guard names.allSatisfy({ $0.utf8.count <= 255 && $0.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f } }) else {
            throw refused(cgroupsPath, "it is not made of plain names")
        }
        let path = "/" + names.joined(separator: "/")
        let whole = cgroupsPath.hasPrefix("/") ? path : Cgroup.ociFolder + path
        guard whole.utf8.count <= 1024 else { throw refused(cgroupsPath, "it is longer than 1024 bytes") }
        return whole
    }

    private static func refused(_ path: String, _ reason: String) -> ContainerError {
        ContainerError(
            .invalidArgument, "linux.cgroupsPath: \(PrintableText.quoted(path)): \(reason)",
            hint: "give a path such as \(Cgroup.ociFolder)/name")
    }
}

import ContainerSystem

enum OCICgroupPath {
    static func path(_ path: String?, id: String) throws(ContainerError) -> String {
        guard let path, !path.isEmpty else { return "/containerkit-oci/\(id)" }
        return path.hasPrefix("/") ? PathText.absolute(path) : "/containerkit-oci" + PathText.absolute(path)
    }
}

import Glibc

/// Where a program is that comes with the library: beside the running program, in `../libexec/containerkit` from there, or
/// where a variable of the environment says.
public enum HelperProgram {
    /// - Parameters:
    ///   - name: of the executable, which is that of its product too.
    ///   - variable: the variable that overrides the places.
    /// - Throws: `notFound` with the places that were looked at.
    public static func find(_ name: String, variable: String) throws(ContainerError) -> String {
        if let setting = getenv(variable) { return String(cString: setting) }
        let candidates = programFolder().map { ["\($0)/\(name)", "\($0)/../libexec/containerkit/\(name)"] } ?? []
        if let found = candidates.first(where: { access($0, X_OK) == 0 }) { return found }
        throw ContainerError(
            .notFound, "\(name) is not at \(candidates.joined(separator: " nor at "))",
            hint: "build the product \(name) beside the program, or name it in \(variable)")
    }

    private static func programFolder() -> String? {
        guard let path = Files.linkTarget("/proc/self/exe") else { return nil }
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}

import ContainerSystem

/// Names of volumes.
enum VolumeName {
    /// - Throws: `invalidArgument` in docker's words.
    static func check(_ name: String) throws(ContainerError) {
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        guard name.utf8.count > 1 else {
            throw ContainerError(
                .invalidArgument,
                "create \(name): volume name is too short, names should be at least two alphanumeric characters")
        }
        let isValid =
            name.utf8.count <= 255
            && name.utf8.enumerated().allSatisfy { index, byte in
                isLetterOrDigit(byte) || (index > 0 && "_.-".utf8.contains(byte))
            }
        guard isValid else {
            throw ContainerError(
                .invalidArgument,
                "create \(name.printable): \"\(name.printable)\" includes invalid characters for a local volume name, "
                    + "only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed",
                hint: "if you intended to pass a host directory, use absolute path")
        }
    }
}

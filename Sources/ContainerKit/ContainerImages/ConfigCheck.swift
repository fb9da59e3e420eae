import ContainerSystem
import OCISpec

extension ImageConfig {
    /// More than any image has, few enough to be gone through.
    private static let maximumLayers = 1_000
    private static let maximumSteps = 20_000

    /// Refuses what no builder writes and a container could not be given: text that would be cut short on its way to the
    /// kernel, and lists that are there only to cost time.
    /// - Throws: `corrupted` with the field.
    func check() throws(ContainerError) {
        guard rootfs.diffIDs.count <= Self.maximumLayers else {
            throw Self.failure("it has more than \(Self.maximumLayers) layers")
        }
        guard history?.count ?? 0 <= Self.maximumSteps else {
            throw Self.failure("its history has more than \(Self.maximumSteps) steps")
        }
        guard let config else { return }
        for (field, texts) in [
            ("Env", config.env ?? []), ("Cmd", config.cmd ?? []), ("Entrypoint", config.entrypoint ?? []),
            ("Shell", config.shell ?? []), ("User", [config.user ?? ""]), ("WorkingDir", [config.workingDir ?? ""]),
            ("StopSignal", [config.stopSignal ?? ""]), ("Volumes", Array((config.volumes ?? [:]).keys)),
        ] where texts.contains(where: { $0.utf8.contains(0) }) {
            throw Self.failure("\(field) has a NUL in it")
        }
    }

    private static func failure(_ cause: String) -> ContainerError {
        ContainerError(.corrupted, "the image's configuration cannot be", cause: cause)
    }
}

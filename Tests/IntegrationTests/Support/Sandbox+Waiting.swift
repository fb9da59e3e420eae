import ContainerSystem

extension Sandbox {
    /// Waits until a file is there in a running container.
    func awaitFile(_ path: String, in container: String) throws {
        try eventually("\(path) in \(container)") { try ck(["exec", container, "test", "-e", path]).status == 0 }
    }
}

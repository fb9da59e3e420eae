import ContainerSystem
import Glibc
import Testing

extension Sandbox {
    /// Waits for something that is about to be so.
    /// - Parameter what: named when it does not come.
    func await(_ what: String, seconds: Int = 60, _ condition: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while try !condition() {
            guard ContinuousClock.now < end else {
                throw ContainerError(.unavailable, "\(what): not so after \(seconds) seconds")
            }
            usleep(10_000)
        }
    }

    /// Waits until a file is there in a running container.
    func await(file path: String, in container: String) throws {
        try self.await("\(path) in \(container)") { try ck(["exec", container, "test", "-e", path]).status == 0 }
    }
}

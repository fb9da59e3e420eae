import ArgumentParser
import ContainerEngine
import ContainerSystem

struct RemoveImages: Command {
    static let synopsis = Synopsis(
        name: "rmi", operands: "[OPTIONS] IMAGE [IMAGE...]", abstract: "Remove one or more images", count: 1...Int.max,
        flags: DockerFlags.rmi)

    @Flag(name: .shortAndLong, help: "Remove it even if it has other names or stopped containers")
    var force = false

    @Argument(help: "The images, by name or id")
    var images: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        return session.each(images) { image throws(ContainerError) in
            for removal in try engine.removeImage(image, force: force) {
                switch removal {
                case .untagged(let name): session.console.out("Untagged: \(name)")
                case .deleted(let id): session.console.out("Deleted: \(id)")
                }
            }
        }
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem

struct RemoveImages: Command {
    static let synopsis = Synopsis(
        name: "rmi", operands: "[OPTIONS] IMAGE [IMAGE...]", abstract: "Remove one or more images", count: 1...Int.max,
        flags: DockerFlags.rmi)

    @Flag(name: .shortAndLong, help: "Remove it even if it has other names or stopped containers")
    var force = false

    @Flag(help: "Keep untagged parents (images of ck have none)")
    var noPrune = false

    @Option(help: "Remove it only if it is for this platform, such as linux/arm64")
    var platform: [String] = []

    @Argument(help: "The images, by name or id")
    var images: [String]

    func run(in session: Session) throws -> Int32 {
        let platform = try PlatformFlag.one(platform)
        let engine = try session.engine()
        var status: Int32 = 0
        for image in images {
            do throws(ContainerError) {
                for removal in try engine.removeImage(image, force: force, platform: platform) {
                    session.console.out(removal.line)
                }
            } catch {
                session.console.error("ck: \(error.description)")
                // docker: what is not there is no failure with -f.
                if !force || error.code != .notFound { status = 1 }
            }
        }
        return status
    }
}

extension ImageRemoval {
    /// As `docker rmi` prints it.
    var line: String {
        switch self {
        case .untagged(let name): "Untagged: \(name)"
        case .deleted(let id): "Deleted: \(id)"
        }
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem

struct RemoveVolumes: Command {
    static let synopsis = Synopsis(
        name: "volume rm", operands: "[OPTIONS] VOLUME [VOLUME...]", abstract: "Remove one or more volumes",
        count: 1...Int.max, flags: DockerFlags.volumeRemove)

    @Flag(name: .shortAndLong, help: "Let those be that are not there")
    var force = false

    @Argument(help: "The volumes, by name")
    var names: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        return session.each(names) { name throws(ContainerError) in
            do throws(ContainerError) { try engine.removeVolume(name) } catch {
                guard force, error.code == .notFound else { throw error }
            }
            session.console.out(name)
        }
    }
}

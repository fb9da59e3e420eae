import ArgumentParser
import ContainerEngine
import ContainerSystem

struct RemoveNetworks: Command {
    static let synopsis = Synopsis(
        name: "network rm", operands: "[OPTIONS] NETWORK [NETWORK...]", abstract: "Remove one or more networks",
        count: 1...Int.max, flags: DockerFlags.networkRemove)

    @Flag(name: .shortAndLong, help: "Let those be that are not there")
    var force = false

    @Argument(help: "The networks, by name or id")
    var networks: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        return session.each(networks) { name throws(ContainerError) in
            do throws(ContainerError) { try engine.removeNetwork(name) } catch {
                guard force, error.code == .notFound else { throw error }
                return
            }
            session.console.out(name)
        }
    }
}

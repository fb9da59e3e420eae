import ArgumentParser
import ContainerEngine

struct ResetState: Command {
    static let synopsis = Synopsis(
        name: "system reset", operands: "[OPTIONS]",
        abstract: "Remove every container, volume and image and the network of this state", count: 0...0,
        flags: DockerFlags.reset)

    @Flag(name: .shortAndLong, help: "Do not ask")
    var force = false

    func run(in session: Session) throws -> Int32 {
        if !force {
            session.console.error(
                "This removes every container, volume, image and network of this state. Go on? [y/N] ")
            guard let answer = readLine(), answer.lowercased() == "y" else { return 1 }
        }
        try session.engine().reset()
        return 0
    }
}

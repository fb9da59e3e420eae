import ArgumentParser
import ContainerEngine
import ContainerSystem

struct InspectNetworks: Command {
    static let synopsis = Synopsis(
        name: "network inspect", operands: "[OPTIONS] NETWORK [NETWORK...]",
        abstract: "Display detailed information on one or more networks", count: 1...Int.max,
        flags: DockerFlags.networkInspect)

    @Option(name: .shortAndLong, help: "Print as json on one line, or by a template of Go's")
    var format = ""

    @Argument(help: "The networks, by name or id")
    var networks: [String]

    func run(in session: Session) throws -> Int32 {
        let format = try Inspection.format(format)
        let engine = try session.engine()
        return Inspection.show(networks, format, on: session.console) { name throws(ContainerError) in
            NetworkDetailsDocument(try engine.network(name)).value
        }
    }
}

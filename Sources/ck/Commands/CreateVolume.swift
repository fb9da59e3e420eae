import ArgumentParser
import ContainerEngine

struct CreateVolume: Command {
    static let synopsis = Synopsis(
        name: "volume create", operands: "[OPTIONS] [VOLUME]", abstract: "Create a volume", count: 0...1,
        flags: DockerFlags.volumeCreate)

    @Option(name: .shortAndLong, help: "Driver of the volume: local")
    var driver = "local"

    @Option(help: "Label: NAME or NAME=VALUE")
    var label: [String] = []

    @Option(name: [.customShort("o"), .customLong("opt")], help: "Option of the driver: type=, device= or o=")
    var options: [String] = []

    @Argument(help: "Its name; one is made up otherwise")
    var name: String?

    func run(in session: Session) throws -> Int32 {
        guard driver.isEmpty || driver == "local" else {
            throw CommandFailure(
                "ck: create \(name ?? ""): error looking up volume plugin \(driver): plugin \"\(driver)\" not found",
                status: 1)
        }
        let labels = try Labels.parse(label)
        let name = try session.engine().createVolume(
            name.flatMap { $0.isEmpty ? nil : $0 }, labels: labels, options: Labels.pairs(options))
        session.console.out(name)
        return 0
    }
}

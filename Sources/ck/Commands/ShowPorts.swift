import ArgumentParser
import ContainerEngine

struct ShowPorts: Command {
    static let synopsis = Synopsis(
        name: "port", operands: "CONTAINER [PRIVATE_PORT[/PROTO]]",
        abstract: "List port mappings or a specific mapping for the container", count: 1...2, flags: FlagTable(""))

    @Argument(help: "The container, by name or id")
    var container: String

    @Argument(help: "Show this port only")
    var port: String?

    func run(in session: Session) throws -> Int32 {
        let ports = try session.engine().inspectContainer(container).ports
        for line in try lines(ports) { session.console.out(line) }
        return 0
    }

    /// `80/tcp -> 0.0.0.0:8080`; of one port only what follows the arrow.
    func lines(_ ports: [PortMapping]) throws(CommandFailure) -> [String] {
        func end(_ port: PortMapping) -> String { PortColumn.joined(port.hostAddress, "\(port.hostPort)") }
        guard let port else {
            return ports.map { "\($0.containerPort)/\($0.transport.rawValue) -> \(end($0))" }
                .sorted(by: NaturalOrder.precedes)
        }
        let parts = port.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let range = ExposedPorts.range(parts[0][...]), range.count == 1 else {
            throw CommandFailure("ck: invalid port (\(parts[0])): a port is a number up to 65535", status: 1)
        }
        let transport = parts.count == 2 && !parts[1].isEmpty ? parts[1] : "tcp"
        let found = ports.filter { $0.containerPort == range.lowerBound && $0.transport.rawValue == transport }
        guard !found.isEmpty else {
            throw CommandFailure("ck: no public port '\(port)' published for \(container)", status: 1)
        }
        return found.map(end).sorted(by: NaturalOrder.precedes)
    }
}

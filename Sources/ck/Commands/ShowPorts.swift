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
        // Nothing is published yet, so there is nothing to list.
        _ = try session.engine().containerID(container)
        guard let port else { return 0 }
        let parts = port.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let number = UInt16(parts[0]) else {
            throw CommandFailure("ck: invalid port '\(port)': invalid syntax", status: 1)
        }
        let transport = parts.count == 2 ? parts[1].lowercased() : "tcp"
        throw CommandFailure(
            "ck: no public port '\(number)/\(transport)' published for \(container)", status: 1)
    }
}

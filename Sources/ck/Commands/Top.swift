import ArgumentParser
import ContainerEngine
import ContainerSystem

struct Top: Command {
    static let synopsis = Synopsis(
        name: "top", operands: "CONTAINER [ps OPTIONS]", abstract: "Display the running processes of a container",
        count: 1...Int.max, flags: DockerFlags.top, stopsAtOperand: true)

    @Argument(help: "The container, by name or id")
    var container: String

    @Argument(help: "Options of ps(1), such as aux or -o pid,user,cmd; -ef when there are none")
    var options: [String] = []

    func run(in session: Session) throws -> Int32 {
        // A script may give them in one word.
        let words = options.flatMap { $0.split(separator: " ").map(String.init) }
        let list = try session.engine().processes(of: container, options: words)
        var table = Table(header: list.titles, minimum: 20)
        for row in list.rows { table.add(row) }
        session.console.out(table.text)
        return 0
    }
}

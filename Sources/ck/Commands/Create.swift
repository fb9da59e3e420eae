import ContainerEngine
import ContainerSystem

struct Create: DirectlyBound {
    static let synopsis = Synopsis(
        name: "create", operands: "[OPTIONS] IMAGE [COMMAND] [ARG...]", abstract: "Create a new container",
        count: 1...Int.max, flags: DockerFlags.create, stopsAtOperand: true)

    private var words = Words()

    init() {}
    init(_ words: Words) { self.words = words }

    static func help(of flag: String) -> String? { ContainerHelp.text(of: flag) }

    var arguments: ContainerArguments { ContainerArguments(words: words) }

    func run(in session: Session) throws -> Int32 {
        let arguments = arguments
        let options = try arguments.options()
        let images = try arguments.imageSupply(session)
        let identity = try words.last("cidfile").map { path throws(ContainerError) in try IdentityFile(path) }
        let id = try images.using { engine throws(ContainerError) in
            try engine.createContainer(options) { container throws(ContainerError) in
                for warning in container.warnings { session.console.error("ck: \(warning)") }
                try identity?.write(container.id)
            }
        }
        session.console.out(id)
        return 0
    }
}

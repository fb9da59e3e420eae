import ContainerEngine
import ContainerNamespaces
import ContainerSystem
import Glibc

struct Run: DirectlyBound {
    static let synopsis = Synopsis(
        name: "run", operands: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
        abstract: "Create and run a new container from an image", count: 1...Int.max, flags: DockerFlags.run,
        stopsAtOperand: true)
    static let failureStatus: Int32 = 125

    private var words = Words()

    init() {}
    init(_ words: Words) { self.words = words }

    static func help(of flag: String) -> String? { ContainerHelp.text(of: flag) }

    var arguments: ContainerArguments { ContainerArguments(words: words) }
    private var process: ProcessArguments { arguments.process }

    func run(in session: Session) throws -> Int32 {
        let arguments = arguments
        let options = try arguments.options()
        let images = try arguments.imageSupply(session)
        try process.checkTerminal(isTerminal: isatty(0) == 1)
        let identity = try words.last("cidfile").map { path throws(ContainerError) in try IdentityFile(path) }
        return try images.using { engine throws(ContainerError) in try start(options, engine, session, identity) }
    }

    /// Also where no person reads along: a log is where an open port is looked for later. `--quiet` keeps it silent.
    private func warnOfOpenPorts(_ options: ContainerOptions, _ session: Session) throws(ContainerError) {
        guard !options.ports.isEmpty || options.publishesAll, !words.isOn("quiet") else { return }
        let standard = try EngineSettings.load().hostAddress
        if let warning = OpenPorts.warning(options, standard: standard) { session.console.error("ck: \(warning)") }
    }

    private func start(
        _ options: ContainerOptions, _ engine: Engine, _ session: Session, _ identity: IdentityFile?
    ) throws(ContainerError) -> Int32 {
        func created(_ container: CreatedContainer) throws(ContainerError) {
            for warning in container.warnings { session.console.error("ck: \(warning)") }
            try warnOfOpenPorts(options, session)
            try identity?.write(container.id)
        }
        if process.detach {
            let running = try engine.runContainer(options, streams: nil, created: created)
            session.warn(running)
            session.console.out(running.id)
            return 0
        }
        let streams = process.streams(attached: options.attach)
        let foreground = try Foreground(
            forwardsSignals: words.isOn("sig-proxy", default: true),
            types: process.interactive && streams.input != nil, isRaw: process.isRaw && streams.input != nil)
        let running = try engine.runContainer(options, streams: streams, created: created)
        session.warn(running)
        let status = try foreground.wait(for: OwnProcess(process: running.process), hasTerminal: process.tty) {
            () throws(ContainerError) in try running.waitOrDetach()
        }
        return status ?? 0
    }
}

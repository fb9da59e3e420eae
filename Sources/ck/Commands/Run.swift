import ArgumentParser
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

    @OptionGroup var process: ProcessOptions
    @OptionGroup var container: ContainerFlags
    @OptionGroup var limits: LimitFlags

    @Option(help: "Pull the image before running: always, missing or never")
    var pull = "missing"

    @Option(help: .progress)
    var progress: String?

    @Flag(name: .shortAndLong, help: "Suppress the pull output")
    var quiet = false

    @Flag(inversion: .prefixedNo, help: "Pass signals on to the process")
    var sigProxy = true

    @Argument(help: "The image")
    var image: String

    @Argument(help: "What to run in place of the image's command")
    var command: [String] = []

    init() {}

    init(_ words: Words) {
        process = ProcessOptions(words)
        container = ContainerFlags(words)
        limits = LimitFlags(words)
        pull = words.last("pull") ?? "missing"
        progress = words.last("progress")
        quiet = words.isOn("quiet")
        sigProxy = words.isOn("sig-proxy", default: true)
        image = words.operands.first ?? ""
        command = Array(words.operands.dropFirst())
    }

    func run(in session: Session) throws -> Int32 {
        let options = try containerOptions()
        let policy = try pullPolicy()
        try process.checkTerminal(isTerminal: isatty(0) == 1)
        let report = try TransferReport(progress, quiet: quiet, console: session.console, toError: true)
        let engine = try session.engine()
        let images = ImageSupply(
            engine: engine, image: image, platform: container.platform, report: report)
        try images.prepare(policy)
        do {
            return try start(options, engine, session)
        } catch {
            // Looking for the image first would cost every run; so only one that failed looks for it.
            guard error.code == .notFound, policy == .missing, try images.pullIfMissing() else { throw error }
            return try start(options, engine, session)
        }
    }

    private func start(_ options: ContainerOptions, _ engine: Engine, _ session: Session) throws(ContainerError)
        -> Int32
    {
        if process.detach {
            session.console.out(try engine.runContainer(options, streams: nil).id)
            return 0
        }
        let streams = process.streams(attached: options.attach)
        let foreground = try Foreground(
            forwardsSignals: sigProxy, types: process.interactive && streams.input != nil, isRaw: process.isRaw)
        let running = try engine.runContainer(options, streams: streams)
        let status = try foreground.wait(for: OwnProcess(process: running.process), hasTerminal: process.tty) {
            () throws(ContainerError) in try running.waitOrDetach()
        }
        return status ?? 0
    }

    func containerOptions() throws -> ContainerOptions {
        var options = ContainerOptions(image: image, command: command)
        options.environment = try process.environment()
        options.workingDirectory = try process.workingDirectory()
        options.user = process.user
        options.terminal = process.tty
        options.terminalSize = process.terminalSize()
        options.stdinOpen = process.interactive
        try container.fill(&options)
        options.limits = try limits.parsed()
        return options
    }

    enum PullPolicy: String { case always, missing, never }

    private func pullPolicy() throws -> PullPolicy {
        guard let policy = PullPolicy(rawValue: pull) else {
            throw CommandFailure(
                usage: "ck: invalid pull option: '\(pull)': must be one of \"always\", \"missing\" or \"never\"",
                path: "run")
        }
        return policy
    }
}

import ContainerEngine
import ContainerStorage
import ContainerSystem
import Glibc

struct Copy: DirectlyBound {
    static let synopsis = Synopsis(
        name: "cp",
        operands: "[OPTIONS] [CONTAINER:]SRC_PATH|- [CONTAINER:]DEST_PATH|-",
        abstract: "Copy files/folders between a container and the local filesystem", count: 2...2,
        flags: DockerFlags.cp)

    private var words = Words()

    init() {}
    init(_ words: Words) { self.words = words }

    static func help(of flag: String) -> String? {
        switch flag {
        case "archive": "Archive mode (copy all uid/gid information)"
        case "follow-link": "Always follow symbol link in SRC_PATH"
        case "quiet": "Suppress progress output, as it is anyway without a terminal"
        default: nil
        }
    }

    func run(in session: Session) throws -> Int32 {
        let direction = try CopyOperand.direction(words.operands[0], words.operands[1])
        let options = CopyOptions(keepsOwner: words.isOn("archive"), followsLink: words.isOn("follow-link"))
        let engine = try session.engine()
        switch direction {
        case .out(let container, let path, nil):
            guard isatty(1) == 0 else {
                throw CommandFailure(
                    "ck: cowardly refusing to write a tar archive to a terminal; redirect it", status: 1)
            }
            let output = Descriptor(owning: try system("use standard output") { fcntl(1, F_DUPFD_CLOEXEC, 3) })
            try engine.copyOut(
                of: container, path: path, archive: output, outputName: "standard output", options)
        case .out(let container, let path, let target?):
            try report(session, "Copying from container - ", to: { $0.path }) {
                try engine.copyOut(of: container, path: path, to: target, options, progress: $0)
            }
        case .into(let container, let path, let source):
            try report(session, "Copying to container - ", to: { "\(container):\($0.path)" }) {
                if let source { return try engine.copyIn(source, to: container, path: path, options, progress: $0) }
                return try engine.copyIn(archive: try Self.standardInput(), to: container, path: path, progress: $0)
            }
        }
        return 0
    }

    private static func standardInput() throws -> ByteSource {
        guard isatty(0) == 0 else {
            throw CommandFailure("ck: cp -: standard input is a terminal, not an archive", status: 1)
        }
        let input = Descriptor(owning: try system("use standard input") { fcntl(0, F_DUPFD_CLOEXEC, 3) })
        return ByteSource(input, name: "standard input")
    }

    /// Without -q or --quiet=false a word of what came of it goes to a terminal only, as docker has it.
    private func report(
        _ session: Session, _ header: String, to target: (CopySummary) -> String,
        _ copy: (@escaping (Int64) -> Void) throws -> CopySummary
    ) throws {
        guard !words.isOn("quiet", default: isatty(1) == 0) else {
            _ = try copy { _ in }
            return
        }
        let line = CopyLine(header)
        let summary: CopySummary
        do {
            summary = try copy { line.show($0) }
        } catch {
            line.clear()
            throw error
        }
        line.clear()
        session.console.error("Successfully copied \(HumanUnits.size(summary.bytes)) to \(target(summary))")
    }
}

import ContainerEngine
import ContainerSystem
import Glibc

/// What a command says about a pull or a push: docker's words around the transfer, and the transfer itself as
/// `--progress` asks for it.
struct TransferReport {
    private let mode: ProgressMode
    private let console: Console
    private let isError: Bool

    /// - Parameters:
    ///   - flag: the value of `--progress`.
    ///   - toError: where `run` shows its pull, as standard output is the container's.
    ///   - isSilentInPipe: as docker's `load`, which has bars, but no plain lines.
    init(
        _ flag: String?, quiet: Bool, console: Console, toError isError: Bool = false, isSilentInPipe: Bool = false
    ) throws(FlagError) {
        let mode = try ProgressMode(flag)
        let resolved = mode.resolved(for: isError ? 2 : 1)
        let isSilent = isSilentInPipe && mode == .auto && resolved == .plain
        self.mode = quiet || isSilent ? .quiet : resolved
        self.console = console
        self.isError = isError
    }

    var isQuiet: Bool { mode == .quiet }
    var isJSON: Bool { mode == .json }

    /// A line for people.
    func say(_ line: String) { if mode == .plain || mode == .tty { print(line) } }

    /// The outcome, for programs.
    func record(_ fill: (inout ProgressRecord) -> Void) {
        guard isJSON else { return }
        var record = ProgressRecord()
        fill(&record)
        print(record.line)
    }

    /// Runs a transfer and shows it.
    /// - Parameter opening: a line for people once something happens.
    func follow<Result>(
        opening: String? = nil, _ body: (@escaping TransferObserver) throws(ContainerError) -> Result
    ) throws(ContainerError) -> Result {
        do throws(ContainerError) {
            return try TransferWatch.follow(display(opening), interrupted: report, body)
        } catch {
            report(error)
            throw error
        }
    }

    private func report(_ error: ContainerError) {
        record {
            $0.error = error.description
            $0.code = error.code.description
        }
    }

    private func display(_ opening: String?) -> any TransferDisplay {
        let descriptor: CInt = isError ? 2 : 1
        return switch mode {
        case .quiet: QuietDisplay()
        case .json: JSONDisplay(line: print)
        case .plain, .auto: PlainDisplay(line: print, opening: opening)
        case .tty:
            BarDisplay(opening: opening) {
                Console.writeAll(Array($0.utf8)[...], to: descriptor)
            } size: {
                TerminalSize.of(descriptor)
            }
        }
    }

    private var print: @Sendable (String) -> Void {
        { [console, isError] in isError ? console.error($0) : console.out($0) }
    }
}

extension TransferReport {
    /// How a pull ended, in docker's words or as a record.
    func sayOutcome(_ outcome: PullOutcome, of reference: ReferenceText) {
        sayDigest(outcome, of: reference)
        sayStatus(isNew: outcome.isNew, of: reference.familiar)
    }

    /// What one tag turned out to be.
    func sayDigest(_ outcome: PullOutcome, of reference: ReferenceText) {
        say("Digest: \(outcome.digest)")
        record {
            $0.status = Self.status(isNew: outcome.isNew)
            $0.reference = reference.full
            $0.digest = outcome.digest.description
            $0.image = outcome.image.id
        }
    }

    /// The end of all that was asked for.
    func sayStatus(isNew: Bool, of name: String) { say("Status: \(Self.status(isNew: isNew)) for \(name)") }

    private static func status(isNew: Bool) -> String {
        isNew ? "Downloaded newer image" : "Image is up to date"
    }
}

extension ReferenceText {
    /// docker's first line of a pull.
    var pullOpening: String { "\(tag ?? digest ?? ""): Pulling from \(path)" }
}

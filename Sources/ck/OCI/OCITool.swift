import ContainerRuntime
import ContainerSystem
import OCISpec

/// The OCI command line, runc's: `ck oci`, and the whole program when it is called `ck-runtime`.
///
/// An engine starts it a few times for each container: a parser of its own touches nothing but what the command needs.
enum OCITool {
    static let programName = "ck-runtime"
    static let abstract = "Run bundles as runc does (also called ck-runtime)"

    /// Whether the program was called by that name.
    static func isMeant(by program: String) -> Bool {
        let name = program.utf8.split(separator: UInt8(ascii: "/")).last
        return name?.elementsEqual(programName.utf8) == true
    }

    /// - Parameter program: as messages name it.
    static func run(_ arguments: ArraySlice<String>, as program: String, console: Console) -> Int32 {
        do {
            let hint = "see '\(program) --help'"
            let parser = OCIParser(flags: OCIGlobals.flags, stopsAtOperand: true, hint: hint)
            guard case .words(var globals) = try parser.parse(arguments) else {
                console.out(OCIHelp.text(program))
                return 0
            }
            if globals.isOn("version") {
                console.out(version)
                return 0
            }
            let words = globals.operands
            globals.operands = []
            let log = try OCILog(globals)
            return run(words[...], globals, log, program, console)
        } catch let failure as CommandFailure {
            console.error("\(program): \(failure.text)")
            return failure.status
        } catch {
            console.error("\(program): \(error)")
            return 1
        }
    }

    private static func run(
        _ words: ArraySlice<String>, _ globals: OCIWords, _ log: OCILog, _ program: String, _ console: Console
    ) -> Int32 {
        let started = ContinuousClock.now
        log.debug(([program] + words).joined(separator: " "), console: console)
        let status: Int32
        do {
            status = try command(words, globals, log, program, console)
        } catch let failure as CommandFailure {
            log.fail(failure.text, program: program, console: console)
            status = failure.status
        } catch {
            log.fail("\(error)", program: program, console: console)
            status = 1
        }
        log.debug("exit status \(status) after \(ContinuousClock.now - started)", console: console)
        return status
    }

    private static func command(
        _ words: ArraySlice<String>, _ globals: OCIWords, _ log: OCILog, _ program: String, _ console: Console
    ) throws -> Int32 {
        guard let name = words.first, name != "help", name != "h" else {
            console.out(try OCIHelp.text(program, topic: words.dropFirst().first))
            return 0
        }
        guard let command = OCICommands.named(name) else { throw OCIHelp.unknown(name, program) }
        let hint = "see '\(program) \(name) --help'"
        var session = OCISession(program: program, globals: globals, words: OCIWords(), console: console, log: log)
        if command.isRefused, !words.contains("--help"), !words.contains("-h") { return try command.run(session) }
        let parser = OCIParser(flags: command.flags, stopsAtOperand: command.stopsAtOperand, hint: hint)
        guard case .words(let parsed) = try parser.parse(words.dropFirst()) else {
            console.out(OCIHelp.text(program, command))
            return 0
        }
        try command.check(count: parsed.operands.count, hint: hint)
        session.words = parsed
        do {
            return try command.run(session)
        } catch let failure as CommandFailure {
            throw CommandFailure(command.failurePrefix + failure.text, status: command.failureStatus)
        } catch {
            throw CommandFailure("\(command.failurePrefix)\(error)", status: command.failureStatus)
        }
    }

    /// The first line is read by engines: the name, `version`, the version.
    static var version: String {
        "\(programName) version \(Tool.version)\nspec: \(RuntimeSpec.supportedVersion)\nplatform: \(Machine.platform)"
    }
}

import ArgumentParser
import ContainerSystem

/// The whole of `ck`: arguments in, exit status out.
enum Tool {
    static let version = "0.1.0"

    /// - Parameter words: with the name that the program was called by.
    static func main(_ words: ArraySlice<String>, console: Console) -> Int32 {
        if let name = words.first, OCITool.isMeant(by: name) {
            return OCITool.run(words.dropFirst(), as: OCITool.programName, console: console)
        }
        return run(Array(words.dropFirst()), console: console)
    }

    static func run(_ arguments: [String], console: Console) -> Int32 {
        if arguments.first == "oci" { return OCITool.run(arguments.dropFirst(), as: "ck oci", console: console) }
        do {
            switch try Request.parse(arguments) {
            case .text(let text, let isError):
                isError ? console.error(text) : console.out(text)
                return 0
            case .command(let invocation):
                return try invocation.execute(console)
            }
        } catch {
            console.error(error.text)
            return error.status
        }
    }
}

/// What a command line asks for.
enum Request {
    case text(String, isError: Bool = false)
    case command(Invocation)

    static func parse(_ arguments: [String]) throws(CommandFailure) -> Request {
        var globals = GlobalOptions()
        var rest = arguments[...]
        switch try globals.take(from: &rest) {
        case .help: return .text(CommandIndex.help)
        case .version: return .text("ck version \(Tool.version)")
        case nil: break
        }
        guard !rest.isEmpty else { return .text(CommandIndex.help) }
        switch try CommandIndex.resolve(&rest) {
        case .help(let text): return .text(text)
        case .command(let path, let type): return try parse(type, path: path, rest, globals)
        }
    }

    private static func parse<C: Command>(
        _ type: C.Type, path: String, _ rest: ArraySlice<String>, _ globals: GlobalOptions
    ) throws(CommandFailure) -> Request {
        let synopsis = C.synopsis
        let walked = try ArgumentWalker(synopsis: synopsis, path: path, globals: globals).walk(rest)
        if walked.wantsHelp { return .text(C.helpText) }
        try synopsis.check(count: walked.operands.count, path: path)
        if let direct = type as? any DirectlyBound.Type {
            return .command(Invocation(globals: walked.globals, path: path, command: direct.init(walked.words)))
        }
        do {
            let command = try C.parse(walked.canonical)
            return .command(Invocation(globals: walked.globals, path: path, command: command))
        } catch {
            throw CommandFailure(usage: C.message(for: error), path: path)
        }
    }
}

/// A command with its options, ready to be executed.
struct Invocation {
    let globals: GlobalOptions
    let path: String
    let command: any Command

    func execute(_ console: Console) throws(CommandFailure) -> Int32 {
        let session = Session(console: console, globals: globals)
        do {
            return try command.run(in: session)
        } catch let error as CommandFailure {
            throw error
        } catch let error as ContainerError {
            let status = ExitStatus.of(error.code, otherwise: type(of: command).failureStatus)
            throw CommandFailure("ck: \(error.description)", status: status)
        } catch let error as FlagError {
            throw CommandFailure(usage: error.text(type(of: command).synopsis.flags), path: path)
        } catch {
            throw CommandFailure("ck: \(error)", status: type(of: command).failureStatus)
        }
    }
}

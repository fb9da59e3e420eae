import ContainerRuntime
import ContainerSystem
import Glibc

/// A command of the OCI command line.
struct OCICommand: Sendable {
    let name: String
    let abstract: String
    /// As usage shows them.
    let operands: String
    let count: ClosedRange<Int>
    let flags: [OCIFlag]
    /// From the first operand on the words belong to somebody else.
    var stopsAtOperand = false
    /// Fails whatever its words are.
    var isRefused = false
    /// The exit status of a failure.
    var failureStatus: Int32 = 1
    /// What a failure of the command starts with.
    var failurePrefix = ""
    /// - Returns: the exit status.
    let run: @Sendable (OCISession) throws -> Int32

    func check(count given: Int, hint: String) throws(CommandFailure) {
        guard !count.contains(given) else { return }
        let wanted =
            if count.lowerBound == count.upperBound {
                "exactly \(count.lowerBound)"
            } else if given < count.lowerBound {
                "a minimum of \(count.lowerBound)"
            } else {
                "a maximum of \(count.upperBound)"
            }
        throw CommandFailure("\"\(name)\" requires \(wanted) argument(s) (\(hint))", status: 1)
    }
}

/// What a command of the OCI command line has at hand.
struct OCISession {
    /// How the program was called: `ck-runtime` or `ck oci`.
    let program: String
    let globals: OCIWords
    var words: OCIWords
    let console: Console
    let log: OCILog

    /// The first operand.
    var id: String { words.operands[0] }

    func runtime() throws -> OCIRuntime { try OCIGlobals.runtime(globals) { [log] in log.warn($0) } }

    /// The path of a flag, made absolute: what opens it may have another working folder.
    func path(_ flag: String) throws(ContainerError) -> String? {
        guard let path = words.filled(flag) else { return nil }
        return try Self.absolute(path)
    }

    static func absolute(_ path: String) throws(ContainerError) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        guard let folder = getcwd(nil, 0) else { throw ContainerError(.current, "find the working folder") }
        defer { free(folder) }
        return path.isEmpty || path == "." ? String(cString: folder) : "\(String(cString: folder))/\(path)"
    }
}

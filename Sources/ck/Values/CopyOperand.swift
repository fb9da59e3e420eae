/// One end of `cp`, as docker reads it.
enum CopyOperand: Equatable {
    case local(String)
    case container(String, path: String)
    /// Standard input or output.
    case stream

    /// `NAME:PATH` is a container's, unless it begins like a path of the host: `/a:b`, `./a:b`.
    init(_ text: String) {
        if text == "-" {
            self = .stream
        } else if !text.hasPrefix("/"), !text.hasPrefix("."), let colon = text.firstIndex(of: ":") {
            self = .container(String(text[..<colon]), path: String(text[text.index(after: colon)...]))
        } else {
            self = .local(text)
        }
    }

    /// Which way it goes.
    enum Direction: Equatable {
        /// The source is a path of the host, or nil for standard input.
        case into(container: String, path: String, source: String?)
        /// The target is a path of the host, or nil for standard output.
        case out(container: String, path: String, target: String?)
    }

    /// - Throws: in docker's words.
    static func direction(_ source: String, _ target: String) throws(CommandFailure) -> Direction {
        if source.isEmpty { throw CommandFailure("ck: source can not be empty", status: 1) }
        if target.isEmpty { throw CommandFailure("ck: destination can not be empty", status: 1) }
        switch (CopyOperand(source), CopyOperand(target)) {
        case (.container, .container):
            throw CommandFailure("ck: copying between containers is not supported", status: 1)
        case (.container(let name, let path), .local(let local)):
            return .out(container: name, path: path, target: local)
        case (.container(let name, let path), .stream): return .out(container: name, path: path, target: nil)
        case (.local(let local), .container(let name, let path)):
            return .into(container: name, path: path, source: local)
        case (.stream, .container(let name, let path)): return .into(container: name, path: path, source: nil)
        default: throw CommandFailure("ck: must specify at least one container source", status: 1)
        }
    }
}

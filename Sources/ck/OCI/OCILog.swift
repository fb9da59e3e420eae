import OCISpec
import ContainerSystem
import Glibc

/// The log of `--log`, whose lines containerd and podman read to learn why a command failed: those of the Go library
/// that runc logs with.
struct OCILog {
    let isJSON: Bool
    let isDebug: Bool
    private let file: Descriptor?

    /// Opens the file even when nothing will be said, so that one that cannot be written is known before anything is done.
    init(_ globals: OCIWords) throws {
        switch globals.filled("log-format") ?? "text" {
        case "text": isJSON = false
        case "json": isJSON = true
        case let other: throw CommandFailure("invalid log-format: \(other)", status: 1)
        }
        isDebug = globals.isOn("debug")
        file = try globals.filled("log").map { path throws(ContainerError) in
            try Descriptor.open(path, O_CREAT | O_WRONLY | O_APPEND, mode: 0o644)
        }
    }

    /// The end of a command that failed. Standard error has it for people; the file has it for programs.
    func fail(_ text: String, program: String, console: Console) {
        // The time of day is not worth asking for where no line has it.
        guard file != nil || isJSON else { return console.error("\(program): \(text)") }
        let line = Self.line(level: "error", text, isJSON: isJSON)
        guard let file else { return console.error(line) }
        // There is nobody left to tell.
        try? file.writeAll((line + "\n").utf8, name: "the log")
        console.error("\(program): \(text)")
    }

    /// In the file only: what a program writes on standard error is taken for its failure.
    func warn(_ text: String) {
        try? file?.writeAll((Self.line(level: "warning", text, isJSON: isJSON) + "\n").utf8, name: "the log")
    }

    func debug(_ text: @autoclosure () -> String, console: Console) {
        guard isDebug else { return }
        let line = Self.line(level: "debug", text(), isJSON: isJSON)
        guard let file else { return console.error(line) }
        try? file.writeAll((line + "\n").utf8, name: "the log")
    }

    static func line(level: String, _ text: String, isJSON: Bool, at seconds: Double = Timestamp.now.rounded(.down))
        -> String
    {
        let time = Timestamp.format(seconds)
        if isJSON {
            return JSONText.object([
                ("level", .string(level)), ("msg", .string(text)), ("time", .string(time)),
            ]).compact
        }
        return "time=\(Quoting.go(time)) level=\(level) msg=\(Quoting.go(text))"
    }
}

import ContainerSystem

/// The lines of a Dockerfile: directives, comments and continuations taken care of.
struct DockerfileScanner {
    /// A line as the instruction sees it, joined from those that were continued.
    struct Logical {
        let text: String
        let lines: ClosedRange<Int>
        let escape: Character
    }

    /// More than anybody writes; a longer one is no Dockerfile.
    static let sizeLimit = 8 << 20

    private let lines: [Substring]
    private let isTooLarge: Bool
    private var index = 0
    private(set) var directives: [String: String] = [:]
    private var escape: Character = "\\"

    init(_ text: String) {
        isTooLarge = text.utf8.count > Self.sizeLimit
        // A byte order mark is skipped, and lines may end as on Windows: "\r\n" is one Character.
        let body = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        lines = body.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    }

    /// The next line that is no comment and not empty; nil at the end.
    mutating func next() throws(ContainerError) -> Logical? {
        guard !isTooLarge else {
            throw ContainerError(.invalidArgument, "the Dockerfile is larger than \(Self.sizeLimit) bytes")
        }
        if index == 0 { try readDirectives() }
        while index < lines.count, Self.isBlank(lines[index]) || Self.isComment(lines[index]) { index += 1 }
        guard index < lines.count else { return nil }
        let first = index
        var text = ""
        while index < lines.count {
            let line = lines[index]
            // Comments and empty lines between continued ones count as not there.
            if index > first, Self.isComment(line) || Self.isBlank(line) {
                index += 1
                continue
            }
            index += 1
            guard let continued = continuation(line) else {
                text += line
                break
            }
            text += continued
        }
        let trimmed = text.drop { $0.isWhitespace }
        return Logical(text: String(trimmed), lines: first + 1...index, escape: escape)
    }

    /// The lines up to the one that consists of `name`.
    /// - Throws: `invalidArgument` when that never comes.
    mutating func document(_ name: String, stripsTabs: Bool, line: Int) throws(ContainerError) -> String {
        var content = ""
        while index < lines.count {
            let line = stripsTabs ? lines[index].drop { $0 == "\t" } : lines[index]
            index += 1
            if line == name { return content }
            content += line + "\n"
        }
        throw ContainerError(.invalidArgument, "Dockerfile line \(line): the here-document \(name) has no end")
    }

    /// How many lines have been taken.
    var position: Int { index }

    // Directives stand before everything else, each once; the first line that is none ends them.
    private mutating func readDirectives() throws(ContainerError) {
        while index < lines.count, let (key, value) = Self.directive(lines[index]) {
            guard directives[key] == nil else {
                throw ContainerError(
                    .invalidArgument, "Dockerfile line \(index + 1): only one \(key) parser directive can be used")
            }
            directives[key] = value
            if key == "escape" {
                guard value == "\\" || value == "`" else {
                    throw ContainerError(
                        .invalidArgument, "Dockerfile line \(index + 1): the escape token is '\(value)'",
                        hint: "it must be ` or \\")
                }
                escape = Character(value)
            }
            index += 1
        }
    }

    private static func directive(_ line: Substring) -> (String, String)? {
        guard let match = line.wholeMatch(of: #/\s*#\s*(syntax|escape|check)\s*=\s*(.+?)\s*/#.ignoresCase()) else {
            return nil
        }
        return (match.1.lowercased(), String(match.2))
    }

    private static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }
    private static func isComment(_ line: Substring) -> Bool { line.first { !$0.isWhitespace } == "#" }

    /// What a line has before the escape character at its end; nil where it has none there.
    private func continuation(_ line: Substring) -> Substring? {
        var end = line[...]
        while end.last?.isWhitespace == true { end.removeLast() }
        guard end.last == escape else { return nil }
        return end.dropLast()
    }
}

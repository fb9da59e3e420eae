import ContainerSystem
import FoundationEssentials

/// One logical line, taken apart.
struct InstructionParser {
    private let logical: DockerfileScanner.Logical
    private var rest: Substring

    init(_ logical: DockerfileScanner.Logical) {
        self.logical = logical
        rest = logical.text[...]
    }

    /// - Parameter scanner: gives the lines of here-documents.
    func parse(_ scanner: inout DockerfileScanner) throws(ContainerError) -> Dockerfile.Instruction {
        var parser = self
        let word = parser.takeWord()
        let name = word.uppercased()
        guard Dockerfile.names.contains(name) else {
            throw error("unknown instruction: \(word)", hint: Self.nearest(name).map { "did you mean \($0)?" })
        }
        let flags = parser.takeFlags()
        let text = String(parser.rest.trimmingSuffix())
        guard !text.isEmpty else { throw error("\(name) requires arguments") }
        var heredocs: [Dockerfile.Heredoc] = []
        if ["RUN", "COPY", "ADD"].contains(name) {
            for announced in Self.announced(in: text) {
                let content = try scanner.document(
                    announced.name, stripsTabs: announced.stripsTabs, line: logical.lines.lowerBound)
                heredocs.append(.init(name: announced.name, content: content, isExpanded: !announced.isQuoted))
            }
        }
        let takesList = ["RUN", "CMD", "ENTRYPOINT", "COPY", "ADD", "VOLUME", "SHELL"].contains(name)
        let list = takesList ? Self.list(text) : nil
        if name == "SHELL", list == nil { throw error("SHELL requires the arguments to be in JSON form") }
        return Dockerfile.Instruction(
            name: name, flags: flags, arguments: list.map { .list($0) } ?? .text(text), heredocs: heredocs,
            lines: logical.lines.lowerBound...max(logical.lines.upperBound, scanner.position))
    }

    private mutating func takeWord() -> Substring {
        let word = rest.prefix { !$0.isWhitespace }
        rest = rest[word.endIndex...].drop { $0.isWhitespace }
        return word
    }

    /// Words that start with two dashes, up to the first that does not; `--` alone ends them too.
    private mutating func takeFlags() -> [Dockerfile.Flag] {
        var flags: [Dockerfile.Flag] = []
        while rest.hasPrefix("--") {
            let word = takeFlagWord().dropFirst(2)
            if word.isEmpty { break }
            let name = word.prefix { $0 != "=" }
            flags.append(
                .init(
                    name: String(name),
                    value: name.endIndex == word.endIndex ? nil : String(word[name.endIndex...].dropFirst())))
        }
        return flags
    }

    /// A word in which the escape character keeps a blank.
    private mutating func takeFlagWord() -> String {
        var word = ""
        var isEscaped = false
        while let character = rest.first, isEscaped || !character.isWhitespace {
            rest.removeFirst()
            if character == logical.escape, !isEscaped {
                isEscaped = true
            } else {
                word.append(character)
                isEscaped = false
            }
        }
        rest = rest.drop { $0.isWhitespace }
        return word
    }

    /// `<<NAME`, `<<-NAME`, `<<"NAME"`, `3<<NAME`: as a shell reads them, outside of quotes.
    static func announced(in text: String) -> [(name: String, stripsTabs: Bool, isQuoted: Bool)] {
        var found: [(String, Bool, Bool)] = []
        for word in words(text) {
            guard let match = word.wholeMatch(of: #/[0-9]*<<(-?)(['"]?)([^<\s'"]+)\2/#) else { continue }
            found.append((String(match.3), !match.1.isEmpty, !match.2.isEmpty))
        }
        return found
    }

    /// Splits at blanks outside of quotes; the quotes stay.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character.isWhitespace {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            word.append(character)
        }
        return word.isEmpty ? words : words + [word]
    }

    /// The JSON form; nil where it is none, which makes it plain text, as docker has it.
    private static func list(_ text: String) -> [String]? {
        guard text.hasPrefix("[") else { return nil }
        return try? JSONDecoder().decode([String].self, from: Data(text.utf8))
    }

    /// The instruction that was meant: the same letters in another order, or two letters that differ.
    private static func nearest(_ name: String) -> String? {
        let sameLength = Dockerfile.names.sorted().filter { $0.count == name.count }
        return sameLength.first { $0.sorted() == name.sorted() }
            ?? sameLength.first { zip($0, name).count { $0 != $1 } <= 2 }
    }

    private func error(_ words: String, hint: String? = nil) -> ContainerError {
        ContainerError(.invalidArgument, "Dockerfile line \(logical.lines.lowerBound): \(words)", hint: hint)
    }
}

extension Substring {
    fileprivate func trimmingSuffix() -> Substring {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
